"""Forgotten words go out of logs and recorded events, in place, and nothing else changes."""

from __future__ import annotations

import re
import time
from pathlib import Path

import msgspec

from memory.conversations import Conversations
from memory.store import SqliteMemory
from memory.types import NewMemory
from voice_tui.events import AnyEvent, ConversationStarted, MemoryChanged, SessionStopped, TranscriptUpdated
from voice_tui.paths import state_dir
from voice_tui.schema import replaced
from voice_tui.scrub import scrub
from voice_tui.session.listeners import Listeners
from voice_tui.session.recording_format import Entry, read_entries
from voice_tui.settings import Settings


def test_words_are_overwritten_where_they_stand(tmp_path: Path) -> None:
    log = tmp_path / "text.log"
    log.write_text("zażółć 🎂 1 user: my locker is 217\n2 assistant: Your locker is 217. Bye\n3 my locker is 2178\n")
    (tmp_path / "text.log.1").write_bytes(b"\xff\xfe my locker is 217 \xff")
    events = tmp_path / "recordings" / "one" / "events.jsonl"
    events.parent.mkdir(parents=True)
    events.write_text('{"text":"my locker is 217"}\n')
    sizes = [path.stat().st_size for path in (log, events)]
    with log.open("ab") as appending:
        assert len(scrub(["My locker is 217"], tmp_path, tmp_path / "recordings")) == 3
        appending.write(b"4 more\n")
    dots = "." * 16
    assert log.read_text() == (
        f"zażółć 🎂 1 user: {dots}\n2 assistant: {dots[:-1]}.. Bye\n3 my locker is 2178\n4 more\n"
    ).replace(f"{dots[:-1]}..", f"{'.' * 18}.")
    assert (tmp_path / "text.log.1").read_bytes() == b"\xff\xfe " + b"." * 16 + b" \xff"
    assert events.read_text() == f'{{"text":"{dots}"}}\n'
    assert [log.stat().st_size - 7, events.stat().st_size] == sizes


def test_what_was_heard_or_said_so_far_goes_as_well(tmp_path: Path) -> None:
    """Partials of recorded events and interrupted answers end anywhere in the words; whole turns do not."""
    words = 'my sister is allergic to "hazelnuts"\nand walnuts'
    events = tmp_path / "one" / "events.jsonl"
    events.parent.mkdir()
    whole = TranscriptUpdated(turn=1, role="user", text="My sister is allergic", final=True)
    so_far = [
        TranscriptUpdated(turn=2, role="user", text="Ça: remember that my sister is aller", final=False),
        TranscriptUpdated(turn=3, role="assistant", text='So:\nYour sister is allergic to "haz', final=False),
        TranscriptUpdated(turn=3, role="assistant", text=f"“Ja”:\n{words[:-2]}", final=True, interrupted=True),
        TranscriptUpdated(turn=4, role="assistant", text=f"{words}, you said", final=True),
        TranscriptUpdated(turn=5, role="assistant", text="It is your sister, your sister is aller", final=True),
    ]
    encode = msgspec.json.Encoder().encode
    events.write_bytes(b"".join(encode(Entry(1, event)) + b"\n" for event in (whole, *so_far)))
    log = tmp_path / "text.log"
    log.write_text(
        "1 assistant: You said: your sister is allergic to [interrupted]\n2 user: my sister is allergic\n"
        "3 assistant: your sister is allergic\n4 assistant: your sister is allergic!\n"
    )
    size = events.stat().st_size
    assert set(scrub([words], tmp_path, tmp_path)) == {events, log}
    left = [entry.event.text for entry in read_entries(events.parent) if isinstance(entry.event, TranscriptUpdated)]
    assert events.stat().st_size == size
    assert left[0] == "My sister is allergic", "it was said like this, and is another sentence"
    assert [re.sub(r"\.+", "…", text) for text in left[1:]] == [
        "Ça: remember that …",
        "So:\n…",
        "“Ja”:\n…",
        "…, you said",
        "It is your sister, …",
    ]
    dots = "." * len("your sister is allergic to")
    assert log.read_text() == (
        f"1 assistant: You said: {dots} [interrupted]\n2 user: my sister is allergic\n"
        f"3 assistant: {dots[:-3]}\n4 assistant: your sister is allergic!\n"
    )


