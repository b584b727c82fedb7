"""What can be quoted, the words that say what a line is about, and where words that are shown bold begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.draft import Quote
from bot.answering.quotes import in_sentences, quotable, tidied
from retrieval.chunking.chunker import split
from retrieval.ranked_passage import Origin, RankedPassage
from retrieval.types import Span

GUIDE = """# The Harbour Museum

The museum is on Quay Street. It is open on these days:

| Day | Opens | Closes |
| --- | --- | --- |
| Wednesday | 10:00 | 20:00 |
| Saturday | 9:00 | 18:00 |

## Tickets

Prices are:

- Adults: £9.50
- Students: £6

## Questions

**Can I bring a picnic?** Yes, on the terrace.

Is there parking? The nearest car park is at Mill Lane.
"""


def quotes_of(text: str) -> list[Quote]:
    """The quotes of a text that is one passage or several."""
    origin = Origin("d", "shared", 1, "Guide", "guide.md", None)
    cut = split(text, (), lambda texts: [len(one.split()) for one in texts], 200)
    return quotable([RankedPassage(origin, passage, text, 0, 1.0, 1.0, 3.0) for passage in cut])


def test_lines_that_only_lead_to_others_are_never_quoted() -> None:
    """No heading, no question of an FAQ, no head of a table, no line that opens a list is an answer."""
    quoted = [quote.words for quote in quotes_of(GUIDE)]
    assert quoted == [
        "The museum is on Quay Street.",
        "| Wednesday | 10:00 | 20:00 |",
        "| Saturday | 9:00 | 18:00 |",
        "- Adults: £9.50",
        "- Students: £6",
        "Yes, on the terrace.",
        "The nearest car park is at Mill Lane.",
    ]


def test_what_leads_to_a_line_is_read_with_it() -> None:
    """A row is read with the head of its table, an item with the opening of its list, an answer with its question."""
    leads = {quote.words: quote.lead for quote in quotes_of(GUIDE)}
    assert "| Day | Opens | Closes |" in leads["| Saturday | 9:00 | 18:00 |"]
    assert leads["- Students: £6"] == "## Tickets\nPrices are:"
    assert leads["Yes, on the terrace."] == "## Questions\n**Can I bring a picnic?**"
    assert leads["The nearest car park is at Mill Lane."] == "## Questions\nIs there parking?"


def test_what_says_nothing_is_not_quoted() -> None:
    """Rules and fences of code stand between words, and answer nothing."""
    text = "The key is under the mat.\n\n***\n\n```\nopen(door)\n```\n\n— — —\n\nThe cat is called Miso.\n"
    quoted = {quote.words for quote in quotes_of(text)}
    assert not any(set("`*—") & set(words) for words in quoted)
    assert {"The key is under the mat.", "The cat is called Miso."} <= quoted


def test_a_summary_takes_whole_sentences() -> None:
    """Rows, items and answers of an FAQ are left out of a summary, unless there is nothing else."""
    whole = [quote.words for quote in in_sentences(quotes_of(GUIDE))]
    assert whole == ["The museum is on Quay Street."]
    items = quotes_of("- bread\n- butter\n- salt\n")
    assert in_sentences(items) == items


def test_places_that_were_quoted_before_are_left_out() -> None:
    """What is in `seen` is not quoted again; the same place in another document is."""
    first = quotes_of(GUIDE)[0]
    passages = [first.passage]
    assert first.words not in [q.words for q in quotable(passages, [("d", first.span)])]
    assert first.words in [q.words for q in quotable(passages, [("other", first.span)])]
    assert quotable([], [("d", Span(0, 1))]) == []


@pytest.mark.parametrize(
    ("words", "told", "shown"),
    [
        ("Try it with --dry-run first.", "dry", "dry-run"),
        ("A 54-year-old driver died.", "54-year", "54-year-old"),
        ("It closed on 4 May 1912.", "1912", "1912"),
        ("Closed in July and August.", "July and August.", "July and August"),
        ("It was built in 1844.", "1844.", "1844"),
        ("She called it “the lamp” once.", "“the lamp”", "the lamp"),
        ("She called it “the lamp of Skalen” once.", "“the lamp", "the lamp"),
        ("Run `make` first.", "`make", "make"),
        ("A rate of 4 percent, at most.", " 4 percent,", "4 percent"),
        ("It has a “Titanic” poster in the hall.", "“Titanic” poster", "“Titanic” poster"),
        ("Xi Jinping said so.", "Xi Jinping", "Xi Jinping"),
        ("Ferries - and trains - stopped.", "Ferries", "Ferries"),
        ("...", "..", ".."),
    ],
)
def test_whole_words_without_what_is_not_theirs(words: str, told: str, shown: str) -> None:
    """Words and hyphenated words are whole; quotation marks stand in pairs or not at all."""
    start = words.find(told)
    start = max(start, 0)
    assert tidied(words, Span(start, start + len(told))).of(words) == shown


@given(st.text(alphabet="ab1 .-“”\"'|\n", min_size=1, max_size=40), st.data())
def test_something_is_always_left(words: str, data: st.DataObject) -> None:
    """Whatever the words, the span lies in them and is not empty."""
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    found = tidied(words, Span(start, end))
    assert 0 <= found.start < found.end <= len(words)
