"""A browser for tests over HTTP that looks at the HTML of every page it is shown (ux.md, section 1.1)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import html5lib
from flask import Flask
from werkzeug.test import Client, TestResponse

PUBLIC = "https://crm.example.org"
PAGE = "{http://www.w3.org/1999/xhtml}"
ERROR = re.compile("^Err(or|eur) ?: ")  # before the title, in each language


class CheckedClient(Client):
    """Werkzeug's client for one browser: keeps cookies, speaks https, fills in the form token, checks pages."""

    def __init__(self, app: Flask, address: str = "192.0.2.7") -> None:
        super().__init__(app, TestResponse)
        self.app = app
        self.address = address
        self.language = "en"
        self.page: Any = None
        self.text = ""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", PUBLIC)
        kwargs.setdefault("buffered", True)  # read to the end, and files closed
        headers = {"Referer": f"{PUBLIC}/", "User-Agent": CHROME, "Accept-Language": self.language}
        headers |= kwargs.pop("headers", {})
        environ = {"REMOTE_ADDR": self.address} | kwargs.pop("environ_base", {})
        response = super().open(*args, headers=headers, environ_base=environ, **kwargs)
        if response.mimetype == "text/html" and response.data and response.status_code not in REDIRECTS:
            self.page, self.text = check_page(response.text)
        return response

    def submit(self, path: str, /, **fields: str) -> TestResponse:
        """Open the page at `path`, fill in its form and press the button."""
        if self.get(path).mimetype == "text/html":
            fields.setdefault("csrf_token", self.token)
        return self.post(path, data=fields)

    def press(self, path: str, /, **fields: str) -> TestResponse:
        """Press a button of the page that is open, posting to `path`."""
        return self.post(path, data={"csrf_token": self.token, **fields})

    @property
    def token(self) -> str:
        return str(
            next(field.get("value") for field in self.page.iter(f"{PAGE}input") if field.get("name") == "csrf_token")
        )

    @property
    def h1(self) -> str:
        return words(next(self.page.iter(f"{PAGE}h1")))


REDIRECTS = (301, 302, 303, 307, 308)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)


def where(response: TestResponse) -> str:
    """The path and query a redirect leads to."""
    target = urlsplit(response.location)
    return target.path + (f"?{target.query}" if target.query else "")


def words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def check_page(html: str) -> tuple[Any, str]:
    """The parsed page and its visible words.

    Raises:
        AssertionError, html5lib's ParseError: the page breaks a rule that holds for every page.
    """
    page = html5lib.HTMLParser(strict=True).parse(html)
    assert page.get("lang") in {"en", "es", "fr"}
    headings = [words(element) for element in page.iter(f"{PAGE}h1")]
    assert len(headings) == 1, headings
    title = words(next(page.iter(f"{PAGE}title")))
    assert ERROR.sub("", title, count=1) == f"{headings[0]} - Neoserra", title
    _check_ids(page)
    _check_fields(page)
    _check_errors(page, title)
    _check_policy(page)
    return page, words(next(page.iter(f"{PAGE}body")))


def _check_ids(page: Any) -> None:
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), f"an id twice: {sorted(ids)}"
    for element in page.iter():
        for attribute in ("aria-describedby", "aria-controls", "aria-labelledby", "for"):
            for name in (element.get(attribute) or "").split():
                assert name in ids, f"{attribute} names {name}, which is not on the page"
    regions = [element.get("aria-labelledby") for element in page.iter() if element.get("aria-labelledby")]
    assert len(regions) == len(set(regions)), f"two parts of the page with one name: {sorted(regions)}"


def _check_fields(page: Any) -> None:
    """Every field that is seen has a label (WCAG 1.3.1); no rule is left to the browser (A12)."""
    labelled = {label.get("for") for label in page.iter(f"{PAGE}label")}
    fields = [*page.iter(f"{PAGE}input"), *page.iter(f"{PAGE}select"), *page.iter(f"{PAGE}textarea")]
    for field in fields:
        if field.get("type") in ("hidden", "submit"):
            continue
        assert field.get("id") in labelled, f"no label for {field.get('name')}"
        assert not {"required", "maxlength", "minlength", "pattern", "placeholder"} & set(field.attrib)
    for form in page.iter(f"{PAGE}form"):
        tokens = [field for field in form.iter(f"{PAGE}input") if field.get("name") == "csrf_token"]
        assert len(tokens) == (form.get("method") == "post"), "a form that posts carries one token"


def _check_errors(page: Any, title: str) -> None:
    """Errors stand in a summary, beside their fields and in the title (A2, A9, A10)."""
    summaries = [element for element in page.iter() if element.get("class") == "error-summary"]
    wrong = [element.get("id") for element in page.iter() if element.get("aria-invalid") == "true"]
    assert bool(summaries) == bool(ERROR.match(title))
    if not summaries:
        assert not wrong
        return
    targets = {link.get("href") for link in summaries[0].iter(f"{PAGE}a")}
    assert targets, "a summary without links"
    assert {f"#{name}" for name in wrong} <= targets


def _check_policy(page: Any) -> None:
    """Nothing inline, nothing from elsewhere: what the Content-Security-Policy would refuse."""
    for element in page.iter():
        assert not [name for name in element.attrib if name == "style" or re.match(r"on[a-z]", name)]
        for attribute in ("src", "href", "action"):
            value = element.get(attribute) or "/"
            assert re.match(r"/(?!/)|#|mailto:|tel:|\?", value), f"{attribute}={value}"
    assert not list(page.iter(f"{PAGE}style"))
    assert all(script.get("src") for script in page.iter(f"{PAGE}script"))
