"""What came of all inputs, as tables in Markdown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.fuzz.cases import Case
from tests.fuzz.trial import LOADED, Outcome

_SLOWEST = 12


@dataclass
class Report:
    """Counts by kind, the errors that broke readers, the slowest inputs and the faults."""

    by_path: Counter[str] = field(default_factory=Counter)
    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    broke: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    most_own: dict[str, float] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)

    def note(self, case: Case, outcome: Outcome, *, path: bool) -> None:
        """Counts an outcome, whether of the product's own path or of a fork."""
        way = "the product's path" if path else "a fork"
        self.by_path[case.kind] += path
        self.results[case.kind, outcome.result] += 1
        if outcome.broke:
            self.broke[outcome.broke] += 1
        if outcome.fault:
            self.faults.append(f"{case.number} ({case.name}): {outcome.fault}")
        self.slowest.append((outcome.seconds, f"{case.kind}, number {case.number}, {way}: {outcome.result[:60]}"))
        self.slowest = sorted(self.slowest, reverse=True)[:_SLOWEST]
        self.most[case.kind] = max(self.most.get(case.kind, 0.0), outcome.seconds)
        self.most_own[case.kind] = max(self.most_own.get(case.kind, 0.0), outcome.own if path else 0.0)

    def written(self) -> str:
        """All of it."""
        rows = [
            "| kind | loads | by the product's path | loaded | refused | slowest, s | outside the sandbox, s |",
            "| --- " + "| ---: " * 6 + "|",
        ]
        for kind in sorted(self.most):
            every = sum(count for (of, _), count in self.results.items() if of == kind)
            loaded = self.results[kind, LOADED]
            rows.append(
                f"| {kind} | {every:,} | {self.by_path[kind]:,} | {loaded:,} | {every - loaded:,} "
                f"| {self.most[kind]:.1f} | {self.most_own[kind]:.2f} |"
            )
        lines = Counter[str]()
        kinds: dict[str, set[str]] = {}
        for (kind, result), count in self.results.items():
            lines[result] += count
            kinds.setdefault(result, set()).add(kind)
        parts = [
            *rows,
            "",
            *(f"- {count:,} × {line} ({', '.join(sorted(kinds[line]))})" for line, count in lines.most_common()),
            "",
            "What broke readers:",
            *(f"- {count:,} × {what}" for what, count in self.broke.most_common()),
            "",
            "Slowest:",
            *(f"- {seconds:.1f} s: {what}" for seconds, what in self.slowest),
            "",
            f"Faults: {len(self.faults)}",
            *(f"- {fault}" for fault in self.faults[:200]),
        ]
        return "\n".join(parts) + "\n"
