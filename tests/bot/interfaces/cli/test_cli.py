"""The command line as people and scripts use it: real processes, their output, their exit codes."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from patience import CEILING, wait_until
from real_command import Command, Result, fault
from typer.testing import CliRunner

from bot.interfaces.cli.command_line import app
from prompts import reply

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def run(data: Path, tmp_path: Path) -> Run:
    """`footnote …` in an empty folder."""
    return Command(data, tmp_path).run


def test_ask_prints_the_answer_and_where_its_words_stand(run: Run) -> None:
    """The answer, its marker, and a command that opens the very words; nothing on standard error."""
    result = run("ask", "Where did Blinken speak about China?")
    assert result.returncode == 0
    assert result.stderr == ""
    text, footnote = result.stdout.strip().split("\n\n")
    assert text.startswith("During a visit to Brussels")
    assert text.endswith("[1]")
    assert "\x1b" not in result.stdout
    opened = run(*footnote.split("· footnote ")[1].split())
    assert "⟦During a visit to Brussels" in opened.stdout
    assert opened.stdout.count("⟦") == 1


@pytest.mark.parametrize("arguments", [("ask",), ("ask", "-")])
def test_ask_reads_the_question_from_standard_input(run: Run, arguments: tuple[str, ...]) -> None:
    """Without a question, or with -, standard input is the question."""
    assert "Mao Ning" in run(*arguments, text="Who is Mao Ning?\n").stdout


def test_words_of_a_question_need_no_quotes(run: Run) -> None:
    """`footnote ask Who is Mao Ning` is one question."""
    assert json.loads(run("ask", "--json", "Who", "is", "Mao", "Ning").stdout)["question"] == "Who is Mao Ning"


def test_exit_codes(run: Run) -> None:
    """0 when the text does not say, 3 only when asked for, 2 for wrong usage, 1 for a failure."""
    off_topic = "When was the Eiffel Tower built?"
    assert run("ask", off_topic).returncode == 0
    assert run("ask", "--fail-if-unanswered", off_topic).returncode == 3
    assert run("ask", "--fail-if-unanswered", "Who is Mao Ning?").returncode == 0
    assert run("ask", "--no-such-option", "x").returncode == 2
    assert run("nonsense").returncode == 2


def test_a_refusal_is_in_one_language(run: Run) -> None:
    """All fixed words of an answer are in the question's language; what came nearest can be opened."""
    for language, question in (("de", "Wann wurde der Eiffelturm gebaut?"), ("en", "When was the Eiffel Tower built?")):
        text, nearest = run("ask", question).stdout.split("\n\n")
        assert text == reply("not_in_documents", language)
        told, first, opens, *_ = nearest.splitlines()
        assert told == reply("nearest", language)
        opened = run(*opens.split("· footnote ")[1].split()).stdout
        assert first.removeprefix("[1] ").removesuffix(" …") in opened


def test_a_document_is_added_asked_replaced_and_removed(run: Run, tmp_path: Path) -> None:
    """The life of a document: added, found, replaced (the old words are gone), shown, removed."""
    file = tmp_path / "lighthouse.txt"
    file.write_text("The lighthouse at Skerryvore was built of granite.\n\nShare.\n", "utf-8")
    added = run("add", "lighthouse.txt")
    assert added.returncode == 0
    assert "page furniture, never cited: “Share.”" in added.stdout
    identifier = added.stdout.split()[1]
    question = ("ask", "-d", "lighthouse.txt", "What was the lighthouse at Skerryvore built of?")
    assert "granite" in run(*question).stdout
    file.write_text("The lighthouse at Skerryvore was built of basalt.\n", "utf-8")
    assert run("add", "lighthouse.txt").stdout.startswith("Replaced")
    again = run(*question).stdout
    assert "basalt" in again
    assert "granite" not in again
    assert run("show", identifier).stdout == file.read_text("utf-8")
    assert "lighthouse.txt" in run("list").stdout
    assert run("remove", identifier[:6]).returncode == 0
    assert "lighthouse.txt" not in run("list").stdout


