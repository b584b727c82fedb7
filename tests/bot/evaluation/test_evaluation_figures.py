"""The figures of an evaluation on numbers small enough to be worked out by hand, or against a second computation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from bot.evaluation.metrics import exact_match, f1, holds_answer
from bot.evaluation.statistics import (
    Judged,
    arrays,
    auc,
    balanced_accuracy,
    best_threshold,
    crossfitted,
    expected_error,
    figure,
    first_half,
    reliability,
    scaled_by_other_half,
    share,
    told_auc,
    told_balanced,
    told_calibration,
)


def bounds(told: str | None) -> tuple[float, float, float]:
    """The figure of "0.5 [0.4, 0.6] n=9", and its interval."""
    assert told is not None
    value, low, high = told.replace("[", "").replace("]", "").replace(",", "").split()[:3]
    return float(value), float(low), float(high)


def drawn(count: int, seed: int, sharpness: float = 1.0, slips: float = 0.0) -> list[Judged]:
    """Probabilities of things in groups of two, so as often as told; `sharpness` then exaggerates their log-odds."""
    chance = np.random.default_rng(seed)
    odds = chance.normal(0, 1.5, count)
    truth = chance.random(count) < 1 / (1 + np.exp(-odds))
    told = 1 / (1 + np.exp(-(sharpness * odds + slips)))
    return [
        Judged(round(float(p), 4), bool(so), f"group {at // 2}")
        for at, (p, so) in enumerate(zip(told, truth, strict=True))
    ]


def test_an_answer_is_found_as_whole_words_only() -> None:
    """SQuAD's normalisation: case, articles and punctuation do not count, parts of words do."""
    assert holds_answer("It was the Latin word.", ["latin"])
    assert holds_answer("Born in U.S.A. today", ["USA"])
    assert not holds_answer("It was platinum.", ["latin"])
    assert not holds_answer("Anything", [])


@pytest.mark.parametrize(
    ("words", "answers", "exact", "overlap"),
    [
        ("The granite.", ["granite"], 1, 1),
        ("grey granite", ["granite"], 0, 2 / 3),  # precision 1/2, recall 1
        ("of hard grey granite", ["grey granite blocks", "basalt"], 0, 4 / 7),  # precision 2/4, recall 2/3
        ("five five", ["five"], 0, 2 / 3),  # a word counts as often as it stands in both
        ("five five", ["five five hundred"], 0, 4 / 5),
        ("basalt", ["granite", "Basalt"], 1, 1),
        ("", ["granite"], 0, 0),
        ("the", ["a"], 1, 1),  # nothing is left of either
        ("granite", [], 0, 0),
    ],
)
def test_words_are_compared_as_squad_compares_them(
    words: str, answers: list[str], exact: float, overlap: float
) -> None:
    """Exact match and F1, best over the answers, worked out by hand."""
    assert exact_match(words, answers) == exact
    assert f1(words, answers) == pytest.approx(overlap)


def test_a_share_lies_in_an_interval_as_wide_as_theory_says() -> None:
    """The bootstrap of 200 of 400 is within a hundredth of the normal approximation, .5 ± 1.96 x .025."""
    value, low, high = bounds(share([True, False] * 200))
    assert value == 0.5
    assert low == pytest.approx(0.451, abs=0.01)
    assert high == pytest.approx(0.549, abs=0.01)
    assert share([]) is None


def test_an_interval_over_groups_draws_them_whole() -> None:
    """Where every group's members are alike, the interval is twice that of the members drawn singly."""
    values = np.repeat([1.0, 0.0] * 50, 4)
    groups = np.repeat(np.arange(100), 4).tolist()
    _, low, high = bounds(figure(lambda places: float(values[places].mean()), groups))
    _, single_low, single_high = bounds(figure(lambda places: float(values[places].mean()), len(values)))
    assert high - low == pytest.approx(2 * (single_high - single_low), rel=0.15)


def test_a_figure_of_nothing_is_none_and_draws_that_give_none_are_left_out() -> None:
    """A class of one is missing from a third of the draws, and still the interval is a pair of numbers."""
    one = [Judged(0.9, True, "a"), Judged(0.2, False, "b"), Judged(0.1, False, "c")]
    assert bounds(told_auc(one)) == (1.0, 1.0, 1.0)
    assert told_auc(one[1:]) is None
    assert told_balanced(np.array([True]), one[:1]) is None


