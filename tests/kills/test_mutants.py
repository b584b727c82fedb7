"""The campaign finds what it is for: each fault that is put into a copy of the program is told after one kill."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


class Mutant(NamedTuple):
    """A fault: in a file, instead of some words there are others; at which instant a kill shows it, and how."""

    file: str
    instead_of: str
    there_is: str
    instant: str
    told: str


MUTANTS = {
    "the old text is taken out when the new one is claimed": Mutant(
        "retrieval/library/library.py",
        "        revision = claimed.revision\n",
        "            for old in find_revisions(connection, revisions.c.document_id == claimed.document_id):\n"
        "                if claimed.revision not in (None, old):\n"
        "                    retire(connection, old)\n"
        "        revision = claimed.revision\n",
        "replace: claimed, before embedding",
        "which is none of",
    ),
    "nothing is cleared away": Mutant(
        "retrieval/library/library.py",
        "        if not left:\n            return 0\n",
        "        if left or not left:\n            return 0\n",
        "add: first of several batches indexed",
        "is indexing",
    ),
    "vectors of the old model are kept": Mutant(
        "retrieval/library/reindexing.py",
        "            forget(connection, before)\n",
        "            forget(connection, 'nobody')\n",
        "reindex: before the old index is dropped",
        "are kept",
    ),
    "a message is noted before it is sent": Mutant(
        "bot/interfaces/telegram/chat_queue.py",
        "            number = await self._sender.send(chat, message.request)\n",
        "            await asyncio.to_thread(self._outbox.sent, message, None)\n"
        "            number = await self._sender.send(chat, message.request)\n",
        "telegram: sending noted",
        "assert",
    ),
    "a delivery is noted before it is made": Mutant(
        "bot/interfaces/http/delivery_worker.py",
        "            outcome = self._attempt(sending, address)\n",
        "            self._bot.deliveries.delivered(sending, 204)\n"
        "            outcome = self._attempt(sending, address)\n",
        "serve: delivery noted",
        "has no event",
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_fault_of_the_program_is_found(name: str, tmp_path: Path) -> None:
    """One kill at the instant shows the fault."""
    mutant, copy, log = MUTANTS[name], tmp_path / "copy", tmp_path / "kills.jsonl"
    for folder in ("bot", "retrieval", "prompts", "seeds", "tests"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    program = (copy / mutant.file).read_text("utf-8")
    assert program.count(mutant.instead_of) == 1
    (copy / mutant.file).write_text(program.replace(mutant.instead_of, mutant.there_is), "utf-8")
    command = [sys.executable, "-m", "tests.kills", "--at", mutant.instant, "--on", "files"]
    where = ["--log", str(log), "--folder", str(tmp_path / "libraries")]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run([*command, *where], cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    first = json.loads(log.read_text("utf-8").split("\n")[0])
    assert first["kind"] == "kill"
    assert any(mutant.told in fault for fault in first["faults"]), first
