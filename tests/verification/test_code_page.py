"""The second step: the code."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, text

from neoserra import clock, extensions
from neoserra.delivery import dispatch, pauses
from neoserra.identity import accounts, codes
from neoserra.identity.visitor import Actor
from neoserra.models import Account, Delivery, Message, State
from tests.client import PAGE, CheckedClient, where
from tests.conftest import PASSWORD
from tests.delivery import rows
from tests.journey import code_of, cookie_of, deliveries, give_password, owner, sign_in, with_session, wrong_code


@pytest.fixture
def half(client: CheckedClient, account: Account) -> CheckedClient:
    """Ann's browser on the code page."""
    give_password(client)
    return client


def test_the_page_says_where_the_code_went_how_long_it_lives_and_whom_to_ask(half: CheckedClient) -> None:
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE configuration SET contact_name='Rosa Oot', contact_email='rosa@example.org'"))
    half.get("/verification")
    for words in ("***-**42", "60 minutes", "Rosa Oot", "rosa@example.org", "Do not give this code to anyone"):
        assert words in half.text
    field = next(found for found in half.page.iter(f"{PAGE}input") if found.get("name") == "code")
    assert (field.get("type"), field.get("inputmode"), field.get("autocomplete")) == (
        "text",
        "numeric",
        "one-time-code",
    )


def test_without_a_mobile_the_code_goes_by_email_and_the_page_says_so(
    client: CheckedClient, password_hash: str
) -> None:
    accounts.create(username="ben", email="ben@example.org", password_hash=password_hash)
    give_password(client, "ben")
    assert "No mobile number is on file" in client.text
    assert "b***@example.org" in client.text
    assert "Resend by text message" not in client.text
    assert "Resend by email" in client.text
    assert deliveries()[0].channel == "email"


@pytest.mark.parametrize(
    ("number", "why"),
    [("+12025550181", "We could not send a text message"), ("+12025550182", "That number has told us to stop")],
)
def test_after_a_text_message_that_cannot_be_sent_the_code_goes_by_email_at_once(
    client: CheckedClient, account: Account, number: str, why: str
) -> None:
    rows.move_phone(account, number)
    give_password(client)
    assert "by text message to the mobile number" in client.text
    dispatch.deliver(deliveries()[0].reference)
    client.get("/verification")
    assert "We could not send your 6-digit code by text message to the mobile number ***-**8" in client.text
    assert why in client.text
    assert "It can take a few minutes" not in client.text
    assert "You can have it sent again" not in client.text
    assert where(client.press("/verification/resend", channel="email")) == "/verification"
    client.get("/verification")
    assert "Your 6-digit code goes by email to a***@example.org. It can take a few minutes" in client.text
    assert where(client.press("/verification", code=code_of(client, account))) == "/"


def test_a_text_that_arrives_is_told_of_although_a_later_mail_does_not(half: CheckedClient) -> None:
    dispatch.deliver(deliveries()[0].reference)
    with time_machine.travel(clock.now() + timedelta(seconds=31)):
        half.press("/verification/resend", channel="email")
        rows.change(deliveries()[0].reference, state=State.FAILED)
        half.get("/verification")
    assert "Your 6-digit code goes by text message to the mobile number ***-**42." in half.text


def test_a_code_canceled_in_a_paused_queue_can_be_asked_for_at_once(half: CheckedClient, by: Actor) -> None:
    pauses.pause("codes", "The provider repairs a fault", by)
    half.get("/verification")
    assert "You need not ask for another one" in half.text
    assert pauses.drain("codes", by) == 1
    told = half.get("/verification/progress").get_json()
    assert told["resend_in"] == 0
    half.get("/verification")
    assert "Your 6-digit code was not sent. Ask for it below." in half.text
    assert "You need not ask for another one" not in half.text
    assert "One that you ask for goes out as soon as sending goes on." in told["delay"]
    assert where(half.press("/verification/resend", channel="sms")) == "/verification"
    half.get("/verification")
    assert "You need not ask for another one" in half.text


def test_a_message_that_waits_when_its_code_is_entered_is_not_sent(half: CheckedClient, account: Account) -> None:
    text = deliveries()[0].reference
    rows.change(text, state=State.RETRYING)
    half.press("/verification", code=code_of(half, account))
    canceled = rows.delivery(text)
    assert (canceled.state, canceled.used_at) == (State.CANCELED, None)


