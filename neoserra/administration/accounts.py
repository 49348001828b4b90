"""The Accounts page: searched, filtered, sorted, a page at a time, and as a CSV file."""

from __future__ import annotations

from dataclasses import replace

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from neoserra import account_words, csv_file
from neoserra.access import Level, access
from neoserra.account_words import FIELDS
from neoserra.administration import blueprint
from neoserra.administration.account_forms import SearchForm, address_of
from neoserra.administration.list_filter import row_named
from neoserra.identity import account_list
from neoserra.identity.account_list import MOST_COUNTED, Listed, Order, Page, Search
from neoserra.translation import gettext as _
from neoserra.translation import ngettext


@blueprint.get("/accounts")
@access(Level.ADMINISTRATOR_MODE)
def accounts() -> str:
    form = SearchForm(request.args)
    search = form.search()
    page = account_list.page(
        search,
        after=row_named("after", most_digits=9),
        before=row_named("before", most_digits=9),
    )
    asked = address_of(search)
    return render_template(
        "administration/accounts.html",
        form=form,
        search=search,
        asked=asked,
        rows=page.rows,
        caption=_caption(page),
        sorts=_sorts(search),
        previous=url_for("administration.accounts", **asked, before=page.previous) if page.previous else None,
        next=url_for("administration.accounts", **asked, after=page.next) if page.next else None,
        states=[("", _("Any")), *account_words.states().items()],
        words=account_words,
    )


@blueprint.get("/accounts.csv")
@access(Level.ADMINISTRATOR_MODE)
def accounts_csv() -> ResponseReturnValue:
    """The same rows, all of them, as a file."""
    header = [str(FIELDS[name]) for name in ("username", "name", "email", "mobile", "role")]
    header += [_("State"), _("Codes may not reach them"), _("Last sign-in (UTC)")]
    return csv_file.response("accounts", header, map(_row, account_list.every(SearchForm(request.args).search())))


def _row(row: Listed) -> list[object]:
    mobile = account_words.value("mobile", row.mobile) if row.mobile else ""
    why = account_words.reach_problem(row.reach_problem) if row.reach_problem else ""
    last = f"{row.last_sign_in_at:%Y-%m-%d %H:%M:%S}" if row.last_sign_in_at else ""
    role, state = account_words.role(row.role), account_words.state(row.state)
    return [row.username, row.name, row.email, mobile, role, state, why, last]


def _caption(page: Page) -> str:
    """How many are shown, of how many."""
    shown = len(page.rows)
    if page.total is None:
        return _("%(shown)s of many accounts", shown=shown)
    if page.total > MOST_COUNTED:
        return _("%(shown)s of %(number)s+ accounts", shown=shown, number=f"{MOST_COUNTED:,}")
    return ngettext("%(shown)s of %(number)s account", "%(shown)s of %(number)s accounts", page.total, shown=shown)


def _sorts(search: Search) -> dict[Order, tuple[str, str]]:
    """For each order that can be had, how the list is sorted by it now (as `aria-sort`), and what turns it round."""
    sorts = {}
    for order in Order:
        now = ("descending" if search.descending else "ascending") if order == search.order else ""
        other = replace(search, order=order, descending=now == "ascending")
        sorts[order] = (now, url_for("administration.accounts", **address_of(other)))
    return sorts
