"""The CAPTCHA: one try, ten minutes, one browser; as a picture or as a sound."""

from __future__ import annotations

import wave
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from config import Settings
from neoserra import extensions
from neoserra.identity import captcha, captcha_sound
from tests.client import PAGE, CheckedClient, where
from tests.journey import deliveries
from tests.one_database import ON_SQLITE
from tests.reset.steps import ask, right_answer, wrong_answer
from tests.workers.processes import running, until

pytestmark = ON_SQLITE


@pytest.fixture
def opened(client: CheckedClient) -> CheckedClient:
    """A browser with the form and its picture on the screen."""
    client.get("/reset")
    client.get("/reset/captcha.png")
    client.get("/reset")
    return client


def challenges() -> list[bytes]:
    return list(extensions.redis.scan_iter(extensions.key("captcha", "*")))


@pytest.mark.parametrize("typed", ["{}", " {} ", "{:.3} {}"])
def test_the_right_characters_open_capitals_and_spaces_do_not_matter(opened: CheckedClient, typed: str) -> None:
    right = right_answer(opened).lower()
    filled = f"{right[:3]} {right[3:]}" if ":" in typed else typed.format(right)
    assert where(opened.press("/reset", identity="ann", captcha=filled)) == "/reset/sent"


def test_a_wrong_answer_brings_a_new_picture_and_keeps_the_name(opened: CheckedClient) -> None:
    right = right_answer(opened)
    assert opened.press("/reset", identity="ann", captcha=wrong_answer(opened)).status_code == 422
    assert "The characters did not match. Here is a new picture." in opened.text
    fields = {field.get("name"): field for field in opened.page.iter(f"{PAGE}input")}
    assert (fields["identity"].get("value"), fields["captcha"].get("value")) == ("ann", "")
    assert fields["captcha"].get("aria-invalid") == "true"
    assert right_answer(opened) != right
    assert deliveries() == []


def test_the_right_answer_does_not_count_after_a_wrong_one(opened: CheckedClient) -> None:
    right = right_answer(opened)
    opened.press("/reset", identity="ann", captcha=wrong_answer(opened))
    assert opened.press("/reset", identity="ann", captcha=right).status_code == 422


def test_a_solved_one_is_worth_one_request(opened: CheckedClient) -> None:
    right, token = right_answer(opened), opened.token
    assert opened.press("/reset", identity="ann", captcha=right).status_code == 303
    again = opened.post("/reset", data={"csrf_token": token, "identity": "ben", "captcha": right})
    assert again.status_code == 422
    assert "That picture or sound is too old. Here is a new one." in opened.text
    assert len(deliveries()) == 1


def test_of_twenty_that_post_a_solved_one_at_once_one_counts(opened: CheckedClient) -> None:
    right, token = right_answer(opened), opened.token
    cookie = opened.get_cookie("__Host-session", domain="crm.example.org")
    assert cookie is not None

    def post(_: int) -> int:
        browser = CheckedClient(opened.app)
        browser.set_cookie("__Host-session", cookie.value, domain="crm.example.org", secure=True)
        return browser.post("/reset", data={"csrf_token": token, "identity": "ann", "captcha": right}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(post, range(20)))
    assert statuses.count(303) == 1
    assert len(deliveries()) == 1


def test_it_lives_ten_minutes(opened: CheckedClient) -> None:
    right = right_answer(opened)
    [challenge] = challenges()
    assert 590 <= extensions.redis.ttl(challenge) <= 600
    extensions.redis.delete(challenge)
    opened.press("/reset", identity="ann", captcha=right)
    assert "That picture or sound is too old. Here is a new one." in opened.text


def test_the_answer_of_another_browser_does_not_count(app: Flask, opened: CheckedClient) -> None:
    other = CheckedClient(app)
    other.get("/reset")
    assert opened.press("/reset", identity="ann", captcha=right_answer(other)).status_code == 422


def test_a_new_picture_keeps_what_was_typed_and_ends_the_old_one(opened: CheckedClient) -> None:
    before = right_answer(opened)
    assert opened.press("/reset", identity="ann", captcha="half", new_picture="1").status_code == 200
    fields = {field.get("name"): field.get("value") for field in opened.page.iter(f"{PAGE}input")}
    assert (fields["identity"], fields["captcha"]) == ("ann", "")
    assert right_answer(opened) != before
    assert opened.press("/reset", identity="ann", captcha=before).status_code == 422


def test_no_text_is_drawn_twice(opened: CheckedClient) -> None:
    answers = []
    for _ in range(3):
        opened.get("/reset/captcha.png")
        answers.append(right_answer(opened))
    assert len(set(answers)) == 3


