"""Status callbacks of Twilio: signed as the SDK signs, and moving states forward only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from config import Settings
from neoserra import create_app, extensions
from neoserra.delivery import acts, leases, outbox, recording, sending, twilio_receipts, usage
from neoserra.delivery.recording import Carried, Try
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, Channel, Delivery, Message, Outcome, ReachProblem, State
from tests.delivery import rows

TOKEN = "token-of-the-test-account"
SID = "SM" + "1" * 32

Report = Callable[..., TestResponse]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, twilio_auth_token=TOKEN)


@pytest.fixture
def report(connected: Settings) -> Report:
    """Twilio reports a status, signed by its SDK."""
    browser = create_app(connected).test_client()

    def send(status: str, sid: str = SID, *, token: str = TOKEN, **fields: str) -> TestResponse:
        fields = {"MessageSid": sid, "MessageStatus": status, "To": "+12025550142", **fields}
        url = f"{connected.public_url}/receipts/twilio"
        signature = RequestValidator(token).compute_signature(url, fields)
        return browser.post(url, data=fields, headers={"X-Twilio-Signature": signature})

    return send


def claimed(account: Account, visitor: Visitor) -> Delivery:
    """A code that a worker has in hand."""
    [delivery] = leases.claim([sending.send_code(account, Purpose.SIGN_IN, visitor).reference])
    return delivery


def write_down(delivery: Delivery, sid: str = SID) -> None:
    """The worker's record that Twilio accepted it."""
    at = delivery.changed_at
    recording.record([Carried(delivery, [Try("twilio", at, at, Outcome.ACCEPTED, provider_message_id=sid)])])


@pytest.fixture
def accepted(account: Account, visitor: Visitor) -> Delivery:
    delivery = claimed(account, visitor)
    write_down(delivery)
    return delivery


def state(delivery: Delivery) -> State:
    return rows.delivery(delivery.reference).state


def test_an_accepted_message_becomes_delivered(report: Report, accepted: Delivery) -> None:
    for status in ("queued", "sending", "sent"):
        assert report(status).status_code == 204
        assert state(accepted) == State.ACCEPTED
    assert report("delivered").status_code == 204
    assert state(accepted) == State.DELIVERED


def test_one_that_did_not_arrive_fails_with_the_reason_and_marks_the_person(
    report: Report, accepted: Delivery, account: Account
) -> None:
    report("undelivered", ErrorCode="30005")
    row = rows.delivery(accepted.reference)
    assert (row.state, row.explanation) == (
        State.FAILED,
        "The number is not in service: correct it in the account, or use email.",
    )
    assert rows.account(account.id).reach_problem == ReachProblem.FAILED


@pytest.mark.parametrize(
    ("first", "second"), [("delivered", "undelivered"), ("failed", "delivered"), ("delivered", "sent")]
)
def test_states_move_forward_only(first: str, second: str, report: Report, accepted: Delivery) -> None:
    report(first)
    after = state(accepted)
    for status in (second, first, second):
        assert report(status).status_code == 204
    assert state(accepted) == after


def test_a_late_receipt_of_the_first_time_says_nothing_about_the_second(
    report: Report, accepted: Delivery, by: Actor
) -> None:
    report("undelivered")
    acts.retry([rows.delivery(accepted.reference)], by)
    [again] = leases.claim([accepted.reference])
    write_down(again, sid="SM" + "2" * 32)
    for late in ("undelivered", "failed", "delivered"):
        assert report(late).status_code == 204
        assert state(accepted) == State.ACCEPTED
    report("delivered", sid="SM" + "2" * 32)
    assert state(accepted) == State.DELIVERED


def test_a_receipt_that_overtakes_its_attempt_waits_for_it(report: Report, account: Account, visitor: Visitor) -> None:
    delivery = claimed(account, visitor)
    assert report("delivered").status_code == 204
    assert state(delivery) == State.SENDING
    write_down(delivery)
    assert state(delivery) == State.DELIVERED


