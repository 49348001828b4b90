"""The Status page: who is signed in, and how the servers, workers and providers do."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import partial

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from neoserra import clock, event_words, server_health, version
from neoserra.access import Level, access
from neoserra.administration import alarms, blueprint
from neoserra.administration.account_page import actor
from neoserra.delivery import breakers, dispatchers, provider_health, queues, worker_states
from neoserra.delivery.worker_states import Pulse
from neoserra.identity import current_users
from neoserra.models import Outcome
from neoserra.translation import gettext as _


@blueprint.get("/status")
@access(Level.ADMINISTRATOR_MODE)
def status() -> str:
    """Everything as it is right now."""
    users, providers = current_users.everyone(), provider_health.each()
    return render_template(
        "administration/status.html",
        now=clock.now(),
        users=users,
        sessions_of=Counter(user.account_id for user in users),
        most_shown=current_users.MOST_SHOWN,
        database=server_health.database(),
        redis=server_health.redis(),
        workers=worker_states.everyone(),
        unattended=queues.unattended(),
        no_worker=alarms.no_worker,
        dispatchers=dispatchers.everyone(),
        no_dispatcher=alarms.no_dispatcher,
        pulses=_pulses(),
        version=version.VERSION,
        providers=providers,
        open_until=breakers.open_until([each.name for each in providers]),
        moment=partial(datetime.fromtimestamp, tz=UTC),
        outcomes=_outcomes(),
        detail=event_words.detail,
    )


@blueprint.post("/status/sessions/<int(max=9223372036854775807):sign_in>/log-off")
@access(Level.ADMINISTRATOR_MODE)
def log_off_session(sign_in: int) -> Response:
    """End one session, known by the event of its sign-in."""
    name = current_users.log_off_session(sign_in, actor()) or abort(404)
    flash(_("%(name)s is logged off in that browser.", name=name), "status")
    return redirect(url_for("administration.status"), 303)


def _pulses() -> dict[Pulse, str]:
    return {Pulse.ALIVE: _("Alive"), Pulse.LATE: _("Late"), Pulse.DEAD: _("Dead")}


def _outcomes() -> dict[Outcome, str]:
    return {
        Outcome.ACCEPTED: _("Accepted"),
        Outcome.TEMPORARY: _("Not accepted for the moment"),
        Outcome.PERMANENT: _("Not accepted"),
        Outcome.UNKNOWN: _("Answer lost"),
    }