@pytest.mark.parametrize("seed", [0, 1])
def test_auc_and_balanced_accuracy_are_those_of_scikit_learn(seed: int) -> None:
    """With ties among the probabilities, too."""
    chance = np.random.default_rng(seed)
    told, truth = chance.integers(0, 12, 300) / 12, chance.random(300) < 0.4
    assert auc(told, truth) == pytest.approx(roc_auc_score(truth, told), abs=1e-12)
    taken = told >= 0.5
    assert balanced_accuracy(taken, truth) == pytest.approx(balanced_accuracy_score(truth, taken), abs=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_threshold_is_better_than_the_best(seed: int) -> None:
    """Tried against every other one; it stands midway between the highest refused and the lowest taken."""
    told, truth = arrays(drawn(120, seed))
    best = balanced_accuracy(told >= best_threshold(told, truth), truth)
    assert best == max(balanced_accuracy(told >= other, truth) for other in [*told, 0.0, 1.1])
    assert best_threshold(np.array([0.1, 0.3, 0.7, 0.9]), np.array([False, False, True, True])) == pytest.approx(0.5)


def test_each_half_is_judged_by_the_threshold_of_the_other() -> None:
    """Two halves that need thresholds .25 and .75: each is judged by the wrong one, which takes half of it amiss."""
    names = [f"document {n}" for n in range(40)]
    halves = first_half([Judged(0.5, True, name) for name in names])
    low = [name for name, first in zip(names, halves, strict=True) if first][:8]
    high = [name for name, first in zip(names, halves, strict=True) if not first][:8]
    rows = [Judged(0.4 if at % 2 else 0.1, bool(at % 2), name) for at, name in enumerate(low)]
    rows += [Judged(0.9 if at % 2 else 0.6, bool(at % 2), name) for at, name in enumerate(high)]
    fitted = crossfitted(rows)
    assert fitted is not None
    assert fitted.thresholds == (pytest.approx(0.75), pytest.approx(0.25))
    assert fitted.taken.tolist() == [False] * 8 + [True] * 8
    assert bounds(told_balanced(fitted.taken, rows))[0] == 0.5


def test_halves_keep_groups_together_and_depend_on_nothing_else() -> None:
    """A question of the same document is in the same half, in whatever order and company."""
    rows = drawn(200, 0)
    halves = dict(zip([one.group for one in rows], first_half(rows).tolist(), strict=True))
    backwards = rows[::-1][:50]
    assert [halves[one.group] for one in backwards] == first_half(backwards).tolist()
    assert [halves[one.group] for one in rows] == first_half(rows).tolist()
    assert 60 < sum(first_half(rows)) < 140


def test_nothing_is_cross_fitted_where_a_half_has_one_class_only() -> None:
    """A set of one document, or of answerable questions only."""
    assert crossfitted([Judged(0.1, False, "a"), Judged(0.9, True, "a")]) is None
    only = [Judged(one.told, True, one.group) for one in drawn(40, 0)]
    assert crossfitted(only) is None
    assert scaled_by_other_half(only) is None
    assert "Brier score, cross-fitted" not in told_calibration(only)


def test_the_reliability_curve_and_its_error_by_hand() -> None:
    """Twenty probabilities in ten bins of two: the bins' means and shares, and the mean distance of the two."""
    told = np.array([0.0, 0.1] * 5 + [0.8, 1.0] * 5)
    truth = np.array([False] * 9 + [True] * 11)
    curve = reliability(told, truth)
    assert [count for _, _, count in curve] == [2] * 10
    assert curve[0] == (0.0, 0.0, 2)
    assert curve[4] == (pytest.approx(0.1), 0.5, 2)
    assert curve[-1] == (1.0, 1.0, 2)
    # bins: 0/0, 0/0, .05/0, .1/0, .1/.5, .8/1, .8/1, .9/1, 1/1, 1/1
    assert expected_error(curve) == pytest.approx((0.05 + 0.1 + 0.4 + 0.2 + 0.2 + 0.1) / 10)
    assert len(reliability(told[:3], truth[:3])) == 3


def test_scaling_undoes_what_exaggerates_and_leaves_what_is_right() -> None:
    """Log-odds three times too large and shifted are brought back; honest ones stay as good as they were."""
    wrong = told_calibration(drawn(2000, 5, sharpness=3, slips=1))
    assert wrong["expected calibration error"] > 0.12
    assert wrong["expected calibration error, cross-fitted"] < 0.04
    assert wrong["Brier score, cross-fitted"] < wrong["Brier score"] - 0.03
    honest = told_calibration(drawn(2000, 5))
    assert honest["Brier score, cross-fitted"] == pytest.approx(honest["Brier score"], abs=0.003)
    assert sum(count for _, _, count in honest["reliability, cross-fitted"]) == 2000


def test_scaling_is_fitted_on_the_other_half() -> None:
    """Where one half's probabilities are the wrong way round, each is turned by what the other half teaches."""
    rows = [Judged(0.5, bool(at % 2), f"document {at // 2}") for at in range(80)]
    halves = first_half(rows)
    told = [0.8 if one.truth == first else 0.2 for one, first in zip(rows, halves, strict=True)]
    scaled = scaled_by_other_half([Judged(p, one.truth, one.group) for p, one in zip(told, rows, strict=True)])
    assert scaled is not None
    assert all((p > 0.5) != one.truth for p, one in zip(scaled, rows, strict=True))
