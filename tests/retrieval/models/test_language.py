"""Which language a question or a text is told to be in."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.models.language import LANGUAGES, is_english, question_language, text_language

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
    "words that begin like a word of another language, or are one": """
non-linear regression / non-muslim brotherhood / what co-ed schools are there / citizens portal met / most gift tax
""",
    "names of foreign places and things among keywords": """
menu prices Roma / Mao Ning / hotel limit paris / buenos aires metro line / Piazza Navona parking / bossa nova origin /
Dvořák symphonies / Málaga airport taxi / Zürich rent prices / nasi goreng ingredients / la paz altitude
""",
    "slips of typing: a misspelled word speaks for no other language": """
waht is teh name of teh ship / wher did teh captian go / whos teh owner / hwo mnay boats
""",
    "a title or a word of another language": """
Who sang “Je ne regrette rien”? / was Les Misérables a success / How big is Águas de São Pedro? /
what does que sera sera mean / who wrote la vie en rose / What does the word корабль mean? / Who is 王小波? / what is π
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


QUESTIONS = """
en What does the treaty say? / how long is the trial period / and the mayor? / Who is Angela Merkel?
de Wogegen richteten sich die Demonstrationen? / was kostet joghurt banane pro stück / Fasse das Dokument zusammen
fr Laquelle est irréversible ? / combien me reste-t-il à régler / Qui est Maria Kirilenko ?
es ¿Se puede prorrogar? / cuánto cuesta preguntar / puedo llevar perro a la playa
pt Quem consertou o farol? / posso levar cachorro na praia / E no ano anterior?
it Il prezzo comprende le tasse? / posso portare il cane in spiaggia / quanti abitanti ha Napoli
nl Is btw bij de prijs inbegrepen? / mag ik mijn hond meenemen naar het strand / Krijgen studenten korting?
pl Do kiedy trzeba zapłacić fakturę? / ilu mieszkańców ma Kraków / A w poprzednim roku?
cs Do kdy se musí zaplatit faktura? / kolik obyvatel má Brno / A rok předtím?
sv Hur mycket pengar måste du ha varje dag? / får man ta med hunden till stranden
no Hva heter byen Olwiopol i dag? / kan jeg ta med hunden på stranda
da Er der bøde for at betale for sent? / Hvad sagde borgmesteren efter branden?
fi Minä vuonna Valmet on perustettu? / Miten Federico García Lorca kuoli? / saako koiran ottaa rannalle
hu Miről szól a harmadik fejezet? / vihetek kutyát a strandra / Mekkora a késedelmi díj?
ro câți locuitori are Clujul / Prețul include taxele? / De ce a fost amânat procesul?
tr I. Mustafa yerine kim tahta çıkarıldı? / Kim 1703 yılında İstanbul'da öldü? / köpeğimi plaja götürebilir miyim
id siapakah istri George Bush? / bolehkah membawa anjing ke pantai / Dimanakah letak Granada ?
vi Ai đã sửa ngọn hải đăng? / hồ bơi mở cửa lúc mấy giờ
ru Кто починил маяк? / сколько стоит номер
uk Хто полагодив маяк? / скільки мешканців у Львові
el Ποιος επισκεύασε τον φάρο;
ar من أصلح المنارة؟ / ما هو اكبر بحر
fa چه کسی فانوس دریایی را تعمیر کرد؟ / ریشارد واگنر کیست؟
he מי תיקן את המגדלור
hi लाइटहाउस किसने ठीक किया?
bn বাতিঘরটি কে মেরামত করেছে?
ta கலங்கரை விளக்கத்தை யார் பழுதுபார்த்தார்கள்?
te దీపస్తంభాన్ని ఎవరు బాగు చేశారు?
th ใครซ่อมประภาคาร
zh 谁修好了灯塔？ / 居住证每年要签注几次 / 什么是 lighthouse?
ja 灯台を直したのは誰ですか / ｶﾞｲﾄﾞはどこ / 横浜F・マリノスとは
ko 누가 등대를 고쳤습니까?
"""
NOT_TOLD = """
Mao Ning / Angela Merkel / Los Angeles / Isabel Martínez de Perón / Piazza Navona / 42 / 🙂 / ? / β / menu / 1911 - 1912
"""
TEXTS = {
    "de": "Der Leuchtturm wurde im Jahr 1911 nach einem Feuer im Hafen von Anna Lindqvist wieder hergerichtet. ",
    "sk": "Maják opravili po požiari v prístave, pretože bez neho sa lode báli vplávať v noci do zálivu. ",
    "ca": "El far es va reparar després de l'incendi del port, perquè els vaixells no s'atrevien a entrar-hi. ",
    "bg": "Фарът беше поправен след пожара в пристанището, защото корабите не смееха да влизат нощем. ",
    "ja": "灯台は港の火事のあとに修理された。船が夜に湾へ入るのをこわがったからである。",
    "zh": "港口起火之后，灯塔得到了修复，因为船只夜里不敢驶入海湾。",
    "th": "ประภาคารได้รับการซ่อมแซมหลังไฟไหม้ท่าเรือ (横浜F・マリノス, Yokohama F. Marinos) ",
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


@pytest.mark.parametrize(
    ("code", "question"),
    [
        pytest.param(line[:2], question, id=f"{line[:2]} {number}")
        for line in QUESTIONS.strip().splitlines()
        for number, question in enumerate(line[3:].split(" / "))
    ],
)
def test_the_language_of_a_question(code: str, question: str) -> None:
    """Whole questions are told in each language, also where their small words are English words too."""
    assert question_language(question) == code
    assert is_english(question) == (code == "en")


def test_each_language_is_tried() -> None:
    """None of LANGUAGES goes without a question."""
    assert {line[:2] for line in QUESTIONS.strip().splitlines()} >= LANGUAGES


@pytest.mark.parametrize("question", NOT_TOLD.strip().split(" / "))
def test_names_and_a_keyword_alone_tell_no_language(question: str) -> None:
    """They are told as none, and taken for English."""
    assert question_language(question) is None
    assert is_english(question)


@pytest.mark.parametrize("question", cases(ENGLISH))
def test_english_is_not_told_as_another_language(question: str) -> None:
    """Keywords may tell none."""
    assert question_language(question) in ("en", None)


@pytest.mark.parametrize("code", TEXTS)
def test_the_language_of_a_text(code: str) -> None:
    """A text is told in more languages than a question, wherever it stands in it, and after another one's heading."""
    assert text_language(TEXTS[code]) == code
    assert text_language("Annual report\n\n" + TEXTS[code] * 500) == code


@pytest.mark.parametrize("text", ["", " \n", "12.50 | 13.00 | 1911\n" * 200, "🙂" * 3000])
def test_a_text_without_words_is_in_no_language(text: str) -> None:
    """Numbers and signs tell none."""
    assert text_language(text) is None


@given(st.text(st.characters(), max_size=300))
def test_any_text_is_told_or_not(text: str) -> None:
    """Any text gets the code of a language or none."""
    for code in (question_language(text), text_language(text)):
        assert code is None or (len(code) == 2 and code.isalpha())


@given(st.text(st.characters(), max_size=300))
def test_any_text_is_judged(question: str) -> None:
    """Any text gets an answer, the same however it is composed of spaces around it."""
    assert is_english(question) == is_english(f" {question} ") or len(question) > 250


def test_long_questions_cost_little() -> None:
    """A hostile megabyte takes no longer than what is read of it, in CPU."""
    started = time.process_time()
    for text in ("'" * 1_000_000, "“" * 1_000_000, "a'" * 500_000, "der " * 250_000):
        is_english(text)
        text_language(text)
    assert time.process_time() - started < 5
