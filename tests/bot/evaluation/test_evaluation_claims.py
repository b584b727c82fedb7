"""A claim set: read, judged and summed up, with a judge whose verdicts are written down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.evaluation import EvaluationError
from bot.evaluation.dataset import Claim, holds_claims, read_claims
from bot.evaluation.metrics import claims_summary
from bot.evaluation.runner import judged, run_set
from bot.settings import Settings


class WrittenJudge:
    """A judge that says what stands in its table and remembers how many it was asked at once."""

    def __init__(self, verdicts: dict[tuple[str, str], float]) -> None:
        self.verdicts = verdicts
        self.asked: list[int] = []

    def support(self, claims: Sequence[str], sources: Sequence[str]) -> list[float]:
        """What the table says."""
        self.asked.append(len(claims))
        return [self.verdicts[pair] for pair in zip(claims, sources, strict=True)]


def row(at: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"c{at}",
        "claim": f"The ferry carries {at} cars.",
        "source_text": "The ferry carries forty cars.",
        "label": "supported" if at % 2 else "not_supported",
        "source": "ferries" if at < 20 else "bakeries",
        "doc": f"text {at // 2}",
        **more,
    }


def written(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), "utf-8")
    return path


def test_claims_are_judged_in_order_a_few_at_once(tmp_path: Path) -> None:
    """Each claim goes to the judge with its own source, and progress is told up to the last."""
    claims = read_claims(written(tmp_path / "claims.jsonl", [row(at) for at in range(40)]))
    judge = WrittenJudge({(one.claim, one.source_text): at / 40 for at, one in enumerate(claims)})
    told: list[tuple[str, int, int]] = []
    support = list(judged(judge, claims, lambda step, done, total: told.append((step, done, total))))
    assert support == [at / 40 for at in range(40)]
    assert sum(judge.asked) == 40 and max(judge.asked) < 40
    assert told[-1] == ("asked", 40, 40)


def test_the_summary_counts_all_and_each_source() -> None:
    """A judge that is right about ferries and knows nothing of bakeries: 1 and .5, and three quarters in all."""
    claims = [
        Claim(f"c{at}", "", "", bool(at % 2), "ferries" if at < 40 else "bakeries", f"text {at // 2}")
        for at in range(80)
    ]
    support = [(0.9 if one.supported else 0.1) if one.source == "ferries" else 0.5 for one in claims]
    told = claims_summary(claims, support, 0.6)
    assert (told["claims"], told["supported"]) == (80, 40)
    assert told["ferries: AUC of support"] == "1.000 [1.000, 1.000] n=40"
    assert told["bakeries: AUC of support"] == "0.500 [0.500, 0.500] n=40"
    assert told["ferries: balanced accuracy, cross-fitted"].startswith("1.000")
    assert told["bakeries: balanced accuracy, cross-fitted"].startswith("0.500")
    assert told["balanced accuracy, cross-fitted"].startswith("0.750")
    assert told["balanced accuracy"].startswith("0.750")
    # pairs of one so and one not: ferries with ferries 1, bakeries with bakeries 1/2, the others 1
    assert told["AUC of support"].startswith("0.875")
    assert told["Brier score"] == pytest.approx((40 * 0.01 + 40 * 0.25) / 80, abs=0.001)


def test_claims_without_labels_are_judged_and_not_scored() -> None:
    """So that a set whose labels are kept apart can be run."""
    assert claims_summary([Claim("c", "", "", None, "", "c")], [0.4], 0.5) == {"claims": 1, "supported": 0}


def test_a_claim_set_is_known_by_its_first_row(tmp_path: Path) -> None:
    """Rows with claim and source_text; a question set, an empty file and no file are none."""
    assert holds_claims(written(tmp_path / "claims.jsonl", [row(1)]))
    assert not holds_claims(written(tmp_path / "questions.jsonl", [{"id": "1", "question": "?"}]))
    assert not holds_claims(written(tmp_path / "empty.jsonl", []))
    (tmp_path / "words.jsonl").write_text("no JSON\n", "utf-8")
    assert not holds_claims(tmp_path / "words.jsonl")


@pytest.mark.parametrize("broken", [{"label": "maybe"}, {"claim": 3}, {"source_text": None}])
def test_a_claim_that_cannot_be_read_names_its_line(tmp_path: Path, broken: dict[str, Any]) -> None:
    """One line that names the file's line at fault."""
    with pytest.raises(EvaluationError, match="line 2 is not a claim"):
        read_claims(written(tmp_path / "claims.jsonl", [row(1), row(2, **broken)]))


def test_what_concerns_questions_is_refused_for_claims(tmp_path: Path) -> None:
    """Nothing can be forced or off topic: said instead of being ignored."""
    file = written(tmp_path / "claims.jsonl", [row(1)])
    for more in ({"forced": True}, {"others": file}):
        with pytest.raises(EvaluationError, match="holds claims"):
            list(run_set(file, Settings(data_dir=tmp_path), **more))


def test_the_real_judge_gives_a_line_for_each_claim(tmp_path: Path) -> None:
    """`id` and `support` alone, between 0 and 1, then the summary; the sentence itself is borne out, another is not."""
    rows = [
        row(0, claim="Bread is sold out by nine.", label="not_supported"),
        row(1, claim="The ferry carries forty cars.", label="supported"),
        row(2, label=None),
    ]
    lines = list(run_set(written(tmp_path / "claims.jsonl", rows), Settings(data_dir=tmp_path)))
    assert [sorted(line) for line in lines] == [["id", "support"]] * 3 + [["summary"]]
    assert [line["id"] for line in lines[:-1]] == ["c0", "c1", "c2"]
    assert 0 <= lines[0]["support"] < lines[1]["support"] <= 1
    assert lines[-1]["summary"]["AUC of support"].startswith("1.000")
