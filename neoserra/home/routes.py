"""The start page, for administrators with the security panel when there is something to see."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, url_for
from flask_login import current_user

from neoserra import browser_session, finding_words
from neoserra.access import Level, access
from neoserra.identity import security_findings
from neoserra.models import Finding

blueprint = Blueprint("home", __name__)


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the security panel: what is the case, where the accounts are, and where it is dismissed."""

    sentence: str
    accounts_url: str
    dismiss_url: str


@blueprint.get("/")
@access(Level.SIGNED_IN)
def show() -> str:
    return render_template("home/home.html", findings=_findings())


def _findings() -> list[Told]:
    """Nothing is looked up for people who could do nothing about it."""
    if not current_user.is_administrator or browser_session.is_limited():
        return []
    return [_told(finding, number) for finding, number in security_findings.to_show().items()]


def _told(finding: Finding, number: int) -> Told:
    page = url_for("administration.finding", name=finding)
    state = security_findings.OF_STATES.get(finding)
    listed = url_for("administration.accounts", state=state) if state else page
    return Told(finding_words.sentence(finding, number), listed, f"{page}#dismiss")
