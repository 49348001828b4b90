"""The floors: the least a web server can do, against which a page of ours is held."""

from __future__ import annotations

from flask import Flask

PAGE = """<!doctype html><html lang="en"><head><title>{{ title }}</title></head>
<body><header><a href="/">{{ name }}</a></header><main><h1>{{ title }}</h1>
<ul>{% for item in items %}<li>{{ item }}</li>{% endfor %}</ul></main></body></html>"""

bare_flask = Flask(__name__)
template = bare_flask.jinja_env.from_string(PAGE)


@bare_flask.get("/login")
def page() -> str:
    return template.render(title="Welcome", name="Ann Lee", items=("one", "two", "three"))


def plain_wsgi(_environ: object, start_response: object) -> list[bytes]:
    body = b"<!doctype html><title>Welcome</title><h1>Welcome</h1>"
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(body)))])  # type: ignore[operator]
    return [body]
