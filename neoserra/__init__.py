"""The front door of Neoserra: the whole site wired on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The site for `settings`, or for those of the environment.

    The imports are in here so that a worker, which needs a few modules of this package, does not load the whole site.

    Raises:
        config.SettingsError: names every setting that is missing or unsafe.
    """
    from flask import Flask
    from werkzeug.middleware.proxy_fix import ProxyFix

    import config
    from neoserra import extensions, logs

    logs.set_up()
    settings = settings or config.from_process()
    extensions.connect(settings)

    from neoserra import access, browser_session, commands, errors, every_request, flask_extensions, headers, pages
    from neoserra.administration import blueprint as administration
    from neoserra.health.routes import blueprint as health
    from neoserra.home.routes import blueprint as home
    from neoserra.login.routes import blueprint as login
    from neoserra.outbox.routes import blueprint as outbox
    from neoserra.preferences import blueprint as preferences
    from neoserra.receipts.routes import blueprint as receipts
    from neoserra.reset import blueprint as reset
    from neoserra.verification.routes import blueprint as verification

    app = Flask(__name__, template_folder="../templates", static_folder=None)
    app.config.from_mapping(every_request.flask_settings(settings))
    app.session_interface = browser_session.BrowserSessions()
    if hops := settings.proxy_hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]

    flask_extensions.login_manager.init_app(app)
    for part in (every_request, access, flask_extensions.csrf, pages, headers, errors, commands):
        part.init_app(app)
    for blueprint in (home, login, verification, reset, preferences, administration, health, receipts):
        app.register_blueprint(blueprint)
    if not settings.production:
        app.register_blueprint(outbox)
    return app
