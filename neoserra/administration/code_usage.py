"""Sent against used: how many codes of each day, country and provider were entered."""

from __future__ import annotations

from flask import render_template

from neoserra.access import Level, access
from neoserra.administration import blueprint
from neoserra.delivery import code_usage
from neoserra.translation import country_name, day_in_words


@blueprint.get("/deliveries/usage")
@access(Level.ADMINISTRATOR_MODE)
def delivery_usage() -> str:
    return render_template(
        "administration/code_usage.html",
        lines=code_usage.by_day(),
        country_name=country_name,
        day_in_words=day_in_words,
    )
