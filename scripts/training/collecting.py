"""What reader and likeness say of the development questions in the library's own passages: samples to calibrate on.

Each set is asked in its pooled library and restricted to each question's own documents; so are questions of other
sets, which are off-topic there. Samples are plain numbers, kept in a file, since collecting takes minutes and fitting
seconds.
"""

from __future__ import annotations

import pickle
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.answering.draft import Findings
from bot.answering.ranking import Ranker
from bot.bootstrap import Footnote
from bot.evaluation import Row, holds_answer, read_rows
from bot.evaluation.metrics import exact_match, f1
from bot.settings import Settings
from bot.understanding.disfluency import corrected, meant
from bot.understanding.questions import core
from retrieval.models.language import crosses, is_english, text_language
from retrieval.models.reader import OnnxReader
from retrieval.models.reading import Reader
from retrieval.query import READ, SearchQuery
from retrieval.ranked_passage import RankedPassage
from retrieval.search import Search
from retrieval.types import Span

SETS = ("squad2", "disflqa", "people", "qed", "quotesum")
_GIVEN = ("people",)  # whoever asks means the one document: "What does it cost?"
ASKER = "local"
_OFF_TOPIC = 200  # questions of other sets


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage (its number): likeness, share of words, log-probability and share of the answer in it,
    whether it holds a gold answer, and how well (F1) and whether exactly its likeliest words are one.
    """

    passage: int
    similarity: float
    coverage: float
    likelihood: float
    share: float
    holds: bool
    f1: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage: cosine, score unread, the reader's log-odds; whether it is of the right document, has the evidence, is
    in another language than the question.
    """

    document: str
    similarity: float
    score: float
    odds: float
    right: bool
    evidence: bool
    crossed: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """One question in one library, in which so many passages were `searched`.

    `group` is what its document is named by, so that halves share none.
    """

    set: str
    id: str
    group: str
    pooled: bool
    off_topic: bool
    answerable: bool
    searched: int
    passages: tuple[Passage, ...]
    sentences: tuple[Sentence, ...]


def samples(dev: Path, weights: Path, store: Path) -> list[Sample]:
    """The samples of all sets in the folder `dev`, from `store` where they were collected before."""
    rows = {name: [row for row in read_rows(dev / f"dev_{name}.jsonl") if _is_alone(row)] for name in SETS}
    return kept(store, lambda: [sample for name in SETS for sample in _of_set(name, rows, OnnxReader(weights))])


def _is_alone(row: Row) -> bool:
    """Whether a question is English, as its text is, and leans on none before it."""
    texts = {text_language(document.text) for document in row.documents}
    return not row.history and is_english(row.question) and texts <= {"en", None}


def kept(store: Path, collect: Callable[[], list[Sample]]) -> list[Sample]:
    """What `collect` gives, from `store` where it was collected before."""
    if not store.exists():
        found = collect()
        with store.open("wb") as file:
            pickle.dump(found, file)
    with store.open("rb") as file:
        return list(pickle.load(file))  # noqa: S301  # our own file


def _of_set(name: str, rows: dict[str, list[Row]], reader: OnnxReader) -> Iterator[Sample]:
    chance = random.Random(0)  # noqa: S311  # draws questions, not secrets
    texts = {document.text for row in rows[name] for document in row.documents}
    others = [
        row
        for other, found in rows.items()
        for row in found
        if other != name and row.answerable and not any(document.text in texts for document in row.documents)
    ]
    off_topic = chance.sample(others, min(_OFF_TOPIC, len(others)))
    with tempfile.TemporaryDirectory() as folder:
        bot = Footnote(Settings(data_dir=Path(folder), reader="off"))
        ids = {}
        for document in {d.source: d for row in rows[name] for d in row.documents}.values():
            ids[document.source] = bot.library.add(document).id
        for row in rows[name]:
            own = [ids[document.source] for document in row.documents]
            for chosen in (own,) if name in _GIVEN else (None, own):
                yield sample(name, bot, reader, row, chosen)
        for row in off_topic:
            other = [chance.choice(list(ids.values()))]
            for chosen in (other,) if name in _GIVEN else (None, other):
                yield sample(name, bot, reader, row, chosen, off_topic=True)
        bot.close()
    print(f"collected {name}", flush=True)


def sample(
    name: str, bot: Footnote, reader: Reader, row: Row, documents: list[str] | None, *, off_topic: bool = False
) -> Sample:
    """What is found and read for one question, among some documents (ids) or all."""
    question = core(row.question)
    search: Search = bot.search
    found = search.search(SearchQuery(question, "", corrected(row.question)), ASKER, documents, READ)
    readings = reader.read(meant(row.question), [passage.text for passage in found])
    weights, searched = search.statistics(question, ASKER, documents)
    findings = Findings(row.question, tuple(found), weights, searched)
    candidates = Ranker(bot.comparison, bot.others).rank(findings)
    sentences = []
    for one in candidates:
        number = next(n for n, passage in enumerate(found) if passage is one.quote.passage)
        at = found[number].passage.start
        place = readings[number].within(Span(one.quote.span.start - at, one.quote.span.end - at))
        if place is None:
            continue
        words = place.answer.of(found[number].text)
        sentences.append(
            Sentence(
                number,
                one.similarity,
                one.coverage,
                place.likelihood,
                place.share,
                holds_answer(one.quote.words, row.answers),
                f1(words, row.answers),
                exact_match(words, row.answers) == 1,
            )
        )
    return Sample(
        set=name,
        id=row.id,
        group=row.documents[0].source,
        pooled=documents is None,
        off_topic=off_topic,
        answerable=row.answerable and not off_topic,
        searched=searched,
        passages=tuple(_passage(passage, reading.odds, row) for passage, reading in zip(found, readings, strict=True)),
        sentences=tuple(sentences),
    )


def _passage(passage: RankedPassage, odds: float, row: Row) -> Passage:
    span = Span(passage.passage.start, passage.passage.end)
    gold = [evidence for document, evidence in row.evidence if document == passage.origin.source]
    return Passage(
        passage.origin.source,
        passage.similarity,
        passage.score,
        odds,
        bool(gold),
        any(span.overlaps(evidence) for evidence in gold),
        crosses(row.question, passage.origin.language),
    )
