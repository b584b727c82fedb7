"""What a library of N passages takes: time, memory and disk of adding, time and memory of asking, recall of the index.

    python -m tests.benchmarks.scale TEXTS.json 10000 100000 [--servers] [--embed-once]

TEXTS.json holds `paragraphs` and `questions`, two lists of strings. One library grows through the sizes, and is
measured at each. Every figure is of real processes: one adds, one asks a first question from cold, one asks many. With
`--servers` the library is in PostgreSQL and on a Chroma server.

When the paragraphs are at an end they come again as other ones: one word in ten is another of theirs, and each number
is another number. With `--embed-once` only the first of these is embedded. The others have its vector, moved by the
difference between one of 512 paragraphs and its variation, which are embedded: so a million can be measured in an hour
or two.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PER_DOCUMENT = 120  # paragraphs: an article, or a chapter
_QUESTIONS = 200
_NEAREST = 10
_PAIRS = 512
_ENTRY = re.compile(r"Entry (\d+)")
_DIGITS = re.compile(r"\d+")


def main() -> None:
    """Run the measurements and print each as a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("sizes", nargs="+", type=int)
    parser.add_argument("--servers", action="store_true")
    parser.add_argument("--embed-once", action="store_true")
    chosen = parser.parse_args()
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="scale")))
        environment = {**os.environ, "FOOTNOTE_DATA_DIR": str(folder / "data")}
        servers = {}
        disk = [folder / "data"]
        if chosen.servers:
            sys.path.insert(0, str(Path(__file__).parents[1]))
            from servers import Chroma, Postgres

            postgres, chroma = Postgres(), Chroma()
            ending.callback(postgres.stop)
            ending.callback(chroma.stop)
            postgres._run("ALTER SYSTEM SET fsync = on")
            postgres._run("SELECT pg_reload_conf()")
            environment |= {
                "FOOTNOTE_DATABASE_URL": postgres.empty_database(),
                "FOOTNOTE_CHROMA_URL": chroma.url,
            }
            pid = Path(postgres._folder, "postmaster.pid").read_text("utf-8").split()[0]
            servers = {"chroma_server_mb": chroma._process.pid, "postgres_mb": int(pid)}
            disk = [Path(postgres._folder), chroma.folder]
        step = Step(chosen.texts, folder, chosen.embed_once, environment)
        documents = there = 0
        for size in chosen.sizes:
            figures: dict[str, Any] = {"on": "servers" if servers else "files", "cores": os.cpu_count()}
            figures |= step.run("add", documents, there, size)
            documents, there = figures["documents"], figures["passages"]
            figures |= {name: _resident(pid) for name, pid in servers.items()}
            figures |= step.run("ask")
            figures["cold_ask_s"] = step.cold()
            figures["disk_mb"] = round(sum(_size(one) for one in disk) / 1e6)
            print(json.dumps(figures), flush=True)


