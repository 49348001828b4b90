"""Links on their way: whose they are, and what becomes of them when something goes wrong."""

from __future__ import annotations

from datetime import timedelta

import html5lib
import pytest
import time_machine
from sqlalchemy import text, update

from neoserra import clock, extensions
from neoserra.delivery import dispatch, queues, resets, sending, texts
from neoserra.delivery.providers import outbox
from neoserra.delivery.providers.base import MailMessage
from neoserra.identity import links
from neoserra.identity.links import Kind
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Delivery, EventKind, State
from tests.delivery import rows
from tests.journey import deliveries


@pytest.fixture
def asked(account: Account, visitor: Visitor) -> Delivery:
    """Somebody has typed Ann's username, and no worker has seen it."""
    resets.ask("ann", visitor)
    return deliveries()[0]


def move_mailbox(account: Account, email: str) -> None:
    with extensions.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account.id).values(email=email))


def live_links() -> int:
    return len(extensions.redis.keys(extensions.key("link", "*")))


def test_it_waits_in_the_queue_of_links_without_an_account(asked: Delivery) -> None:
    assert (asked.account_id, asked.destination, asked.asked_for, asked.state) == (None, "", "ann", State.QUEUED)
    assert queues.waiting(queues.LINKS) == {asked.reference}
    assert asked.expires_at == asked.created_at + timedelta(hours=1)


def test_no_link_exists_before_the_worker_makes_it(asked: Delivery) -> None:
    assert live_links() == 0
    dispatch.deliver(asked.reference)
    assert live_links() == 1


def test_a_second_job_for_the_same_row_makes_no_second_link(asked: Delivery) -> None:
    for _ in range(3):
        dispatch.deliver(asked.reference)
    assert len(outbox.sent()) == 1
    assert len(rows.events(EventKind.RESET_LINK_SENT)) == 1


def test_after_a_failure_the_next_try_has_a_link_of_its_own_and_only_that_works(
    account: Account, asked: Delivery
) -> None:
    move_mailbox(account, "third-time@example.org")
    for seconds in (0, 3, 9):
        with time_machine.travel(clock.now() + timedelta(seconds=seconds)):
            dispatch.deliver(asked.reference)
    row = rows.delivery(asked.reference)
    assert (row.state, row.account_id, row.asked_for) == (State.ACCEPTED, account.id, "")
    assert len(rows.attempts(asked.reference)) == 3
    assert live_links() == 1
    token = outbox.sent()[0]["text"].partition("/reset/")[2].split()[0]
    assert links.opened(token) is not None
    assert len(rows.events(EventKind.RESET_LINK_SENT)) == 1


def test_after_a_lost_answer_a_link_is_sent_again(account: Account, asked: Delivery) -> None:
    move_mailbox(account, "answer-lost@example.org")
    dispatch.deliver(asked.reference)
    assert rows.delivery(asked.reference).state == State.RETRYING


def test_what_a_worker_that_died_had_not_looked_up_is_looked_up_by_the_next(account: Account, asked: Delivery) -> None:
    rows.change(asked.reference, state=State.SENDING, next_at=clock.now())
    dispatch.release_lost()
    assert rows.delivery(asked.reference).asked_for == "ann"
    with time_machine.travel(clock.now() + timedelta(seconds=3)):
        dispatch.deliver(asked.reference)
    assert rows.delivery(asked.reference).account_id == account.id
    assert len(outbox.sent()) == 1


def test_what_was_typed_is_forgotten_however_it_ends(asked: Delivery) -> None:
    for state in (State.SENDING, State.SENDING, State.SENDING):
        rows.change(asked.reference, state=state, next_at=clock.now())
        dispatch.release_lost()
    row = rows.delivery(asked.reference)
    assert (row.state, row.asked_for) == (State.FAILED, "")


def test_a_retry_for_somebody_inactivated_meanwhile_is_canceled(account: Account, asked: Delivery) -> None:
    move_mailbox(account, "unavailable@example.org")
    dispatch.deliver(asked.reference)
    with extensions.database.transaction() as db:
        db.get_one(Account, account.id).active = False
    with time_machine.travel(clock.now() + timedelta(seconds=3)):
        dispatch.deliver(asked.reference)
    row = rows.delivery(asked.reference)
    assert (row.state, row.explanation) == (State.CANCELED, "The account is inactive.")


def failed_once(account: Account, asked: Delivery) -> None:
    """The mail server was away at the first try, and is there again."""
    move_mailbox(account, "unavailable@example.org")
    dispatch.deliver(asked.reference)
    assert rows.delivery(asked.reference).state == State.RETRYING
    move_mailbox(account, "ann@example.org")


def tried_again(asked: Delivery) -> Delivery:
    with time_machine.travel(clock.now() + timedelta(seconds=3)):
        dispatch.deliver(asked.reference)
    return rows.delivery(asked.reference)


