"""Draws how often questions were answerable against how probable they were told to be, one curve for each run.

    footnote eval FILE.jsonl --json > RESULTS.jsonl
    python scripts/plot_reliability.py [NAME=]RESULTS.jsonl … [--cross-fitted] > docs/reliability.svg

Of each file only the summary, its last line, is read; a claim set's is drawn the same way. A point is a tenth of the
questions, with its 95 % interval (Wilson); on the diagonal a probability means what it says.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

SIDE, LEFT, TOP, LEGEND = 360, 64, 28, 370
COLOURS = ("#2f81f7", "#d9822b", "#2da44e", "#c2528b", "#8a63d2", "#00868b")  # told apart on white and on black
GREY = "#808080"  # for the same reason

Point = tuple[float, float, int]


@dataclass(frozen=True)
class Curve:
    """The reliability of one run, as its summary has it."""

    name: str
    points: list[Point]
    error: float
    brier: float

    @property
    def count(self) -> int:
        """How many questions."""
        return sum(count for _, _, count in self.points)


def main() -> None:
    """Read the summaries, print the picture."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", nargs="+", metavar="[NAME=]RESULTS.jsonl")
    parser.add_argument("--cross-fitted", action="store_true", help="draw what scaling by the other half makes of it")
    options = parser.parse_args()
    if len(options.results) > len(COLOURS):
        parser.error(f"at most {len(COLOURS)} curves can be told apart")
    try:
        print(picture([read_curve(one, options.cross_fitted) for one in options.results]))
    except (OSError, ValueError, LookupError) as error:
        sys.exit(f"plot_reliability: {error}")


def read_curve(argument: str, cross_fitted: bool) -> Curve:
    """The curve of `NAME=FILE`, or of `FILE` under its own name. Raises LookupError if its summary has none."""
    name, _, file = argument.rpartition("=")
    lines = Path(file).read_text("utf-8").strip().split("\n")
    summary: dict[str, Any] = json.loads(lines[-1]).get("summary", {})
    which = ", cross-fitted" if cross_fitted else ""
    if f"reliability{which}" not in summary:
        raise LookupError(f"{file} ends with no summary that holds “reliability{which}”")
    return Curve(
        name or Path(file).stem,
        [(mean, share, count) for mean, share, count in summary[f"reliability{which}"]],
        summary[f"expected calibration error{which}"],
        summary[f"Brier score{which}"],
    )


def picture(curves: list[Curve]) -> str:
    """The SVG: a square with its axes, the curves in it and their names beside it. The ground is left transparent."""
    width, height = LEFT + SIDE + LEGEND, TOP + SIDE + 64
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="13" role="img">',
        "<title>Reliability: share that was so against probability told</title>",
        *axes(),
        *(part for curve, colour in zip(curves, COLOURS, strict=False) for part in drawn(curve, colour)),
        *(
            part
            for at, (curve, colour) in enumerate(zip(curves, COLOURS, strict=False))
            for part in key(at, curve, colour)
        ),
        "</svg>",
    ]
    return "\n".join(parts)


def axes() -> list[str]:
    """The square, its diagonal, a line and a number at each fifth, and what is told on both sides."""
    parts = []
    for fifth in range(6):
        value = fifth / 5
        x, y = across(value), up(value)
        parts += [
            f'<path d="M{x:.1f} {up(0):.1f}V{up(1):.1f}M{across(0):.1f} {y:.1f}H{across(1):.1f}" stroke="{GREY}" '
            'stroke-opacity=".25"/>',
            f'<text x="{x:.1f}" y="{up(0) + 20:.1f}" text-anchor="middle" fill="{GREY}">{value:.1f}</text>',
            f'<text x="{across(0) - 10:.1f}" y="{y + 4:.1f}" text-anchor="end" fill="{GREY}">{value:.1f}</text>',
        ]
    middle = up(0.5)
    return [
        *parts,
        f'<path d="M{across(0):.1f} {up(0):.1f}L{across(1):.1f} {up(1):.1f}" stroke="{GREY}" stroke-dasharray="5 4"/>',
        f'<text x="{across(0.5):.1f}" y="{up(0) + 46:.1f}" text-anchor="middle" fill="{GREY}">probability told</text>',
        f'<text transform="translate(18 {middle:.1f}) rotate(-90)" text-anchor="middle" fill="{GREY}">share that was so'
        "</text>",
    ]


def drawn(curve: Curve, colour: str) -> list[str]:
    """A curve: its line, and each point with its interval."""
    line = " ".join(f"{across(mean):.1f},{up(share):.1f}" for mean, share, _ in curve.points)
    parts = [f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for mean, share, count in curve.points:
        low, high = wilson(share, count)
        parts += [
            f'<path d="M{across(mean):.1f} {up(low):.1f}V{up(high):.1f}" stroke="{colour}" stroke-opacity=".4"/>',
            f'<circle cx="{across(mean):.1f}" cy="{up(share):.1f}" r="3.5" fill="{colour}"/>',
        ]
    return parts


def key(at: int, curve: Curve, colour: str) -> list[str]:
    """A curve's name and figures, beside the square."""
    x, y = LEFT + SIDE + 28, TOP + 14 + 46 * at
    figures = f"calibration error {curve.error:.3f}, Brier {curve.brier:.3f}, n={curve.count}"
    return [
        f'<path d="M{x} {y - 4}h24" stroke="{colour}" stroke-width="2"/><circle cx="{x + 12}" cy="{y - 4}" r="3.5" '
        f'fill="{colour}"/>',
        f'<text x="{x + 34}" y="{y}" fill="{colour}" font-weight="600">{escape(curve.name)}</text>',
        f'<text x="{x + 34}" y="{y + 18}" fill="{GREY}">{figures}</text>',
    ]


def across(value: float) -> float:
    """Where a probability stands, from the left."""
    return LEFT + SIDE * value


def up(value: float) -> float:
    """Where a share stands, from the top."""
    return TOP + SIDE * (1 - value)


def wilson(share: float, count: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share."""
    centre = share + z * z / (2 * count)
    reach = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (centre - reach) / (1 + z * z / count), (centre + reach) / (1 + z * z / count)


if __name__ == "__main__":
    main()
