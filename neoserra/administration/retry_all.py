"""Retrying what failed of a filter: how many that are is told before, and those alone are sent again."""

from __future__ import annotations

import re

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from neoserra.access import Level, access
from neoserra.administration import blueprint
from neoserra.administration.account_page import actor
from neoserra.administration.delivery_filter import DeliveryFilter
from neoserra.delivery import acts, stopped
from neoserra.delivery.stopped import AT_ONCE
from neoserra.translation import ngettext

SEEN = re.compile(r"([0-9]{1,18})\.([0-9]{1,9})")  # a delivery's id and how often it had been tried


@blueprint.route("/deliveries/retry", methods=["GET", "POST"])
@access(Level.ADMINISTRATOR_MODE)
def retry_deliveries() -> ResponseReturnValue:
    """`seen` is what the question was about."""
    form = DeliveryFilter(request.args)
    if request.method == "GET" and (discreet := form.discreet()):
        return redirect(discreet, 303)
    if not form.validate():
        return redirect(url_for("administration.deliveries", **form.given()), 303)
    if request.method == "GET":
        return _ask(form)
    seen = {int(id_): int(attempts) for id_, attempts in SEEN.findall(request.form.get("seen", ""))[:AT_ONCE]}
    retried = acts.retry(stopped.still(seen), actor())
    flash(_done(len(retried), len(seen) - len(retried)), "status")
    return redirect(url_for("administration.deliveries", **form.given()), 303)


def _ask(form: DeliveryFilter) -> str:
    found = stopped.of_filter(form.search())
    return render_template(
        "administration/deliveries_retry.html",
        number=len(found.alive),
        over=found.over,
        more=found.more,
        seen=" ".join(f"{each.id}.{each.attempts}" for each in found.alive),
        back=url_for("administration.deliveries", **form.given()),
    )


def _done(retried: int, left: int) -> str:
    done = ngettext("%(number)s message is sent again now.", "%(number)s messages are sent again now.", retried)
    if not left:
        return done
    why = ngettext(
        "%(number)s was left out: it is over, or was tried again meanwhile.",
        "%(number)s were left out: they are over, or were tried again meanwhile.",
        left,
    )
    return f"{done} {why}" if retried else why
