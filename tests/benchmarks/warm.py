"""How long a warm answer takes, with reading and without it, and a warm search beside the plain script's.

`python -m tests.benchmarks.warm` asks question by question in turn, each in all ways. The ratio to the plain script is
of processor time, which what else runs on the machine changes less, and needs the packages of `make bench`.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import seeds
from bot.answers import Turn
from bot.bootstrap import Footnote
from bot.settings import Settings
from retrieval.query import SearchQuery

ARTICLE = Path(seeds.__file__).with_name("china-russia-diplomatic-ties.txt")
QUESTIONS = Path(__file__).parents[1] / "bot" / "article_questions.jsonl"
ROUNDS = 3


def warm() -> None:
    """Ask 40 questions about the article, each in turn with both, and print how many milliseconds were taken."""
    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as name:
        kinds = ("on", "off")
        bots = [Footnote(Settings(data_dir=Path(name) / kind, reader=kind)) for kind in kinds]
        for bot in bots:
            bot.seed()
            bot.assistant.answer(Turn(questions[0], "local"))
        times: dict[tuple[str, str], list[float]] = {}
        for question in questions * ROUNDS:
            for kind, bot in zip(kinds, bots, strict=True):
                took = bot.assistant.answer(Turn(question, "local")).timings_ms
                for part in ("search", "total"):
                    times.setdefault((kind, part), []).append(took.get(part, 0.0))
        for bot in bots:
            bot.close()
    for part, told in (("search", "search and read"), ("total", "warm answer")):
        on, off = (np.array(times[kind, part]) for kind in kinds)
        ratio = np.median(on[off > 0] / off[off > 0])
        print(
            f"{told:15} p50 {np.median(on):5.0f} ms, p95 {np.percentile(on, 95):5.0f} ms   not reading "
            f"{np.median(off):5.0f}, {np.percentile(off, 95):5.0f}   ratio {ratio:.2f} n={len(on)}"
        )


def beside_plain() -> None:
    """Search for the same questions with both, in turn, and print the ratio of what the processor took."""
    from tests.benchmarks.plain_script import index, open_store

    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as name:
        bot = Footnote(Settings(data_dir=Path(name) / "library"))
        bot.seed()
        index(str(ARTICLE), f"{name}/store")
        store = open_store(f"{name}/store")
        ours: list[float] = []
        theirs: list[float] = []
        for number, question in enumerate([questions[0], *questions * ROUNDS]):
            asked = f"{question}{' ' * (number % ROUNDS)}"  # no question is the same again: its vector would be known
            ours.append(_spent(lambda asked=asked: bot.search.search(SearchQuery(asked, ""), "local")))
            theirs.append(_spent(lambda asked=asked: store.similarity_search(asked, k=5)))
        bot.close()
    ratio = np.median(np.array(ours[1:]) / np.array(theirs[1:]))
    print(
        f"warm search     footnote {1000 * np.median(ours[1:]):.1f} ms of a core   "
        f"plain {1000 * np.median(theirs[1:]):.1f}   ratio {ratio:.2f} n={len(ours) - 1}"
    )


def _spent(do: Callable[[], object]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began


if __name__ == "__main__":
    warm()
    beside_plain()