def test_a_file_named_with_document_is_read_as_it_is_now(run: Run, tmp_path: Path) -> None:
    """A file that is not known is added for the command line's user alone; a changed one is never answered from its old
    text, and sharing it later leaves one document, not two.
    """
    file = tmp_path / "code.txt"
    question = ("ask", "-d", "code.txt", "What is the code of the gate?")
    for code in ("alpha", "bravo"):
        file.write_text(f"The code of the gate is {code}.", "utf-8")
        assert code in run(*question).stdout
    for owner in ("local", "shared"):
        entries = [e for e in json.loads(run("list", "--json").stdout) if e["source"].endswith("code.txt")]
        assert [entry["owner"] for entry in entries] == [owner]
        run("add", "code.txt")
    file.write_text("The code of the gate is charlie.", "utf-8")
    answer = run(*question).stdout
    assert "charlie" in answer
    assert "bravo" not in answer
    assert run("show", "code.txt").returncode == 0


def test_what_is_left_out_of_a_folder_is_told(run: Run, tmp_path: Path) -> None:
    """Files of other kinds in a folder are named; an empty path is not the working folder."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "a.txt").write_text("The mill stands by the river.", "utf-8")
    (folder / "b.psd").write_bytes(b"PK")
    result = run("add", "mixed")
    assert result.returncode == 0
    assert "b.psd" in result.stderr
    assert "path is empty" in fault(run("add", ""))


def test_a_name_cannot_pass_for_several_lines(run: Run, tmp_path: Path) -> None:
    """A line end in a file's name does not forge a row of the listing."""
    (tmp_path / "a\nffff  Evil  9 passages  x.txt").write_text("The heron waits in the reeds.", "utf-8")
    before = len(run("list").stdout.splitlines())
    assert len(run("add", ".").stdout.splitlines()) == 1
    assert len(run("list").stdout.splitlines()) == before + 1


def test_standard_input_is_a_document(run: Run) -> None:
    """`add -` takes the text from standard input, under its title."""
    assert "Ferry times" in run("add", "-", "--title", "Ferry times", text="The ferry leaves at nine.").stdout
    assert run("add", "-", "--title", "Ferry times", text="The ferry leaves at ten.").stdout.startswith("Replaced")


def test_a_wrong_setting_stops_the_start(run: Run, tmp_path: Path) -> None:
    """An unknown setting in .env is named in one line, as one in the environment is."""
    (tmp_path / ".env").write_text("FOOTNOTE_EMBEDING=x\n", "utf-8")
    assert "FOOTNOTE_EMBEDING" in fault(run("list"))


def test_what_documents_hold_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    """Escape sequences and direction overrides of a document are shown as replaced, never sent."""
    evil = "The password\x1b[2J\x1b]0;owned\x07 of the \u202eharbour\u202c is oyster."
    (tmp_path / "evil.txt").write_text(evil, "utf-8")
    shown = [run("add", "evil.txt"), run("ask", "-d", "evil.txt", "What is the password of the harbour?"), run("list")]
    for result in shown:
        assert not set("\x1b\x07\u202e\u202c") & set(result.stdout + result.stderr)
    assert "oyster" in shown[1].stdout
    answer = json.loads(run("ask", "--json", "-d", "evil.txt", "What is the password of the harbour?").stdout)
    assert answer["citations"][0]["quote"] == evil


