"""Choosing a password without knowing the old one: asking for a link, opening it, and what follows."""

from flask import Blueprint
from werkzeug.exceptions import TooManyRequests

from neoserra import errors
from neoserra.identity.limits import TooManyFailures

blueprint = Blueprint("reset", __name__)


@blueprint.errorhandler(TooManyFailures)
def wait(refusal: TooManyFailures) -> errors.Answer:
    """For the addresses that have no form to say it beside."""
    return errors.show(TooManyRequests(retry_after=refusal.retry_in))


from neoserra.reset import asking, challenge, choosing, limited  # noqa: E402, F401  the views find the blueprint here