def test_when_no_more_can_be_sent_this_hour_the_page_says_when(half: CheckedClient) -> None:
    for number in range(1, 5):
        with time_machine.travel(clock.now() + timedelta(seconds=31 * number)):
            assert where(half.press("/verification/resend", channel=("sms", "email")[number % 2])) == "/verification"
    with time_machine.travel(clock.now() + timedelta(seconds=200)):
        half.get("/verification")
        assert "You can have it sent again in 57 minutes." in half.text
        assert 3390 <= half.get("/verification/progress").get_json()["resend_in"] <= 3400


def test_the_right_code_signs_in_and_trusts_the_browser(half: CheckedClient, account: Account) -> None:
    assert where(half.press("/verification", code=code_of(half, account))) == "/"
    half.get("/")
    assert half.h1 == "Welcome, Ann Lee"
    assert Message.BROWSER_TRUSTED in [delivery.message for delivery in deliveries()]
    half.press("/logout")
    assert where(half.submit("/login", username="ann", password=PASSWORD)) == "/"


@pytest.mark.parametrize("form", ["{} ", "#{}", "{:.3} {}", "-{}-", "\u2013{}", " # {} "])
def test_spaces_dashes_and_a_number_sign_do_not_matter(half: CheckedClient, account: Account, form: str) -> None:
    code = code_of(half, account)
    typed = f"{code[:3]} {code[3:]}" if "{:.3}" in form else form.format(code)
    assert where(half.press("/verification", code=typed)) == "/"


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("", "Enter the code we sent you"),
        (" - ", "Enter the code we sent you"),
        ("12345", "The code must be 6 digits (you entered 5)"),
        ("1234567", "The code must be 6 digits (you entered 7)"),
        ("12345a", "The code has digits from 0 to 9 only"),
        ("١٢٣٤٥٦", "The code has digits from 0 to 9 only"),
        ("1e5", "The code has digits from 0 to 9 only"),
    ],
)
def test_what_cannot_be_a_code_is_told_apart_and_costs_no_try(
    half: CheckedClient, account: Account, typed: str, answer: str
) -> None:
    for _ in range(7):
        assert half.press("/verification", code=typed).status_code == 422
        assert answer in half.text
    assert where(half.press("/verification", code=code_of(half, account))) == "/"


def test_a_wrong_code_stays_in_the_field_and_the_last_tries_are_counted(half: CheckedClient, account: Account) -> None:
    wrong = wrong_code(half, account)
    said = []
    for _ in range(5):
        assert half.press("/verification", code=wrong).status_code == 422
        field = next(found for found in half.page.iter(f"{PAGE}input") if found.get("name") == "code")
        assert field.get("value") == wrong
        said.append(next((n for n in ("3 tries left", "2 tries left", "1 try left") if n in half.text), ""))
    assert said == ["", "3 tries left", "2 tries left", "1 try left", ""]
    assert "entered wrongly too often" in half.text


def test_an_expired_code_says_so_and_nothing_is_sent_until_asked(half: CheckedClient, account: Account) -> None:
    code = code_of(half, account)
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        assert half.press("/verification", code=code).status_code == 422
        assert "That code has expired" in half.text
        assert len(deliveries()) == 1
        half.press("/verification/resend", channel="sms")
        half.get("/verification")
        assert code_of(half, account) != code
        assert where(half.press("/verification", code=code_of(half, account))) == "/"


def test_a_resend_repeats_the_live_code_on_the_channel_asked_for(half: CheckedClient, account: Account) -> None:
    code = code_of(half, account)
    for channel, told in (("email", "by email to a***@example.org"), ("sms", "by text message to ***-**42")):
        with time_machine.travel(clock.now() + timedelta(seconds=31 * len(deliveries())), tick=False):
            assert where(half.press("/verification/resend", channel=channel)) == "/verification"
            half.get("/verification")
            assert f"We sent the code {told}" in half.text
            assert code_of(half, account) == code
    assert [delivery.channel for delivery in deliveries()] == ["sms", "email", "sms"]
    assert where(half.press("/verification", code=code)) == "/"


