"""Telling somebody that what their page showed was saved otherwise while they had it open."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from flask_wtf import FlaskForm

from neoserra.translation import gettext as _

Describe = Callable[[str, Any], Mapping[str, str]]


def version_shown(form: FlaskForm) -> int:
    """The version of what the page showed; 0, which nothing saved has, for one that this site has not written there."""
    shown = str(form.version.data)
    return int(shown) if re.fullmatch("[0-9]{1,9}", shown) else 0


def tell(form: FlaskForm, typed: Mapping[str, Any], now: Mapping[str, Any], version: int, describe: Describe) -> bool:
    """Say beside each field of `form` what somebody else made of it. What was typed stays, and a second Save, which is
    for the `version` of `now`, keeps it; a field that nobody has touched in this page shows the new value. False when
    there is nothing to tell.

    `typed` and `now` are what was typed and what is saved by now, `form.shown` what the page showed, as JSON.
    `describe` puts a field and a value into words, as `what` and `value`.
    """
    shown = _read(form.shown.data or "")
    for name in now:
        if now[name] not in (shown.get(name), typed[name]):
            touched = typed[name] != shown.get(name)
            form[name].errors = [_sentence(touched=touched) % describe(name, now[name])]
            form[name].data = form[name].data if touched else now[name]
    form.version.data, form.shown.data = str(version), json.dumps(now)
    return bool(form.errors)


def _sentence(*, touched: bool) -> str:
    if touched:
        return _("%(what)s: somebody else saved %(value)s while you had this page open. Save again to keep yours.")
    return _("%(what)s: somebody else saved %(value)s while you had this page open. It stands here now: save again.")


def _read(shown: str) -> dict[str, Any]:
    """Nothing when this site has not written it into the page."""
    try:
        values = json.loads(shown)
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
