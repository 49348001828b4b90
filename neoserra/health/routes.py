"""Alive, and able to serve."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from flask import Blueprint, abort, jsonify, request
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from neoserra import extensions
from neoserra.access import Level, access
from neoserra.delivery import queues

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@access(Level.ANYONE)
def alive() -> Response:
    return jsonify(status="ok")


@blueprint.get("/readyz")
@access(Level.ANYONE)
def ready() -> tuple[Response, int]:
    """200 when everything a person needs works; otherwise 503 and a sentence for each thing that does not."""
    problems = [problem for check in (_database, _redis) if (problem := check())]
    if not problems:
        problems = [f"no worker listens to {name}" for name in queues.unattended()]
    return jsonify(status="not ready" if problems else "ok", problems=problems), 503 if problems else 200


@blueprint.get("/metrics")
@access(Level.ANYONE)
def metrics() -> Response:
    """For Prometheus, from this machine or a private network alone: what is counted is nobody else's business."""
    from neoserra.health.metrics import text as told  # and with it the library, which no page needs

    if not ipaddress.ip_address(request.remote_addr or "::").is_private:
        abort(404)
    return Response(told(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _answers(ask: Callable[[], object], name: str, *away: type[Exception]) -> str:
    try:
        ask()
    except away:
        return f"{name} is away"
    return ""


def _database() -> str:
    def ask() -> None:
        with extensions.database.connection() as connection:
            connection.execute(text("SELECT 1"))

    return _answers(ask, "the database", SQLAlchemyError)


def _redis() -> str:
    return _answers(extensions.redis.ping, "Redis", RedisError)
