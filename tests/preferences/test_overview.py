"""The overview: what is on file, the display settings, and what it says to whom."""

from __future__ import annotations

import pytest

from neoserra.models import Account, EventKind
from tests.client import PAGE, CheckedClient, where, words
from tests.preferences.steps import ask_mobile, event_kinds, reloaded


def options(client: CheckedClient, name: str) -> dict[str, str]:
    found = next(each for each in client.page.iter(f"{PAGE}select") if each.get("name") == name)
    return {str(option.get("value")): words(option) for option in found.iter(f"{PAGE}option")}


def selected(client: CheckedClient, name: str) -> list[str]:
    found = next(each for each in client.page.iter(f"{PAGE}select") if each.get("name") == name)
    return [str(option.get("value")) for option in found.iter(f"{PAGE}option") if "selected" in option.attrib]


def test_it_is_reached_from_the_menu_and_only_signed_in(client: CheckedClient, ann: CheckedClient) -> None:
    ann.get("/")
    assert "Preferences" in [words(link) for link in ann.page.iter(f"{PAGE}a")]
    visitor = CheckedClient(ann.app)
    assert where(visitor.get("/preferences")) == "/login?next=/preferences"
    visitor.get("/login")
    for path in ("/preferences/display", "/preferences/mobile", "/preferences/browsers/forget-all"):
        assert where(visitor.press(path)).startswith("/login")


def test_it_shows_what_is_on_file(ann: CheckedClient) -> None:
    ann.get("/preferences")
    assert ann.h1 == "Preferences"
    for shown in ("Ann Lee", "ann", "(202) 555-0142", "ann@example.org"):
        assert shown in ann.text


def test_a_number_that_waits_can_be_confirmed_sent_again_or_taken_back_from_here(ann: CheckedClient) -> None:
    ask_mobile(ann)
    ann.get("/preferences")
    assert "(202) 555-0143 is not confirmed yet" in ann.text
    assert "Enter the code for (202) 555-0143" in [words(link) for link in ann.page.iter(f"{PAGE}a")]
    buttons = [words(button) for button in ann.page.iter(f"{PAGE}button")]
    assert "Send it again to (202) 555-0143" in buttons
    assert "Take back (202) 555-0143" in buttons
    assert ann.press("/preferences/mobile/resend").status_code == 429
    assert "A code was sent a moment ago" in ann.text


def test_languages_are_named_in_themselves(ann: CheckedClient) -> None:
    ann.get("/preferences")
    assert options(ann, "language") == {"en": "English", "es": "Español", "fr": "Français"}
    assert selected(ann, "language") == ["en"]


def test_time_zones_begin_with_utc_and_the_home_country(ann: CheckedClient) -> None:
    ann.get("/preferences")
    zones = options(ann, "time_zone")
    assert next(iter(zones)) == "UTC"
    assert selected(ann, "time_zone") == ["UTC"]
    groups = [group.get("label") for group in ann.page.iter(f"{PAGE}optgroup")]
    assert groups[0] == "United States"
    assert zones["America/New_York"] == "New York"
    assert zones["America/Argentina/Buenos_Aires"] == "Buenos Aires, Argentina"
    assert "Asia/Kolkata" in zones
    assert "Asia/Calcutta" not in zones


def test_display_settings_are_kept_and_used_at_once(ann: CheckedClient, account: Account) -> None:
    ann.get("/preferences")
    answer = ann.press("/preferences/display", language="en", time_zone="America/New_York")
    assert where(answer) == "/preferences"
    ann.get("/preferences")
    assert "Your display settings are saved." in ann.text
    assert selected(ann, "time_zone") == ["America/New_York"]
    assert "EST" in ann.text or "EDT" in ann.text
    saved = reloaded(account)
    assert (saved.language, saved.time_zone) == ("en", "America/New_York")
    assert event_kinds(account)[-1] == EventKind.DISPLAY_CHANGED


@pytest.mark.parametrize("language", ["es", "fr"])
def test_pages_are_in_the_language_that_was_chosen_whatever_the_browser_asks_for(
    ann: CheckedClient, account: Account, language: str
) -> None:
    ann.get("/preferences")
    ann.press("/preferences/display", language=language, time_zone="UTC")
    ann.get("/preferences", headers={"Accept-Language": "en"})
    assert ann.page.get("lang") == language
    assert selected(ann, "language") == [language]


def test_an_older_name_of_a_zone_is_kept(ann: CheckedClient, account: Account) -> None:
    ann.get("/preferences")
    ann.press("/preferences/display", language="en", time_zone="US/Pacific")
    ann.get("/preferences")
    assert selected(ann, "time_zone") == ["US/Pacific"]


@pytest.mark.parametrize(
    ("language", "time_zone", "answer"),
    [
        ("tlh", "UTC", "Choose a language from the list"),
        ("", "UTC", "Choose a language from the list"),
        ("en", "Moon/Tranquility", "Choose a time zone from the list"),
        ("en", "../../etc/passwd", "Choose a time zone from the list"),
        ("en", "", "Choose a time zone from the list"),
    ],
)
def test_what_is_not_in_the_lists_is_refused(
    ann: CheckedClient, account: Account, language: str, time_zone: str, answer: str
) -> None:
    ann.get("/preferences")
    assert ann.press("/preferences/display", language=language, time_zone=time_zone).status_code == 422
    assert ann.text.count(answer) == 2
    assert reloaded(account).time_zone == ""
    assert EventKind.DISPLAY_CHANGED not in event_kinds(account)


def test_a_form_without_its_token_changes_nothing(ann: CheckedClient, account: Account) -> None:
    for path in ("/preferences/display", "/preferences/mobile", "/preferences/browsers/forget-all"):
        assert ann.post(path, data={"csrf_token": "made up"}).status_code == 400
    assert EventKind.BROWSERS_FORGOTTEN not in event_kinds(account)
