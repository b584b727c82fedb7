"""Which sentences make a summary: what a text is about, in its order, without what cannot stand alone."""

from __future__ import annotations

import pytest

from bot.answering.summary import STANDS_ALONE, against
from bot.answers import Answer, Turn
from bot.bootstrap import Footnote
from retrieval.types import Document

ABOUT = "The lighthouse on the cape has guided ships into the harbour since 1844."
TEXT = f"""# The lighthouse on the cape

{ABOUT} It was built of granite from the quarry inland.

## Keepers

Three keepers lived in the lighthouse and lit its lamp every evening for ships. "Never let it go out!" said the oldest.

## Lamp

The lamp of the lighthouse burned whale oil until 1901, when the harbour board bought an electric one for the ships.

## Licence

Donations to the foundation are tax deductible in all states.

Berg, A., Lighthouses of the north, 1931, pp. 12-14.
"""


def _summary(footnote: Footnote, question: str = "Summarise this") -> Answer:
    footnote.library.add(Document("cape.md", "The lighthouse on the cape", TEXT))
    return footnote.assistant.answer(Turn(question, "local"))


def test_a_summary_is_of_what_a_text_is_about(footnote: Footnote) -> None:
    """Its opening and a sentence of each section, in their order; no licence, reference, speech or aside."""
    answer = _summary(footnote)
    quotes = [one.quote for one in answer.citations]
    assert quotes[0] == ABOUT
    assert [one.start for one in answer.citations] == sorted(one.start for one in answer.citations)
    assert any("keepers lived" in quote for quote in quotes)
    assert any("whale oil" in quote for quote in quotes)
    assert not any(word in answer.text for word in ("tax", "pp.", "Never"))


def test_as_many_sentences_as_are_asked_for(footnote: Footnote) -> None:
    """One is the one that tells most."""
    answer = _summary(footnote, "Tell me in one sentence what this is about")
    assert [one.quote for one in answer.citations] == [ABOUT]


@pytest.mark.parametrize(
    ("said", "alone"),
    [
        (ABOUT, True),
        ("居住证是持证人在居住地居住、作为常住人口享受基本公共服务和便利的证明。", True),
        ("Die Laterne des Turms brannte bis 1901 mit Öl.", True),
        ("However, it burned oil until then.", False),
        ("“Never let it go out!” said the oldest of them.", False),
        ("Berg, A., Lighthouses of the north, 1931, pp. 12-14.", False),
        ("Zero.", False),
        ("and lit its lamp every evening", False),
        ("12,910 | 247,526,916 | 8,263.3 | 11,062.6", False),
    ],
)
def test_what_cannot_stand_alone_has_something_against_it(said: str, alone: bool) -> None:
    """Fragments, asides, speech, references and rows of figures."""
    assert (against(said) < STANDS_ALONE) is alone
