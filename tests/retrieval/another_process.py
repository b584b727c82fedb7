"""A second process on a data folder, for the tests, which may kill itself on the way: add, backup, search and others.

Reads one order, a JSON object, from its argument; says so once everything is imported, waits for a line on standard
input, carries the order out, and writes what came of it as JSON lines.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import chromadb  # noqa: F401  # imported before "ready", so that processes begin together
from looking_inside import ShortEmbedder

import bot.interfaces.cli.adding  # as above
import bot.interfaces.cli.command_line  # noqa: F401  # as above
from bot.answers import Turn
from bot.bootstrap import Footnote
from bot.settings import Settings
from retrieval.library import reindexing
from retrieval.library.backup import back_up, restore
from retrieval.library.catalogue import LibraryError
from retrieval.library.library import Library
from retrieval.types import Document, Span


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_in_write(footnote: Footnote) -> None:
    """Die once the mark says that the vectors' files may be changing and the writer has raised the generation."""
    mark = footnote.settings.data_dir / "chroma.opened"
    before = footnote.state.read().generation
    while not (mark.exists() and footnote.state.read().generation > before):
        pass
    die()


def run_command(order: dict[str, Any]) -> None:
    """What `footnote ARGUMENTS` does once it is imported; its output goes nowhere."""
    from bot.__main__ import main as command

    os.environ["FOOTNOTE_DATA_DIR"] = order["folder"]
    sys.argv = ["footnote", *order["arguments"]]
    with Path(os.devnull).open("w") as sys.stdout:
        command()


def ask_on(footnote: Footnote, order: dict[str, Any]) -> None:
    """Ask until standard input is closed; tell how often, and what failed.

    `always` maps questions to words that are to be found each time; what is found of one document may hold only one
    word that matches `version`.
    """
    asked = 0
    failures: list[str] = []
    while not select.select([sys.stdin], [], [], 0)[0]:
        for question, words in order["always"].items():
            try:
                found = footnote.search.search(question, order["asker"], limit=50)
                if not any(words in passage.text and passage.similarity > 0 for passage in found[:5]):
                    shown = [(p.text, p.similarity) for p in found[:5]]
                    failures.append(f"{question}: {shown} {footnote.state.read()}")
                versions: dict[str, set[str]] = {}
                for passage in found:
                    versions.setdefault(passage.origin.id, set()).update(re.findall(order["version"], passage.text))
                failures += [f"a mixture: {some}" for some in versions.values() if len(some) > 1]
                footnote.assistant.answer(Turn(question, order["asker"]))
            except Exception as error:  # noqa: BLE001  # whatever it is, the test is told
                failures.append(f"{type(error).__name__}: {error}")
            asked += 2
            time.sleep(0.05)  # the others need the processor, too
    say(asked=asked, failures=failures[:5])


def main(order: dict[str, Any]) -> None:
    footnote = Footnote(Settings(data_dir=Path(order["folder"])))
    if order.get("short"):
        footnote._embedder = ShortEmbedder()
    if order.get("warm", True):
        footnote.embedder()
    say(step="ready to start")
    sys.stdin.readline()
    if order["do"] == "command":
        run_command(order)
        return
    if order["do"] == "open":
        footnote.engine.dispose()
        say(opened=True)
        return
    vectors, engine = footnote.vectors, footnote.engine
    library = Library(engine, vectors, footnote.embedder, lease=order.get("lease", 60.0))
    seen: dict[str, int] = {}

    def progress(step: str, done: int, total: int) -> None:
        seen[step] = seen.get(step, 0) + 1
        if [step, seen[step]] == order.get("kill"):
            die()
        if [step, seen[step]] == order.get("hold"):
            say(step="held")
            sys.stdin.readline()
            if order.get("kill_in_write"):
                threading.Thread(target=die_in_write, args=(footnote,), daemon=True).start()

    if order["do"] == "add":
        for source, title, text, boilerplate, owner in order["documents"]:
            document = Document(source, title, text, tuple(Span(*span) for span in boilerplate))
            seen.clear()
            try:
                added = library.add(document, owner, progress)
            except LibraryError as error:
                say(refused=str(error))
            else:
                say(id=added.id, unchanged=added.unchanged, replaced=added.replaced)
    elif order["do"] == "backup":
        back_up(engine, Path(order["file"]), lambda step: progress(step, 1, 1))
    elif order["do"] == "restore":
        order["kill"] = json.loads(os.environ.get("TEST_KILL", "null"))
        there = Path(order["file"]), Path(order["folder"])
        restore(engine, vectors, *there, replace=True, told=lambda step: progress(step, 1, 1))
    elif order["do"] == "ask":
        ask_on(footnote, order)
    elif order["do"] == "reindex":
        reindexing._BATCH = order["batch"]
        passages, embedder = library.reindex(progress), footnote.embedder()
        say(passages=passages, embedded=embedder.encoded if isinstance(embedder, ShortEmbedder) else None)
    elif order["do"] == "search":
        found = footnote.search.search(order["question"], order["asker"], limit=50)
        say(
            found=[passage.text for passage in found],
            ids=[passage.origin.id for passage in found],
            similarities=[passage.similarity for passage in found],
        )
    footnote.close()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
