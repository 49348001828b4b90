"""The console's list of messages: filtered, searched, a page at a time, and as a CSV file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from neoserra import csv_file, delivery_words, message_words
from neoserra.access import Level, access
from neoserra.administration import blueprint, deliveries_now
from neoserra.administration.delivery_filter import DeliveryFilter
from neoserra.administration.list_filter import row_named
from neoserra.delivery import history, message_list, story
from neoserra.delivery.message_list import Listed, Page
from neoserra.models import State
from neoserra.translation import gettext as _

NOTHING = Page([], None, None)
CAN_BE_RETRIED = {None, "", State.FAILED, State.RETRYING}


@blueprint.get("/deliveries")
@access(Level.ADMINISTRATOR_MODE)
def deliveries() -> ResponseReturnValue:
    """How things are now, and the messages, newest first. A reference that was typed leads to its message."""
    form = DeliveryFilter(request.args)
    if discreet := form.discreet():
        return redirect(discreet, 303)
    reference = form.reference()
    if reference and story.find(reference):
        return redirect(url_for("administration.delivery", reference=reference), 303)
    if not form.validate():
        return _page(form, NOTHING), 422
    return _page(
        form,
        message_list.page(form.search(), after=row_named("after"), before=row_named("before")),
    )


@blueprint.get("/deliveries.csv")
@access(Level.ADMINISTRATOR_MODE)
def deliveries_csv() -> ResponseReturnValue:
    """The same messages, all of them, as a file."""
    form = DeliveryFilter(request.args)
    if discreet := form.discreet():
        return redirect(discreet, 303)
    if not form.validate():
        return _page(form, NOTHING), 422
    header = [
        _("Asked for (UTC)"),
        _("Reference"),
        _("Message"),
        _("Username"),
        _("Where to"),
        _("Country"),
        _("State"),
        _("Provider"),
        _("Tries"),
        _("Provider's code"),
        _("Why"),
        _("Last change (UTC)"),
    ]
    return csv_file.response("deliveries", header, map(_row, message_list.every(form.search())))


def _row(line: Listed) -> list[object]:
    each = line.delivery
    asked, changed = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (each.created_at, each.changed_at))
    who = [message_words.message(each.message), line.person.username if line.person else ""]
    became = [delivery_words.state(each.state), each.provider, each.attempts, each.reason, each.explanation]
    to = message_words.destination(each) if each.destination else ""
    return [asked, each.reference, *who, to, each.country, *became, changed]


def _page(form: DeliveryFilter, page: Page) -> str:
    given = form.given()
    link = partial(url_for, "administration.deliveries", **given, _anchor="messages")
    shows_now = not request.args
    return render_template(
        "administration/deliveries.html",
        form=form,
        given=given,
        page=page,
        newer=link(before=page.newer) if page.newer else None,
        older=link(after=page.older) if page.older else None,
        csv=url_for("administration.deliveries_csv", **given),
        days_kept=history.KEPT.days,
        can_be_retried=form.state.data in CAN_BE_RETRIED,
        shows_now=shows_now,
        choices=_choices(form),
        words=delivery_words,
        message_words=message_words,
        **(deliveries_now.now() if shows_now else {}),
    )


def _choices(form: DeliveryFilter) -> dict[str, list[tuple[str, str]]]:
    words: dict[str, Mapping[Any, str]] = {
        "state": delivery_words.states(),
        "kind": message_words.messages(),
        "channel": delivery_words.channels(),
        "provider": delivery_words.providers(),
        "country": delivery_words.countries(form.country.data),
    }
    return {
        name: [("", _("Any")), *((str(value), said) for value, said in each.items())] for name, each in words.items()
    }
