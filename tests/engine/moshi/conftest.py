"""Checkpoints for the tests of the Moshi engine, made by the product's own tool."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.moshi.checkpoints import MICRO, mimi_file, write_micro


@pytest.fixture(scope="session")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest model: two layers, 64 codes, a context of 96 steps; float32; without a codec that would work."""
    return write_micro(tmp_path_factory.mktemp("micro"), MICRO)


@pytest.fixture(scope="session")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model with a codec of the real size, so that sound goes in and comes out."""
    folder = tmp_path_factory.mktemp("talker")
    write_micro(folder, MICRO | {"card": 2048})
    codec = folder / mimi_file().name
    codec.unlink()
    codec.symlink_to(mimi_file())
    return folder
