"""Bad input through the real command line: each case gets one line that says what to do, and nothing is lost."""

from __future__ import annotations

import gzip
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from patience import CEILING, communicate
from real_command import QUESTION, Command, Result, fault, heeding_permissions, misuse, said

from bot.bootstrap import Footnote
from bot.settings import Settings

# isort: split
from looking_inside import ShortEmbedder
from loopback import Site, answer, endlessly  # found by real_command
from pdfs import pdf
from servers import free_port

State = tuple[list[dict[str, object]], dict[str, object]]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """A library of the article and a note that no test here changes; what does is done to a copy."""
    command = Command(tmp_path_factory.mktemp("library") / "data", tmp_path_factory.mktemp("folder"))
    (command.at / "note.txt").write_text("The ferry to Skerry leaves at nine.", "utf-8")
    command.listed()
    assert command.run("add", "note.txt").returncode == 0
    return command


@pytest.fixture(scope="module")
def before(library: Command) -> State:
    """The listing and the answer to one question before anything bad comes."""
    listed, answered = library.state()
    assert len(listed) == 2 and answered["status"] == "answered"
    return listed, answered


@pytest.fixture
def copy(library: Command, before: State, tmp_path: Path) -> Command:
    """The same library in a folder that may be damaged."""
    shutil.copytree(library.data, tmp_path / "data")
    (tmp_path / "at").mkdir()
    return Command(tmp_path / "data", tmp_path / "at")


# ---- Files


RANDOM = random.Random(7).randbytes(5000)
# What is said of PDFs, Word files, books and archives is claimed in tests/retrieval/loaders.
FILES: dict[str, tuple[bytes | None, str]] = {
    "missing.txt": (None, "does not exist: check the path."),
    "empty.txt": (b"", "is empty: there is nothing to read in it."),
    "blank.md": (b" \n\t\r\n", "is empty: there is nothing to read in it."),
    "mark.txt": (b"\xff\xfe", "is empty: there is nothing to read in it."),
    "binary": (RANDOM, "holds binary data or an unknown encoding: only text"),
    "binary.txt": (RANDOM, "text is best saved as UTF-8."),
    "picture.png": (b"\x89PNG\r\n\x1a\n" + RANDOM, "is a .png file: only text"),
    "damaged.pdf": (
        pdf("The lighthouse was finished in 1811.")[:400],
        "is damaged: open it in its own program, save or print it as a new PDF",
    ),
    "script.html": (
        b"<!doctype html><title>App</title><div id=root></div><script>" + b"go();" * 2000 + b"</script>",
        "holds no text, only scripts or pictures. Save the page as text and add that.",
    ),
}
OTHERS = {
    "folder": "holds no file that can be read: text (.txt",
    "large.txt": "is larger than 20 MiB: split it into smaller files.",
    "pipe": "is not a regular file: copy it into a file, or pass it by standard input.",
    "locked.txt": "cannot be read: permission denied, so change its permissions or ask its owner.",
    "n" * 300: "cannot be read: File name too long.",
    "www.example.org": "does not exist: a web address begins with https:// or http://.",
    "ftp://host/file": "is no web address. Write http://host/path or https://host/path.",
}