def test_the_picture_shows_what_was_put_with_the_page(client: CheckedClient) -> None:
    client.get("/reset")
    put = right_answer(client)
    client.get("/reset/captcha.png")
    assert right_answer(client) == put
    assert len(put) == captcha.LENGTH
    assert set(put) <= set(captcha.LETTERS)


def test_the_picture_is_a_picture_and_its_page_and_cookies_do_not_tell(client: CheckedClient) -> None:
    page = client.get("/reset")
    answer = client.get("/reset/captcha.png")
    assert Image.open(BytesIO(answer.data)).size == (300, 120)
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("image/png", "no-store")
    [picture] = client.page.iter(f"{PAGE}img")
    assert "to type below" in picture.get("alt")
    right = right_answer(client)
    cookie = client.get_cookie("__Host-session", domain="crm.example.org")
    assert cookie is not None
    assert right not in page.text + cookie.value + str(page.headers) + str(answer.headers)


def test_a_browser_that_asks_for_the_picture_first_is_told_its_session(client: CheckedClient) -> None:
    client.get("/reset/captcha.png")
    right = right_answer(client)
    client.get("/reset/captcha.wav")
    assert client.get("/reset/captcha.txt").text != right
    assert client.get_cookie("__Host-session", domain="crm.example.org") is not None


def test_a_sound_brings_its_own_answer_and_says_the_same_until_it_is_answered(opened: CheckedClient) -> None:
    before = right_answer(opened)
    first = opened.get("/reset/captcha.wav")
    heard = right_answer(opened)
    assert heard != before
    assert heard.isdecimal()
    assert len(heard) == captcha_sound.DIGITS
    assert opened.get("/reset/captcha.wav").data == first.data
    part = opened.get("/reset/captcha.wav", headers={"Range": "bytes=0-99"})
    assert (part.status_code, part.data) == (206, first.data[:100])
    assert where(opened.press("/reset", identity="ann", captcha=heard)) == "/reset/sent"


def test_the_sound_is_speech_of_some_seconds(opened: CheckedClient) -> None:
    answer = opened.get("/reset/captcha.wav")
    assert answer.mimetype == "audio/wav"
    with wave.open(BytesIO(answer.data)) as sound:
        assert 8 < sound.getnframes() / sound.getframerate() < 30
    assert "the sound counts and not the picture" in opened.text


def test_a_client_address_gets_five_sounds_in_ten_minutes(app: Flask) -> None:
    for _ in range(5):
        assert CheckedClient(app).get("/reset/captcha.wav").status_code == 200
    refused = CheckedClient(app).get("/reset/captcha.wav")
    assert refused.status_code == 429
    assert 590 <= int(refused.headers["Retry-After"]) <= 600
    assert CheckedClient(app, address="198.51.100.1").get("/reset/captcha.wav").status_code == 200


def test_a_client_address_gets_a_thousand_pictures_in_ten_minutes(client: CheckedClient) -> None:
    extensions.redis.set(extensions.key("pictures-to", client.address), 1000, ex=60)
    assert client.get("/reset/captcha.png").status_code == 429


def test_the_store_of_sounds_is_filled_up_to_twenty_and_each_is_used_once(connected: Settings) -> None:
    store = extensions.key("captcha-sounds")
    captcha_sound.fill()
    kept = extensions.redis.lindex(store, 0)
    assert extensions.redis.llen(store) == 1
    answer, clip = captcha_sound.take()
    assert kept == answer.encode() + b" " + clip
    extensions.redis.rpush(store, *["1 x"] * captcha_sound.IN_STORE)
    captcha_sound.fill()
    assert extensions.redis.llen(store) == captcha_sound.IN_STORE


def test_the_dispatcher_fills_the_store(connected: Settings, tmp_path: Path) -> None:
    with running(connected, tmp_path, "dispatcher"):
        until(lambda: int(extensions.redis.llen(extensions.key("captcha-sounds"))) >= 2)


def test_wrong_answers_from_one_address_have_to_wait(client: CheckedClient) -> None:
    for _ in range(30):
        client.get("/reset")
        client.press("/reset", identity="ann", captcha=wrong_answer(client))
    answer = ask(client, "ann")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 500
    assert "Too many tries from your network." in client.text
    assert deliveries() == []


class TestElsewhere:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, environment="development")

    def test_the_answer_is_told_in_testing_alone(self, client: CheckedClient) -> None:
        client.get("/reset")
        assert client.get("/reset/captcha.txt").status_code == 404
