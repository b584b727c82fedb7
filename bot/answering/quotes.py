"""Which sentences of a passage can be quoted, the words before each that say what it is about, and their edges.

A heading without a number or a value, the question of an FAQ, the line that opens a list and the head of a table answer
nothing by themselves, but tell what the words under them are about: they are read with them. Knows no scores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.answering.draft import Quote
from retrieval.chunking.tables import has_cells, is_row, names_columns
from retrieval.ranked_passage import RankedPassage
from retrieval.types import Sentence, Span

_MARKUP = " \t\r\n*_`\"'”’»)]"
ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s")
_LISTED = re.compile(rf"{ITEM.pattern}|\s*\|")  # an item of a list, or a row of a table
_TABLE_HEAD = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*(?::?-+:?[ \t]*)?$", re.MULTILINE)
_SENTENCE_END = (".", "!", "…", "。", "！", "؟", "।")
_VALUE = re.compile(r"\d|[:：][ \t*_]*\w")  # in a form and a table what reads like a heading may be what is asked for
_ENUMERATED = re.compile(r"[#*_ \t]*\d{1,3}(?:\.\d{1,3})*[.):]?(?=\s)")  # "5.1 Fees"
_SAYS_SOMETHING = re.compile(r"\w")  # a rule or a fence of code does not
_BLANK_LINE = 2  # line ends
_FEWEST_HEADINGS = 5  # one after the other, as at the head of a chapter: "The start—A storm—We are saved"
_LONGEST_HEADING = 16  # words
_FEWEST_WORDS = 4
_WORD = re.compile(r"\w+(?:[-’']\w+)*")
_AROUND = " \t\r\n\u00a0\u202f,;:.|*_()[]"
_QUOTES = "“”„‘’«»\"'`"
_YES_OR_NO = re.compile(r"\s*(?:[AQ][:.] *)?(?:yes|no)[.,!]*\s*", re.IGNORECASE)


def quotable(passages: Sequence[RankedPassage], seen: Sequence[tuple[str, Span]] = ()) -> list[Quote]:
    """The sentences that can be quoted, passage by passage in the order of the text, without the places in `seen`."""
    found = [quote for passage in passages for quote in _of_passage(passage)]
    return [q for q in found if not any(q.passage.origin.id == i and q.span.overlaps(span) for i, span in seen)]


def in_sentences(quotes: Sequence[Quote]) -> list[Quote]:
    """Those that are whole sentences and can stand in a summary, not list items or rows; all when there are none."""
    whole = [
        quote
        for quote in quotes
        if quote.words.rstrip(_MARKUP).endswith(_SENTENCE_END)
        and not ITEM.match(quote.words)
        and not quote.lead.rstrip(_MARKUP).endswith(("?", "？"))  # answers a question, stands for nothing else
        and (len(quote.words.split()) >= _FEWEST_WORDS or not quote.words.isascii())
    ]
    return whole or list(quotes)


def is_listed(words: str) -> bool:
    """Whether they are an item of a list or a row of a table."""
    return _LISTED.match(words) is not None or "\t" in words.strip() or has_cells(words)


def tidied(words: str, span: Span) -> Span:
    """The span of `words` (offsets in them) at whole words, without white space and punctuation around them.

    A reader finds pieces of words: it may begin after a hyphen, or end before one. Unchanged where nothing is left.
    """
    cut = [word.span() for word in _WORD.finditer(words) if word.start() < span.end and word.end() > span.start]
    start = min([span.start, *(start for start, _ in cut[:1])])
    end = max([span.end, *(end for _, end in cut[-1:])])
    within = words[start:end].strip(_AROUND)
    # Quotation marks within belong to the words: of “Titanic” poster, both are shown.
    whole = within[:1] in _QUOTES and within[-1:] in _QUOTES
    around = _AROUND + _QUOTES if whole or not any(mark in within[1:-1] for mark in _QUOTES) else _AROUND
    shown = words[start:end]
    start += len(shown) - len(shown.lstrip(around))
    end -= len(shown) - len(shown.rstrip(around))
    return Span(start, end) if start < end else span


def _of_passage(passage: RankedPassage) -> Iterator[Quote]:
    heading = opening = asked = ""
    columns = passage.head
    # The paragraph of the table that a row goes on with: only the first row of one may name its columns.
    table = passage.passage.sentences[0].paragraph if _goes_on(passage) else 0
    begun: Sentence | None = None
    sentences = passage.passage.sentences
    for sentence, after in zip(sentences, [*sentences[1:], None], strict=True):
        words = passage.words(sentence.span)
        ending = words.rstrip(_MARKUP)
        following = "" if after is None else passage.words(after.span)
        if _YES_OR_NO.fullmatch(words) and after is not None and after.paragraph == sentence.paragraph:
            begun = sentence  # says nothing without the sentence that follows
            continue
        if sentence.heading:
            # By likeness alone a heading seems to answer; its number in the text is no value.
            if passage.reading is not None and _VALUE.search(_ENUMERATED.sub("", words, count=1)):
                yield Quote(passage, sentence.span, sentence.paragraph, heading)
            heading, opening, columns, asked = words, "", "", ""
        elif ending.endswith(("?", "？")) and after is not None and not after.heading:
            asked = words
        elif table != sentence.paragraph and after is not None and _begins_table(sentence, after, words, following):
            table = sentence.paragraph
            columns, opening = words, words if _TABLE_HEAD.search(words) else ""
        elif _TABLE_HEAD.search(words) or (ending.endswith((":", "：")) and _LISTED.match(following)):
            opening = words
        elif _SAYS_SOMETHING.search(words) and not _is_synopsis(words):
            listed, row = _LISTED.match(words), is_row(words)
            if not row or (table and table != sentence.paragraph):
                columns = ""
            table = sentence.paragraph if row else 0
            lead = "\n".join(part for part in (heading, opening if listed else "", asked) if part)
            start = sentence.start if begun is None else begun.start
            yield Quote(passage, Span(start, sentence.end), sentence.paragraph, lead, columns)
            asked = ""
            opening = opening if listed else ""
        begun = None


def _begins_table(sentence: Sentence, after: Sentence, words: str, following: str) -> bool:
    return sentence.paragraph == after.paragraph and names_columns(words, following)


def _goes_on(passage: RankedPassage) -> bool:
    """Whether a passage begins within a paragraph."""
    start = passage.passage.start
    before = passage.words(Span(passage.window_start, start))
    return before.strip() != "" and before[len(before.rstrip()) :].count("\n") < _BLANK_LINE


def _is_synopsis(words: str) -> bool:
    """Whether they tell what a chapter is about, in headings with dashes between them: they only name what it says."""
    pieces = words.split("—")
    return len(pieces) >= _FEWEST_HEADINGS and all(len(piece.split()) <= _LONGEST_HEADING for piece in pieces)
