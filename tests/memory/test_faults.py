"""Files and disks that are not as they should be."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.errors import MemoryStoreError
from memory.file import salvage
from memory.file.health import check, repair
from memory.store import SqliteMemory
from memory.types import Memory, NewMemory
from tests.memory.conftest import StartChild


def fill(path: Path, count: int = 3) -> list[Memory]:
    with SqliteMemory(path) as store:
        return [store.add(NewMemory(f"The key number {n} is under the pot")) for n in range(count)]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user can enter, which those of pytest are not."""
    folder = Path(tempfile.mkdtemp(prefix="memory-test-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


class TestReadOnly:
    @pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o555, 0o644), (0o555, 0o444), (0o755, 0o444)])
    def test_reading_works_and_writing_is_refused(
        self, open_folder: Path, start_child: StartChild, folder_mode: int, file_mode: int
    ) -> None:
        file = open_folder / "memory.db"
        fill(file, 2)
        file.chmod(file_mode)
        open_folder.chmod(folder_mode)
        said = start_child("without_rights", file).communicate(timeout=30)[0]
        assert "read-only True" in said
        assert "notices The memory is read-only" in said
        assert "texts The key number 1 is under the pot The key number 0 is under the pot" in said
        assert "recalled The key number" in said
        assert said.count("refused The memory is read-only, so nothing can be added or removed") == 3
        assert "written" not in said
        assert "health Health(ok=True, memories=2" in said

    def test_changes_that_wait_in_the_log_are_told(self, open_folder: Path, start_child: StartChild) -> None:
        file = open_folder / "memory.db"
        fill(file, 1)
        with SqliteMemory(file) as store:
            store.add(NewMemory("only in the log"))
            for name in ("copy.db", "copy.db-wal"):
                shutil.copy(open_folder / name.replace("copy", "memory"), open_folder / name)
        (open_folder / "copy.db").chmod(0o444)
        (open_folder / "copy.db-wal").chmod(0o444)
        open_folder.chmod(0o555)
        said = start_child("without_rights", open_folder / "copy.db").communicate(timeout=30)[0]
        assert "The newest memories may be missing" in said or "only in the log" in said

    def test_a_folder_that_cannot_be_written_is_told(self, open_folder: Path, start_child: StartChild) -> None:
        open_folder.chmod(0o555)
        said = start_child("without_rights", open_folder / "new" / "memory.db").communicate(timeout=30)[0]
        assert "not opened The memory file cannot be made: Permission denied" in said
        assert "[memory] path" in said

    def test_an_older_file_that_cannot_be_migrated_is_told(self, open_folder: Path, start_child: StartChild) -> None:
        file = open_folder / "memory.db"
        fill(file)
        db = sqlite3.connect(file)
        db.execute("delete from migration")
        db.commit()
        db.close()
        open_folder.chmod(0o555)
        said = start_child("without_rights", file).communicate(timeout=30)[0]
        assert "not opened" in said


class TestPlaces:
    def test_missing_folders_are_made_for_this_user_only(self, tmp_path: Path) -> None:
        file = tmp_path / "a b" / "c#?%" / "memory.db"
        fill(file)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(MemoryStoreError, match="is a folder"):
            SqliteMemory(tmp_path)

    def test_a_file_in_the_way_of_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        with pytest.raises(MemoryStoreError, match="cannot be made"):
            SqliteMemory(tmp_path / "file" / "memory.db")

    @pytest.mark.parametrize("deed", ["removed", "replaced"])
    def test_a_file_that_goes_away_takes_no_more_writes(self, path: Path, tmp_path: Path, deed: str) -> None:
        with SqliteMemory(path) as store:
            store.add(NewMemory("before"))
            if deed == "replaced":
                fill(tmp_path / "other.db", 1)
                (tmp_path / "other.db").replace(path)
            else:
                path.unlink()
            with pytest.raises(MemoryStoreError, match="moved or replaced"):
                store.add(NewMemory("after"))


class TestFullDisk:
    def test_a_file_that_may_not_grow(self, path: Path, start_child: StartChild) -> None:
        child = start_child("fill", path, 600_000)
        self._judge(path, child)

    @pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")
    def test_a_real_small_disk(self, tmp_path: Path) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True)
        if mounted.returncode:
            pytest.skip(f"no small disk here: {mounted.stderr.decode().strip()}")
        try:
            self._fill_disk(disk / "memory.db")
        finally:
            subprocess.run(["umount", disk], check=True)

    def _fill_disk(self, file: Path) -> None:
        kept: list[str] = []
        store = SqliteMemory(file)
        with pytest.raises(MemoryStoreError, match="disk is full") as refusal:
            while True:
                kept.append(store.add(NewMemory(f"fact {len(kept)}", clip=os.urandom(4096), clip_seconds=1)).id)
        assert "Free some space" in refusal.value.hint
        assert {m.id for m in store.everything()} == set(kept)
        store.close()
        with SqliteMemory(file) as again:
            assert {m.id for m in again.everything()} == set(kept)
            assert again.clip(kept[-1]) is not None
        assert check(file).ok

    def _judge(self, path: Path, child: subprocess.Popen[str]) -> None:
        said = child.communicate(timeout=50)[0].splitlines()
        assert child.returncode == 0, said[-3:]
        added = [line.split()[1] for line in said if line.startswith("added")]
        assert any(line.startswith("refused The disk is full, so this was not saved") for line in said), said[-3:]
        assert f"readable {len(added) - 1}" in said
        with SqliteMemory(path) as store:
            assert {m.id for m in store.everything()} == set(added)
            assert store.search("room again")
        assert check(path).ok


