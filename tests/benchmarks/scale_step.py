"""One step of the measurement in `scale`, in a process of its own so that its memory is its own."""

from __future__ import annotations

import json
import sys

from tests.benchmarks.scale import add, ask

if __name__ == "__main__":
    step, file, *rest = sys.argv[1:]
    print(json.dumps(add(file, rest[0], *map(int, rest[1:])) if step == "add" else ask(file)))