@pytest.fixture(scope="module")
def refused(library: Command, before: State, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The line for each bad file, all of them added at once."""
    library.at = tmp_path_factory.mktemp("files")
    for name, (content, _) in FILES.items():
        if content is not None:
            (library.at / name).write_bytes(content)
    (library.at / "folder" / "deeper").mkdir(parents=True)
    (library.at / "folder" / "deeper" / "sheet.xls").write_bytes(b"PK")
    with (library.at / "large.txt").open("wb") as large:
        large.truncate(200 << 20)
    os.mkfifo(library.at / "pipe")
    (library.at / "locked.txt").write_text("The ferry leaves at ten.")
    (library.at / "locked.txt").chmod(0)
    names = [*FILES, *OTHERS]
    result = library.run("add", "--quiet", *names, first=heeding_permissions)
    assert (result.returncode, result.stdout) == (1, "")
    return dict(zip(names, said(result, len(names)), strict=True))


@pytest.mark.parametrize("name", [*FILES, *OTHERS])
def test_a_bad_file_gets_a_line_that_says_what_to_do(name: str, refused: dict[str, str]) -> None:
    """What cannot be read is named, with what is wrong with it and what to do."""
    says = FILES[name][1] if name in FILES else OTHERS[name]
    assert refused[name].startswith(f"footnote: {name[:100]}")
    assert says in refused[name]


def test_a_bad_file_alone_prints_nothing_on_standard_output(library: Command, refused: dict[str, str]) -> None:
    """One bad file: exit code 1, its line, nothing else; as JSON, an empty list."""
    assert "is empty" in fault(library.run("add", "empty.txt"))
    as_json = library.run("add", "empty.txt", "--json")
    assert (as_json.returncode, as_json.stdout) == (1, "[]\n")


def test_what_cannot_be_read_in_a_folder_named_with_document_is_left_out(copy: Command) -> None:
    """`-d FOLDER` asks the files that can be read and names the others; with none, it fails."""
    folder = copy.at / "folder"
    folder.mkdir()
    (folder / "empty.txt").write_bytes(b"")
    assert "empty.txt is empty" in fault(copy.run("ask", "-d", "folder", "When does the ferry leave?"))
    (folder / "good.txt").write_text("The ferry to Skerry leaves at noon.", "utf-8")
    result = copy.run("ask", "-d", "folder", "When does the ferry leave?")
    assert result.returncode == 0
    assert "noon" in result.stdout
    assert "empty.txt is empty" in said(result)[0]


def test_a_folder_within_that_cannot_be_listed_is_named(copy: Command) -> None:
    """What stands beside it is added, and it gets its line, as a bad file does; another link is no other file."""
    (copy.at / "closed").mkdir()
    (copy.at / "good.txt").write_text("The ferry leaves at ten.", "utf-8")
    (copy.at / "again.txt").symlink_to("good.txt")
    (copy.at / "circle").symlink_to(".")
    (copy.at / "empty.txt").touch()
    (copy.at / "closed").chmod(0)
    result = copy.run("add", ".", first=heeding_permissions)
    (copy.at / "closed").chmod(0o755)
    assert result.returncode == 1
    assert len(result.stdout.splitlines()) == 1
    assert "footnote: closed cannot be listed: check its permissions." in said(result, 2)
    assert "empty.txt is empty" in result.stderr


# ---- Addresses


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    packed = gzip.compress(b"x" * (50 << 20))
    answers = {
        "/endless": endlessly(answer(b"", "Content-Type: text/plain", "Transfer-Encoding: chunked"), CHUNK),
        "/head": endlessly(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"),
        "/bomb": answer(packed, "Content-Type: text/plain", "Content-Encoding: gzip"),
        "/broken": answer(b"broken", status="503 Service Unavailable"),
        "/picture": answer(RANDOM, "Content-Type: image/png"),
        "/app": answer(b"<!doctype html><div id=root></div><script>go();</script>", "Content-Type: text/html"),
    }
    with closing(Site()) as site:
        site.answers = answers
        yield site


CHUNK = b"10000\r\n" + b"All work and no play. " * 2978 + b"and so on, and so on" + b"\r\n"
ADDRESSES = {
    "{site}/endless": "is larger than 20 MiB",
    "{site}/head": "head",
    "{site}/bomb": "is larger than 20 MiB",
    "{site}/broken": "answers 503 (Service Unavailable). Try again later.",
    "{site}/picture": "is of the kind image/png: only text (.txt, .text), Markdown",
    "{site}/app": "holds no text, only scripts or pictures.",
    "{closed}": "cannot be reached (connection refused). Check the address, or try again later.",
    "http://10.0.0.1/": "It is an address of a private network. If it is yours, FOOTNOTE_FETCH_ALLOWED=10.0.0.1 lets",
    "http://user:hidden@10.0.0.1/": "holds a user name or password, and none is sent. Leave out all up to the @.",
    "https://": "names no host",
}


@pytest.fixture(scope="module")
def unreached(library: Command, before: State, site: Site) -> dict[str, str]:
    """The line for each address, all of them added at once; only the server and a closed port may be reached."""
    closed = free_port()
    filled = [name.format(site=site.url, closed=f"http://127.0.0.1:{closed}/") for name in ADDRESSES]
    allowed = f"127.0.0.1:{site.port},127.0.0.1:{closed}"
    result = library.run("add", *filled, FOOTNOTE_FETCH_ALLOWED=allowed)
    assert (result.returncode, result.stdout) == (1, "")
    assert "hidden" not in result.stderr
    return dict(zip(ADDRESSES, said(result, len(filled)), strict=True))


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_cannot_be_had_gets_a_line(address: str, unreached: dict[str, str]) -> None:
    """What is unreachable, private, endless or no document says so, and what to do."""
    assert ADDRESSES[address] in unreached[address]


# ---- Questions and other words typed


@pytest.mark.parametrize("how", ["argument", "standard input"])
def test_a_question_of_100_000_characters_is_refused(how: str, library: Command) -> None:
    """It gets a line that says how many are read."""
    for question in ("Who? " * 20_000, "x" * 4001):
        result = library.run("ask", question) if how == "argument" else library.run("ask", text=question)
        assert "characters" in fault(result) and "4,000" in fault(result)


def test_a_question_that_never_ends_is_refused(library: Command) -> None:
    """No more of standard input is read than tells that it is too long."""
    with Path("/dev/zero").open("rb") as endless:
        result = subprocess.run(
            [sys.executable, "-m", "bot", "ask"],
            stdin=endless,
            capture_output=True,
            encoding="utf-8",
            env=library.environment(),
            timeout=CEILING,
        )
    assert "more than 4,000 characters" in fault(result)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ask",), "There is no question. Example: footnote ask"),
        (("ask", " \n"), "There is no question."),
        (("ask", "-"), "There is no question."),
        (("search", ""), "There is nothing to look for."),
        (("add", "a", "b", "--title", "Two"), "--title names one document, and there are several paths."),
        (
            ("show", "note.txt", "--span", "nonsense"),
            "--span takes START:END within 0:35, such as 0:35; got 'nonsense'.",
        ),
        (("show", "note.txt", "--span", "5:2"), "got '5:2'."),
        (("show", "note.txt", "--span", "0:36"), "got '0:36'."),
        (("show", "note.txt", "--span", "9" * 30 + ":" + "9" * 31), "--span takes START:END within 0:35"),
    ],
)
def test_wrong_usage_is_told_from_failure(arguments: tuple[str, ...], says: str, noted: Command) -> None:
    """Exit code 2, how the command is used, and last the line that says what was wrong."""
    assert says in misuse(noted.run(*arguments))


@pytest.fixture
def noted(library: Command, before: State) -> Command:
    """The library, with the command run beside the note that it knows."""
    command = Command(library.data, Path(str(before[0][1]["source"])).parent)
    assert (command.at / "note.txt").exists()
    return command


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ask", "-d", "unknown", QUESTION), "There is no document 'unknown'. `footnote list` shows those there are."),
        (
            ("ask", "-d", "http://10.0.0.1/", QUESTION),
            "is not a public address, so it is not reached. It is an address of a private network.",
        ),
        (("show", "unknown"), "There is no document 'unknown'. `footnote list` shows those there are."),
        (("remove", ""), "There is no document ''."),
        (("chat", "-d", "unknown"), "There is no document 'unknown'."),
        (("eval", "missing.jsonl"), "missing.jsonl"),
    ],
)
def test_an_unknown_document_gets_a_line(arguments: tuple[str, ...], says: str, library: Command) -> None:
    """What is named and not there is named in the line, with where to look."""
    assert says in fault(library.run(*arguments))


# ---- Settings

NOWHERE = "127.0.0.1:1"
SETTINGS = [
    ({"FOOTNOTE_NONSENSE": "1"}, "There is no setting FOOTNOTE_NONSENSE. The settings are FOOTNOTE_API_KEYS, "),
    (
        {"FOOTNOTE_DATABASE_URL": f"postgresql://me:hidden@{NOWHERE}/base?password=hidden"},
        "Check that the server runs and that FOOTNOTE_DATABASE_URL names it, its user and its password.",
    ),
    ({"FOOTNOTE_CHROMA_URL": f"http://{NOWHERE}"}, "does not answer"),
]


@pytest.mark.parametrize(("settings", "says"), SETTINGS)
def test_a_setting_that_cannot_be_used_gets_a_line(settings: dict[str, str], says: str, library: Command) -> None:
    """The line names what is wrong and never holds a password."""
    line = fault(library.run("ask", QUESTION, **settings))
    assert says in line
    assert "hidden" not in line


def test_not_even_a_traceback_holds_the_password(library: Command) -> None:
    """With --debug, what the database's driver and its callers say is free of it, too."""
    url = f"postgresql://me:hidden@{NOWHERE}/base"
    result = library.run("list", "--debug", FOOTNOTE_DATABASE_URL=url)
    assert "Traceback" in result.stderr
    assert "hidden" not in result.stderr + library.run("doctor", FOOTNOTE_DATABASE_URL=url).stdout


def test_nothing_bad_changes_the_library(
    library: Command, before: State, refused: dict[str, str], unreached: dict[str, str]
) -> None:
    """After all of these files, addresses, questions, words and settings the listing and the answer are the same."""
    assert library.state() == before


# ---- The data folder


def may_mount() -> list[str] | None:
    """What runs a command that may mount a disk for itself alone; None where nothing does."""
    for alone in (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"]):
        try:
            done = subprocess.run([*alone, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
        except OSError:
            return None
        if done.returncode == 0:
            return alone
    return None


ALONE = may_mount()
"""Where a disk can be mounted, a full one and one that cannot be written are real; elsewhere the child is bounded."""


def on_a_disk(copy: Command, script: str, *arguments: str) -> Result:
    """The command in a copy of the library on a small disk of its own; what is left there afterwards is kept."""
    assert ALONE is not None
    disk = copy.data.with_name("disk")
    disk.mkdir()
    around = f"""
        mount -t tmpfs -o size=4m none "$DISK" && cp -a "$DATA/." "$DISK" || exit 99
        {script}
        "$@"; said=$?
        mount -o remount,rw,size=9m "$DISK" && rm -f "$DISK/filler"
        rm -r "$DATA" && mkdir "$DATA" && cp -a "$DISK/." "$DATA" || exit 99
        exit $said"""
    return subprocess.run(
        [*ALONE, "sh", "-c", around, "sh", sys.executable, "-m", "bot", *arguments],
        capture_output=True,
        encoding="utf-8",
        env={**copy.environment(FOOTNOTE_DATA_DIR=str(disk)), "DISK": str(disk), "DATA": str(copy.data)},
        cwd=copy.at,
        timeout=CEILING,
    )


def small_files_only() -> None:
    """In a child: no file grows beyond what a note would need, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))


@pytest.mark.parametrize("left", ["bounded", *(["200", "600"] if ALONE else [])])
def test_a_full_disk_gets_a_line_and_loses_nothing(left: str, copy: Command, before: State) -> None:
    """Wherever the room ends (KiB left), the line says so, and with room again the library is as it was."""
    entries = (f"In entry {n} of the log the lamp of tower {n % 7} burned {n * 3} litres.\n\n" for n in range(2500))
    (copy.at / "log.txt").write_text("".join(entries), "utf-8")
    if left == "bounded":
        result = copy.run("add", "log.txt", first=small_files_only)
    else:
        fill = f'head -c $(( $(df -Pk "$DISK" | awk "NR == 2 {{ print \\$4 }}") * 1024 - {left} * 1024 ))'
        result = on_a_disk(copy, f'{fill} /dev/zero > "$DISK/filler"', "add", "log.txt")
    line = fault(result)
    assert "has no room left" in line
    assert "Make room, or name another folder with --data-dir." in line
    assert copy.state() == before


@pytest.mark.parametrize(
    ("how", "arguments"),
    [
        ("permissions", ("add", "new.txt")),
        ("permissions", ("ask", QUESTION)),
        *([("disk", ("add", "new.txt"))] if ALONE else []),
    ],
)
def test_a_data_folder_that_cannot_be_written_gets_a_line(
    how: str, arguments: tuple[str, ...], copy: Command, before: State
) -> None:
    """The line names the folder and says what to do; nothing in it has changed."""
    (copy.at / "new.txt").write_text("The ferry leaves at ten.", "utf-8")
    if how == "permissions":
        inside = [copy.data, *copy.data.rglob("*")]
        for path in inside:
            path.chmod(0o555 if path.is_dir() else 0o444)
        result = copy.run(*arguments, first=heeding_permissions)
        for path in inside:
            path.chmod(0o755)
    else:
        result = on_a_disk(copy, 'mount -o remount,ro "$DISK"', *arguments)
    line = fault(result)
    assert "cannot be written (" in line
    assert "Make it yours to write, or name another folder with --data-dir." in line
    assert copy.state() == before


def test_a_file_is_no_data_folder(library: Command) -> None:
    """Named as the data folder, a file stays as it was and gets a line."""
    (library.at / "file").write_text("words")
    for folder in ("file", "file/below"):
        assert "is no folder. Name another with --data-dir." in fault(library.run("list", "--data-dir", folder))
    assert (library.at / "file").read_text() == "words"


def test_output_that_cannot_be_written_gets_a_line(library: Command) -> None:
    """A full disk under the output is not taken for a fault of the library."""
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "bot", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=library.environment(PYTHONUNBUFFERED=""),  # as users have it: what was printed waits for the end
        )
    assert result.returncode == 1
    assert "Check where the output goes." in said(result)[0]


def test_vectors_of_another_model_get_a_line(copy: Command, tmp_path: Path) -> None:
    """A library that another model embedded is neither asked nor added to with this one, and still answers with it."""
    footnote = Footnote(Settings(data_dir=tmp_path / "other"))
    footnote._embedder = ShortEmbedder()
    footnote.seed()

    def found() -> list[tuple[str, float]]:
        return [(one.text, one.similarity) for one in footnote.search.search(QUESTION, "local")]

    at_first = found()
    (copy.at / "new.txt").write_text("The ferry leaves at ten.", "utf-8")
    other = Command(tmp_path / "other", copy.at)
    for arguments in (("ask", QUESTION), ("add", "new.txt")):
        line = fault(other.run(*arguments))
        assert "embedded with short, not with all-MiniLM-L6-v2. Set FOOTNOTE_EMBEDDING back, or run" in line
        assert "`footnote reindex`" in line
    assert len(other.listed()) == 1
    assert found() == at_first
    footnote.close()


# ---- Several at once, and in the middle


def test_an_interrupt_keeps_what_was_told_and_the_same_command_goes_on(copy: Command, before: State) -> None:
    """Ctrl-C ends `add` with 130 and a line; what it told of is there, nothing is half, and again it adds the rest."""
    folder = copy.at / "notes"
    folder.mkdir()
    for number in range(20):
        entries = (f"Keeper {number} wrote that lamp {n} burned {number * 50 + n} litres." for n in range(50))
        (folder / f"note{number:02}.txt").write_text("\n\n".join(entries), "utf-8")
    process = copy.start("add", "notes")
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGINT)
    rest, errors = communicate(process)
    told += rest.splitlines()
    assert process.returncode == 130
    assert errors.strip() == "Interrupted. What was told is kept; the same command goes on from there."
    assert len(told) < 20
    listed = copy.listed()
    assert listed[:2] == before[0]
    there = {str(entry["id"]) for entry in listed[2:]}
    assert {line.split()[1] for line in told} <= there and len(there) <= len(told) + 1
    assert copy.answer()["text"] == before[1]["text"]
    again = copy.run("add", "notes")
    assert (again.returncode, again.stderr) == (0, "")
    assert [line.split()[0] for line in again.stdout.splitlines()] == ["Unchanged"] * len(there) + ["Added"] * (
        20 - len(there)
    )
    assert len(copy.listed()) == 22
    assert copy.answer("How many litres did lamp 49 of keeper 19 burn?")["status"] == "answered"
    assert copy.run("doctor").returncode == 0
