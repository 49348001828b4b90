"""Asking for a link. The answer is the same for everybody, and nothing is looked up to give it (ASVS 6.3.8)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from neoserra import browser_session, words
from neoserra.access import Level, access
from neoserra.delivery import resets
from neoserra.delivery.sending import SendingRefused
from neoserra.every_request import visitor
from neoserra.identity import captcha, configuration, limits
from neoserra.models import Configuration
from neoserra.reset import blueprint
from neoserra.reset.forms import AskForm
from neoserra.translation import gettext as _


@blueprint.route("/reset", methods=["GET", "POST"])
@access(Level.ANYONE)
def ask() -> ResponseReturnValue:
    """Ask for a name and a CAPTCHA. The button for a new picture keeps what was typed."""
    saved = configuration.current()
    if not saved.allow_password_reset:
        page = render_template("reset/closed.html", contact=configuration.contact(saved))
        return page, 200 if request.method == "GET" else 403
    form = AskForm()
    if request.method == "GET" or "new_picture" in request.form:
        return _page(form, saved)
    if not form.validate():
        return _page(form, saved), 422
    return _ask(form, saved)


@blueprint.get("/reset/sent")
@access(Level.ANYONE)
def sent() -> str:
    return render_template("reset/sent.html", contact=configuration.contact())


def _ask(form: AskForm, saved: Configuration) -> ResponseReturnValue:
    """The CAPTCHA goes before everything else; a solved one is worth one link at most."""
    who = visitor()
    try:
        with limits.counting_failures(who.address):
            captcha.check(browser_session.told_id(), form.captcha.data or "")
        resets.ask(form.identity.data or "", who)
    except captcha.CaptchaExpired:
        form.captcha.errors = [_("That picture or sound is too old. Here is a new one.")]
        return _page(form, saved), 422
    except captcha.WrongCaptcha:
        form.captcha.errors = [_("The characters did not match. Here is a new picture.")]
        return _page(form, saved), 422
    except limits.TooManyFailures as refusal:
        form.form_errors.append(words.too_many_failures(refusal.retry_in))
        return _page(form, saved), 429, {"Retry-After": str(refusal.retry_in)}
    except SendingRefused as refusal:
        form.form_errors.append(_("Too many links were asked for. %(wait)s", wait=words.wait(refusal.retry_in)))
        return _page(form, saved), 429, {"Retry-After": str(refusal.retry_in)}
    return redirect(url_for("reset.sent"), 303)


def _page(form: AskForm, saved: Configuration) -> str:
    captcha.put(browser_session.told_id())
    form.captcha.data = ""
    return render_template("reset/ask.html", form=form, contact=configuration.contact(saved))
