"""What speaks against a sentence of a model before any network is asked."""

from __future__ import annotations

import pytest

from bot.answering.generation.gates import Evidence, passes_vetoes, says_nothing_new

REST = "From the perspective of the driver, the car and all that is in it stand still, whatever the street does."
TIES = "China and Russia have deepened their ties in recent years as a counterweight to the West."
TWO = ("The bridge was opened by Anna Berg in 1931.", "It had cost nine million crowns.")


@pytest.mark.parametrize(
    ("sentence", "quotes", "passes"),
    [
        (TIES, (TIES,), True),
        ("China and Russia have deepened their ties in recent years.", (TIES,), True),
        ("China and Russia have deepened their ties in recent years as a counterweight to", (TIES,), False),  # cut
        ("China and Iran have deepened their ties in recent years.", (TIES,), False),
        ("China and Russia have not deepened their ties in recent years.", (TIES,), False),
        ("China and Russia have deepened their ties in 7 recent years.", (TIES,), False),
        ("Ties.", (TIES,), True),
        ("It.", (TIES,), False),  # says nothing
        ("The car and all that is in it stand still.", (REST,), False),  # for the driver alone
        ("For the driver the car and all that is in it stand still.", (REST,), True),
        ("The bridge was opened by Anna Berg in 1931 and had cost nine million crowns.", TWO[:1], False),
        ("The bridge was opened by Anna Berg in 1931 and had cost nine million crowns.", TWO, True),
        ("Anna Berg was opened by the bridge in 1931 and had cost nine million crowns.", TWO, False),
        ("China and Russia have deepened their ties, see ties.example.", (TIES,), False),
        ("China | Russia | have deepened their ties in recent years", (TIES,), False),
    ],
)
def test_vetoes(sentence: str, quotes: tuple[str, ...], passes: bool) -> None:
    """Names, numbers, negation, words, frames, addresses, rows and cut ends."""
    assert passes_vetoes(sentence, Evidence(quotes)) is passes


def test_without_a_judge_only_the_quote_itself_passes() -> None:
    """What bears out a sentence in another language than English nobody can tell yet."""
    quote = "Die Brücke wurde 1931 eröffnet."
    assert passes_vetoes(quote, Evidence((quote,), judged=False))
    assert not passes_vetoes("1931 wurde die Brücke eröffnet.", Evidence((quote,), judged=False))


@pytest.mark.parametrize(
    ("sentence", "question", "nothing"),
    [
        ("Question: On what day does the board meet?", "On what day does the board meet?", True),
        ("The board meets on a day.", "On what day does the board meet?", True),
        ("The board meets on Thursday.", "On what day does the board meet?", False),
        ("The board meets on Thursday.", "Does the board meet on Thursday?", False),
    ],
)
def test_what_the_question_says_is_no_answer(sentence: str, question: str, nothing: bool) -> None:
    """Unless it asks whether that is so."""
    assert says_nothing_new(sentence, question) is nothing


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Chelsea beat Arsenal 3-1 in the final.", "Arsenal beat Chelsea 3-1 in the final."),
        ("The tenant gives the landlord two months.", "The landlord gives the tenant two months."),
        ("The rent was lowered from 800 to 900 euros.", "The rent was lowered from 900 to 800 euros."),
        ("The hall seats 300 children and 120 adults.", "The hall seats 300 adults and 120 children."),
        ("The trail is 12 miles long.", "The trail is 12 kilometres long."),
        ("Stress causes lack of sleep.", "Stress is caused by lack of sleep."),
        ("Mary Kerr was succeeded by John Dunn.", "Mary Kerr succeeded John Dunn."),
        ("Smith stole the painting.", "Prosecutors allege that Smith stole the painting."),
        ("The drug reduces pain.", "The drug may reduce pain."),
        ("The museum opens a second building in 2027.", "The museum plans to open a second building in 2027."),
        ("Passengers are insured.", "Passengers are insured unless they were drunk."),
        ("Dogs are allowed on the trail.", "Dogs are allowed on the trail only in winter."),
        ("Anna Berg attended the meeting.", "Everyone except Anna Berg attended the meeting."),
        ("The bridge is not open, but the tower is.", "The bridge is open, but the tower is not."),
        ("The bridge is nоt open at weekends.", "The bridge is open at weekends."),  # a Cyrillic letter
    ],
)
def test_what_a_sentence_keeps_stands_as_in_the_quote(sentence: str, quote: str) -> None:
    """All its words are in the quote, and it says something else."""
    assert not passes_vetoes(sentence, Evidence((quote,), question="Who, what, how many and is it so?"))


def test_whom_a_pronoun_means_a_question_does_not_tell() -> None:
    """A name from the question may stand in a sentence, but not for somebody that the quote does not name."""
    quote = "She moved to Oban in 1931."
    sentence = "Ingrid Holm moved to Oban in 1931."
    assert not passes_vetoes(sentence, Evidence((quote,), question="When did Ingrid Holm move to Oban?"))
    assert passes_vetoes(sentence, Evidence((quote,), titles="Ingrid Holm"))


def test_what_two_quotes_say_is_put_together_only_of_the_same() -> None:
    """They stand one after the other, or name the same person or thing."""
    quotes = ("Anna Berg is the director of the museum in Oban.", "The director of the museum in Kent earns 90,000.")
    sentence = "Anna Berg is the director of the museum and earns 90,000."
    assert not passes_vetoes(sentence, Evidence(quotes, joined=False))
    named = ("Anna Berg is the director of the museum.", "Anna Berg earns 90,000.")
    assert passes_vetoes(sentence, Evidence(named, joined=False))
