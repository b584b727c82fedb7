"""What can be quoted, and the words that say what a line is about."""

from __future__ import annotations

from bot.answering.draft import Quote
from bot.answering.quotes import in_sentences, quotable
from retrieval.chunking.chunker import split
from retrieval.search import Origin, RankedPassage
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
    assert [
        quote.words for quote in quotes_of(text) if "`" in quote.words or "*" in quote.words or "—" in quote.words
    ] == []
    assert {"The key is under the mat.", "The cat is called Miso."} <= {quote.words for quote in quotes_of(text)}


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