def test_an_old_link_that_comes_late_does_not_end_a_newer_one(
    account: Account, asked: Delivery, visitor: Visitor
) -> None:
    failed_once(account, asked)
    dispatch.deliver(sending.send_link(account, Kind.RESET, visitor).reference)
    token = outbox.sent()[-1]["text"].partition("/reset/")[2].split()[0]
    late = tried_again(asked)
    assert (late.state, late.explanation) == (State.CANCELED, "A newer link was sent.")
    assert links.opened(token) is not None


def test_a_newer_link_that_came_to_nothing_leaves_room_for_the_old_one(
    account: Account, asked: Delivery, visitor: Visitor
) -> None:
    failed_once(account, asked)
    rows.change(sending.send_link(account, Kind.RESET, visitor).reference, state=State.FAILED)
    assert tried_again(asked).state == State.ACCEPTED


def test_an_invitation_is_not_lost_to_a_newer_link_that_has_not_left(account: Account, visitor: Visitor) -> None:
    invitation = sending.send_link(account, Kind.INVITATION, visitor)
    failed_once(account, invitation)
    resets.ask("ann", visitor)  # anybody may
    assert tried_again(invitation).state == State.ACCEPTED


def test_of_two_links_carried_at_the_same_time_the_one_asked_for_later_works(
    account: Account, asked: Delivery, visitor: Visitor
) -> None:
    sent = sending.send_link(account, Kind.RESET, visitor)
    newer = links.issue(account.id, Kind.RESET, sent.id)
    rows.change(sent.reference, state=State.SENDING)
    dispatch.deliver(asked.reference)
    row = rows.delivery(asked.reference)
    assert (row.state, row.explanation) == (State.CANCELED, "A newer link was sent.")
    assert links.opened(newer.token) is not None
    assert outbox.sent() == []


@pytest.mark.parametrize("state", [State.RETRYING, State.FAILED, State.CANCELED])
def test_a_newer_link_that_was_only_tried_gives_way(
    account: Account, asked: Delivery, visitor: Visitor, state: State
) -> None:
    sent = sending.send_link(account, Kind.RESET, visitor)
    tried = links.issue(account.id, Kind.RESET, sent.id)
    rows.change(sent.reference, state=state)
    dispatch.deliver(asked.reference)
    assert rows.delivery(asked.reference).state == State.ACCEPTED
    assert links.opened(tried.token) is None
    assert links.opened(outbox.sent()[0]["text"].partition("/reset/")[2].split()[0]) is not None


def test_a_newer_link_whose_hour_is_over_takes_no_place(account: Account, visitor: Visitor) -> None:
    invitation = sending.send_link(account, Kind.INVITATION, visitor)
    failed_once(account, invitation)
    reset = sending.send_link(account, Kind.RESET, visitor)
    rows.change(reset.reference, state=State.ACCEPTED, expires_at=clock.now())
    assert tried_again(invitation).state == State.ACCEPTED


def test_a_link_that_is_over_is_not_told_of_as_sent(asked: Delivery) -> None:
    rows.change(asked.reference, expires_at=clock.now())
    dispatch.deliver(asked.reference)
    assert rows.delivery(asked.reference).state == State.EXPIRED
    assert rows.events(EventKind.RESET_LINK_SENT) == []


def test_a_link_does_not_leave_after_the_password_was_chosen(account: Account, asked: Delivery) -> None:
    failed_once(account, asked)
    with extensions.database.transaction() as db:
        db.get_one(Account, account.id).password_changed_at = clock.now()
    late = tried_again(asked)
    assert (late.state, late.explanation) == (State.CANCELED, "The password was chosen since.")


def test_a_link_that_was_asked_for_does_not_leave_once_resets_are_not_allowed(
    account: Account, asked: Delivery, visitor: Visitor
) -> None:
    failed_once(account, asked)
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE configuration SET allow_password_reset = false"))
    late = tried_again(asked)
    assert (late.state, late.explanation) == (State.CANCELED, "Password resets are not allowed.")
    sent = sending.send_link(account, Kind.RESET, visitor)  # an administrator's wish
    dispatch.deliver(sent.reference)
    assert rows.delivery(sent.reference).state == State.ACCEPTED


def test_the_html_has_the_link_as_a_link_and_the_text_has_it_on_a_line_of_its_own(
    account: Account, visitor: Visitor
) -> None:
    mail = texts.render(sending.send_link(account, Kind.RESET, visitor))
    assert isinstance(mail, MailMessage)
    [anchor] = html5lib.parse(mail.html, namespaceHTMLElements=False).iter("a")
    assert anchor.get("href") == anchor.text
    assert anchor.text in mail.text.splitlines()
    assert str(anchor.text).startswith("https://crm.example.org/reset/")
