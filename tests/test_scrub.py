"""Forgotten words go out of logs and recorded events, in place, and nothing else changes."""

from __future__ import annotations

import time
from pathlib import Path

from memory.conversations import Conversations
from memory.store import SqliteMemory
from memory.types import NewMemory
from voice_tui.events import AnyEvent, ConversationStarted, MemoryChanged, SessionStopped, TranscriptUpdated
from voice_tui.paths import state_dir
from voice_tui.schema import replaced
from voice_tui.scrub import scrub
from voice_tui.session.listeners import Listeners
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
        ]
    scrub([words], state_dir(), folder / "sounds")  # what the log wrote after the learner's last look
    files = [path for place in (folder, state_dir()) for path in place.rglob("*") if path.is_file()]
    assert any(path.name == "events.jsonl" for path in files)
    assert any(path.name == "text.log" for path in files)
    assert [path for path in files if b"quetzal" in path.read_bytes()] == []
