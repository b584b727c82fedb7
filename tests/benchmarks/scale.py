"""What a library of N passages takes: time, memory and disk of adding, time and memory of asking, recall of the index.

    python -m tests.benchmarks.scale TEXTS.json 10000 [--servers]

TEXTS.json holds `paragraphs` and `questions`, two lists of strings. Every figure is of real processes: one adds, one
asks a first question from cold, one asks many. With `--servers` the library is in PostgreSQL and on a Chroma server.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

_PER_DOCUMENT = 40  # paragraphs: an article, or a chapter
_QUESTIONS = 200
_NEAREST = 10


def main() -> None:
    """Run one measurement and print it as JSON."""
    texts, size, *flags = sys.argv[1:]
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="scale")))
        environment = {**os.environ, "FOOTNOTE_DATA_DIR": str(folder / "data")}
        servers: list[int] = []
        disk = [folder / "data"]
        if "--servers" in flags:
            sys.path.insert(0, str(Path(__file__).parents[1]))
            from servers import Chroma, Postgres

            postgres, chroma = Postgres(), Chroma()
            ending.callback(postgres.stop)
            ending.callback(chroma.stop)
            environment |= {
                "FOOTNOTE_DATABASE_URL": postgres.empty_database(),
                "FOOTNOTE_CHROMA_URL": chroma.url,
            }
            servers = [chroma._process.pid]
            disk = [Path(postgres._folder), chroma.folder]
        figures: dict[str, Any] = {"on": "servers" if servers else "files", "cores": os.cpu_count()}
        for step in ("add", "ask", "cold"):
            figures |= _in_process(step, texts, size, environment)
        figures["disk_mb"] = round(sum(_size(one) for one in disk) / 1e6)
        if servers:
            figures["chroma_server_peak_mb"] = _peak(servers[0])
        print(json.dumps(figures, indent=2))


def _in_process(step: str, texts: str, size: str, environment: dict[str, str]) -> dict[str, Any]:
    if step == "cold":
        took = []
        for _ in range(3):
            began = time.monotonic()
            command = [sys.executable, "-m", "bot", "ask", "--json", "Who built the lighthouse?"]
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
            took.append(time.monotonic() - began)
        return {"cold_ask_s": round(statistics.median(took), 2)}
    command = [sys.executable, "-m", "tests.benchmarks.scale_step", step, texts, size]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _peak(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def peak_mb() -> int:
    """The most memory that this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def add(texts: str, size: int) -> dict[str, Any]:
    """Add documents until there are `size` passages."""
    from bot.bootstrap import Footnote
    from bot.settings import read_settings
    from retrieval.types import Document

    paragraphs = json.loads(Path(texts).read_text("utf-8"))["paragraphs"]
    footnote = Footnote(read_settings())
    footnote.embedder().encode(["warm"])
    began = time.monotonic()
    there = documents = 0
    while there < size:
        first = documents * _PER_DOCUMENT
        text = "\n\n".join(paragraphs[first : first + _PER_DOCUMENT])
        if not text:
            raise SystemExit(f"The paragraphs make {there} passages only.")
        there += footnote.library.add(Document(f"document {documents}", f"Document {documents}", text)).passages
        documents += 1
    took = time.monotonic() - began
    footnote.close()
    return {
        "documents": documents,
        "passages": there,
        "add_s": round(took, 1),
        "passages_per_s": round(there / took),
        "add_peak_mb": peak_mb(),
    }


def ask(texts: str, size: int) -> dict[str, Any]:
    """Ask questions, in search and as answers, and compare the approximate index with exact search."""
    from bot.answers import Turn
    from bot.bootstrap import Footnote
    from bot.settings import read_settings
    from retrieval.index.chroma import View, collection_name
    from retrieval.types import SHARED

    questions = json.loads(Path(texts).read_text("utf-8"))["questions"][:_QUESTIONS]
    footnote = Footnote(read_settings())
    searches, answers = [], []
    for question in ["warm", *questions]:
        began = time.monotonic()
        footnote.search.search(question, "local")
        searches.append(time.monotonic() - began)
    for question in ["Who is it?", *questions]:
        began = time.monotonic()
        footnote.assistant.answer(Turn(question, "local"))
        answers.append(time.monotonic() - began)
    peak = peak_mb()

    def everything(view: View) -> Any:
        collection = view.collection(collection_name(view.state, SHARED))
        assert collection is not None
        offsets = range(0, collection.count(), 5000)
        some = [collection.get(limit=5000, offset=at, include=["embeddings"])["embeddings"] for at in offsets]
        return np.concatenate([np.asarray(one, np.float32) for one in some])

    vectors = footnote.vectors._backend.read(everything, None)
    shares = []
    for question in questions:
        query = footnote.embedder().encode_query(question)
        likeness = vectors @ query
        least = np.partition(likeness, -_NEAREST)[-_NEAREST]  # equal texts are equally near
        found = footnote.vectors.query(query, [SHARED], _NEAREST)
        shares.append(sum(cosine >= least - 1e-5 for cosine in found.values()) / _NEAREST)
    footnote.close()
    cuts = statistics.quantiles(searches[1:], n=100)
    return {
        "search_p50_ms": round(cuts[49] * 1000, 1),
        "search_p99_ms": round(cuts[98] * 1000, 1),
        "answer_p50_ms": round(statistics.median(answers[1:]) * 1000, 1),
        "ask_peak_mb": peak,
        f"recall_at_{_NEAREST}": round(float(np.mean(shares)), 3),
        "questions": len(questions),
    }


if __name__ == "__main__":
    main()
