"""The claims of a set judged, and the metrics of the judge. Knows no questions and not how support is found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from bot.evaluation.dataset import Claim
from bot.evaluation.discrimination import Judged, arrays, crossfitted, told_auc, told_balanced
from bot.evaluation.predictions import Told
from bot.evaluation.reliability import told_calibration

_AT_ONCE = 16


class ClaimJudge(Protocol):
    """Whoever says how probable it is that a source bears out a claim."""

    def support(self, claims: Sequence[str], sources: Sequence[str]) -> list[float]:
        """The probability for each claim and the source at the same place."""


def judged(judge: ClaimJudge, claims: Sequence[Claim], progress: Told) -> Iterator[float]:
    """The support of each claim, in order."""
    for start in range(0, len(claims), _AT_ONCE):
        some = claims[start : start + _AT_ONCE]
        yield from judge.support([one.claim for one in some], [one.source_text for one in some])
        progress("asked", start + len(some), len(claims))


def claims_summary(claims: Sequence[Claim], support: Sequence[float], enough: float) -> dict[str, Any]:
    """AUC, balanced accuracy and calibration of support over the claims that have a label; the former by source, too.

    One threshold serves all sources: `enough`, from which a sentence may be said, and, cross-fitted, one that is chosen
    on one half of the texts and judged on the other, both ways.
    Intervals draw whole texts with all their claims.
    """
    known = [
        (claim, Judged(float(told), claim.supported, claim.group))
        for claim, told in zip(claims, support, strict=True)
        if claim.supported is not None
    ]
    told: dict[str, Any] = {"claims": len(claims), "supported": sum(one.truth for _, one in known)}
    if not known:
        return told
    everything = [one for _, one in known]
    fitted = crossfitted(everything)
    taken = None if fitted is None else fitted.taken
    said, _ = arrays(everything)
    told |= {"balanced accuracy": told_balanced(said >= enough, everything, by_group=True)}
    told |= _figures(everything, taken, "")
    if fitted is not None:
        told["thresholds, cross-fitted"] = "{:.3f} and {:.3f}".format(*fitted.thresholds)
    told |= told_calibration(everything)
    for source in sorted({claim.source for claim, _ in known if claim.source}):
        places = [at for at, (claim, _) in enumerate(known) if claim.source == source]
        of_source = [everything[at] for at in places]
        told |= _figures(of_source, None if taken is None else taken[places], f"{source}: ")
    return told


def _figures(judged: Sequence[Judged], taken: np.ndarray[Any, np.dtype[np.bool_]] | None, of: str) -> dict[str, Any]:
    told = {f"{of}AUC of support": told_auc(judged, by_group=True)}
    if taken is not None:
        told[f"{of}balanced accuracy, cross-fitted"] = told_balanced(taken, judged, by_group=True)
    return told
