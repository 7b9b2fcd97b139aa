"""A report for somebody else: what is needed to understand, no secret ever, and words only when asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes_session import DIALOGUE, READY
from tests.tui.driving import emit, make_app, press, running
from voice_tui.events import Notice
from voice_tui.settings import LlmSettings, MemorySettings, Settings, TtsSettings
from voice_tui.tui.redact import secrets_in, without_secrets, without_words

KEY = "sk-live-4f9a8b7c6d5e"
PASSWORD = "correct horse battery"
FULL = (*READY, *DIALOGUE)


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_MODEL_ACCESS", KEY)  # named by a setting only
    monkeypatch.setenv("PROXY_PASSWORD", PASSWORD)


def settings() -> Settings:
    return Settings(
        llm=LlmSettings(
            base_url="https://ken:hunter22@llm.example/v1", model="m7", api_key_env="MY_MODEL_ACCESS", temperature=0.2
        ),
        memory=MemorySettings(path=str(Path.home() / "diary.db")),
        tts=TtsSettings(voice="en-gb"),
    )


def trouble() -> list[Notice]:
    return [
        Notice(severity="error", message=f"401: Incorrect API key provided: {KEY}", hint="Look at it"),
        Notice(severity="error", message="https://ken:hunter22@llm.example/v1?api_key=abc123def does not answer"),
        Notice(severity="warning", message=f"The proxy refused {PASSWORD}"),
        Notice(severity="warning", message='No answer to "Where is the spare key?" in time'),
        Notice(severity="warning", message=f"Cannot write {Path.home()}/x"),
    ]


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("words", [False, True])
async def test_no_secret_stands_in_a_report_with_or_without_words(words: bool) -> None:
    app = make_app(FULL, settings=settings())
    async with running(app) as pilot:
        await emit(pilot, *trouble())
        app.action_diagnostics(words)
        report = app.clipboard
        for secret in (KEY, PASSWORD, "hunter22", "abc123def", "diary", str(Path.home())):
            assert secret not in report
        for told in (
            "401: Incorrect API key",
            "llm.model=m7",
            "llm.temperature=0.2",
            "llm.base_url set",
            "Cannot write ~",
        ):
            assert told in report


@pytest.mark.usefixtures("secrets")
async def test_no_words_unless_asked() -> None:
    app = make_app(FULL, settings=settings())
    async with running(app) as pilot:
        await emit(pilot, *trouble())
        await press(pilot, "f5", "c")
        quiet = app.clipboard
        for said in ("spare", "brook", "Anna", "quarter past eight", "Lisbon"):
            assert said not in quiet
        assert 'No answer to "[words]" in time' in quiet
        assert "turn 6: 612 ms = end of turn 400" in quiet
        await app.run_action("diagnostics(True)")
        assert "user: Where is the spare key?" in app.clipboard
        events = app.clipboard.split("events:\n")[1].splitlines()
        assert json.loads(events[0])["type"]


def test_secrets_are_found_by_their_name_or_because_they_are_named() -> None:
    environment = {
        "OPENAI_API_KEY": "abcdef1",
        "gh_token": "abcdef2",
        "HOME": "/home/x",
        "MINE": "abcdef3",
        "A_KEY": "1",
    }
    assert sorted(secrets_in(environment, ["MINE", ""])) == ["abcdef1", "abcdef2", "abcdef3"]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [secret]"),
        ("http://a:b@c/d", "http://[secret]@c/d"),
        ("key hf_abcdefgh1234 gone", "key [secret] gone"),
        ("x?token=abc&y=1", "x?token=[secret]&y=1"),
        ("/home/ken/notes and /home/kenneth", "~/notes and /home/kenneth"),
        ("a perfectly plain sentence about keys", "a perfectly plain sentence about keys"),
    ],
)
def test_secrets_are_known_by_their_shape(text: str, clean: str) -> None:
    assert without_secrets(text, [], Path("/home/ken")) == clean


def test_words_are_taken_out_longest_first() -> None:
    assert without_words("he said: tea at five, tea", ["tea", "tea at", "tea at five"]) == "he said: [words], tea"