def test_a_resend_too_soon_says_how_long_to_wait(half: CheckedClient) -> None:
    answer = half.press("/verification/resend", channel="email")
    assert answer.status_code == 429
    assert 25 <= int(answer.headers["Retry-After"]) <= 30
    assert "A code was sent a moment ago. Wait" in half.text
    assert len(deliveries()) == 1


def test_a_new_code_does_not_wait_for_the_gap_after_the_last_one(half: CheckedClient, account: Account) -> None:
    for _ in range(5):
        half.press("/verification", code=wrong_code(half, account))
    assert half.press("/verification/resend", channel="sms").status_code == 303
    half.get("/verification")
    assert where(half.press("/verification", code=code_of(half, account))) == "/"


def test_the_sixth_code_in_an_hour_says_when_the_next_is_possible(half: CheckedClient) -> None:
    start = clock.now()
    for number in range(1, 5):
        with time_machine.travel(start + timedelta(minutes=number), tick=False):
            assert half.press("/verification/resend", channel="sms").status_code == 303
    with time_machine.travel(start + timedelta(minutes=10), tick=False):
        answer = half.press("/verification/resend", channel="sms")
    assert answer.status_code == 429
    assert "You have asked for too many codes. Wait 50 minutes" in half.text
    assert len(deliveries()) == 5


def test_a_new_sign_in_in_the_same_browser_neither_sends_nor_refills_tries(
    half: CheckedClient, account: Account
) -> None:
    code, wrong = code_of(half, account), wrong_code(half, account)
    for _ in range(4):
        half.press("/verification", code=wrong)
    give_password(half)
    assert code_of(half, account) == code
    assert len(deliveries()) == 1
    half.press("/verification", code=wrong)
    assert "entered wrongly too often" in half.text


def test_ten_wrong_codes_lock_the_account_and_end_the_sign_in(half: CheckedClient, account: Account) -> None:
    for _ in range(5):
        half.press("/verification", code=wrong_code(half, account))
    with time_machine.travel(clock.now() + timedelta(seconds=31)):
        half.press("/verification/resend", channel="sms")
        half.get("/verification")
        for _ in range(4):
            half.press("/verification", code=wrong_code(half, account))
        assert where(half.press("/verification", code=wrong_code(half, account))) == "/login"
        half.get("/login")
        assert "Your account is locked now" in half.text
        assert where(half.get("/verification")) == "/login?again=1"
        assert Message.ACCOUNT_LOCKED in [delivery.message for delivery in deliveries()]


def test_the_code_of_one_browser_does_not_work_in_another(half: CheckedClient, account: Account) -> None:
    other = CheckedClient(half.app)
    give_password(other)
    assert code_of(other, account) != code_of(half, account)
    assert other.press("/verification", code=code_of(half, account)).status_code == 422


def test_between_password_and_code_everything_else_is_closed(half: CheckedClient) -> None:
    assert where(half.get("/")) == "/login?next=/"
    assert half.get("/verification").status_code == 200


def test_the_code_page_needs_a_right_password_first(client: CheckedClient, account: Account) -> None:
    assert where(client.get("/verification")) == "/login"
    client.get("/login")
    assert where(client.press("/verification", code="123456")) == "/login?again=1"
    assert where(client.press("/verification/resend", channel="sms")) == "/login?again=1"


def test_getting_the_pages_sends_nothing(half: CheckedClient) -> None:
    for path in ("/verification", "/verification/progress", "/verification/resend", "/logout"):
        half.get(path)
        half.head(path)
    assert len(deliveries()) == 1
    assert half.get("/verification").status_code == 200


def test_cancel_ends_the_half_made_sign_in(half: CheckedClient) -> None:
    half.press("/logout")
    assert where(half.get("/verification")) == "/login"


def test_a_sign_in_that_was_left_for_too_long_says_so(half: CheckedClient) -> None:
    extensions.redis.flushdb()
    assert where(half.get("/verification")) == "/login?again=1"
    half.get("/login?again=1")
    assert "Sign in first. If you were signing in just now, it took too long" in half.text


