"""`footnote open`, `footnote feedback`, and documents that are named by their titles on the command line."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest
from patience import CEILING, wait_until
from real_command import Command, fault
from servers import free_port

FERRY = "The ferry to Tiree leaves Oban at seven. Dogs travel free of charge."


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """`footnote …` on a library that has one document."""
    found = Command(tmp_path / "data", tmp_path)
    (tmp_path / "Ferry times.txt").write_text(FERRY, "utf-8")
    assert found.run("add", "Ferry times.txt").returncode == 0
    return found


def test_a_document_is_named_by_its_title(command: Command) -> None:
    """As `list` shows it, in small letters, too; the title of several, or of none, is told in a line."""
    assert "at seven" in command.run("ask", "-d", "Ferry times", "When does the ferry leave?").stdout
    assert command.run("show", "ferry times").stdout.strip() == FERRY
    assert "There is no document" in fault(command.run("show", "Ferry"))
    command.run("add", "-", "--title", "Ferry Times", text=FERRY)
    assert "fits 2 documents" in fault(command.run("show", "ferry times"))


def test_the_words_of_a_citation_are_opened_in_a_browser(command: Command) -> None:
    """A page on this machine alone, with the words marked; what cannot be opened is told in a line."""
    port = free_port()
    process: subprocess.Popen[str] = command.start("open", "Ferry times", "--span", "0:40", "--port", str(port))
    try:
        assert process.stderr is not None
        told = process.stderr.readline()
        address = re.search(r"http://localhost:\d+/read/\S+", told)
        assert address, told
        wait_until(lambda: _answers(address[0]), process)
        page = httpx.get(address[0], timeout=CEILING)
        assert '<mark id="words">The ferry to Tiree leaves Oban at seven.</mark>' in page.text
        assert httpx.get(address[0], headers={"Host": "evil.example"}, timeout=CEILING).status_code == 403
    finally:
        process.terminate()
        process.communicate(timeout=CEILING)
    assert "There is no document" in fault(command.run("open", "nothing"))


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=CEILING).status_code == 200
    except httpx.HTTPError:
        return False


def test_feedback_is_listed_and_made_a_question_set(command: Command, tmp_path: Path) -> None:
    """What was thought of answers, one a line; with --export a set that `footnote eval` takes."""
    assert "Nobody has said" in command.run("feedback").stderr
    answer = json.loads(command.run("ask", "--json", "-c", "friday", "When does the ferry leave?").stdout)
    from bot.bootstrap import Footnote
    from bot.settings import Settings

    bot = Footnote(Settings(data_dir=command.data))
    bot.conversations.rate("local", "friday", answer["turn"], False, "wrong place")
    bot.close()
    listed = command.run("feedback").stdout
    assert listed.count("\n") == 1
    assert "local friday 1" in listed and "When does the ferry leave?" in listed and "wrong place" in listed
    assert json.loads(command.run("feedback", "--json").stdout)[0]["answer"]["question"] == answer["question"]
    file = tmp_path / "set.jsonl"
    file.write_text(command.run("feedback", "--export").stdout, "utf-8")
    scored = command.run("eval", "set.jsonl", "--json")
    assert scored.returncode == 0, scored.stderr
    assert json.loads(scored.stdout.splitlines()[0])["id"] == "feedback-1"
