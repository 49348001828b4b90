"""What is wrong with one delivery stays with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from config import Settings
from neoserra.delivery import leases, providers, sending
from neoserra.delivery.leases import LEASE_SECONDS
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, State
from tests.delivery import rows
from tests.servers.twilio_server import ACCOUNT, SENDER, TOKEN, Answer, TwilioServer
from tests.workers.processes import until
from workers.lanes import Lanes


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server
    providers.close()


@pytest.fixture
def settings(settings: Settings, twilio: TwilioServer) -> Settings:
    return replace(
        settings,
        sms_providers=("twilio",),
        twilio_api_base=twilio.url,
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=TOKEN,
        twilio_from=SENDER,
    )


def test_an_id_that_no_database_takes_keeps_nothing_else_from_being_written(
    account: Account, visitor: Visitor, twilio: TwilioServer, connected: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    references = []
    twilio.script(Answer(body=b'{"sid": "SM\\ud800"}'))  # half a pair of surrogates is no text
    lanes = Lanes()
    for n in range(2):
        sent = sending.send_code(account, Purpose.SIGN_IN, replace(visitor, browser=f"{n}"))
        references.append(sent.reference)
        lanes.start(leases.claim([sent.reference]))
        until(lambda n=n: lanes.carried == n + 1)  # type: ignore[misc]
    lanes.close(LEASE_SECONDS)
    assert [rows.delivery(each).state for each in references] == [State.SENDING, State.ACCEPTED]
    assert "what was sent cannot be written down" in caplog.text
