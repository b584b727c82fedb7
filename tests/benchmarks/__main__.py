"""Times Footnote against the script that people would otherwise write, on the same weights: `make bench`.

Both run as whole processes in turn, A B A B, so that a machine whose speed drifts does not favour one. What counts are
the ratios of one run; the single figures depend on the machine. Run it with nothing else running.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import seeds
from tests.benchmarks.warm import beside_plain, warm

QUESTION = "Where did Blinken speak about China?"
PLAIN = Path(__file__).with_name("plain_script.py")
ARTICLE = Path(seeds.__file__).with_name("china-russia-diplomatic-ties.txt")
DOCUMENTS = 40


@dataclass(frozen=True)
class Cost:
    """What one process took: seconds on the clock, and its largest resident memory in MB."""

    seconds: float
    megabytes: float


def run(*command: str | Path) -> Cost:
    """Run a command to its end. Raises CalledProcessError when it fails."""
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        said = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, [str(c) for c in command], stderr=said)
    return Cost(time.perf_counter() - started, usage.ru_maxrss / 1024)


def footnote(*arguments: str | Path) -> Cost:
    return run(sys.executable, "-m", "bot", *arguments)


def plain(*arguments: str | Path) -> Cost:
    return run(sys.executable, PLAIN, *arguments)


def compare(name: str, ours: list[Cost], theirs: list[Cost]) -> None:
    """Print the medians of both and the medians of the ratios, pair by pair."""
    for unit, of in (("s", lambda c: c.seconds), ("MB", lambda c: c.megabytes)):
        a, b = [of(c) for c in ours], [of(c) for c in theirs]
        ratios = [x / y for x, y in zip(a, b, strict=True)]
        print(
            f"{name:12} {unit:3} footnote {statistics.median(a):8.2f}   plain {statistics.median(b):8.2f}   "
            f"ratio {statistics.median(ratios):.2f} [{min(ratios):.2f}, {max(ratios):.2f}] n={len(ratios)}"
        )


def corpus(folder: Path) -> int:
    """Write documents of the article's sentences in other orders; returns their characters."""
    chance = random.Random(0)
    sentences = [s for line in ARTICLE.read_text("utf-8").splitlines() for s in line.split(". ") if len(s) > 40]
    folder.mkdir()
    total = 0
    for number in range(DOCUMENTS):
        chance.shuffle(sentences)
        paragraphs = [". ".join(sentences[at : at + 4]) + "." for at in range(0, len(sentences), 4)]
        text = "\n\n".join(paragraphs)
        (folder / f"{number}.txt").write_text(text, "utf-8")
        total += len(text)
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description="Time Footnote against the plain script.")
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library, store = folder / "library", folder / "store"
        footnote("ask", QUESTION, "--data-dir", library)  # seeds the library and warms the disk's cache
        plain("index", ARTICLE, store)
        plain("ask", store, QUESTION)
        asked = [(footnote("ask", QUESTION, "--data-dir", library), plain("ask", store, QUESTION)) for _ in range(runs)]
        compare("cold ask", [a for a, _ in asked], [b for _, b in asked])
        characters = corpus(folder / "corpus")
        indexed = [
            (
                footnote("add", folder / "corpus", "--data-dir", folder / f"library-{i}"),
                plain("index", folder / "corpus", folder / f"store-{i}"),
            )
            for i in range(max(1, runs // 2))
        ]
        compare("indexing", [a for a, _ in indexed], [b for _, b in indexed])
        ours, theirs = (characters / statistics.median(c.seconds for c in side) for side in zip(*indexed, strict=True))
        print(f"indexing     {ours:,.0f} characters/s against {theirs:,.0f}: {ours / theirs:.2f} times")
    warm()
    beside_plain()


if __name__ == "__main__":
    main()
