"""Flask's extensions of the web process. Workers, which have no pages, never load them."""

from __future__ import annotations

from flask_login import LoginManager
from flask_wtf import CSRFProtect


class SessionsAlone(LoginManager):
    """Flask-Login without its remember cookie, which cannot be revoked and is honoured though nobody set it."""

    def _load_user_from_remember_cookie(self, cookie: str) -> None:
        return None


csrf = CSRFProtect()
login_manager = SessionsAlone()
login_manager.session_protection = None
