"""A file of training data that is wrong is refused with its name and the line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from memory.training.data import TrainingDataError, read_all, read_conversation

HEAD: dict[str, object] = {
    "is": "conversation",
    "id": "x1",
    "kind": "people",
    "speakers": ["Ann", "Bob"],
    "style": "terse",
    "noisy": False,
    "topics": ["tea"],
}
SESSION: dict[str, object] = {"is": "session", "number": 1, "at": "2024-01-01T10:00:00"}
FIRST: dict[str, object] = {"is": "turn", "id": "1.1", "speaker": "Ann", "text": "I drink green tea."}
SECOND: dict[str, object] = {"is": "turn", "id": "1.2", "speaker": "Bob", "text": "Not for me."}
ASKED: dict[str, object] = {"is": "asked", "at": "2024-01-02T10:00:00", "speaker": None}
PROBE: dict[str, object] = {"is": "probe", "category": "single", "text": "What does Ann drink?", "evidence": ["1.1"]}
GOOD = [HEAD, SESSION, FIRST, SECOND, ASKED, PROBE]


def written(folder: Path, lines: list[dict[str, object]]) -> Path:
    file = folder / "x1.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return file


def test_a_good_file_is_read_as_it_is(tmp_path: Path) -> None:
    conversation = read_conversation(written(tmp_path, GOOD))
    assert (conversation.id, conversation.speakers, conversation.kind) == ("x1", ("Ann", "Bob"), "people")
    assert [turn.text for turn in conversation.turns] == ["I drink green tea.", "Not for me."]
    (probe,) = conversation.probes
    assert (probe.id, probe.evidence, probe.at) == ("x1-1", ("1.1",), datetime(2024, 1, 2, 10))
    assert probe.is_question


@pytest.mark.parametrize(
    ("line", "change", "says"),
    [
        (1, {"id": "x2"}, "its file 'x1'"),
        (1, {"kind": "assistant"}, "do not suit"),
        (1, {"speakers": ["Ann", "Ann"]}, "do not suit"),
        (1, {"style": "loud"}, "Invalid enum value"),
        (2, {"number": 2}, "session 2 comes after 0"),
        (2, {"at": "1 January"}, "Invalid RFC3339"),
        (3, {"id": "1.2"}, "should be 1.1"),
        (3, {"speaker": "Eve"}, "'Eve' is not a speaker"),
        (3, {"text": " "}, "empty"),
        (3, {"loud": True}, "unknown field"),
        (5, {"at": "2023-01-01T10:00:00"}, "before the last session"),
        (6, {"evidence": ["1.3"]}, "no such turn: 1.3"),
        (6, {"evidence": ["1.1"], "near": ["1.1"]}, "named twice"),
        (6, {"evidence": []}, "do not suit 'single'"),
        (6, {"category": "multi"}, "do not suit 'multi'"),
        (6, {"category": "unanswerable"}, "do not suit 'unanswerable'"),
    ],
)
def test_the_line_that_is_wrong_is_named(tmp_path: Path, line: int, change: dict[str, object], says: str) -> None:
    lines = [*GOOD]
    lines[line - 1] = lines[line - 1] | change
    with pytest.raises(TrainingDataError, match=says) as error:
        read_conversation(written(tmp_path, lines))
    assert str(error.value).startswith(f"x1.jsonl:{line}: ")


@pytest.mark.parametrize(
    ("order", "line"),
    [
        ([SESSION, FIRST], 1),
        ([HEAD, HEAD], 2),
        ([HEAD, FIRST], 2),
        ([HEAD, SESSION, FIRST, PROBE], 4),
        ([HEAD, SESSION, FIRST, ASKED, SECOND], 5),
        ([HEAD, SESSION, FIRST, ASKED], 0),
        ([], 0),
    ],
)
def test_lines_out_of_order_are_refused(tmp_path: Path, order: list[dict[str, object]], line: int) -> None:
    with pytest.raises(TrainingDataError) as error:
        read_conversation(written(tmp_path, order))
    assert error.value.line == line


def test_broken_json_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="no conversation"):
        read_all(tmp_path)
    (tmp_path / "x1.jsonl").write_text(json.dumps(HEAD) + "\n{half\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match=r"x1\.jsonl:2: "):
        read_all(tmp_path)
