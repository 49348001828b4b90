"""What stopped messages lately, grouped, each with what to do about it."""

from __future__ import annotations

from flask import render_template

from neoserra.access import Level, access
from neoserra.administration import blueprint
from neoserra.delivery import failures, reasons


@blueprint.get("/deliveries/reasons")
@access(Level.ADMINISTRATOR_MODE)
def failure_reasons() -> str:
    """A reason that concerns one person's number or mailbox leads to the accounts."""
    found = failures.by_reason()
    return render_template(
        "administration/failure_reasons.html",
        failures=[(each, reasons.sentence(each.provider, each.reason), _concerns(each)) for each in found],
        since=f"{failures.week_began():%Y-%m-%d}",
    )


def _concerns(each: failures.Failure) -> bool:
    return reasons.is_about_destination(each.provider, each.reason)
