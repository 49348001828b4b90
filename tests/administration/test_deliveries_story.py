"""The page of one message: what happened, what stopped it, and what mends it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import time_machine
from flask import Flask

from neoserra import clock
from neoserra.delivery import dispatch, receipts, resets, sending
from neoserra.delivery.receipts import Receipt
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Message, State
from tests.administration import accounts_pages
from tests.administration.deliveries_pages import PATH, buttons, failed_code, story, write
from tests.client import CheckedClient
from tests.delivery import rows
from tests.journey import code_of, deliveries, give_password, wrong_code
from tests.reset import steps as reset


def test_a_sign_in_from_asking_to_the_code(rosa: CheckedClient, app: Flask, account: Account) -> None:
    ann = CheckedClient(app, address="198.51.100.23")
    give_password(ann)
    [code, *_] = deliveries()
    dispatch.deliver(code.reference)
    ann.press("/verification", code=wrong_code(ann, account))
    ann.press("/verification", code=code_of(ann, account))
    rosa.get(f"{PATH}/{code.reference.lower()}")
    assert rosa.h1 == f"Message {code.reference}"
    told = [re.sub(r"after [\d.]+\s(ms|s)$", "after a while", step) for step in story(rosa)]
    assert told == [
        "Asked for in the person's browser",
        "Code made: its hour began",
        "Put into the queue codes",
        "Picked up by a worker",
        "Handed to outbox, answered after a while",
        "A code was entered and refused",
        "Its code was entered",
    ]
    assert "Chrome on Windows, 198.51.100.23" in rosa.text
    assert "Its code was entered." in rosa.text
    assert rows.delivery(code.reference).worker in rosa.text
    assert not [name for name in buttons(rosa) if "Retry" in name or "Cancel" in name or "Send" in name]


def test_a_link_was_asked_for_in_a_browser_before_and_after_it_left(
    rosa: CheckedClient, app: Flask, account: Account
) -> None:
    reset.ask(CheckedClient(app, address="198.51.100.23"), "ann")
    [link] = deliveries()[:1]
    rosa.get(f"{PATH}/{link.reference}")
    assert story(rosa)[0] == "Asked for in the person's browser"
    reset.work()
    rosa.get(f"{PATH}/{link.reference}")
    assert story(rosa)[0] == "Asked for in the person's browser"


def test_a_number_that_does_not_exist_is_told_with_what_mends_it(
    rosa: CheckedClient, account: Account, visitor: Visitor
) -> None:
    failed = failed_code(account, visitor)
    rosa.get(f"{PATH}/{failed.reference}")
    assert "It did not get through. Simulated: the number or mailbox does not exist. invalid" in rosa.text
    assert "Correct the mobile number of Ann Lee" in rosa.text
    assert {"Send the code by email", f"Retry {failed.reference} now"} <= set(buttons(rosa))
    assert "Refused for good. Simulated" in rosa.text


def test_gaps_and_times_are_those_of_the_administrator(
    rosa: CheckedClient, administrator: Account, account: Account, visitor: Visitor
) -> None:
    accounts_pages.change(administrator, time_zone="America/Denver")
    with time_machine.travel(datetime.fromisoformat("2026-11-24T12:00:00Z"), tick=False) as traveller:
        sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
        traveller.shift(3)
        dispatch.deliver(sent.reference)
        traveller.shift(600)
        accepted = rows.attempts(sent.reference)[0]
        receipts.take(Receipt("outbox", accepted.provider_message_id, State.DELIVERED))
    rosa.get(f"{PATH}/{sent.reference}")
    assert "24 November 2026, 05:00:03 MST 3.0 s later Picked up by a worker" in rosa.text
    assert "05:10:03 MST 10 minutes later A receipt came: it arrived" in rosa.text


def test_a_receipt_that_says_no(rosa: CheckedClient, account: Account, visitor: Visitor) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    dispatch.deliver(sent.reference)
    accepted = rows.attempts(sent.reference)[0]
    receipts.take(Receipt("outbox", accepted.provider_message_id, State.FAILED, "30006", "It is a landline."))
    rosa.get(f"{PATH}/{sent.reference}")
    assert "A receipt came: it did not arrive It is a landline. 30006" in rosa.text


def test_a_code_that_waits_says_that_no_worker_listens_and_can_be_canceled(
    rosa: CheckedClient, account: Account, visitor: Visitor
) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    rosa.get(f"{PATH}/{sent.reference}")
    assert "It waits in the queue codes. No worker listens to its queue" in rosa.text
    assert f"Cancel {sent.reference}" in buttons(rosa)
    rosa.submit("/administration/queues/codes/pause", reason="Twilio moves house")
    rosa.get(f"{PATH}/{sent.reference}")
    assert "Its queue is paused (Twilio moves house)" in rosa.text


def test_a_code_whose_hour_is_over_is_told(rosa: CheckedClient, account: Account, visitor: Visitor) -> None:
    with time_machine.travel(clock.now() - timedelta(minutes=61), tick=False):
        failed = failed_code(account, visitor)
    rosa.get(f"{PATH}/{failed.reference}")
    assert "It is not sent again: its code has ended." in rosa.text
    assert story(rosa)[-1] == "The hour of its code ended"
    assert not [name for name in buttons(rosa) if "Retry" in name or "code by email" in name]


def test_a_link_for_a_name_that_nobody_has(rosa: CheckedClient, visitor: Visitor) -> None:
    resets.ask("nobody", visitor)
    [link, *_] = deliveries()
    dispatch.deliver(link.reference)
    rosa.get(f"{PATH}/{link.reference}")
    assert "It was canceled. Nobody has the name that was typed." in rosa.text
    assert story(rosa)[-1] == "Canceled"


def test_what_an_administrator_sent_names_them(rosa: CheckedClient, account: Account) -> None:
    rosa.get(accounts_pages.path(account))
    rosa.press(accounts_pages.path(account, "test-message"))
    [sent, *_] = deliveries()
    rosa.get(f"{PATH}/{sent.reference}")
    assert story(rosa)[0] == "Asked for by Rosa Oot, an administrator"


def test_messages_with_the_same_code_lead_to_each_other(
    rosa: CheckedClient, account: Account, visitor: Visitor
) -> None:
    failed = failed_code(account, visitor)
    rosa.get(f"{PATH}/{failed.reference}")
    rosa.press(f"{PATH}/{failed.reference}/send-otherwise")
    [mail, *_] = deliveries()
    assert failed.reference in rosa.get(f"{PATH}/{mail.reference}").text
    assert mail.reference in rosa.get(f"{PATH}/{failed.reference}").text


def test_a_reference_that_nobody_has_is_not_there(rosa: CheckedClient) -> None:
    assert rosa.get(f"{PATH}/BCDFGHJK").status_code == 404
    assert rosa.get(f"{PATH}/x").status_code == 404


def test_every_state_has_a_page(rosa: CheckedClient, account: Account) -> None:
    for state in State:
        for message in (Message.SIGN_IN_CODE, Message.BROWSER_TRUSTED, Message.RESET_LINK):
            [reference] = write(1, account_id=account.id, state=state, message=message)
            assert rosa.get(f"{PATH}/{reference}").status_code == 200


def test_no_code_link_or_whole_number_is_on_any_page(
    rosa: CheckedClient, app: Flask, account: Account, administrator: Account, visitor: Visitor
) -> None:
    ann = CheckedClient(app)
    give_password(ann)
    [sent, *_] = deliveries()
    dispatch.deliver(sent.reference)
    code = code_of(ann, account)
    resets.ask("ann", visitor)
    [link, *_] = deliveries()
    dispatch.deliver(link.reference)
    failed = failed_code(account, visitor)
    pages = ["", "?state=failed", "?q=0142", "?q=ann", ".csv", "/reasons", "/retry?state=failed"]
    told = "".join(rosa.get(PATH + each).text for each in pages)
    told += "".join(rosa.get(f"{PATH}/{each.reference}").text for each in (sent, link, failed))
    assert failed.reference in told
    for secret in (code, "2025550142", "5550142", "5550181", "/reset/", "ann@example.org", "asked_for"):
        assert secret not in told, secret
