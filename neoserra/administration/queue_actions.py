"""What an administrator does to a whole queue, and to a provider that fails. What concerns many asks first."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from neoserra import extensions
from neoserra.access import Level, access
from neoserra.administration import blueprint
from neoserra.administration.account_page import actor
from neoserra.delivery import breakers, pauses, queues, routing
from neoserra.identity import events
from neoserra.models import EventKind
from neoserra.translation import gettext as _
from neoserra.translation import lazy_gettext as _l
from neoserra.translation import ngettext


class PauseForm(FlaskForm):
    reason = StringField(
        _l("Reason"),
        [
            DataRequired(_l("Enter why the queue is paused: people who wait are told")),
            Length(max=300, message=_l("Enter a reason of at most 300 characters")),
        ],
    )


class DrainForm(FlaskForm):
    """Nothing but the token."""


@blueprint.route("/queues/<name>/pause", methods=["GET", "POST"])
@access(Level.ADMINISTRATOR_MODE)
def pause_queue(name: str) -> ResponseReturnValue:
    """Ask for the reason, then have the workers of the queue take nothing more."""
    queue, form = _named(name), PauseForm()
    if not form.is_submitted():
        return _ask_for_reason(queue, form)
    if "reason" not in request.form:  # by a program that knows of none; a person is asked
        form.reason.data = _("Maintenance")
    if not form.validate():
        return _ask_for_reason(queue, form), 422
    if pauses.pause(queue, " ".join((form.reason.data or "").split()), actor()):
        return _back(_("%(queue)s is paused. What is being sent comes to its end; the rest waits.", queue=queue))
    return _back(_("%(queue)s was paused already.", queue=queue))


@blueprint.post("/queues/<name>/resume")
@access(Level.ADMINISTRATOR_MODE)
def resume_queue(name: str) -> Response:
    queue = _named(name)
    if pauses.resume(queue, actor()):
        return _back(_("%(queue)s goes on. What waited is sent now, unless it is over.", queue=queue))
    return _back(_("%(queue)s was not paused.", queue=queue))


@blueprint.route("/queues/<name>/drain", methods=["GET", "POST"])
@access(Level.ADMINISTRATOR_MODE)
def drain_queue(name: str) -> ResponseReturnValue:
    """Say how many wait, then cancel all of them."""
    queue, form = _named(name), DrainForm()
    if not form.is_submitted():
        return render_template(
            "administration/queue_drain.html",
            queue=queue,
            number=pauses.to_drain(queue),
            is_codes=queue == queues.CODES,
        )
    if canceled := pauses.drain(queue, actor()):
        return _back(
            ngettext("One waiting message is canceled.", "%(number)s waiting messages are canceled.", canceled)
        )
    return _back(_("Nothing waited in %(queue)s, so nothing was canceled.", queue=queue))


@blueprint.post("/providers/<name>/try")
@access(Level.ADMINISTRATOR_MODE)
def try_provider(name: str) -> Response:
    """Let the next message probe a provider that is not asked because it fails."""
    if name not in routing.names():
        abort(404)
    if breakers.try_now(name):
        with extensions.database.transaction() as db:
            events.record_act(db, EventKind.PROVIDER_TRIED, actor(), None, provider=name)
        flash(
            _("The next message is offered to %(provider)s. If it takes it, all go there again.", provider=name),
            "status",
        )
    else:
        flash(_("%(provider)s is in no pause: the next message is offered to it anyway.", provider=name), "status")
    return redirect(url_for("administration.status", _anchor="providers"), 303)


def _named(name: str) -> str:
    return name if name in queues.NAMES else abort(404)


def _ask_for_reason(queue: str, form: PauseForm) -> str:
    return render_template("administration/queue_pause.html", queue=queue, form=form, is_codes=queue == queues.CODES)


def _back(done: str) -> Response:
    flash(done, "status")
    return redirect(url_for("administration.deliveries"), 303)
