"""What a log holds, as a table in Markdown: how often each instant was hit, on which topology, and what was found."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.kills.instants import INSTANTS
from tests.kills.schedule import ANYWHEN, STARTING


def summary(rows: list[dict[str, Any]]) -> tuple[str, bool]:
    """The table; and whether every instant was hit and nothing was found."""
    kills = [row for row in rows if row["kind"] == "kill"]
    hits = Counter((row["instant"], row["topology"]) for row in kills)
    faults = [row for row in kills if row["faults"]]
    lines = ["| instant | files | servers | in all |", "| --- | ---: | ---: | ---: |"]
    fewest = []
    for instant in INSTANTS:
        files, servers = (hits[instant.title, topology] for topology in ("files", "servers"))
        fewest.append(files + servers)
        lines.append(f"| {instant.title} | {files} | {servers} | {files + servers} |")
    random = Counter((row["instant"], row["operation"], row["topology"]) for row in kills)
    for when, told in ((ANYWHEN, "at a random time"), (STARTING, "at a random time after its start")):
        for operation in dict.fromkeys(one.operation for one in INSTANTS):
            files, servers = (random[when, operation, topology] for topology in ("files", "servers"))
            if files + servers:
                lines.append(f"| {operation}: {told} | {files} | {servers} | {files + servers} |")
    missed = sum(row["kind"] == "missed" for row in rows)
    broken = sum(row["kind"] == "note" and "broken" in row for row in rows)
    lines.append("")
    lines.append(
        f"{len(kills)} kills, at least {min(fewest)} at each of {len(INSTANTS)} named instants; "
        f"{len(faults)} left something wrong. {missed} instants were missed, {broken} runs were broken off."
    )
    return "\n".join(lines), not faults and not broken and min(fewest) > 0
