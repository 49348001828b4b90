"""When a provider fails: the next one at once, a breaker for the dead one, and the mailbox when all are dead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import time_machine

from config import Settings
from neoserra import clock, extensions
from neoserra.delivery import breakers, dispatch, providers, sending
from neoserra.delivery.breakers import Breaker
from neoserra.identity import codes
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Channel, EventKind, Message, Outcome, ReachProblem, State
from tests.delivery import rows
from tests.servers.sns_server import SnsServer
from tests.servers.twilio_server import ACCOUNT, SENDER, TOKEN, Answer, TwilioServer


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server


@pytest.fixture(scope="module")
def moto() -> Iterator[SnsServer]:
    with SnsServer() as server:
        yield server


@pytest.fixture
def sns(moto: SnsServer) -> SnsServer:
    moto.forget()
    return moto


@pytest.fixture
def settings(settings: Settings, twilio: TwilioServer, sns: SnsServer) -> Settings:
    return replace(
        settings,
        sms_providers=("twilio", "sns"),
        twilio_api_base=twilio.url,
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=TOKEN,
        twilio_from=SENDER,
        aws_region="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret of the tests",
        aws_endpoint_url_sns=sns.url,
    )


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    yield
    providers.close()


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def sent(account: Account, visitor: Visitor) -> str:
    """The reference of a code on its way."""
    return sending.send_code(account, Purpose.SIGN_IN, visitor).reference


def outcomes(reference: str) -> list[tuple[str, Outcome]]:
    return [(attempt.provider, attempt.outcome) for attempt in rows.attempts(reference)]


@pytest.mark.parametrize("status", [429, 503])
def test_a_temporary_failure_goes_to_the_next_provider_at_once(
    status: int, sent: str, twilio: TwilioServer, sns: SnsServer
) -> None:
    twilio.script(Answer(status))
    dispatch.deliver(sent)
    assert rows.delivery(sent).state == State.ACCEPTED
    assert outcomes(sent) == [("twilio", Outcome.TEMPORARY), ("sns", Outcome.ACCEPTED)]
    assert len(sns.texts()) == 1


@pytest.mark.parametrize("code", [20003, 30002, 21606])
def test_a_refusal_of_our_account_goes_to_the_next_provider(
    code: int, sent: str, twilio: TwilioServer, sns: SnsServer
) -> None:
    twilio.script(Answer(400, code))
    dispatch.deliver(sent)
    assert outcomes(sent) == [("twilio", Outcome.PERMANENT), ("sns", Outcome.ACCEPTED)]
    assert len(sns.texts()) == 1


def test_a_refusal_of_the_number_stops_at_once_and_marks_it(
    sent: str, twilio: TwilioServer, sns: SnsServer, account: Account
) -> None:
    twilio.script(Answer(400, 21614))
    dispatch.deliver(sent)
    row = rows.delivery(sent)
    assert (row.state, row.explanation) == (
        State.FAILED,
        "The number cannot get text messages: correct it in the account, or use email.",
    )
    assert sns.texts() == []
    assert rows.account(account.id).reach_problem == ReachProblem.FAILED


@pytest.mark.parametrize("answer", [Answer(drop=True), Answer(500), Answer(504)])
def test_a_code_whose_answer_was_lost_is_said_once_more_by_the_next_provider(
    answer: Answer, sent: str, twilio: TwilioServer, sns: SnsServer, account: Account, visitor: Visitor
) -> None:
    twilio.script(answer)
    dispatch.deliver(sent)
    assert outcomes(sent) == [("twilio", Outcome.UNKNOWN), ("sns", Outcome.ACCEPTED)]
    [(_, text)] = sns.texts()
    assert text == twilio.requests[0].fields["Body"]
    assert text.startswith(codes.current(rows.owner(account, visitor)) or "?")


def test_a_code_leaves_three_times_at_most_when_every_answer_is_lost(
    sent: str, twilio: TwilioServer, noon: time_machine.Traveller
) -> None:
    extensions.settings = replace(extensions.settings, aws_endpoint_url_sns=twilio.url)  # it drops theirs as well
    twilio.script(*[Answer(drop=True)] * 20)
    for _ in range(3):
        rows.change(sent, next_at=clock.now())
        dispatch.deliver(sent)
        noon.shift(2)
    assert [outcome for _, outcome in outcomes(sent)] == [Outcome.UNKNOWN] * 3
    assert rows.delivery(sent).state == State.FAILED


def test_a_notice_whose_answer_was_lost_is_not_said_again(
    twilio: TwilioServer, sns: SnsServer, account: Account, visitor: Visitor
) -> None:
    notice = next(
        each for each in sending.send_notice(account, Message.PASSWORD_RESET, visitor) if each.channel == Channel.SMS
    )
    twilio.script(Answer(500))
    dispatch.deliver(notice.reference)
    assert rows.delivery(notice.reference).state == State.FAILED
    assert outcomes(notice.reference) == [("twilio", Outcome.UNKNOWN)]
    assert sns.texts() == []


def test_after_five_failures_in_a_row_a_provider_is_not_asked_until_a_probe_succeeds(
    twilio: TwilioServer, account: Account, visitor: Visitor, noon: time_machine.Traveller
) -> None:
    references = [sending.send_notice(account, Message.PASSWORD_RESET, visitor)[-1].reference for _ in range(8)]
    twilio.script(*[Answer(503)] * 6)
    for reference in references[:5]:
        dispatch.deliver(reference)
    dispatch.deliver(references[5])
    assert outcomes(references[5]) == [("sns", Outcome.ACCEPTED)]
    noon.shift(5)
    _look_again()
    dispatch.deliver(references[6])
    assert outcomes(references[6]) == [("twilio", Outcome.TEMPORARY), ("sns", Outcome.ACCEPTED)]
    noon.shift(10)
    _look_again()
    dispatch.deliver(references[7])
    assert outcomes(references[7]) == [("twilio", Outcome.ACCEPTED)]
    assert breakers.breaker("twilio").lets_through()


def test_a_number_that_can_take_no_more_just_now_is_no_fault_of_the_provider(
    twilio: TwilioServer, account: Account, visitor: Visitor
) -> None:
    references = [sending.send_notice(account, Message.PASSWORD_RESET, visitor)[-1].reference for _ in range(7)]
    twilio.script(*[Answer(429, code=14107)] * 6)
    for reference in references:
        dispatch.deliver(reference)
    assert outcomes(references[5]) == [("twilio", Outcome.TEMPORARY), ("sns", Outcome.ACCEPTED)]
    assert outcomes(references[6]) == [("twilio", Outcome.ACCEPTED)]


def _look_again() -> None:
    """A process looks once a second, by a clock that tests do not move."""
    breakers._known.clear()  # noqa: SLF001


def test_of_many_workers_one_makes_the_probe(connected: Settings, noon: time_machine.Traveller) -> None:
    workers = [Breaker("twilio") for _ in range(10)]
    for worker in workers[:5]:
        assert worker.lets_through()
        worker.count(failed=True, seconds=0.1)
    assert [Breaker("twilio").lets_through() for _ in range(3)] == [False] * 3
    noon.shift(5)
    late = [Breaker("twilio") for _ in range(10)]
    assert sum(worker.lets_through() for worker in late) == 1
    [prober] = [worker for worker in late if worker.is_probing]
    prober.count(failed=False, seconds=0.1)
    assert Breaker("twilio").lets_through()


def test_a_clock_that_was_put_back_leaves_no_breaker_open(connected: Settings, noon: time_machine.Traveller) -> None:
    for _ in range(5):
        breakers.breaker("twilio").count(failed=True, seconds=0.1)
    noon.shift(-1800)
    prober = Breaker("twilio")
    assert prober.lets_through()
    prober.count(failed=False, seconds=0.1)
    assert Breaker("twilio").lets_through()


def test_a_slow_provider_is_as_bad_as_one_that_fails(connected: Settings) -> None:
    slow = Breaker("twilio")
    for _ in range(5):
        assert slow.lets_through()
        slow.count(failed=False, seconds=6)
    assert not Breaker("twilio").lets_through()


def test_some_failures_among_many_successes_open_nothing(connected: Settings) -> None:
    good = Breaker("twilio")
    for number in range(40):
        good.count(failed=number % 4 == 0, seconds=0.1)
    assert Breaker("twilio").lets_through()


def test_when_no_provider_takes_a_code_it_goes_to_the_mailbox_too_and_the_person_is_told(
    noon: time_machine.Traveller, sent: str, account: Account, visitor: Visitor
) -> None:
    for name in ("twilio", "sns"):
        for _ in range(5):
            breakers.breaker(name).count(failed=True, seconds=0.1)
    dispatch.deliver(sent)
    text, mail = rows.all_of(account)
    assert (text.state, text.attempts, mail.channel, mail.destination) == (
        State.RETRYING,
        0,
        Channel.EMAIL,
        "ann@example.org",
    )
    assert mail.expires_at == text.expires_at
    shown = sending.progress(rows.owner(account, visitor), text.created_at)
    assert [each.channel for each in shown] == [Channel.EMAIL, Channel.SMS]
    assert shown[1].explanation == "The text message does not get through just now. The code goes by email, too."
    assert [event.details["channel"] for event in rows.events(EventKind.CODE_SENT)] == ["sms", "email"]
    noon.move_to(rows.delivery(sent).next_at)
    dispatch.deliver(sent)
    assert len(rows.all_of(account)) == 2


def test_one_bad_round_sends_no_mail_and_a_second_one_does(
    noon: time_machine.Traveller, sent: str, twilio: TwilioServer, account: Account, connected: Settings
) -> None:
    extensions.settings = replace(connected, sms_providers=("twilio",))
    twilio.script(Answer(503), Answer(503))
    dispatch.deliver(sent)
    assert len(rows.all_of(account)) == 1
    noon.move_to(rows.delivery(sent).next_at)
    dispatch.deliver(sent)
    assert [row.channel for row in rows.all_of(account)] == [Channel.SMS, Channel.EMAIL]


def test_when_every_provider_refuses_our_account_the_code_goes_to_the_mailbox(
    sent: str, twilio: TwilioServer, account: Account, connected: Settings
) -> None:
    extensions.settings = replace(connected, sms_providers=("twilio",))
    twilio.script(Answer(401, 20003))
    dispatch.deliver(sent)
    text, mail = rows.all_of(account)
    assert (text.state, mail.channel) == (State.FAILED, Channel.EMAIL)
