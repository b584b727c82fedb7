"""Runs a question set or a claim set and scores it: what `footnote eval` prints.

The documents of a set are pooled into a library of their own, which is thrown away afterwards. `rows` reads a set,
`asking` and `claims` run it, `questions` and `claims` sum it up, with the figures of `words` (what was said),
`separation` (what was refused) and `calibration` (what was believed), each with its interval (`intervals`). Knows no
interface.
"""

from bot.evaluation.dataset import EvaluationError, Row, read_rows
from bot.evaluation.question_metrics import summary
from bot.evaluation.runner import run_set
from bot.evaluation.squad_words import holds_answer

__all__ = ["EvaluationError", "Row", "holds_answer", "read_rows", "run_set", "summary"]
