"""`footnote backup` and `footnote restore` as people use them: beside a server that runs, and on another machine."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest
from real_command import Command, fault, misuse
from server import Server

from retrieval.store.database import _postgresql
from retrieval.store.dump import _address

KEY = "open-sesame-open-sesame"


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path / "data", tmp_path)


def test_a_backup_is_taken_while_the_server_answers_and_restored_elsewhere(command: Command, tmp_path: Path) -> None:
    """The very answers and conversations come back on an empty data folder; where the server runs nothing is restored,
    and where something is, only with --replace. No secret of the settings is in the file, which is its owner's alone.
    """
    server = Server(command.data, FOOTNOTE_API_KEYS=f"ann:{KEY}").ready()
    with server.client(KEY) as ann:
        asked = {"question": "Who is Mao Ning?", "conversation": "friday"}
        assert ann.post("/v1/ask", json=asked).json()["status"] == "answered"
        assert (
            ann.post("/v1/documents", json={"title": "Ferry", "text": "The ferry leaves at nine."}).status_code == 201
        )
        result = command.run("backup", "library.zip")
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.startswith("Backed up 2 documents to library.zip (")
        assert ann.post("/v1/documents", json={"title": "Since", "text": "The ferry sank."}).status_code == 201
        assert "Another process uses" in fault(command.run("restore", "library.zip", "--replace"))
        assert len(ann.get("/v1/documents").json()["documents"]) == 3
        before = ann.get("/v1/conversations/friday").json()
    assert server.stop() == 0
    file = tmp_path / "library.zip"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        assert not [name for name in archive.namelist() if KEY.encode() in archive.read(name)]

    assert "--replace" in fault(command.run("restore", "library.zip"))
    elsewhere = Command(tmp_path / "elsewhere", tmp_path)
    result = elsewhere.run("restore", "library.zip")
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    assert result.stdout.startswith("Restored 2 documents of ")
    second = Server(elsewhere.data, FOOTNOTE_API_KEYS=f"ann:{KEY}").ready()
    with second.client(KEY) as ann:
        assert ann.get("/v1/conversations/friday").json() == before
        assert [one["title"] for one in ann.get("/v1/documents").json()["documents"]][1:] == ["Ferry"]
    assert second.stop() == 0
    assert command.answer() == elsewhere.answer()
    assert command.run("restore", "library.zip", "--replace", "--quiet").stdout == ""
    assert len(command.listed()) == 1  # what belongs to a key is not listed here


def test_what_goes_wrong_is_one_line(command: Command, tmp_path: Path) -> None:
    """No file, no place for one, no backup, and words that are missing."""
    assert "is empty" in fault(command.run("backup", "library.zip"))
    assert "No such file" in fault(command.run("restore", "nothing.zip"))
    assert "cannot be used" in fault(command.run("backup", "no/such/folder/library.zip"))
    (tmp_path / "thesis.txt").write_text("My thesis.")
    for name in ("backup", "restore"):
        assert "no backup" in fault(command.run(name, "thesis.txt"))
        assert "FILE" in misuse(command.run(name))
        assert fault(command.run(name, "."))
    assert (tmp_path / "thesis.txt").read_text() == "My thesis."


@pytest.mark.both_topologies
def test_programs_of_postgresql_s_that_are_not_installed(
    topology: str, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """They are named, with what to install; files need none."""
    names = ("FOOTNOTE_DATABASE_URL", "FOOTNOTE_CHROMA_URL")
    settings = {name: os.environ[name] for name in names if name in os.environ}
    assert command.run("ask", "Who is Mao Ning?", FOOTNOTE_READER="off", **settings).returncode == 0
    result = command.run("backup", "library.zip", PATH=str(tmp_path), **settings)
    if topology == "files":
        assert result.returncode == 0, result.stderr
    else:
        assert "pg_dump is not installed. Install PostgreSQL's client programs" in fault(result)
        assert not (tmp_path / "library.zip").exists()


def test_the_password_is_in_no_program_s_arguments() -> None:
    """Others of the machine see what programs are called with."""
    for url in ("postgresql://me:secret@host:1/db?sslmode=require", "postgresql://me@host/db?password=secret"):
        engine = _postgresql(url)
        assert "secret" not in _address(engine) and _address(engine).startswith("postgresql://me@host")
