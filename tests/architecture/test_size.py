"""Files and functions stay small enough to be read in one go."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("voice_tui", "memory")
MAX_LINES = 400
MAX_MEDIAN = 10
MAX_P90 = 35


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def function_lengths(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize(
    "path", python_files(*PRODUCT, "tests", "benchmarks"), ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_functions_are_short() -> None:
    lengths = [length for path in python_files(*PRODUCT) for length in function_lengths(path)]
    assert len(lengths) > 100
    assert statistics.median(lengths) <= MAX_MEDIAN
    assert statistics.quantiles(lengths, n=10)[8] <= MAX_P90