class TestDamage:
    def test_garbage_is_moved_aside_and_a_new_file_begun(self, path: Path) -> None:
        path.write_bytes(b"this is no database at all " * 500)
        with SqliteMemory(path) as store:
            (notice,) = store.notices
            assert "damaged" in notice.message
            assert "none of its memories could be read" in notice.message
            kept = Path(notice.hint.removeprefix("The damaged file is kept as "))
            assert kept.read_bytes().startswith(b"this is no database")
            store.add(NewMemory("life goes on"))
        with SqliteMemory(path) as store:
            assert store.notices == ()
            assert [m.text for m in store.list()] == ["life goes on"]
        assert sorted(p.name for p in path.parent.iterdir()) == sorted(["memory.db", kept.name])

    @pytest.mark.parametrize("page", range(5))
    def test_what_lies_beside_the_damage_is_saved(self, path: Path, page: int) -> None:
        seed = random.randrange(1 << 32)
        print("seed", seed)
        before = {m.id: m for m in fill(path, 400)}
        with SqliteMemory(path) as store:
            spoken = store.add(NewMemory("spoken", clip=b"sound" * 9000, clip_seconds=2))
        hit = self._table_pages(path)[page * 3 + 2]
        with path.open("r+b") as file:
            file.seek((hit - 1) * 4096)
            file.write(random.Random(seed).randbytes(4096))
        assert not check(path).ok
        with SqliteMemory(path) as store:
            (notice,) = store.notices
            saved = {m.id: m for m in store.everything()}
            clip = store.clip(spoken.id)
        assert f"{len(saved)} memories could be read" in notice.message
        assert 300 <= len(saved) < 401
        assert all(before.get(i, spoken) == m for i, m in saved.items())
        assert spoken.id not in saved or clip == b"sound" * 9000
        health = check(path)
        assert (health.ok, health.memories) == (True, len(saved))

    def _table_pages(self, path: Path) -> list[int]:
        db = sqlite3.connect(path)
        try:
            return [n for (n,) in db.execute("select pageno from dbstat where name = 'memory' and pagetype = 'leaf'")]
        except sqlite3.OperationalError:
            pytest.skip("this SQLite has no dbstat to find the pages of a table with")
        finally:
            db.close()

    def test_a_file_cut_short(self, path: Path) -> None:
        fill(path, 400)
        os.truncate(path, path.stat().st_size // 2)
        with SqliteMemory(path) as store:
            assert "damaged" in store.notices[0].message
            assert store.count() == len(list(store.everything()))
            store.add(NewMemory("life goes on"))
        assert check(path).ok

    def test_two_that_find_the_damage_together_repair_once(self, path: Path) -> None:
        path.write_bytes(b"garbage!" * 1000)
        ready, notices = threading.Barrier(4), []

        def opener() -> None:
            ready.wait(10)
            with SqliteMemory(path) as store:
                notices.extend(store.notices)
                store.add(NewMemory(f"from {threading.get_ident()}"))

        threads = [threading.Thread(target=opener) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(notices) == 1
        assert len(list(path.parent.glob("*.damaged-*"))) == 1
        with SqliteMemory(path) as store:
            assert store.count() == 4

    def test_a_second_damage_in_the_same_second_keeps_both_files(self, path: Path) -> None:
        for _ in range(2):
            path.write_bytes(b"garbage!" * 1000)
            assert salvage.repair(path, 1_700_000_000.0) is not None
        names = sorted(p.name for p in path.parent.glob("*.damaged-*"))
        assert names == ["memory.db.damaged-20231114-221320", "memory.db.damaged-20231114-221320-2"]

    def test_damage_found_while_running_is_told(self, path: Path) -> None:
        fill(path, 400)
        with SqliteMemory(path) as store:
            page = self._table_pages(path)[2]
            with path.open("r+b") as file:
                file.seek((page - 1) * 4096)
                file.write(b"\xff" * 4096)
            with pytest.raises(MemoryStoreError, match="damaged") as refusal:
                list(store.everything())
            assert "memory check --repair" in refusal.value.hint

    def test_an_index_that_lost_its_way_is_found_and_built_anew(self, path: Path) -> None:
        (kept, *_) = fill(path)
        db = sqlite3.connect(path)
        db.execute("insert into memory_word (memory_word) values ('delete-all')")
        db.commit()
        db.close()
        health = check(path)
        assert not health.ok
        assert "memory_word" in health.problems[0]
        assert "built anew" in repair(path)[0].message
        assert check(path).ok
        assert repair(path) == ()
        with SqliteMemory(path) as store:
            assert kept in store.search("key")

    def test_an_index_that_cannot_be_opened_costs_no_memory(self, path: Path) -> None:
        kept = fill(path)
        db = sqlite3.connect(path)
        too_many_levels = b"\0\0\0\0\x8f\x52\x01\xb4\x40" + bytes(4007)
        db.execute("update memory_word_data set block = ? where id = 10", (too_many_levels,))
        db.commit()
        db.close()
        assert not check(path).ok
        with SqliteMemory(path) as store:
            assert "3 memories could be read" in store.notices[0].message
            assert {m.id for m in store.search("key")} == {m.id for m in kept}
            store.add(NewMemory("and it can be written"))
        assert check(path).ok

    def test_an_empty_file_is_a_new_store(self, path: Path) -> None:
        path.touch()
        with SqliteMemory(path) as store:
            assert store.notices == ()
            assert store.count() == 0

    def test_check_of_nothing_is_told(self, path: Path) -> None:
        with pytest.raises(MemoryStoreError, match="no memory file yet"):
            check(path)
        assert not path.exists()
