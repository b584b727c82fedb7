"""How long a warm answer takes, with reading and without it, question by question in turn."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np

from bot.answers import Turn
from bot.bootstrap import Footnote
from bot.settings import Settings

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


if __name__ == "__main__":
    warm()
