"""What SNS tells about text messages in CloudWatch Logs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config import Settings
from neoserra.delivery import dispatch, leases, providers, recording, sending, sns_statuses
from neoserra.delivery.providers import sns_errors
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Delivery, ReachProblem, State
from tests.delivery import rows
from tests.servers.sns_server import SnsServer
from tests.workers.processes import environment
from workers import sns_statuses as command

OTHERS = "34d9b400-c6dd-5444-820d-fbeb0f1f54cf"  # the id of a message that is none of ours


@pytest.fixture(scope="module")
def moto() -> Iterator[SnsServer]:
    with SnsServer() as server:
        yield server


@pytest.fixture
def settings(settings: Settings, moto: SnsServer) -> Settings:
    return replace(
        settings,
        sms_providers=("sns",),
        aws_endpoint_url_sns=moto.url,
        aws_region="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret of the tests",
    )


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    yield
    providers.close()


@pytest.fixture
def claimed(account: Account, visitor: Visitor) -> Delivery:
    [delivery] = leases.claim([sending.send_code(account, Purpose.SIGN_IN, visitor).reference])
    return delivery


@pytest.fixture
def message_id(claimed: Delivery) -> str:
    """Of a text message that SNS has accepted."""
    recording.record([dispatch.carry(claimed)])
    return rows.attempts(claimed.reference)[0].provider_message_id


def line(message_id: str, response: str = "", status: str = "FAILURE") -> str:
    """As `aws logs tail --format short` prints it."""
    delivery: dict[str, Any] = {"mnc": 0, "destination": "+12025550142", "priceInUSD": 0.00645, "mcc": 0}
    delivery |= {"smsType": "Transactional", "providerResponse": response, "dwellTimeMs": 1420}
    notification = {"messageId": message_id, "timestamp": "2026-11-24 00:40:34.559"}
    log = {"notification": notification, "delivery": delivery, "status": status}
    return f"2026-11-24T00:40:36 {json.dumps(log)}\n"


def settled(delivery: Delivery) -> tuple[State, str]:
    row = rows.delivery(delivery.reference)
    return row.state, row.explanation


def test_a_text_that_arrived_is_delivered(claimed: Delivery, message_id: str) -> None:
    command.take([line(message_id, "Message has been accepted by phone carrier", "SUCCESS")])
    assert settled(claimed) == (State.DELIVERED, "The carrier has it; SNS learns no more than that.")


def test_one_that_did_not_fails_with_what_to_repair_and_marks_the_person(
    claimed: Delivery, message_id: str, account: Account
) -> None:
    command.take([line(message_id, "Phone number is opted out")])
    assert settled(claimed) == (State.FAILED, "The person answered STOP: they can text START, or use email.")
    assert rows.account(account.id).reach_problem == ReachProblem.FAILED


def test_states_move_forward_only(claimed: Delivery, message_id: str) -> None:
    command.take([line(message_id, "Invalid phone number"), line(message_id, status="SUCCESS")])
    assert settled(claimed)[0] == State.FAILED


def test_a_status_that_overtakes_its_attempt_waits_for_it(claimed: Delivery) -> None:
    carried = dispatch.carry(claimed)
    command.take([line(carried.tries[0].provider_message_id, status="SUCCESS")])
    assert settled(claimed)[0] == State.SENDING
    recording.record([carried])
    assert settled(claimed)[0] == State.DELIVERED


@pytest.mark.parametrize("response", [*sns_errors.STATUSES, "Something new about +12025550142", ""])
def test_every_reason_becomes_a_sentence_without_the_number(response: str) -> None:
    receipt = sns_statuses.read(line(OTHERS, response))
    assert receipt
    assert receipt.explanation.endswith(".")
    assert "2025550142" not in receipt.explanation


@pytest.mark.parametrize(
    "other",
    [
        "nonsense",
        "{",
        "[]",
        "{}",
        '{"notification": [], "delivery": {}, "status": "FAILURE"}',
        '{"notification": {"messageId": 5}, "delivery": {}, "status": "FAILURE"}',
        '{"notification": {"messageId": "34d9b400-c6dd-5444-820d-fbeb0f1f54cf"}, "delivery": {}, "status": "PENDING"}',
        line("34d9b400-c6dd-5444-820d-fbeb0f1f54c\0"),
        line("\ud800" * 36),
        '{"a": ' * 5000,
        line(OTHERS) + " " * 20_000,
    ],
)
def test_any_other_line_is_passed_over(other: str) -> None:
    assert sns_statuses.read(other) is None


@pytest.mark.parametrize("from_file", [False, True])
def test_lines_are_read_from_a_pipe_or_a_file_and_no_log_tells_a_number(
    from_file: bool, claimed: Delivery, message_id: str, connected: Settings, tmp_path: Path
) -> None:
    lines = ("\n\xff what?\n" + line(message_id, "Invalid phone number") + line(OTHERS)).encode("latin-1")
    (tmp_path / "log").write_bytes(lines)
    arguments = [sys.executable, "-m", "workers", "sns-status", *([str(tmp_path / "log")] if from_file else [])]
    done = subprocess.run(
        arguments, input=lines, env=os.environ | environment(connected), check=True, capture_output=True
    )
    assert settled(claimed)[0] == State.FAILED
    told = json.loads(done.stderr.splitlines()[-1])
    assert (told["statuses"], told["ours"], told["other lines"]) == (2, 1, 1)
    assert b"2025550142" not in done.stderr
