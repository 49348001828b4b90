"""Who is choosing a password in this browser, and by what right."""

from __future__ import annotations

from dataclasses import dataclass

from flask import session

from neoserra import browser_session
from neoserra.identity import accounts, links, new_passwords, password_policy
from neoserra.identity.links import Link
from neoserra.identity.sign_in import Proof
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Message

LINK = "link"  # in the session: the id of the link that was opened, which alone proves nothing


@dataclass(frozen=True, slots=True)
class Chooser:
    """`link` is None when it was the password itself that let somebody in, and it is due for a change."""

    account: Account
    link: Link | None
    proof: Proof

    @classmethod
    def of_this_browser(cls) -> Chooser | None:
        """A link goes before everything else that the session holds. None when nobody may choose."""
        link = links.find(session.get(LINK, ""))
        account = accounts.by_id(link.account_id) if link else None
        if account and account.active:
            return cls(account, link, Proof.RESET_LINK)
        due = browser_session.must_choose()
        return cls(due.account, None, due.proof) if due else None

    @property
    def why(self) -> str:
        """What kind of link it is, or why the password is due, in a word."""
        return self.link.kind if self.link else password_policy.due(self.account) or ""

    @property
    def notice(self) -> Message:
        return Message.PASSWORD_RESET if self.link else Message.PASSWORD_CHANGED

    def choose(self, password: str, visitor: Visitor) -> None:
        """Raises what `new_passwords.by_link` and `new_passwords.in_place_of_due` do."""
        if self.link:
            new_passwords.by_link(self.account, self.link, password, visitor)
        else:
            new_passwords.in_place_of_due(self.account, password, visitor)
