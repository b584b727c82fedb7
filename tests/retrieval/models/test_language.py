"""Whether a short question is taken for English."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.models.language import is_english

ENGLISH = {
    "whole questions, fragments and shouting, also where words look German": """
Who repaired the lighthouse at Holm Point? / was the bridge a wooden one / Did anybody see her in the harbour? /
WHAT DOES THE TREATY SAY / why? / and the mayor? / sum it up
""",
    "keywords, and names that hold small words of another language": """
lighthouse repair cost / harbour fire 1911 / Anna Lindqvist / Los Angeles population / De Gaulle biography /
Van Gogh paintings list / El Niño effects / São Paulo mayor / Das Kapital author / Les Misérables author /
Rio de Janeiro carnival / Kim Jong Un age / beta β-carotene / 42 / 🙂
""",
    "slips of typing: a misspelled word speaks for no other language": """
waht is teh name of teh ship / wher did teh captian go / whos teh owner / hwo mnay boats
""",
    "a title or a word of another language": """
Who sang “Je ne regrette rien”? / what does que sera sera mean / who wrote la vie en rose /
What does the word корабль mean? / Who is 王小波? / what is π
""",
}
OTHER = {
    "Latin letters, with and without accents and capitals": """
Wer hat den Leuchtturm repariert? / was hat der kapitän gesagt / Worum geht es in dem Text? /
Wer spielte in “The Lord of the Rings”? / Qui a réparé le phare ? / pourquoi le port est fermé /
c'est quoi le traité / ¿Quién reparó el faro? / cuando fue el incendio / de que trata el texto /
Chi ha riparato il faro? / cosa ha detto il sindaco / Quem consertou o farol? / por que o porto fechou /
Wie heeft de vuurtoren gerepareerd? / waarom is de haven dicht / Vem lagade fyren? / Hvem reparerede fyret? /
Kto naprawił latarnię? / Kdo opravil maják? / Deniz fenerini kim onardı ve neden? / Ai đã sửa ngọn hải đăng? /
Siapa yang memperbaiki mercusuar?
""",
    "another script, also with a Latin name": """
Кто починил маяк? / Хто полагодив маяк? / من أصلح المنارة؟ / 谁修好了灯塔？ / 什么是 lighthouse? /
灯台を直したのは誰ですか / 누가 등대를 고쳤습니까? / Ποιος επισκεύασε τον φάρο; /
מי תיקן את המגדלור / लाइटहाउस किसने ठीक किया? / ใครซ่อมประภาคาร
""",
}


def cases(groups: dict[str, str]) -> list[object]:
    """A case for each question, which stand between slashes."""
    return [
        pytest.param(question, id=f"{kind.split()[0]} {number}")
        for kind, questions in groups.items()
        for number, question in enumerate(" ".join(questions.split()).split(" / "))
    ]


@pytest.mark.parametrize("question", ["", *cases(ENGLISH)])
def test_english(question: str) -> None:
    """Each kind of ENGLISH is: where no small word speaks for another language, English is assumed."""
    assert is_english(question)


@pytest.mark.parametrize("question", cases(OTHER))
def test_other_languages(question: str) -> None:
    """Small words tell other languages in Latin letters, and any other script does."""
    assert not is_english(question)


@given(st.text(st.characters(), max_size=300))
def test_any_text_is_judged(question: str) -> None:
    """Any text gets an answer, the same however it is composed of spaces around it."""
    assert is_english(question) == is_english(f" {question} ") or len(question) > 250


def test_long_questions_cost_little() -> None:
    """A hostile megabyte takes no longer than what is read of it."""
    started = time.perf_counter()
    for text in ("'" * 1_000_000, "“" * 1_000_000, "a'" * 500_000, "der " * 250_000):
        is_english(text)
    assert time.perf_counter() - started < 1
