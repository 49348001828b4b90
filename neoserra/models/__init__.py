"""The tables, one file each."""

from neoserra.models.account import Account, ReachProblem, Role
from neoserra.models.account_word import AccountWord
from neoserra.models.attempt import Attempt, Outcome
from neoserra.models.base import Base
from neoserra.models.configuration import Configuration
from neoserra.models.delivery import LEFT_STATES, WAITING_STATES, Channel, Delivery, Message, State
from neoserra.models.dismissal import Dismissal, Finding
from neoserra.models.event import Event, EventKind
from neoserra.models.pause import Pause
from neoserra.models.tally import Counted, Tally
from neoserra.models.trusted_browser import TrustedBrowser

__all__ = [
    "LEFT_STATES",
    "WAITING_STATES",
    "Account",
    "AccountWord",
    "Attempt",
    "Base",
    "Channel",
    "Configuration",
    "Counted",
    "Delivery",
    "Dismissal",
    "Event",
    "EventKind",
    "Finding",
    "Message",
    "Outcome",
    "Pause",
    "ReachProblem",
    "Role",
    "State",
    "Tally",
    "TrustedBrowser",
]
