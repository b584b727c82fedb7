"""What the tests share: documents with many short passages, a look into both indexes, a second process."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import forked
import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from patience import communicate, cpu_seconds

from bot.bootstrap import Footnote
from retrieval.index.chroma import View, prefix, space_of
from retrieval.library.catalogue import PASSAGE, passage_of
from retrieval.models.embedder import OnnxEmbedder
from retrieval.store.database import reading, writing
from retrieval.store.state import vector_state
from retrieval.store.tables import documents, kept_vectors, passage_tokens, passages, revisions, term_statistics
from retrieval.types import Document, Passage, Span

SCRIPT = Path(__file__).with_name("another_process.py")


def facts(word: str, count: int, source: str = "facts", title: str = "Facts") -> Document:
    """A text of `count` passages that all say `word`, each with its number: boilerplate parts them."""
    text = ""
    boilerplate = []
    for number in range(count):
        text += f"Fact {number} of this text is about {word}.\n\n"
        boilerplate.append(Span(len(text), len(text) + len("Share.")))
        text += "Share.\n\n"
    return Document(source, title, text, tuple(boilerplate))


class ShortEmbedder(OnnxEmbedder):
    """Another model: it reads 40 tokens, its vectors have 128 numbers, and it counts the texts it has read."""

    def __init__(self) -> None:
        super().__init__()
        self.name, self.dimensions, self.max_tokens = "short", 128, 40
        self.encoded = 0
        self._whole = OnnxEmbedder()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors (n, 128) of unit length."""
        self.encoded += len(texts)
        return _shortened(self._whole.encode(texts))

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector (128,) of a question."""
        return _shortened(self._whole.encode_query(text))


def _shortened(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    cut = vectors[..., ::-3]
    return np.asarray(cut / np.linalg.norm(cut, axis=-1, keepdims=True), np.float32)


def collections(footnote: Footnote) -> dict[str, set[str]]:
    """The ids in every collection of the library, by the ends of their names, read afresh."""
    ours = prefix(footnote.state.read())

    def ids(view: View) -> dict[str, set[str]]:
        there = [one for one in view.client.list_collections() if one.name.startswith(ours)]
        return {one.name.removeprefix(ours): set(one.get(include=[])["ids"]) for one in there}

    footnote.vectors.close()
    return footnote.vectors._backend.read(ids, {})


def vector_ids(footnote: Footnote) -> set[str]:
    """Every id of the library in Chroma, in the space of the model that is set."""
    return {found for name, ids in collections(footnote).items() if not space_of(name) for found in ids}


def multilingual_ids(footnote: Footnote) -> set[str]:
    """Every id of the library in the space of the model of other languages."""
    return {found for name, ids in collections(footnote).items() if space_of(name) for found in ids}


def time_passes(footnote: Footnote) -> int:
    """Every lease runs out, how many; to be called before the library is opened, when nobody adds."""
    with writing(footnote.engine) as connection:
        left = sa.update(revisions).where(revisions.c.state == "indexing").values(lease_until=0)
        return connection.execute(left).rowcount


def check_in_step(footnote: Footnote) -> None:
    """Both indexes hold exactly the passages of the ready revisions, whose vectors are kept, and the statistics equal a
    recount.
    """
    with reading(footnote.engine) as connection:
        states = connection.execute(sa.select(revisions.c.state)).scalars().all()
        assert set(states) <= {"ready"}
        rows = connection.execute(sa.select(passages)).all()
        orphans = sa.select(documents.c.id).where(documents.c.id.not_in(sa.select(revisions.c.document_id)))
        assert connection.execute(orphans).all() == []
        indexed = dict(connection.execute(sa.select(passage_tokens.c.rowid, passage_tokens.c.tokens)).all())
        counted = connection.execute(sa.select(term_statistics)).all()
        serving = vector_state(connection).embedding
        kept = connection.execute(sa.select(kept_vectors)).all()
    assert {row.id for row in rows} == set(indexed)
    assert all(row.length == len(indexed[row.id].split()) for row in rows)
    recount = Counter((row.owner, term) for row in rows for term in set(indexed[row.id].split()))
    assert {(owner, term): number for owner, term, number in counted} == dict(recount)
    keys = {f"{row.document_id}/{row.revision}/{row.number}" for row in rows}
    assert vector_ids(footnote) == keys
    assert {f"{one.document_id}/{one.revision}/{one.number}" for one in kept if one.model == serving} == keys
    assert multilingual_ids(footnote) <= keys


def stored_passages(footnote: Footnote, document_id: str) -> list[Passage]:
    """The passages of a document, as the database holds them, in the order of its text."""
    columns = sa.select(*PASSAGE)
    with reading(footnote.engine) as connection:
        rows = connection.execute(columns.where(passages.c.document_id == document_id).order_by(passages.c.number))
        return [passage_of(*row) for row in rows]


class Another:
    """A second process on a data folder; it begins when told to."""

    started: ClassVar[list[Another]] = []

    def __init__(self, do: str, folder: Path, added: list[Document] | None = None, owner: str = "shared", **order: Any):
        rows = [
            [one.source, one.title, one.text, [[span.start, span.end] for span in one.boilerplate], owner]
            for one in added or []
        ]
        order |= {"do": do, "folder": str(folder), "documents": rows}
        piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = forked.start([json.dumps(order)], SCRIPT, **piped)
        self._go_on = False
        Another.started.append(self)

    def until_ready(self) -> None:
        """Wait until it has imported everything."""
        assert self.says() == {"step": "ready to start"}
        self._go_on = True

    def go(self) -> Another:
        """Let it begin, or go on where it was held."""
        if not self._go_on:
            self.until_ready()
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self

    def held(self) -> Another:
        """Let it begin, and wait until it stands at the step that `hold` names."""
        self.go()
        assert self.says() == {"step": "held"}
        return self

    def says(self) -> dict[str, Any]:
        """The next thing that it says."""
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def end(self) -> tuple[int, list[dict[str, Any]]]:
        """Its exit status and what else it said, once it has ended."""
        said, _ = communicate(self.process)
        return self.process.returncode, [json.loads(line) for line in said.splitlines() if line.strip()]

    def kill(self, after: float) -> float:
        """`kill -9` once it has taken so many more seconds of CPU, unless it ends before; how many it took."""
        began = taken = cpu_seconds(self.process, family=False)
        while self.running() and taken - began < after:
            time.sleep(0.01)
            taken = max(taken, cpu_seconds(self.process, family=False))
        self.process.kill()
        return taken - began

    def stop(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.communicate()


def cut_short(file: Path) -> None:
    """Half of a file is gone."""
    os.truncate(file, file.stat().st_size // 2)


def go_together(processes: Sequence[Another]) -> None:
    """Let them begin at the same time."""
    for process in processes:
        process.until_ready()
    for process in processes:
        process.go()
