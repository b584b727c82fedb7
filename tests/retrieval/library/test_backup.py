"""A backup holds the whole library as it was at one moment; whoever is killed leaves the old one or the new one."""

from __future__ import annotations

import json
import os
import random
import shutil
import stat
import threading
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from looking_inside import Another, check_in_step, facts
from numpy.typing import NDArray

from bot.answers import Turn
from bot.bootstrap import Footnote
from retrieval.library.backup import BackupError, back_up, read_manifest, restore
from retrieval.library.catalogue import LibraryError
from retrieval.store.database import HEAD, reading
from retrieval.store.dump import DumpError
from retrieval.store.state import number_of
from retrieval.types import SHARED
from tests.conftest import Opener

QUESTION = "sea mammals with tusks"
OLD, NEW = facts("marmots", 70, "old"), facts("walruses", 70, "new")


@pytest.fixture(autouse=True)
def programs(topology: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs are those of the server."""
    if topology == "servers":
        request.getfixturevalue("postgres").put_on_path(monkeypatch)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where backups go: a folder with nothing else in it."""
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "library.zip"


def put_back(footnote: Footnote, file: Path, **more: Any) -> None:
    """What `footnote restore` does to the library; it has to be opened anew then."""
    restore(footnote.engine, footnote.vectors, file, footnote.settings.data_dir, **more)
    footnote.close()


def sources(footnote: Footnote) -> list[str]:
    return [entry.source for entry in footnote.library.entries([SHARED, "local"])]


def forbidden(*_: Any) -> NDArray[Any]:
    """Stands for an embedder's `encode` where nothing is to be embedded."""
    raise AssertionError("something was embedded")


@pytest.mark.both_topologies
def test_what_is_restored_is_what_was_backed_up(
    footnote: Footnote, open_footnote: Opener, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every passage with its very score, in other languages, too, and what was said; nothing is embedded. What came
    since is gone, and nothing else but the backup is left beside it, for its owner alone.
    """
    footnote.library.add(NEW)
    footnote.library.add(facts("marmots", 3, "private"), "local")
    footnote.assistant.answer(Turn("What is fact 7 about?", "local", conversation="friday"))
    asked = (QUESTION, "Welche Meeressäuger haben Stoßzähne?")
    before = [footnote.search.search(question, "local", limit=20) for question in asked]
    made = back_up(footnote.engine, file)
    assert read_manifest(file) == made
    assert (made.documents, made.schema, made.embedding) == (2, HEAD, footnote.embedder().name)
    assert [one.name for one in file.parent.iterdir()] == ["library.zip"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    footnote.library.add(facts("otters", 3, "since"))
    footnote.close()
    other = open_footnote()
    put_back(other, file, replace=True)
    again = open_footnote()
    monkeypatch.setattr(again.embedder(), "encode", forbidden)
    monkeypatch.setattr(again._multilingual_embedder, "encode", forbidden)
    assert sources(again) == ["new", "private"]
    assert [again.search.search(question, "local", limit=20) for question in asked] == before
    assert len(again.conversations.recall("local", "friday", None)) == 1
    check_in_step(again)
    again.close()
    assert not [one for one in again.settings.data_dir.iterdir() if one.name == ".restoring"]


def test_a_revision_never_has_the_number_of_another_text(footnote: Footnote, open_footnote: Opener, file: Path) -> None:
    """Replaced after the backup, restored, and replaced otherwise: no address of the first text opens the second."""
    footnote.library.add(facts("marmots", 1))
    back_up(footnote.engine, file)
    one = footnote.library.add(facts("otters", 1)).id
    (since,) = footnote.library.entries([SHARED])
    footnote.close()
    put_back(open_footnote(), file, replace=True)
    again = open_footnote()
    again.library.add(facts("walruses", 1))
    with pytest.raises(LibraryError):
        again.library.words(one, [SHARED], revision=since.revision)
    again.close()


def test_a_library_that_is_restored_over_and_over(footnote: Footnote, open_footnote: Opener, file: Path) -> None:
    """The numbers of its revisions grow by as much each time, so that they do not run out."""
    footnote.library.add(facts("marmots", 1))
    numbers = []
    for _ in range(4):
        back_up(footnote.engine, file)
        footnote.close()
        put_back(open_footnote(), file, replace=True)
        footnote = open_footnote()
        with reading(footnote.engine) as connection:
            numbers.append(number_of(connection, "revision"))
    footnote.close()
    assert len({after - before for before, after in pairwise(numbers)}) == 1


@pytest.mark.both_topologies
def test_what_is_not_empty_or_in_use_stays_as_it_is(footnote: Footnote, open_footnote: Opener, file: Path) -> None:
    """It takes `replace` to have a library give way, and nobody else who uses it."""
    footnote.library.add(NEW)
    back_up(footnote.engine, file)
    with pytest.raises(BackupError, match=r"not empty.*--replace"):
        put_back(footnote, file)
    other = open_footnote()
    assert sources(other) == ["new"]
    with pytest.raises(DumpError, match="Another process uses"):
        put_back(footnote, file, replace=True)
    other.close()
    put_back(footnote, file, replace=True)
    assert sources(open_footnote()) == ["new"]


def test_what_is_no_backup_or_damaged(footnote: Footnote, open_footnote: Opener, file: Path) -> None:
    """One line says so, and the library is untouched; no file of somebody's is overwritten."""
    with pytest.raises(BackupError, match="is empty"):
        back_up(footnote.engine, file)
    footnote.library.add(OLD)
    made = back_up(footnote.engine, file)
    good = file.read_bytes()
    about = json.loads(json.dumps({name: getattr(made, name) for name in made.__slots__}))
    with zipfile.ZipFile(file) as archive:
        copy = archive.read("database")

    def packed(name: str = "database", data: bytes = copy, **told: Any) -> bytes:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("manifest.json", json.dumps({**about, **told}))
            archive.writestr(name, data)
        return file.read_bytes()

    broken = [
        (b"", "no backup"),
        (b"My thesis.", "no backup"),
        (good[:-30], "no backup"),
        (good[: len(good) // 2] + b"x" * 9 + good[len(good) // 2 + 9 :], "damaged"),
        (packed("../../evil"), "no backup"),
        (packed(data=copy[:-1]), "damaged"),
        (packed(data=copy + b"more"), "damaged"),
        (packed(sha256="0" * 64), "damaged"),
        (packed(bytes="many"), "another Footnote"),
        (packed(format=2), "another Footnote"),
        (packed(surprise=1), "damaged"),
        (packed(schema="9999"), "newer Footnote"),
        (packed(schema="0006"), "before its first release"),
        (packed(database="postgresql"), "FOOTNOTE_DATABASE_URL"),
    ]
    for data, says in broken:
        file.write_bytes(data)
        with pytest.raises(BackupError, match=says) as failed:
            put_back(footnote, file, replace=True)
        assert str(failed.value).isprintable()
    file.write_bytes(b"My thesis.")
    with pytest.raises(BackupError, match="no backup"):
        back_up(footnote.engine, file)
    assert file.read_bytes() == b"My thesis."
    with pytest.raises(BackupError, match="cannot be used"):
        back_up(footnote.engine, file.parent / "nowhere" / "library.zip")
    assert [one.name for one in file.parent.iterdir()] == ["library.zip"]
    assert sources(footnote) == ["old"]
    check_in_step(footnote)


def test_nothing_deleted_is_in_it(footnote: Footnote, file: Path) -> None:
    """What was removed is in no page of the copy, although it lingers in the database's own file."""
    footnote.library.add(facts("zyxquill", 70, "gone"))
    footnote.library.add(facts("marmots", 1))
    footnote.library.remove(footnote.library.find("gone", [SHARED]).id, [SHARED])
    back_up(footnote.engine, file)
    with zipfile.ZipFile(file) as archive:
        assert b"zyxquill" not in archive.read("database")
        assert b"marmots" in archive.read("database")


@pytest.mark.both_topologies
def test_a_backup_of_a_library_that_changes(
    footnote: Footnote, open_footnote: Opener, file: Path, tmp_path: Path
) -> None:
    """Taken in the midst of an add of another process, it holds the old text whole, and can be restored."""
    footnote.library.add(facts("marmots", 70))
    adder = Another("add", tmp_path / "data", [facts("walruses", 130)], hold=["indexed", 1]).held()
    back_up(footnote.engine, file)
    assert adder.go().end()[0] == 0
    footnote.close()
    put_back(open_footnote(), file, replace=True)
    again = open_footnote()
    with again.engine.begin() as connection:  # the lease of whoever was adding then
        connection.execute(sa.text("UPDATE revisions SET lease_until = 0 WHERE state = 'indexing'"))
    assert "marmots" in again.library.words(again.library.entries([SHARED])[0].id, [SHARED])
    check_in_step(again)


@pytest.mark.both_topologies(servers="long")
@pytest.mark.parametrize("step", ["copied", "packed", "named"])
def test_a_backup_that_is_killed(step: str, footnote: Footnote, file: Path) -> None:
    """With the database copied, or the archive whole but without its name, the backup before it is still there; once
    named, the new one is.
    """
    footnote.library.add(OLD)
    back_up(footnote.engine, file)
    before = file.read_bytes()
    footnote.library.add(NEW)
    assert Another("backup", footnote.settings.data_dir, file=str(file), kill=[step, 1]).go().end()[0] == -9
    assert (file.read_bytes() == before) == (step != "named")
    assert read_manifest(file).documents == (2 if step == "named" else 1)
    back_up(footnote.engine, file)
    assert read_manifest(file).documents == 2


def killed_restore(footnote: Footnote, open_footnote: Opener, file: Path, kill: Callable[[Another], int]) -> list[str]:
    """What the library holds after a restore of NEW over OLD that was killed; it is whole either way."""
    footnote.library.add(NEW)
    back_up(footnote.engine, file)
    footnote.library.remove(footnote.library.find("new", [SHARED]).id, [SHARED])
    footnote.library.add(OLD)
    folder = footnote.settings.data_dir
    footnote.close()
    status = kill(Another("restore", folder, file=str(file)))
    again = open_footnote()
    found = sources(again)
    (word,) = {"old": ["marmots"], "new": ["walruses"]}[found[0]]
    assert word in again.search.search("What is fact 7 about?", "local")[0].text
    check_in_step(again)
    assert status in (0, -9)
    return found


@pytest.mark.both_topologies(servers="long")
@pytest.mark.parametrize(
    ("step", "nth", "left"),
    [
        ("checked", 1, "old"),
        ("dropped", 1, "old"),
        ("prepared", 1, "old"),
        ("copying", 1, "old"),
        ("loaded", 1, "new"),
    ],
)
def test_a_restore_that_is_killed(
    step: str,
    nth: int,
    left: str,
    topology: str,
    footnote: Footnote,
    open_footnote: Opener,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Unpacked; with the old vectors gone; ready to be copied; with a part of the pages copied (on PostgreSQL: with
    psql killed at the end of its one transaction); with all of them. The old library or the new one is there, and its
    vectors are made again.
    """
    if topology == "servers" and step == "copying":
        dying_psql(tmp_path, monkeypatch)
        assert killed_restore(footnote, open_footnote, file, lambda one: min(one.go().end()[0], 0)) == [left]
        return

    def kill(restoring: Another) -> int:
        return restoring.go().end()[0]

    monkeypatch.setenv("TEST_KILL", json.dumps([step, nth]))
    assert killed_restore(footnote, open_footnote, file, kill) == [left]


@pytest.mark.long
@pytest.mark.both_topologies
@pytest.mark.parametrize("seed", range(8))
def test_a_restore_that_is_killed_anywhen(seed: int, footnote: Footnote, open_footnote: Opener, file: Path) -> None:
    """At any instant of it."""

    def kill(restoring: Another) -> int:
        restoring.go()
        threading.Thread(target=restoring.kill, args=[random.Random(seed).uniform(0, 0.4)]).start()
        return restoring.end()[0]

    assert killed_restore(footnote, open_footnote, file, kill) in (["old"], ["new"])


def dying_psql(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The `psql` that is found kills itself after its last statement but before the end of its transaction."""
    (folder / "bin").mkdir()
    (folder / "die.sql").write_text("\\! kill -9 $PPID\n")
    script = folder / "bin" / "psql"
    script.write_text(f'#!/bin/sh\nexec "{shutil.which("psql")}" "$@" --file="{folder / "die.sql"}"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
