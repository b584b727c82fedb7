"""A document's text into passages of whole sentences, as spans of that very text, and what an embedder reads of each.

How many tokens a text has is asked of the function that `split` is given. This module knows no index, no file, and not
what makes a span boilerplate.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import merge
from itertools import groupby

from retrieval.chunking.blocks import Kind, blocks
from retrieval.chunking.markup import marked_level
from retrieval.chunking.sentences import sentences, stripped
from retrieval.chunking.tables import with_heads
from retrieval.loaders.boilerplate import merged
from retrieval.models.embedder import Embedder
from retrieval.types import Document, Passage, Sentence, Span

TokenCounter = Callable[[Sequence[str]], list[int]]
"""Tokens of each text, without the model's special tokens."""

_CLAUSE = re.compile(r"[,;:–—،؛|](?=\s)|[、，；：,،؛](?=[^\s\d])")
_SPACE = re.compile(r"\s+")
_WITHIN_LINE = re.compile("[^\n\r\v\f\x85\u2028\u2029]")
_LONGEST_CHARACTER = 64
# No wording needs more characters for a token; what does (a key, a picture as text, which a tokenizer may take for one
# unknown word) is weighed as if it had a token for that many.
_CHARACTERS_PER_TOKEN = 32
# Bounds on what is counted in one call, which bound the memory that takes.
_MOST_TEXTS = 1 << 15
_MOST_CHARACTERS = 1 << 20
_NEAR = 1 << 12
_LONGEST_TITLE = 40  # tokens of the title that stand before each embedded passage
# Tokens of a usual passage: a paragraph of news. Of 100, 160 and 254 it ranked best or as well on the development sets.
_TARGET = 160
_SMALLEST_LIMIT = 32  # a passage keeps this many tokens whatever the title takes
_LONGEST_PATH = 16  # words of the headings above a passage that stand before it, too; the nearest are kept
_PATH_TOKENS = 32  # that these take at most, but for the longest words
_HEADING_MARKS = " \t\n\r*_#=-"
_UNTOLD = 7  # the level of a heading that tells none: below all that do


def cut(document: Document, embedder: Embedder, check: Callable[[], None] = lambda: None) -> list[Passage]:
    """The passages of a document, each short enough for the embedder to read whole, its title before it.

    `check` is called every few seconds in a long text, and ends the cutting by raising.
    """

    def count_tokens(texts: Sequence[str]) -> list[int]:
        check()
        return embedder.count_tokens(texts)

    title = embedder.count_tokens([_short(document.title)])[0]
    limit = max(_SMALLEST_LIMIT, embedder.max_tokens - title - _PATH_TOKENS - 2)
    passages = split(document.text, document.boilerplate, count_tokens, limit, min(_TARGET, limit))
    return with_heads(document.text, passages, document.pages)


def embedded_texts(document: Document, passages: Iterable[Passage]) -> list[str]:
    """What the embedder reads of each of all passages of a document, in their order: the title, which says what "it" is
    about, the headings above it, the outermost first, the names of the columns of a table, and its words.
    """
    title, made = _short(document.title), []
    above: list[tuple[int, str]] = []
    for passage in passages:
        found = [(one, marked_level(one.span.of(document.text)) or _UNTOLD) for one in passage.sentences if one.heading]
        # What the passage's own first heading takes the place of stands above it no longer.
        own = found[0][1] if passage.sentences[0].heading else _UNTOLD + 1
        path = " › ".join(words for level, words in above if level < own and words != title).split()
        head = [title, " ".join(path[-_LONGEST_PATH:])[-4 * _PATH_TOKENS :]]
        if passage.head is not None:
            head.append(passage.head.of(document.text)[: 4 * _PATH_TOKENS])
        made.append("\n".join([*filter(None, head), document.text[passage.start : passage.end]]))
        for one, level in found:
            above = [each for each in above if each[0] < level]
            above.append((level, _short(one.span.of(document.text).strip(_HEADING_MARKS))))
    return made


def _short(title: str) -> str:
    return " ".join(title.split()[:_LONGEST_TITLE])[: 4 * _LONGEST_TITLE]


