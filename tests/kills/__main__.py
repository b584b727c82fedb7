"""A thousand `kill -9`: processes are killed at named instants, and what they leave is looked at.

    python -m tests.kills [--count 1200] [--each 20] [--seed 0] [--log kills.jsonl] [--folder kills]
                          [--only library,serve,telegram] [--on files,servers] [--at INSTANT]

Each line of the log is one kill. Started again with the same log, count and seed, it goes on where it was stopped; with
`--summary` it tells what the log holds.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from tests.kills.campaign import Campaign
from tests.kills.log import Log
from tests.kills.place import places
from tests.kills.schedule import schedule, singles
from tests.kills.summary import summary


def main() -> int:
    """Run it; 0 when every kill was made and nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills")
    parser.add_argument("--count", type=int, default=1200, help="kills in all")
    parser.add_argument("--each", type=int, default=20, help="kills at every named instant")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, default=Path("kills.jsonl"))
    parser.add_argument("--folder", type=Path, default=Path("kills"), help="where their files are")
    parser.add_argument("--only", default="library,serve,telegram")
    parser.add_argument("--on", default="files,servers", help="where the libraries lie")
    parser.add_argument("--at", action="append", metavar="INSTANT", help="kill at this one alone; may be repeated")
    parser.add_argument("--summary", action="store_true", help="tell what the log holds")
    chosen = parser.parse_args()
    log = Log(chosen.log)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what is under way is finished, and the servers end
    if not chosen.summary:
        units = singles(chosen.at) if chosen.at else schedule(chosen.count, chosen.each, chosen.seed)
        wanted = [unit for unit in units if unit[0].topology in chosen.on.split(",")]
        with places(chosen.folder, servers="servers" in chosen.on) as there:
            Campaign(there, log, chosen.seed, passes=1 if chosen.at else 3).run(wanted, chosen.only.split(","))
    text, sound = summary(log.rows())
    print(text)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
