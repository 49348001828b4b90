"""Why a code did not count, in words."""

from __future__ import annotations

from neoserra.identity import codes
from neoserra.translation import gettext as _
from neoserra.translation import ngettext

TRIES_WORTH_TELLING = 3


def sentence(refusal: codes.CodeRefused) -> str:
    if isinstance(refusal, codes.CodeExpired):
        return _("That code has expired. Ask for a new one below.")
    if isinstance(refusal, codes.CodeUsedUp):
        return _("That code was entered wrongly too often and no longer counts. Ask for a new one below.")
    wrong = _("That is not the code we sent. Check it and try again, or have it sent again.")
    left = getattr(refusal, "tries_left", TRIES_WORTH_TELLING + 1)
    if left > TRIES_WORTH_TELLING:
        return wrong
    return f"{wrong} {ngettext('%(number)s try left.', '%(number)s tries left.', left)}"
