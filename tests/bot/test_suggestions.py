"""Suggested questions: each is really answered, with words on what it names."""

from __future__ import annotations

from bot.answers import Answer, Turn
from bot.bootstrap import Footnote
from bot.suggestions import suggest
from retrieval.library.catalogue import readable_by
from retrieval.types import Document

LETTER = (
    "The lighthouse at Skerryvore was built by the engineer Alan Stevenson between 1838 and 1844. "
    "Skerryvore stands eleven miles from Tiree. Professor Mary Campbell said that the tower is the most graceful one. "
    "Granite for it came from Mull, and the stone of Mull is pink."
)


def suggested(footnote: Footnote, document: str) -> list[tuple[str, Answer]]:
    """The questions on a document of the library, with their answers."""
    owners = readable_by("local")

    def answer(question: str) -> Answer:
        return footnote.assistant.answer(Turn(question, "local", documents=(document,)))

    found = suggest(answer, footnote.library.words(document, owners))
    return [(question, answer(question)) for question in found]


def test_the_article_has_three_questions_that_it_answers(footnote: Footnote) -> None:
    """Each names somebody or something, is answered, and is answered by words that no other one is answered by."""
    footnote.seed()
    (entry,) = footnote.library.entries(readable_by("local"))
    found = suggested(footnote, entry.id)
    assert len(found) == 3
    assert all(answer.status == "answered" for _, answer in found)
    assert len({answer.citations[0].start for _, answer in found}) == 3
    assert len({question for question, _ in found}) == 3


def test_another_text_has_questions_of_its_own(footnote: Footnote) -> None:
    """They come from the words of the text, whatever it is about."""
    footnote.library.add(Document("letter", "A lighthouse", LETTER), "local")
    (entry,) = footnote.library.entries(readable_by("local"))
    found = suggested(footnote, entry.id)
    assert found
    names = ("Stevenson", "Campbell", "Skerryvore", "Mull", "Tiree")
    for question, answer in found:
        assert answer.status == "answered"
        assert any(name in question and name in answer.citations[0].quote for name in names)


def test_a_text_without_names_is_summarised(footnote: Footnote) -> None:
    """Where no question can be made, a summary is offered, and can be had."""
    text = "the bread is baked in the morning. it is sold in the afternoon. whoever comes late gets none."
    footnote.library.add(Document("bread", "bread", text), "local")
    (entry,) = footnote.library.entries(readable_by("local"))
    ((_question, answer),) = suggested(footnote, entry.id)
    assert answer.status == "answered"


def test_what_is_not_answered_is_not_suggested() -> None:
    """Where nothing is answered no question of the text is shown, however many names there are."""
    asked = []

    def refuse(question: str) -> Answer:
        asked.append(question)
        return Answer("not_in_documents", "The text does not say.", (), question, question)

    text = " ".join(f"Yesterday we met Anna Meier{letter} in Basel{letter}." for letter in "abcdefghijklmnop")
    assert suggest(refuse, text) == ["Summarise the text."]
    assert 0 < len(asked) <= 12


def test_what_was_asked_or_quoted_is_not_suggested_again(footnote: Footnote) -> None:
    """After the answers to what is suggested first, other questions are; none of them is answered by the same words."""
    footnote.seed()
    (entry,) = footnote.library.entries(readable_by("local"))
    first = suggested(footnote, entry.id)

    def answer(question: str) -> Answer:
        return footnote.assistant.answer(Turn(question, "local", documents=(entry.id,)))

    before = [found for _, found in first]
    following = suggest(answer, footnote.library.words(entry.id, readable_by("local")), before=before)
    assert not {question for question, _ in first} & set(following)
    quoted = {one.start for found in before for one in found.citations}
    assert not quoted & {answer(question).citations[0].start for question in following[:-1]}
