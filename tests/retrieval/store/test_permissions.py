"""What people wrote is for their own user of the machine alone, however wide the folder or the process was."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.interfaces.cli.doctor import Finding, examine
from retrieval.store.database import alone
from retrieval.store.permissions import make_private, open_to_others
from retrieval.types import Document
from tests.conftest import Opener

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="needs permissions of files"),
    pytest.mark.usefixtures("without_reader"),
]

DOCUMENT = Document("a", "Bridges", "The bridge opened in spring.")


@pytest.fixture(autouse=True)
def careless() -> Iterator[None]:
    """The process makes files that all users may read, as most do."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def check_private(folder: Path) -> None:
    """The folder and all in it are their owner's alone."""
    found = {path: oct(mode(path)) for path in (folder, *folder.rglob("*"))}
    assert len(found) > 6
    assert {path: how for path, how in found.items() if int(how, 8) & 0o077} == {}


def test_what_is_made_is_private(tmp_path: Path, open_footnote: Opener) -> None:
    """The folder, the database with its logs, the vectors and all locks, while they are in use and afterwards."""
    data = tmp_path / "data"
    footnote = open_footnote()
    footnote.library.add(DOCUMENT)
    footnote.search.search("When did it open?", "local")
    with alone(footnote.engine, "reindex"):
        assert {"footnote.db", "footnote.db-wal", "footnote.db-shm"} <= {path.name for path in data.iterdir()}
        check_private(data)
    footnote.library.reindex()
    footnote.close()
    check_private(data)


def test_what_was_open_is_closed_at_the_start(tmp_path: Path, open_footnote: Opener) -> None:
    """A folder that an earlier version left open to all is mended as it is opened, and answers as before."""
    data = tmp_path / "data"
    footnote = open_footnote()
    footnote.library.add(DOCUMENT)
    footnote.close()
    for path in (data, *data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o664)
    footnote = open_footnote()
    assert footnote.engine is not None  # opened
    check_private(data)
    assert footnote.search.search("When did it open?", "local")
    check_private(data)


def test_a_command_makes_nothing_that_others_may_read(tmp_path: Path) -> None:
    """The program itself, too, whatever its libraries make, and where a folder is made for it."""
    data = tmp_path / "new" / "data"
    command = [sys.executable, "-m", "bot", "add", "-", "--title", "Bridges", "--data-dir", str(data)]
    subprocess.run(command, input=DOCUMENT.text.encode(), check=True, stdout=subprocess.DEVNULL)
    check_private(data)


def test_what_is_narrower_stays_so(tmp_path: Path) -> None:
    """Nothing is allowed that was not before."""
    modes = {"footnote.db": 0o400, "chroma.lock": 0o200, "footnote.chats.lock": 0o000}
    for name, how in modes.items():
        (tmp_path / name).touch()
        (tmp_path / name).chmod(how)
    tmp_path.chmod(0o550)
    make_private(tmp_path)
    assert mode(tmp_path) == 0o500
    assert {name: mode(tmp_path / name) for name in modes} == modes
    tmp_path.chmod(0o700)


def test_what_is_not_ours_stays_as_it_is(tmp_path: Path) -> None:
    """In a folder that holds other files, and behind links, only what is the library's is closed."""
    outside, folder = tmp_path / "outside", tmp_path / "home"
    (folder / "papers").mkdir(parents=True)
    others = (outside, folder / "notes.txt", folder / "papers" / "footnote.db")
    for path in (*others, folder / "footnote.db"):
        path.touch(mode=0o644)
    (folder / "chroma.lock").symlink_to(outside)
    make_private(folder)
    assert mode(folder / "footnote.db") == 0o600
    assert {mode(path) for path in others} == {0o644} and mode(folder) == 0o755
    assert open_to_others(folder) == folder


def test_the_doctor_warns_of_what_it_cannot_close(
    open_footnote: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What others may use although it was to be closed is named with what to do, and the rest is examined."""
    data = tmp_path / "data"
    open_footnote().library.add(DOCUMENT)
    assert "other users" not in _examined(data)["data folder"].says
    (data / "footnote.db").chmod(0o604)
    monkeypatch.setattr(Path, "chmod", _refuse)
    found = _examined(data)
    database = f"{data}/footnote.db"
    assert found["data folder"].says.endswith(f"; other users of this machine may use {database}: chmod go= {database}")
    assert found["data folder"].well and found["vectors"].well


def _examined(data: Path) -> dict[str, Finding]:
    return {finding.subject: finding for finding in examine(data)}


def _refuse(_path: Path, _mode: int) -> None:
    raise PermissionError
