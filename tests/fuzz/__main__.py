"""Fuzzes the loaders: `python -m tests.fuzz --seconds 3600 --files FOLDER --log FILE`.

Seconds are those of the processor, of all processes. Every third input, and each that ended its fork, goes through the
product's own path. What is at fault is saved beside the log; the exit code is 1 if anything is.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import resource
import tempfile
from pathlib import Path

from tests.fuzz.cases import Case, case
from tests.fuzz.report import Report
from tests.fuzz.samples import samples
from tests.fuzz.trial import Outcome, by_path, in_fork, processor

_MEMORY = 4 << 30  # of this process, so that a fault harms nothing else
_EVERY = 3
_LIBRARIES = "pypdfium2 mammoth pptx openpyxl trafilatura selectolax.lexbor striprtf.striprtf charset_normalizer"
_SPOKEN = 60.0  # seconds of the processor between two lines of progress


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of the processor")
    parser.add_argument("--files", type=Path, help="a folder of real files")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="one input, by its number; its file is kept")
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    return run(asked.seconds, asked.files, asked.log, asked.seed, asked.only)


def run(seconds: float, files: Path | None, log: Path, seed: int = 0, only: int | None = None) -> int:
    """Loads one input after the other until the time is over; 1 if anything is at fault, else 0."""
    for library in _LIBRARIES.split():
        importlib.import_module(library)
    found, report = samples(files), Report()
    begun, spoken = processor(), 0.0
    with log.open("w", encoding="utf-8") as out, tempfile.TemporaryDirectory() as folder:
        for number in itertools.count() if only is None else [only]:
            one = case(found, seed, number)
            kept = log.with_name(f"{log.stem}-now{Path(one.name or '').suffix}")
            kept.write_bytes(one.data)  # so that it is there if this process dies
            for outcome in _tried(one, Path(folder), report):
                if outcome.fault:
                    saved = log.with_name(f"{log.stem}-{number}{Path(one.name or '').suffix}")
                    saved.write_bytes(one.data)
                    print(f"{saved.name}: {outcome}", file=out, flush=True)
            if only is None:
                kept.unlink()
            spent = processor() - begun
            if spent - spoken >= _SPOKEN or spent >= seconds or only is not None:
                spoken = spent
                own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                reader = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
                state = f"{spent:.0f} s of the processor, {number + 1:,} inputs, {len(report.faults)} faults"
                state += f", at most {own} MiB here and {reader} MiB in a reader"
                print(state, file=out, flush=True)
                log.with_suffix(".md").write_text(f"{state}\n\n{report.written()}", encoding="utf-8")
            if spent >= seconds:
                break
    return 1 if report.faults else 0


def _tried(one: Case, folder: Path, report: Report) -> list[Outcome]:
    """The outcomes of an input: in a fork, and by the product's path."""
    quick = in_fork(one)
    report.note(one, quick, path=False)
    if one.number % _EVERY and not quick.result.startswith("a fork "):
        return [quick]
    whole = by_path(one, folder)
    report.note(one, whole, path=True)
    return [quick, whole]


if __name__ == "__main__":
    raise SystemExit(main())
