"""What people keep right about their own account: one blueprint, a file of views for each part of the page."""

from flask import Blueprint

blueprint = Blueprint("preferences", __name__)

from neoserra.preferences import (  # noqa: E402  the views find the blueprint here
    browsers,  # noqa: F401
    email,  # noqa: F401
    mobile,  # noqa: F401
    overview,  # noqa: F401
    password,  # noqa: F401
)
