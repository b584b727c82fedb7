"""Chooses the numbers of the multilingual reader, as `calibrating` does for the English one.

They are chosen on XQuAD's questions in five languages, asked of their own paragraph, of all paragraphs, and, as near
misses, of another paragraph of their article and of all but their own; questions of the training data in other
languages are off-topic there. In whichever language a paragraph is found, it is the right one.
"""

from __future__ import annotations

import random
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.bootstrap import Footnote
from bot.evaluation import Row, read_rows
from bot.settings import Settings
from retrieval.models.reading import Reader
from retrieval.query import READ
from scripts.training.calibrating import (
    confidence_weights,
    passage_weight,
    read_with,
    sentence_weights,
    support_weights,
)
from scripts.training.collecting import Sample, kept, sample
from scripts.training.data import rows as training_rows

NAME = "xquad"
_OFF_TOPIC = 15  # questions of each other language
# Answered is what is more likely answered than not. By the rule of the English reader, that at most a tenth of the
# answerable is refused among many documents, two in five near misses there would be answered.
_THRESHOLD = 0.5
# Said plainly is what is answered with a confidence of .93 and more: there are too few questions in other languages to
# weigh the other signs.
_PLAIN = [-2.587, 1.0, 0.0, 0.0]


def calibrate_multilingual(
    dev: Path, data: Path, reader: Reader, store: Path, say: Callable[[str], None]
) -> dict[str, Any]:
    """The numbers for the file beside the weights; `say` is told what they achieve. Samples are kept in `store`."""
    samples = kept(store, lambda: list(_samples(read_rows(dev / "dev_xquad.jsonl"), _elsewhere(data), reader)))
    passage = passage_weight(samples, say)
    reads = [read_with(one, passage, READ) for one in samples]
    # Answers are written in the language of the question's own paragraph: a parallel one does not hold them.
    sentence = sentence_weights([read for read in reads if not read.sample.pooled], say)
    confidence, _ = confidence_weights(reads, sentence, say, (NAME,))
    return {
        "passage": passage,
        "sentence": sentence,
        "confidence": confidence,
        "threshold": _THRESHOLD,
        "plain": _PLAIN,
        "support": support_weights(dev / "dev_claims.jsonl", reader, say),
    }


def _samples(rows: list[Row], elsewhere: list[str], reader: Reader) -> Iterator[Sample]:
    chance = random.Random(0)  # noqa: S311  # draws questions, not secrets
    with tempfile.TemporaryDirectory() as folder:
        bot = Footnote(Settings(data_dir=Path(folder), reader="off"))
        ids: dict[str, str] = {}
        articles: dict[str, list[str]] = defaultdict(list)
        for document in {d.source: d for row in rows for d in row.documents}.values():
            ids[document.source] = bot.library.add(document).id
            articles[document.source.rpartition("/")[0]].append(document.source)
        for row in rows:
            own = row.documents[0].source
            near = replace(row, answerable=False)
            yield _with_parallels(sample(NAME, bot, reader, row, [ids[own]]), own)
            for other in sorted(set(articles[own.rpartition("/")[0]]) - {own})[:1]:
                yield _with_parallels(sample(NAME, bot, reader, near, [ids[other]]), own)
            if row.id.split("/")[1].startswith("en-"):
                continue  # among all documents the English reader reads those in English
            yield _with_parallels(sample(NAME, bot, reader, row, None), own)
            rest = [one for source, one in ids.items() if _paragraph(source) != _paragraph(own)]
            yield _with_parallels(replace(sample(NAME, bot, reader, near, rest), pooled=True), own)
        for question in elsewhere:
            row = replace(rows[0], question=question)
            for documents in (None, [chance.choice(list(ids.values()))]):
                yield sample(NAME, bot, reader, row, documents, off_topic=True)
        bot.close()


def _with_parallels(one: Sample, own: str) -> Sample:
    """The sample with a paragraph counted as right in any language, grouped by its article."""
    passages = tuple(replace(p, right=_paragraph(p.document) == _paragraph(own)) for p in one.passages)
    return replace(one, passages=passages, group=_paragraph(own).rpartition("/")[0])


def _paragraph(source: str) -> str:
    """A paragraph without its language: "xquad/Warsaw/2"."""
    set_, _, article, number = source.split("/")
    return f"{set_}/{article}/{number}"


def _elsewhere(data: Path) -> list[str]:
    """Questions on other texts, in other languages, the same each time."""
    chance = random.Random(0)  # noqa: S311  # draws questions, not secrets
    asked: dict[str, list[str]] = defaultdict(list)
    for row in training_rows(data / "reading_multilingual"):
        asked[row.get("question_lang", row["lang"])].append(row["question"])
    return [one for _, some in sorted(asked.items()) for one in chance.sample(some, min(_OFF_TOPIC, len(some)))]
