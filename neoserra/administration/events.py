"""The Events page: the audit log, filtered, a page at a time, and as a CSV file."""

from __future__ import annotations

from functools import partial

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from neoserra import csv_file, event_words
from neoserra.access import Level, access
from neoserra.administration import blueprint
from neoserra.administration.event_filter import EventFilter
from neoserra.administration.list_filter import row_named
from neoserra.identity import event_log
from neoserra.identity.event_log import Line, Page, Person
from neoserra.translation import gettext as _


@blueprint.get("/events")
@access(Level.ADMINISTRATOR_MODE)
def events() -> ResponseReturnValue:
    """What happened, newest first."""
    form = EventFilter(request.args)
    if discreet := form.discreet():
        return redirect(discreet, 303)
    if not form.validate():
        return _page(form, Page([], None, None)), 422
    page = event_log.page(form.search(), after=row_named("after"), before=row_named("before"))
    return _page(form, page)


@blueprint.get("/events.csv")
@access(Level.ADMINISTRATOR_MODE)
def events_csv() -> ResponseReturnValue:
    """The same lines, all of them, as a file."""
    form = EventFilter(request.args)
    if discreet := form.discreet():
        return redirect(discreet, 303)
    if not form.validate():
        return _page(form, Page([], None, None)), 422
    header = [
        _("Time (UTC)"),
        _("Event"),
        _("What happened"),
        _("Result"),
        _("Who"),
        _("On whom"),
        _("Address"),
        _("Browser"),
        _("Request"),
        _("Details"),
    ]
    return csv_file.response("events", header, map(_row, event_log.every(form.search())))


def _row(line: Line) -> list[object]:
    what = [line.kind, event_words.kind(line.kind), event_words.outcome(line.kind)]
    where = [line.address, line.browser, line.request_id]
    time = f"{line.at:%Y-%m-%d %H:%M:%S}"
    return [time, *what, _username(line.who), _username(line.whom), *where, event_words.details(line.details)]


def _username(person: Person | None) -> str:
    return person.username if person else ""


def _page(form: EventFilter, page: Page) -> str:
    link = partial(url_for, "administration.events", **form.given())
    return render_template(
        "administration/events.html",
        form=form,
        lines=page.lines,
        newer=link(before=page.newer) if page.newer else None,
        older=link(after=page.older) if page.older else None,
        csv=url_for("administration.events_csv", **form.given()),
        kinds=[("", _("Anything")), *event_words.kinds().items()],
        words=event_words,
    )