def test_a_late_answer_to_the_script_of_the_page_takes_no_session_away(half: CheckedClient, account: Account) -> None:
    before = cookie_of(half, "session")
    assert where(half.press("/verification", code=code_of(half, account))) == "/"
    assert before != cookie_of(half, "session")
    for path in ("/verification/progress", "/verification"):
        late = with_session(half, before).get(path)
        assert where(late).partition("?")[0] == "/login"
        assert "Set-Cookie" not in late.headers


def test_a_change_of_the_account_ends_the_sign_in_under_way(half: CheckedClient, account: Account) -> None:
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE accounts SET session_epoch = session_epoch + 1"))
    assert where(half.get("/verification")) == "/login?again=1"


def test_two_posts_of_the_right_code_at_once_make_one_session(half: CheckedClient, account: Account) -> None:
    code, token = code_of(half, account), half.token
    cookies = {name: half.get_cookie(name, domain="crm.example.org") for name in ("__Host-session", "__Host-browser")}

    def post(_: int) -> str:
        client = CheckedClient(half.app)
        for name, cookie in cookies.items():
            assert cookie is not None
            client.set_cookie(name, cookie.value, domain="crm.example.org", secure=True)
        answer = client.post("/verification", data={"csrf_token": token, "code": code})
        return "in" if answer.status_code == 303 and where(answer) == "/" else "out"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(post, range(2))) == ["in", "out"]
    index = extensions.key("sessions", account.id)
    assert extensions.redis.zcard(index) == 1


def test_progress_tells_masked_destinations_states_and_waits(half: CheckedClient, account: Account) -> None:
    told = half.get("/verification/progress").json
    assert told is not None
    assert 3590 <= told["expires_in"] <= 3600
    assert 25 <= told["resend_in"] <= 30
    (delivery,) = told["deliveries"]
    assert set(delivery) >= {"reference", "channel", "to", "state", "explanation", "at"}
    assert (delivery["channel"], delivery["to"], delivery["state"]) == ("sms", "***-**42", "queued")
    assert code_of(half, account) not in str(told)


def test_asking_for_progress_does_not_prolong_the_session(half: CheckedClient) -> None:
    (name,) = list(extensions.redis.keys("*:session:*"))
    extensions.redis.expire(name, 100)
    half.get("/verification/progress")
    assert extensions.redis.ttl(name) <= 100
    half.get("/verification")
    assert extensions.redis.ttl(name) > 3000


def test_a_failed_message_tells_the_person_what_to_do(half: CheckedClient) -> None:
    with extensions.database.transaction() as db:
        db.scalars(select(Delivery)).one().state = State.FAILED
    half.get("/verification")
    assert "Have it sent by email, or ask your administrator" in half.text


def test_the_account_is_shown_on_no_page_with_its_full_number_or_address(half: CheckedClient) -> None:
    answer = half.get("/verification").text
    assert "5550142" not in answer.replace("-", "")
    assert "ann@example.org" not in answer


def test_a_session_gets_a_new_id_at_every_step(client: CheckedClient, account: Account) -> None:
    ids = []

    def note() -> None:
        cookie = client.get_cookie("__Host-session", domain="crm.example.org")
        ids.append(cookie.value if cookie else "")

    client.get("/login")
    note()
    give_password(client)
    note()
    client.press("/verification", code=code_of(client, account))
    note()
    client.get("/")
    client.press("/logout")
    note()
    assert len(set(ids)) == 4
    for old in ids[:3]:
        client.set_cookie("__Host-session", old, domain="crm.example.org", secure=True)
        assert where(client.get("/")) == "/login?next=/"


def test_several_people_share_a_browser_and_each_has_their_own_trust(
    client: CheckedClient, account: Account, password_hash: str
) -> None:
    ben = accounts.create(username="ben", email="ben@example.org", password_hash=password_hash)
    for person in (account, ben):
        sign_in(client, person)
        client.press("/logout")
    for person in (account, ben):
        assert where(client.submit("/login", username=person.username, password=PASSWORD)) == "/"
        client.get("/")
        client.press("/logout")


def test_the_code_lives_for_its_browser_alone(half: CheckedClient, account: Account) -> None:
    assert codes.expiry(owner(half, account)) is not None
    half.delete_cookie("__Host-browser", domain="crm.example.org")
    assert where(half.get("/verification")) == "/login"
