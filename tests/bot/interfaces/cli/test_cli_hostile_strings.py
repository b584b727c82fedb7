"""Strings that break programs, on the command line: nothing that steers a terminal comes out, and nothing is lost.

The long run takes `dev_hostile_strings.jsonl` from the folder that FOOTNOTE_DEV_SETS names, if it names one.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import forked
import pytest
from hostile import sets
from patience import communicate
from real_command import Command

from bot.interfaces.text import clean

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\U000e0000-\U000e007f]")
"""What moves cursors, turns the direction round, or is seen by nobody."""
SIGNS = 10  # strings in one document


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path / "data", tmp_path)


def said(command: Command, arguments: Sequence[str], data: bytes = b"") -> tuple[str, str]:
    """What a command that must not fail prints on standard output and standard error, both fit to be shown."""
    kept = {name: os.environ[name] for name in ("FOOTNOTE_READER",) if name in os.environ}
    with tempfile.TemporaryFile() as file:  # more than a pipe takes at once
        file.write(data)
        file.seek(0)
        piped = {"stdin": file, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with forked.start(arguments, env=command.environment(**kept), cwd=command.at, **piped) as process:
            out, err = (stream.decode("utf-8") for stream in communicate(process))
    assert process.returncode == 0, err[-2000:]
    for stream in (out, err):
        assert not STEERING.search(stream), ascii(STEERING.findall(stream)[:9])
    assert "Traceback" not in err
    return out, err


def sent(string: str) -> bytes:
    """A string as a terminal or a file may hold it: halves of surrogate pairs in what passes for UTF-8."""
    return string.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("strings", sets())
def test_hostile_strings_on_the_command_line(strings: list[str], command: Command) -> None:
    """In a conversation each line has one answer; as a text each is read, listed and quoted, and shown whole."""
    lines = [" ".join(re.split("[\r\n]", one)).strip() for one in strings]
    lines = [one for one in lines if one.split() and not one.startswith("/")]
    out, err = said(command, ["chat", "--quiet"], b"\n".join(map(sent, lines)) + b"\n")
    refused = err.count("footnote: ")
    assert err.count("\n") == refused, err[-2000:]
    held = json.loads(said(command, ["list", "--json"])[0])
    assert len(held) == 1, "the article alone"
    turns = turns_of(command)
    assert turns + refused == len(lines), (turns, refused, len(lines))
    print(f"{len(lines)} lines: {turns} answered, {refused} refused in a line")
    assert out.strip() and refused <= 0.1 * len(lines)
    some = [strings[at : at + SIGNS] for at in range(0, len(strings), max(SIGNS, len(strings) // 10))]
    whole, of = sum(_as_text(command, one) for one in some), sum(map(len, some))
    print(f"{of} strings in texts: {whole} shown whole")
    assert whole >= 0.9 * of


def turns_of(command: Command) -> int:
    """How many turns the command line remembers."""
    with closing(sqlite3.connect(command.data / "footnote.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM turns").fetchone()[0])


def _as_text(command: Command, strings: Sequence[str]) -> int:
    """A file that holds them, read and shown: how many are shown whole."""
    text = "\n\n".join(f"The sign number {number} on the wall says: {one}" for number, one in enumerate(strings))
    file = command.at / "signs.txt"
    file.write_bytes(text.encode("utf-8", "replace"))
    title = os.fsencode(re.sub("[\x00\ud800-\udfff]", "", strings[0])[:500]).decode("utf-8", "replace")
    out, _ = said(command, ["add", str(file), "--title", title or "Signs"])
    (entry,) = (one for one in json.loads(said(command, ["list", "--json"])[0]) if one["source"].endswith("signs.txt"))
    shown, _ = said(command, ["show", entry["id"]])
    said(command, ["list"])
    said(command, ["search", "-d", entry["id"], "sign"])
    answer, _ = said(command, ["ask", "-d", entry["id"], "What does the sign number 1 on the wall say?"])
    assert answer.strip() and out.count("\n") <= 3
    return sum(clean(one.encode("utf-8", "replace").decode()).strip() in shown for one in strings)