def test_what_cannot_be_seen_is_not_printed(run: Run, tmp_path: Path) -> None:
    """Marks of direction, tags and line separators of a text are printed by no command, and JSON holds them all."""
    hidden = "\u061c\u200e\u200f\u2067\u2069\u2028\u2029\u0085\u009b\U000e0041\U000e007f"
    words = f"The gate{hidden[:6]} of the{hidden[8:]} cellar is opened by Ole Lund."
    (tmp_path / "cellar.txt").write_text(words, "utf-8")
    title = f"Cel{hidden}lar"
    question = "Who opens the gate of the cellar?"
    added = run("add", "cellar.txt", "--title", title, "--json")
    (told,) = json.loads(added.stdout)
    span = f"0:{len(words)}"
    shown = [
        *(added, run("add", "cellar.txt", "--title", title), run("list"), run("ask", "-d", "cellar.txt", question)),
        *(run("show", told["id"]), run("show", told["id"], "--span", span), run("search", "gate of the cellar")),
        run("chat", "-d", "cellar.txt", text=f"{question}\n/sources\n/quit\n"),
        run("ask", "--json", "-d", "cellar.txt", question),
        run("show", told["id"], "--json"),
    ]
    for result in shown:
        assert not set(hidden) & set(result.stdout + result.stderr)
    assert json.loads(shown[-1].stdout)["text"] == words
    (citation,) = json.loads(shown[-2].stdout)["citations"]
    assert citation["quote"] == words[citation["start"] : citation["end"]]


def test_help_shows_every_command_with_an_example(run: Run) -> None:
    """`--help` lists the commands, and each command's help has an example."""
    overview = run("--help").stdout
    for command in ("ask", "chat", "add", "list", "remove", "show", "search", "eval", "serve", "telegram", "doctor"):
        assert command in overview
        shown = CliRunner().invoke(app, [command, "--help"]).stdout
        assert re.search(rf"Example: (?:[A-Z_]+=\S+ )?footnote {command}\b", shown)
    assert run("--version").stdout.startswith("footnote ")


def test_chat_answers_line_by_line(run: Run) -> None:
    """`chat` answers, shows sources, starts anew, understands follow-ups, and ends with the input."""
    talk = "Who is Mao Ning?\n/sources\nWhat did she call for?\n/new\nAnd Yellen?\n/nonsense\n\n/quit\nnever asked\n"
    result = run("chat", "-c", "lines", text=talk)
    assert result.returncode == 0
    assert "Mao Ning stated" in result.stdout
    assert "[1] … " in result.stdout
    assert "Mao called for the maintenance" in result.stdout
    first = json.loads(run("ask", "-c", "lines", "--json", "And Yellen?").stdout)
    afresh = json.loads(run("ask", "-c", "lines-2", "--json", "And Yellen?").stdout)
    assert first["turn"] == 3
    assert first["standalone_question"] == "Who is Mao Ning? What did she call for? And Yellen?"
    assert afresh["turn"] == 2
    assert "There is no /nonsense" in result.stderr
    assert "never asked" not in result.stdout


def on_a_terminal(environment: dict[str, str], *arguments: str) -> str:
    mine, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "bot", *arguments], stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = bytearray()

    def all_read() -> bool:
        while select.select([mine], [], [], 0.1)[0]:
            try:
                piece = os.read(mine, 65536)
            except OSError:  # Linux: the other side has closed
                return True
            if not piece:
                return True
            shown.extend(piece)
        return False

    wait_until(all_read, process, says=shown.decode)
    os.close(mine)
    assert process.wait(CEILING) == 0
    return shown.decode("utf-8").replace("\r\n", "\n")


def test_a_terminal_gets_wrapped_lines_and_bold_words(data: Path, tmp_path: Path) -> None:
    """On a terminal the text is wrapped and the words that answer are bold; with NO_COLOR nothing is."""
    environment = Command(data, tmp_path).environment(TERM="xterm-256color")
    environment.pop("NO_COLOR", None)
    file = tmp_path / "lighthouse.txt"
    file.write_text(
        "The lighthouse at Skerryvore, which many ships had waited for, was first lit in 1844 by its keeper."
    )
    question = ("ask", "-d", str(file), "When was the lighthouse at Skerryvore first lit?")
    shown = on_a_terminal(environment, *question)
    assert len(shown.split("\n\n")[0].splitlines()) > 1
    assert "\x1b[1m1844\x1b[0m" in shown
    plain = on_a_terminal({**environment, "NO_COLOR": "1"}, *question)
    assert "\x1b" not in plain
    assert "1844" in plain