def split(
    text: str, boilerplate: Sequence[Span], count_tokens: TokenCounter, limit: int, target: int | None = None
) -> list[Passage]:
    """The passages of `text` in its order, numbered from 0, not overlapping.

    Every character that is neither white space nor inside `boilerplate` lies in exactly one sentence of exactly one
    passage. Sentences have no white space around them, and between those of one passage is only white space:
    boilerplate parts passages. No passage has more than `limit` tokens by `count_tokens`, save a single character that
    alone has more; small neighbouring paragraphs share a passage up to about `target` tokens (default: `limit`), a
    longer paragraph is parted at sentences into about equal passages, and a sentence over the limit is cut near its
    middle. A heading is kept with what follows it. `count_tokens` is called seldom, each time for many texts, though
    for no more than about a million characters.

    Raises ValueError when `limit` or `target` is below 1.
    """
    if limit < 1 or (target is not None and target < 1):
        raise ValueError(f"limit and target must be at least 1, got limit={limit}, target={target}")
    goal = limit if target is None else min(target, limit)
    barred = merged(Span(max(span.start, 0), min(span.end, len(text))) for span in boilerplate)
    starts = [span.start for span in barred]
    single = ((sentence,) for sentence in _sentences(text, barred))
    sized = ((run[0], size) for run, size in _fitting(single, text, count_tokens, limit))
    runs = (
        run
        # The sentences in stretches with nothing barred between them.
        for _, stretch in groupby(sized, lambda each: bisect_left(starts, each[0].start))
        for run in _packed((part for unit in _units(stretch) for part in _parts(unit, goal, limit)), goal)
    )
    # The sentences' tokens need not add up to the passage's, so passages are counted as they will be read.
    final = _fitting(runs, text, count_tokens, limit)
    return [Passage(number, run[0].start, run[-1].end, run) for number, (run, _) in enumerate(final)]


_Run = tuple[Sentence, ...]
_Sized = tuple[Sentence, int]


def _sentences(text: str, barred: Sequence[Span]) -> Iterator[Sentence]:
    """The sentences of what is not barred; a barred stretch within one cuts it in two."""
    seen = _masked(text, barred)
    ends = [span.end for span in barred]
    for block in blocks(seen):
        if block.kind is Kind.PROSE:
            spans = sentences(seen, block.start, block.end)
        else:
            spans = stripped(seen, block.start, block.end)
        for span in spans:
            for piece in _outside(seen, span, barred, ends):
                yield Sentence(piece.start, piece.end, block.paragraph, block.kind is Kind.HEADING)


def _outside(text: str, span: Span, barred: Sequence[Span], ends: Sequence[int]) -> Iterator[Span]:
    """What of the span is not barred."""
    at = span.start
    index = bisect_right(ends, at)
    while index < len(barred) and barred[index].start < span.end:
        yield from stripped(text, at, max(at, barred[index].start))
        at = barred[index].end
        index += 1
    yield from stripped(text, at, span.end)


def _masked(text: str, barred: Sequence[Span]) -> str:
    """The text with spaces in place of what is barred, line ends kept, so that offsets and layout stay."""
    parts = []
    at = 0
    for span in barred:
        parts += [text[at : span.start], _WITHIN_LINE.sub(" ", span.of(text))]
        at = span.end
    return "".join([*parts, text[at:]])


def _units(stretch: Iterable[_Sized]) -> Iterator[list[_Sized]]:
    """What should stay together: a paragraph, with the headings before it."""
    unit: list[_Sized] = []
    for sentence, size in stretch:
        before = unit[-1][0] if unit else sentence
        if unit and not before.heading and (before.paragraph != sentence.paragraph or sentence.heading):
            yield unit
            unit = []
        unit.append((sentence, size))
    if unit:
        yield unit