def test_a_code_that_was_entered_has_arrived_whatever_a_late_receipt_says(
    report: Report, accepted: Delivery, account: Account, visitor: Visitor
) -> None:
    usage.code_entered(rows.owner(account, visitor))
    report("undelivered", ErrorCode="30005")
    assert state(accepted) == State.ACCEPTED


def test_which_of_two_messages_was_read_nobody_knows(
    report: Report, accepted: Delivery, account: Account, visitor: Visitor
) -> None:
    mail = sending.new_delivery(account, Message.SIGN_IN_CODE, (Channel.EMAIL, account.email), visitor)
    mail.expires_at = accepted.expires_at
    outbox.put(mail, visitor)
    rows.change(mail.reference, state=State.ACCEPTED)
    usage.code_entered(rows.owner(account, visitor))
    report("undelivered", ErrorCode="30005")
    assert state(accepted) == State.FAILED


def test_of_two_that_overtake_their_attempt_the_first_counts(
    report: Report, account: Account, visitor: Visitor
) -> None:
    delivery = claimed(account, visitor)
    report("delivered")
    report("undelivered", ErrorCode="30005")
    write_down(delivery)
    assert state(delivery) == State.DELIVERED


def test_a_receipt_for_nothing_of_ours_is_harmless(report: Report, accepted: Delivery) -> None:
    assert report("delivered", sid="SM" + "2" * 32).status_code == 204
    assert report("delivered", sid="").status_code == 204
    assert state(accepted) == State.ACCEPTED


def test_the_person_who_waits_sees_it_and_is_offered_the_other_way(
    report: Report, accepted: Delivery, account: Account, visitor: Visitor
) -> None:
    report("undelivered", ErrorCode="30003")
    [shown] = sending.progress(rows.owner(account, visitor), accepted.created_at)
    assert shown.state == State.FAILED
    assert "Have it sent by email" in shown.explanation


def test_a_receipt_that_is_not_signed_by_twilio_changes_nothing(report: Report, accepted: Delivery, app: Flask) -> None:
    assert report("delivered", token="another").status_code == 403
    data = {"MessageSid": SID, "MessageStatus": "delivered"}
    browser = app.test_client()
    url = "https://crm.example.org/receipts/twilio"
    assert browser.post(url, data=data).status_code == 403
    assert browser.post(url, data=data, headers={"X-Twilio-Signature": "é"}).status_code == 403
    assert state(accepted) == State.ACCEPTED


def test_without_a_token_nobody_can_sign(connected: Settings) -> None:
    fields = {"MessageSid": SID}
    url = f"{connected.public_url}/receipts/twilio"
    signature = RequestValidator("").compute_signature(url, fields)
    assert not twilio_receipts.is_signed(fields, signature, replace(connected, twilio_auth_token=""))


@pytest.mark.parametrize(
    "public_url", ["https://crm.example.org", "https://crm.example.org:8443", "http://localhost:8000"]
)
def test_the_sdk_finds_our_address_signed_as_we_do(public_url: str, connected: Settings) -> None:
    settings = replace(connected, public_url=public_url)
    fields = {"MessageSid": SID, "MessageStatus": "sent", "To": "+12025550142", "Ünï": "códe ✓", "Empty": ""}
    validator = RequestValidator(TOKEN)
    signature = validator.compute_signature(f"{public_url}/receipts/twilio", fields)
    assert validator.validate(f"{public_url}/receipts/twilio", fields, signature)
    assert twilio_receipts.is_signed(fields, signature, settings)
    assert not twilio_receipts.is_signed(fields | {"MessageStatus": "delivered"}, signature, settings)
    assert not twilio_receipts.is_signed(fields, signature[:-2] + "x=", settings)


def test_no_receipt_keeps_a_number_in_redis(report: Report, account: Account) -> None:
    report("delivered")
    waiting = [extensions.redis.get(key) for key in extensions.redis.scan_iter("*receipt*")]
    assert len(waiting) == 1
    assert "2025550142" not in str(waiting)
