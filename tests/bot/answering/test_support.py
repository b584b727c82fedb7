"""The judge: verbatim words need no network, and other words need the network and the rules."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.support import ENOUGH, Judge, numbers_stand, verbatim
from retrieval.models.reader import OnnxReader
from retrieval.models.reading import Reader, Reading

QUOTE = "The lighthouse of Skalen was built of granite in 1844,\nand its keeper counted nine ships."


class Counting:
    """The network that ships, and how many pairs it was asked about."""

    def __init__(self) -> None:
        self.asked = 0
        self._reader = OnnxReader()

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """Nothing: a judge does not read."""
        raise AssertionError(question)

    def support(self, sentences: Sequence[str], quotes: Sequence[str]) -> list[float]:
        """What the network says, counted."""
        self.asked += len(sentences)
        return self._reader.support(sentences, quotes)


@pytest.fixture(scope="module")
def network() -> Counting:
    return Counting()


def never() -> Reader:
    raise AssertionError("a verbatim quote needs no network")


@pytest.mark.parametrize("sentence", [QUOTE, " ".join(QUOTE.split())])
def test_words_of_the_quote_need_no_network(sentence: str) -> None:
    """The whole quote, line ends aside: certain, and no network is loaded."""
    assert Judge(never).support([sentence], [QUOTE]) == [1.0]


@pytest.mark.parametrize(
    "sentence", ["", " ", "counted nine ship", "was built of granite in 1844,", QUOTE.upper(), f"Yes: {QUOTE}"]
)
def test_parts_of_a_quote_are_not_verbatim(sentence: str) -> None:
    """Nothing, a part, other letters: what is left out may say otherwise."""
    assert not verbatim(sentence, QUOTE)


@pytest.mark.parametrize(
    ("sentence", "enough"),
    [
        ("The lighthouse is made of granite.", True),
        ("Skalen has a lighthouse of granite.", True),
        ("The lighthouse was built in 1854.", False),
        ("The lighthouse was not built of granite.", False),
        ("The lighthouse was built by a Dutch engineer.", False),
    ],
)
def test_other_words_are_judged(network: Counting, sentence: str, enough: bool) -> None:
    """What the quote says in other words may be said; another number, a negation, an addition may not."""
    assert (Judge(lambda: network).support([sentence], [QUOTE])[0] >= ENOUGH) == enough


FIRE = (
    "On Tuesday, 14 March 1911, Mayor Anna Lindqvist said in Holm that the harbour fire had destroyed 5,759 crates "
    "of herring and three of the seven warehouses, and that the United Fishers’ League had not asked for any help."
)


@pytest.mark.parametrize(
    ("sentence", "quote", "said"),
    [
        ("The fire had destroyed 5,800 crates of herring.", FIRE, False),
        ("The mayor spoke on 15 March 1911.", FIRE, False),
        ("Anna Lindqvist said in Oslo that the harbour fire had destroyed herring.", FIRE, False),
        ("The League had asked for help.", FIRE, False),
        ("Berg warned the fishermen of the storm.", "Lindqvist also warned the fishermen of the storm.", False),
        ("The ferry sank off Holm in 1904.", "The ferry sank off Varn in 1904.", False),
        ("The keeper has never seen the lamp go out.", "The keeper has seen the lamp go out.", False),
        ("The catch increased in winter.", "The catch decreased in winter.", False),
        ("The net was mended before the storm.", "The net was mended after the storm.", False),
        ("Berg was the first keeper.", "Berg was the last keeper.", False),
        ("It took 9 hours.", "It took 7 hours and 9 men.", False),
        ("Varn is a shipyard.", "Holmwerft is a shipyard in Varn.", False),
        ("Lindqvist said that the fire had destroyed herring.", FIRE, True),
        ("The fire destroyed 3 of 7 warehouses.", FIRE, True),
        ("The UFL had not asked for help.", FIRE, True),
        ("The League didn't ask for any help.", FIRE, True),
        ("Two keepers, Berg and Dahl, live there.", "Berg and Dahl live there.", True),
        ("The harbour of the US is closed.", "The harbour of the United States is closed.", True),
        ("The Swedish boats left.", "Boats of Sweden left.", True),
    ],
)
def test_the_same_may_be_said_otherwise_and_nothing_turned_round(
    network: Counting, sentence: str, quote: str, said: bool
) -> None:
    """By surname, by initials, in figures, by an adjective; not with another number, date or name, a negation on one
    side, an opposite, two things exchanged.
    """
    support = Judge(lambda: network).support([sentence], [quote])[0]
    assert support > 0.6 if said else support < 0.4


@pytest.mark.parametrize(
    ("sentence", "quote", "stand"),
    [
        (FIRE, FIRE, True),
        ("3 of 7 warehouses burned in the 1910s.", FIRE, True),
        ("Das Feuer hat 5.800 Kisten zerstört.", FIRE, False),
        ("Пожар уничтожил 12 складов.", FIRE, False),
        ("The fire destroyed 12 % of the herring.", FIRE, False),
        ("The mayor spoke on 15 March 1911.", FIRE, False),
        ("fifty-eight boats", "57 boats", True),  # in words, it is not compared
        ("DB10 and v1.2", "", True),  # inside a word it is none
        # values: separators, words, scales, currencies, scripts
        ("1.234.567 and 1,234,567.5", "1234567 or 1 234 567.5".replace(" ", "\u00a0"), True),
        ("21 gulls, 250,000 eels", "twenty-one gulls, two hundred and fifty thousand eels", True),
        ("12, 100", "a dozen, a hundred", True),
        ("2 and 3", "two and three", True),
        ("2 and 5", "two and three", False),
        ("$3bn, £5m, 2.5 million", "3,000,000,000 or 5,000,000 or 2,500,000", True),
        ("5 m", "5 million", False),
        ("the 21st and 3rd", "the twenty-first and third", True),
        ("人口320万", "3,200,000", True),
        ("٤٢", "42", True),
        # rounded ones stand where they are said roughly
        ("5,759", "5759", True),
        ("5,800", "5,759", False),
        ("about 5,800", "5,759", True),
        ("nearly 6,000", "5,759", True),
        ("about 5,200", "5,759", False),
        ("5,759", "about 5,800", False),
        ("2.5 million", "2,512,000", True),
        ("2.6 million", "2,512,000", False),
        ("more than 5,000", "5,759", True),
        ("more than 6,000", "5,759", False),
        ("under 60", "57", True),
        # shares stand for shares, a year for its decade and century
        ("12 %", "twelve per cent", True),
        ("12 %", "12 boats", False),
        ("the 1970s", "1974", True),
        ("the 90s", "1987", False),
        ("1874", "the nineteenth century", True),
        ("the 19th century", "1874", True),
        ("the 18th century", "1874", False),
    ],
)
def test_a_number_that_the_quote_lacks_is_seen(sentence: str, quote: str, stand: bool) -> None:
    """In any language, however it is written; only numbers in digits are looked for."""
    assert numbers_stand(sentence, quote) is stand


@given(*[st.text(st.characters(), max_size=200) | st.text(alphabet="0129,.-% $kmMay", max_size=60)] * 2)
def test_any_text_has_its_numbers_compared(text: str, other: str) -> None:
    """Any text can be read, and bears out its own numbers."""
    numbers_stand(text, other)
    assert numbers_stand(text, text)


def test_long_texts_have_their_numbers_compared_in_no_time() -> None:
    """Repetitive ones, too."""
    started = time.process_time()
    for text in ("in March 5 " * 9000, "1,000 " * 9000, "9" * 90000):
        numbers_stand(text, f"{text[3:]} more")
    assert time.process_time() - started < 20  # a hang, not a slow machine


def test_each_pair_is_asked_about_once(network: Counting) -> None:
    """Answers come in the order of the pairs, whatever is verbatim or repeated among them."""
    sentences = ["The lighthouse is old.", QUOTE, "The lighthouse is old."]
    before = network.asked
    first, second, third = Judge(lambda: network).support(sentences, [QUOTE] * 3)
    assert network.asked == before + 1
    assert second == 1.0
    assert first == third < 1.0