def _parts(unit: list[_Sized], goal: int, limit: int) -> Iterator[list[_Sized]]:
    """The unit whole if it has at most `goal` tokens, else parted into about equal runs of sentences."""
    remaining = sum(size for _, size in unit)
    left = -(-remaining // goal)
    part: list[_Sized] = []
    held = 0
    for sentence, size in unit:
        full = held + size > limit or (left > 1 and (2 * held + size) * left > 2 * remaining)
        if part and full and not part[-1][0].heading:
            yield part
            remaining -= held
            left = max(left - 1, 1)
            part, held = [], 0
        part.append((sentence, size))
        held += size
    if part:
        yield part


def _packed(parts: Iterable[list[_Sized]], goal: int) -> Iterator[_Run]:
    """Neighbouring parts together up to `goal` tokens; a heading begins a new run once the last is half full."""
    run: list[Sentence] = []
    held = 0
    for part in parts:
        size = sum(weight for _, weight in part)
        if run and (held + size > goal or (part[0][0].heading and 2 * held >= goal)):
            yield tuple(run)
            run, held = [], 0
        run += [sentence for sentence, _ in part]
        held += size
    if run:
        yield tuple(run)


def _fitting(runs: Iterable[_Run], text: str, count_tokens: TokenCounter, limit: int) -> Iterator[tuple[_Run, int]]:
    """The runs with their tokens; those over `limit` are halved until they fit. One call of the counter a round."""
    for batch in _batches(runs):
        # What is over the limit by its length alone is never shown to the counter.
        short = [text[run[0].start : run[-1].end] for run in batch if _least(run) <= limit]
        counts = iter(count_tokens(short) if short else ())
        fit: list[tuple[_Run, int]] = []
        halves: list[_Run] = []
        for run in batch:
            size = _least(run)
            size = size if size > limit else max(size, next(counts))
            if size > limit and run[-1].end - run[0].start > 1:
                halves += _halves(run, text)
            else:
                fit.append((run, size))
        yield from merge(fit, _fitting(halves, text, count_tokens, limit), key=lambda each: each[0][0].start)


def _least(run: _Run) -> int:
    return -(-(run[-1].end - run[0].start) // _CHARACTERS_PER_TOKEN)


def _batches(runs: Iterable[_Run]) -> Iterator[list[_Run]]:
    """The runs in batches of bounded number and length; a run that is longer is a batch of its own."""
    batch: list[_Run] = []
    held = 0
    for run in runs:
        length = run[-1].end - run[0].start
        if batch and (len(batch) >= _MOST_TEXTS or held + length > _MOST_CHARACTERS):
            yield batch
            batch, held = [], 0
        batch.append(run)
        held += length
    if batch:
        yield batch


def _halves(run: _Run, text: str) -> tuple[_Run, _Run]:
    """The run in two, between the sentences nearest its middle, or through the sentence if there is but one."""
    middle = (run[0].start + run[-1].end) / 2
    last = run[-1]
    if all(sentence.heading for sentence in run[:-1]) and last.start < middle:
        # One sentence, or one with its heading: the heading keeps the first half of it.
        cut = _cut(text, last.start, last.end)
        (first,), (second,) = stripped(text, last.start, cut), stripped(text, cut, last.end)
        return (
            (*run[:-1], replace(last, start=first.start, end=first.end)),
            (replace(last, start=second.start, end=second.end),),
        )
    places = [i for i in range(1, len(run)) if not run[i - 1].heading] or range(1, len(run))
    place = min(places, key=lambda i: abs(run[i].start - middle))
    return run[:place], run[place:]


def _cut(text: str, start: int, end: int) -> int:
    """Where to cut a sentence of two or more characters: near its middle, at a clause, else a space, else anywhere."""
    middle = (start + end) // 2
    quarter = (end - start) // 4
    for pattern in (_CLAUSE, _SPACE):
        reach = _NEAR
        while True:
            # What lies at the edge of a window may look other than it does with what follows.
            first, last = max(start + quarter, middle - reach), min(end - quarter, middle + reach)
            found = (match.end() for match in pattern.finditer(text, first, last))
            place = min((at for at in found if start < at < end), key=lambda at: abs(at - middle), default=None)
            whole = reach >= end - start
            if place is not None and (whole or abs(place - middle) < reach - 1):
                return place
            if whole:
                break
            reach *= 4
    for step in range(min(_LONGEST_CHARACTER, end - start)):
        for place in (middle - step, middle + step):
            if start < place < end and not _joined(text, place):
                return place
    return middle


def _joined(text: str, place: int) -> bool:
    """Whether what stands before and after `place` is seen as one character: an accent, a joined emoji."""
    after = text[place]
    return (
        after == "\u200d"
        or text[place - 1] == "\u200d"
        or unicodedata.category(after).startswith("M")
        or "\U0001f3fb" <= after <= "\U0001f3ff"
    )
