"""What administrators do: one blueprint, a file of views for each page of the Administration menu."""

from flask import Blueprint

blueprint = Blueprint("administration", __name__, url_prefix="/administration")

from neoserra.administration import (  # noqa: E402  the views find the blueprint here
    account,  # noqa: F401
    account_actions,  # noqa: F401
    accounts,  # noqa: F401
    code_usage,  # noqa: F401
    configuration,  # noqa: F401
    deliveries,  # noqa: F401
    deliveries_now,  # noqa: F401
    delivery,  # noqa: F401
    delivery_actions,  # noqa: F401
    events,  # noqa: F401
    failure_reasons,  # noqa: F401
    findings,  # noqa: F401
    mode,  # noqa: F401
    queue_actions,  # noqa: F401
    retry_all,  # noqa: F401
    status,  # noqa: F401
    what_if,  # noqa: F401
)
