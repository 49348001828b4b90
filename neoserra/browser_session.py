"""The session of this browser as Flask sees it, and the moments at which it changes hands.

A visitor who has only looked is kept nowhere: the form token is derived from the id in the cookie. After the right
password there is a pre-auth record and nothing else; `sign_in()` is the one place that signs somebody in, and it does
not do so while their password is due for a change. Each step gives a new id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, Request, Response, g, session
from flask.sessions import SessionInterface, SessionMixin
from flask_login import current_user, login_user
from redis.exceptions import RedisError
from werkzeug.datastructures import CallbackDict

from neoserra import clock
from neoserra.flask_extensions import login_manager
from neoserra.identity import accounts, password_policy, sessions
from neoserra.identity import sign_in as signing
from neoserra.identity.accounts import SignedInAccount
from neoserra.identity.sign_in import Proof
from neoserra.identity.visitor import Visitor
from neoserra.models import Account

CSRF = "csrf_token"
HALF = "half"
DUE = "due"
LONGEST_HALF_SECONDS = 2 * 3600
LIMITED_IDLE_SECONDS = 15 * 60
LONGEST_LIMITED_SECONDS = 3600
# Asked by a script, so they do not prolong the session. Paths, because a session is opened before its view is known.
BACKGROUND = frozenset(
    {
        "/verification/progress",
        "/preferences/mobile/progress",
        "/preferences/email/progress",
        "/administration/deliveries/live",
        "/administration/deliveries/now",
    }
)


class BrowserSession(CallbackDict[str, Any], SessionMixin):
    """The data of one session under its `id`; `stored` tells whether Redis has it.

    `id_from_browser` is False while the browser still has to be told the id. `ended` is an id that a step left behind.
    """

    def __init__(self, session_id: str, data: dict[str, Any] | None, *, id_from_browser: bool) -> None:
        self.token_shown = False
        super().__init__(data or {}, on_update=BrowserSession._note_change)
        self.stored = data is not None
        self.unavailable = False
        self.ended: str | None = None
        self._use(session_id, id_from_browser=id_from_browser)
        self.modified = False

    def __getitem__(self, name: str) -> Any:
        self.token_shown = self.token_shown or name == CSRF
        return super().__getitem__(name)

    def renew(self, *, signed_in: bool = False) -> None:
        """Forget everything and go on under a new id; the old one ends."""
        self.ended = self.id if self.stored else self.ended
        self.clear()
        self.stored = False
        self._use(sessions.new_id(signed_in=signed_in), id_from_browser=False)

    def to_keep(self) -> dict[str, Any]:
        return {name: value for name, value in self.items() if name != CSRF}

    @property
    def was_signed_in(self) -> bool:
        """The id is that of a signed-in session, which may have ended or lead nowhere any more."""
        return self.id.startswith(sessions.SIGNED_IN)

    def _use(self, session_id: str, *, id_from_browser: bool) -> None:
        self.id, self.id_from_browser, self.token_shown = session_id, id_from_browser, False
        dict.__setitem__(self, CSRF, sessions.csrf_token(session_id))

    def _note_change(self) -> None:
        self.modified = True


class BrowserSessions(SessionInterface):
    """Opens and keeps sessions in Redis: one round trip to read one, none for a visitor who has none."""

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        """When Redis is away the session is empty and `unavailable`; access rules turn that into a 503 page."""
        cookie = request.cookies.get(self.get_cookie_name(app), "")
        if not sessions.ID.fullmatch(cookie):
            return BrowserSession(sessions.new_id(), None, id_from_browser=False)
        try:
            data = sessions.load(cookie, prolong=request.path not in BACKGROUND)
        except RedisError as error:
            app.logger.error("session not readable", extra={"reason": str(error)})  # noqa: TRY400  no mistake of ours
            unreadable = BrowserSession(cookie, None, id_from_browser=True)
            unreadable.unavailable = True
            return unreadable
        return BrowserSession(cookie, data, id_from_browser=True)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        session = cast("BrowserSession", session)
        if session.unavailable:
            return
        if session.ended:
            sessions.end(session.ended)
        if session.modified:
            _keep(session)
        if not session.id_from_browser and (session.stored or session.token_shown or session.ended):
            self._set_cookie(app, session, response)

    def _set_cookie(self, app: Flask, session: BrowserSession, response: Response) -> None:
        response.set_cookie(
            self.get_cookie_name(app),
            session.id,
            path="/",
            httponly=True,
            secure=self.get_cookie_secure(app),
            samesite=self.get_cookie_samesite(app),
        )


def _keep(session: BrowserSession) -> None:
    data = session.to_keep()
    if data:
        sessions.keep(session.id, data, new=not session.stored, idle_seconds=data.get("idle", sessions.IDLE_SECONDS))
        session.stored = True
    elif session.stored:
        sessions.end(session.id)


def this() -> BrowserSession:
    """The session of the request being answered."""
    return cast("BrowserSession", session)


@dataclass(frozen=True, slots=True)
class HalfSignedIn:
    """Somebody who gave the right password and not yet the code."""

    account: Account
    next: str


def half_sign_in(account: Account, browser: str, next_page: str) -> None:
    """The password was right: keep a pre-auth record, and nothing of what was before. `browser` is its digest."""
    this().renew()
    session[HALF] = [account.id, account.session_epoch, int(clock.timestamp()), browser, next_page]


def half_signed_in(browser: str) -> HalfSignedIn | None:
    """Who is between password and code in the browser with this digest. A change of the account ends it."""
    if HALF not in session:
        return None
    if HALF not in g:
        g.half = _half_signed_in(browser, *session[HALF])
    return cast("HalfSignedIn | None", g.half)


def left_half_way(browser: str) -> bool:
    """Whether this browser has a session that is gone, or gave a password that leads nowhere any more. The session of
    another browser is none of its affair."""
    if HALF in session:
        return bool(session[HALF][3] == browser) and half_signed_in(browser) is None
    return this().id_from_browser and not this().stored


def _half_signed_in(
    browser: str, account_id: int, epoch: int, since: int, bound_to: str, next_page: str
) -> HalfSignedIn | None:
    account = _unchanged(account_id, epoch, since) if bound_to == browser else None
    return HalfSignedIn(account, next_page) if account and not account.locked_at else None


def _unchanged(account_id: int, epoch: int, since: int) -> Account | None:
    """The account of a step that was left off, unless that was long ago or something has changed meanwhile."""
    if clock.timestamp() - since > LONGEST_HALF_SECONDS:
        return None
    account = accounts.by_id(account_id)
    return account if account and account.active and account.session_epoch == epoch else None


def sign_in(proved: Account, proof: Proof, visitor: Visitor) -> None:
    """The last step is done: the person is in, and everything the session held is forgotten.

    Nobody is in yet whose password is due: they choose another first. Nothing happens when the account has changed
    since it was read as `proved`: what proved who they are may not do so any more.
    """
    account, signed_in = accounts.by_id(proved.id), accounts.signed_in_by_id(proved.id)
    if account is None or signed_in is None or signed_in.session_epoch != proved.session_epoch:
        return
    if password_policy.due(account):
        this().renew()
        session[DUE] = [account.id, account.session_epoch, int(clock.timestamp()), proof]
        return
    event_id = signing.complete(account.id, proof, visitor)
    data = {"at": int(clock.timestamp()), "proof": proof, "event": event_id, "idle": _idle_seconds(signed_in, proof)}
    _start(signed_in, data)


@dataclass(frozen=True, slots=True)
class MustChoose:
    """Somebody who has proved who they are, and must choose a new password before anything else opens."""

    account: Account
    proof: Proof


def must_choose() -> MustChoose | None:
    """Whose new password this session waits for. A change of the account ends it."""
    if DUE not in session:
        return None
    account_id, epoch, since, proof = session[DUE]
    account = _unchanged(account_id, epoch, since)
    return MustChoose(account, Proof(proof)) if account else None


def _idle_seconds(account: SignedInAccount, proof: Proof) -> int:
    if proof == Proof.RESET_LINK:
        return LIMITED_IDLE_SECONDS
    return sessions.ADMINISTRATOR_IDLE_SECONDS if account.is_administrator else sessions.IDLE_SECONDS


def stay_signed_in() -> None:
    """A change of what the person signs in with ended every session of theirs: this one goes on, under a new id."""
    kept = {name: session[name] for name in ("at", "proof", "event", "idle")}
    account = accounts.signed_in_by_id(current_user.id)
    if account is not None:
        _start(account, kept)


def renew_id() -> None:
    """The same session under a new id: whoever knew the old one does not rise with this person (ASVS 7.2.4)."""
    kept = this().to_keep()
    this().renew(signed_in=True)
    session.update(kept)
    sessions.enlist(current_user.id, this().id)


def _start(account: SignedInAccount, data: dict[str, Any]) -> None:
    this().renew(signed_in=True)
    login_user(account)
    session.pop("_id")  # a hash of address and browser that Flask-Login keeps and nobody reads
    session.update(data)
    sessions.enlist(account.id, this().id)


def told_id() -> str:
    """The id of this session, which the browser is told with this answer where it does not know it."""
    this().token_shown = True
    return this().id


def is_limited() -> bool:
    """A session that began with a reset link: it must not change what protects the account, nor administer."""
    return session.get("proof") == Proof.RESET_LINK


def log_out() -> None:
    """End the session, whether signed in or half-way, and go on as a visitor."""
    this().renew()
    g.pop("half", None)
    g.pop("_login_user", None)


@login_manager.user_loader
def _account_of_session(identity: str) -> SignedInAccount | None:
    longest = LONGEST_LIMITED_SECONDS if is_limited() else sessions.LONGEST_SECONDS
    if clock.timestamp() - session.get("at", 0) > longest:
        return None
    return accounts.signed_in(identity)