def test_a_long_recording_is_gone_through_quickly(tmp_path: Path) -> None:
    events = tmp_path / "one" / "events.jsonl"
    events.parent.mkdir()
    partial = TranscriptUpdated(turn=2, role="user", text="so, my sister is aller", final=False)
    line = msgspec.json.encode(Entry(1, partial)) + b"\n"
    events.write_bytes(line * 20_000)
    (tmp_path / "text.log").write_text("1 assistant: b " * 100_000)
    began = time.process_time()
    scrub(["my sister is allergic to hazelnuts"], tmp_path, tmp_path)
    assert time.process_time() - began < 5.0, "counting the bytes from the start for each spot takes minutes"
    assert b"aller" not in events.read_bytes()


def test_what_a_prompt_made_of_a_model_goes_when_anything_is_forgotten(tmp_path: Path) -> None:
    """Which of them hold the words cannot be seen."""
    kept = tmp_path / "prompts" / "a.safetensors"
    kept.parent.mkdir()
    kept.write_bytes(b"\x00\x01")
    scrub(["", "tea"], tmp_path, tmp_path)
    assert kept.exists(), "nothing was forgotten"
    scrub(["my locker is 217"], tmp_path, tmp_path)
    assert not kept.exists()


def test_missing_folders_and_nothing_forgotten_do_nothing(tmp_path: Path) -> None:
    assert scrub(["my locker is 217"], tmp_path / "no", tmp_path / "none") == []
    (tmp_path / "a.log").write_text("tea")
    assert scrub(["tea", ""], tmp_path, tmp_path) == []


def test_what_is_forgotten_in_a_conversation_is_nowhere_afterwards(tmp_path: Path) -> None:
    """Told, forgotten, and the answer that names it once more: no file has it in the end."""
    for old in state_dir().glob("*.log*"):
        old.unlink()
    folder = tmp_path / "kept"
    settings = replaced(
        Settings(),
        {
            "memory.path": str(folder / "memory.db"),
            "recordings.path": str(folder / "sounds"),
            "recordings.enabled": True,
            "log.text": True,
        },
    )
    words = "the wine cellar opens with quetzal"
    with SqliteMemory(folder / "memory.db") as store:
        listeners = Listeners(settings, store, lambda event: None)
        kept = store.add(NewMemory(words))
        script: list[AnyEvent] = [
            ConversationStarted(conversation="c"),
            TranscriptUpdated(turn=1, role="user", text="remember that the wine cellar op", final=False),
            TranscriptUpdated(turn=1, role="user", text=f"remember that {words}", final=True),
            MemoryChanged(action="added", id=kept.id, text=words),
            TranscriptUpdated(turn=2, role="assistant", text=f"I'll remember: {words}.", final=True),
            TranscriptUpdated(turn=3, role="user", text="forget that", final=True),
        ]
        for event in script:
            listeners.emit(event)
        deadline = time.monotonic() + 20.0
        while len(Conversations(store).latest("c", 9)) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        store.forget([kept.id])
        listeners.emit(MemoryChanged(action="forgotten", id=kept.id, text=words))
        listeners.emit(TranscriptUpdated(turn=4, role="assistant", text=f"Forgotten: {words}.", final=True))
        listeners.emit(
            TranscriptUpdated(turn=5, role="assistant", text="Forgotten: the wine cellar", final=True, interrupted=True)
        )
        listeners.emit(SessionStopped())
        for listener in (listeners._recorder, *listeners._logs, listeners._chronicle, listeners._learner):
            assert listener is not None
            listener.close(20.0)
        texts = [turn.text for turn in Conversations(store).latest("c", 9)]
        assert texts == [
            "remember that [forgotten]",
            "I'll remember: [forgotten].",
            "forget that",
            "Forgotten: [forgotten].",
            "Forgotten: [forgotten]",
        ]
    scrub([words], state_dir(), folder / "sounds")  # what the log wrote after the learner's last look
    files = [path for place in (folder, state_dir()) for path in place.rglob("*") if path.is_file()]
    assert any(path.name == "events.jsonl" for path in files)
    assert any(path.name == "text.log" for path in files)
    assert [path for path in files if re.search(b"quetzal|cellar", path.read_bytes())] == []
