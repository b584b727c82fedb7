"""Runs a question set or a claim set and scores it: what `footnote eval` prints.

The documents of a set are pooled into a library of their own, which is thrown away afterwards. `dataset` reads a set,
`runner` asks it, `metrics` sums up what came of it, with the figures of `statistics`. Knows no interface.
"""

from bot.evaluation.dataset import EvaluationError, Row, read_rows
from bot.evaluation.metrics import holds_answer, summary
from bot.evaluation.runner import draft_about, run_set

__all__ = ["EvaluationError", "Row", "draft_about", "holds_answer", "read_rows", "run_set", "summary"]