class Step:
    """One step of a measurement, each time in a process of its own so that its memory is its own."""

    def __init__(self, texts: Path, folder: Path, embed_once: bool, environment: dict[str, str]) -> None:
        self._environment = environment
        self._add = [str(texts), str(folder) if embed_once else ""]
        self._ask = [str(folder / "questions.json")]
        questions = json.loads(texts.read_text("utf-8"))["questions"][:_QUESTIONS]
        Path(*self._ask).write_text(json.dumps(questions), "utf-8")

    def run(self, name: str, *arguments: int) -> dict[str, Any]:
        """Run `add` or `ask`; its figures."""
        given = (self._add if name == "add" else self._ask) + [str(one) for one in arguments]
        command = [sys.executable, "-m", "tests.benchmarks.scale_step", name, *given]
        done = subprocess.run(command, env=self._environment, check=True, stdout=subprocess.PIPE, text=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def cold(self) -> float:
        """Seconds of a first question from the shell, the median of three."""
        took = []
        for _ in range(3):
            began = time.monotonic()
            command = [sys.executable, "-m", "bot", "ask", "--json", "Who built the lighthouse?"]
            subprocess.run(command, env=self._environment, check=True, stdout=subprocess.DEVNULL)
            took.append(time.monotonic() - began)
        return round(statistics.median(took), 2)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _resident(process: int) -> int:
    """MB that a process and its children hold; what they share counts once."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text("utf-8").split()
    held = 0
    for one in [process, *children]:
        lines = Path(f"/proc/{one}/smaps_rollup").read_text("utf-8").splitlines()
        held += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return held // 1024


def peak_mb() -> int:
    """The most memory that this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


class Texts:
    """Paragraphs without end: those of a file, and then their variations."""

    def __init__(self, paragraphs: Sequence[str]) -> None:
        # Whole documents, so that a variation falls into passages where its first did.
        self.count = len(paragraphs) // _PER_DOCUMENT * _PER_DOCUMENT or len(paragraphs)
        self._paragraphs = paragraphs[: self.count]
        self._words = sorted({word for paragraph in paragraphs[::20] for word in paragraph.split()})

    def paragraph(self, number: int) -> str:
        """A heading with the number, and the words of that paragraph."""
        copy, base = divmod(number, self.count)
        words = self._paragraphs[base]
        if copy:
            chance = random.Random(number)
            kept = [chance.choice(self._words) if chance.random() < 0.1 else word for word in words.split()]
            words = _DIGITS.sub(lambda found: str(chance.randrange(10 ** len(found[0]))), " ".join(kept))
        return f"## Entry {number}\n\n{words}"


class EmbedOnce:
    """An embedder that embeds a paragraph, and guesses the vectors of its variations."""

    def __init__(self, embedder: Any, texts: Texts, folder: Path) -> None:
        self._embedder = embedder
        self._texts = texts
        file = folder / "vectors.npy"
        first = embedder.encode([f"Document 0\n{texts.paragraph(one)}" for one in range(_PAIRS)])
        varied = embedder.encode([f"Document 0\n{texts.paragraph(one + texts.count)}" for one in range(_PAIRS)])
        self._moves = varied - first
        self.cosine = float(np.mean(np.sum(varied * first, axis=1)))
        shape = (texts.count, first.shape[1])
        mode = "r+" if file.exists() else "w+"
        self._vectors = np.lib.format.open_memmap(file, mode, np.float32, None if mode == "r+" else shape)
        self.embedded = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors (n, dimensions) of length 1."""
        count = self._texts.count
        entries = [[int(found) for found in _ENTRY.findall(text)] for text in texts]
        known = [
            next((one % count for one in some if one >= count and self._vectors[one % count].any()), None)
            for some in entries
        ]
        made = np.empty((len(texts), self._vectors.shape[1]), np.float32)
        new = [at for at, base in enumerate(known) if base is None]
        if new:
            made[new] = self._embedder.encode([texts[at] for at in new])
            self.embedded += len(new)
        for at, (some, base) in enumerate(zip(entries, known, strict=True)):
            if base is not None:
                moved = self._vectors[base] + self._moves[hash(tuple(some)) % _PAIRS]
                made[at] = moved / np.linalg.norm(moved)
            else:
                self._vectors[[one for one in some if one < count]] = made[at]
        return made


def add(file: str, folder: str, documents: int, there: int, size: int) -> dict[str, Any]:
    """Add documents until there are `size` passages. `folder` is where vectors are kept, if they are made once."""
    from bot.bootstrap import Footnote
    from bot.settings import read_settings
    from retrieval.types import Document

    texts = Texts(json.loads(Path(file).read_text("utf-8"))["paragraphs"])
    footnote = Footnote(read_settings())
    footnote.embedder().encode(["warm"])
    once = EmbedOnce(footnote.embedder(), texts, Path(folder)) if folder else None
    if once is not None:
        footnote.library._embedder = lambda: once  # type: ignore[assignment,return-value]  # does what is used
    before = there
    began, spent = time.monotonic(), time.process_time()
    while there < size:
        first = documents * _PER_DOCUMENT
        text = "\n\n".join(texts.paragraph(one) for one in range(first, first + _PER_DOCUMENT))
        there += footnote.library.add(Document(f"document {documents}", f"Document {documents}", text)).passages
        documents += 1
    took, spent = time.monotonic() - began, time.process_time() - spent
    footnote.close()
    figures: dict[str, Any] = {
        "documents": documents,
        "passages": there,
        "add_s": round(took, 1),
        "passages_per_s": round((there - before) / took),
        "add_cpu_ms_each": round(1000 * spent / (there - before), 2),
        "add_peak_mb": peak_mb(),
    }
    if once is not None:
        figures |= {"embedded": once.embedded, "cosine_of_variations": round(once.cosine, 3)}
    return figures


def ask(file: str) -> dict[str, Any]:
    """Ask questions, in search and as answers, and compare the approximate index with exact search."""
    from bot.answers import Turn
    from bot.bootstrap import Footnote
    from bot.settings import read_settings
    from retrieval.types import SHARED

    questions = json.loads(Path(file).read_text("utf-8"))
    footnote = Footnote(read_settings())
    searches, answers, nearest = [], [], []
    parts: dict[str, list[float]] = {}
    for question in ["warm", *questions]:
        began = time.monotonic()
        footnote.search.search(question, "local")
        searches.append(time.monotonic() - began)
    for question in ["Who is it?", *questions]:
        began = time.monotonic()
        timings = footnote.assistant.answer(Turn(question, "local")).timings_ms
        answers.append(time.monotonic() - began)
        for part, took in timings.items():
            parts.setdefault(part, []).append(took)
    peak = peak_mb()
    queries = np.stack([footnote.embedder().encode_query(question) for question in questions])
    found = []
    for query in queries:
        began = time.monotonic()
        found.append(footnote.vectors.query(query, [SHARED], _NEAREST))
        nearest.append(time.monotonic() - began)
    least = _exactly(footnote, queries)  # the tenth best; equal texts are equally near
    shares = [
        sum(cosine >= bound - 1e-5 for cosine in hits.values()) / _NEAREST
        for hits, bound in zip(found, least, strict=True)
    ]
    footnote.close()
    return {
        **_quantiles("search", searches[1:]),
        **_quantiles("vectors", nearest),
        **_quantiles("answer", answers[1:]),
        "parts_p50_ms": {part: round(statistics.median(took), 1) for part, took in parts.items()},
        "ask_peak_mb": peak,
        f"recall_at_{_NEAREST}": round(float(np.mean(shares)), 3),
        "questions": len(questions),
    }


def _exactly(footnote: Any, queries: NDArray[np.float32]) -> list[float]:
    """The cosine of the tenth nearest of all passages to each query, from the vectors that SQL keeps."""
    import sqlalchemy as sa

    from retrieval.store.tables import kept_vectors

    best: list[list[float]] = [[] for _ in queries]
    query = sa.select(kept_vectors.c.vector).execution_options(yield_per=20_000)
    with footnote.engine.connect() as connection:
        for some in connection.execute(query).partitions():
            vectors = np.frombuffer(b"".join(row.vector for row in some), "<f2").astype(np.float32)
            likeness = vectors.reshape(len(some), -1) @ queries.T
            for at, column in enumerate(likeness.T):
                top = np.partition(column, -min(_NEAREST, len(column)))[-_NEAREST:]
                best[at] = heapq.nlargest(_NEAREST, [*best[at], *top.tolist()])
    return [one[-1] for one in best]


def _quantiles(name: str, seconds: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return {f"{name}_p{at}_ms": round(1000 * cuts[at - 1], 1) for at in (50, 95, 99)}


if __name__ == "__main__":
    main()
