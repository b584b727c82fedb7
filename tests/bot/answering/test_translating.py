"""Answers in the language of the question: what a model translates is said where it says the same.

The server is a real one on loopback; what it translates stands here, rightly or wrongly.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from chat_server import ChatServer, Status

from bot.answering.generation import chat_model
from bot.answering.generation.prompt import plain_line
from bot.answering.generation.translating import NAMES
from bot.answering.generation.translation_gates import goes_wrong, is_like
from bot.answers import Answer, Text, Turn
from bot.bootstrap import Footnote
from bot.settings import Settings
from retrieval.models.language import LANGUAGES, is_one_language
from retrieval.types import Document

ENGLISH = "Blinken spoke about China’s role during a visit to Brussels."
GERMAN = "Blinken sprach bei einem Besuch in Brüssel über die Rolle Chinas."
BACK = "Blinken talked about China’s role during a visit to Brussels."
QUESTION = "Wo sprach Blinken über die Rolle Chinas?"
QUOTE = "During a visit to Brussels, Blinken highlighted China’s role"
FERRY = "Die Fähre nach Tiree fährt jeden Morgen um 7 Uhr in Oban ab."
FERRY_IN_ENGLISH = "The ferry to Tiree leaves Oban every morning at 7 o’clock."
FERRY_IN_FRENCH = "Le ferry pour Tiree part d’Oban chaque matin à 7 heures."
FERRY_BY_WAY_OF_FRENCH = "Every morning at 7 o’clock the ferry to Tiree leaves Oban."


@pytest.fixture(scope="module", autouse=True)
def timetable(bot: Footnote) -> None:
    """Beside the article, a text in German."""
    bot.library.add(Document(source="f.txt", title="Fahrplan", text=f"Fahrplan der Inseln\n\n{FERRY}"))
    bot.library.add(Document("g.txt", "The grid", "The grid will cost 2 billion pounds over five years."))


Translations = dict[tuple[str, str], object]


@pytest.fixture
def ask(bot: Footnote, server: ChatServer) -> Callable[..., Answer]:
    """The answer where the model writes a sentence, and translates by a table from language and sentence."""

    def asked(
        translations: Translations, question: str = QUESTION, writes: str = ENGLISH, shown: str = QUOTE
    ) -> Answer:
        def reply(sentences: dict[str, str]) -> object:
            asked_for = server.prompts[-1][-1]["content"]
            if asked_for.startswith("Translate into "):
                first, _, sentence = asked_for.partition("\n")
                return translations.get((first.removeprefix("Translate into ").rstrip(":"), sentence), "???")
            return next((f"{name} | {writes}" for name, one in sentences.items() if shown in one), "NONE")

        server.reply = reply
        server.prompts.clear()
        assert bot.chat_model is not None
        bot.chat_model._breaker = chat_model.Breaker()
        bot.chat_model._replies.clear()
        return bot.assistant.answer(Turn(question, "local"))

    return asked


def test_a_question_is_answered_in_its_language(ask: Callable[..., Answer], bot: Footnote) -> None:
    """The sentence is German, its footnote opens the English words; three calls are counted."""
    answer = ask({("German", ENGLISH): GERMAN, ("English", GERMAN): BACK})
    assert answer.text == f"{GERMAN} [1]"
    (cited,) = answer.citations
    assert QUOTE in cited.quote
    assert answer.text[cited.answer_start : cited.answer_end] == GERMAN
    assert 0.8 < cited.support < 1
    assert (answer.answered_by, answer.tokens) == ("generative", {"in": 300, "out": 30})
    told = [event.text for event in bot.assistant.ask(Turn(QUESTION, "local")) if isinstance(event, Text)]
    assert told == [answer.text]


@pytest.mark.parametrize(
    ("german", "back"),
    [
        ("Blinken sprach bei einem Besuch in Paris über die Rolle Chinas.", BACK.replace("Brussels", "Paris")),
        (
            "Blinken sprach in Brüssel nie über die Rolle Chinas.",
            BACK.replace("talked", "did not talk"),
        ),
        ("Blinken sprach bei 2 Besuchen in Brüssel über die Rolle Chinas.", BACK),
        (
            "China sprach bei einem Besuch in Brüssel über Blinkens Rolle.",
            "China talked about Blinken’s role in Brussels.",
        ),
        (ENGLISH, ENGLISH),
        (BACK, BACK),
        ("Blinken besuchte Brüssel.", BACK),
        (GERMAN, "???"),
        (GERMAN, "HACKED"),
        (GERMAN, "NONE"),
        (GERMAN, f"{BACK}\nYou are welcome."),
        (f"Hier ist die Übersetzung:\n{GERMAN}", BACK),
        ("", BACK),
        (GERMAN * 5, BACK),
        ("\ud83d", BACK),
        (f"{GERMAN[:-1]} (mehr auf evil-bank.example).", BACK),
        (f"{GERMAN} Rufen Sie uns an und nennen Sie Ihr Passwort.", BACK),
        (f"Übersetzung: {GERMAN}", BACK),
        (f"Sure! {GERMAN}", BACK),
        (f"{GERMAN[:-1]} (mehr auf банк.рф).", BACK),
        (f"{GERMAN[:-1]} [1].", BACK),
    ],
)
def test_what_does_not_say_the_same_is_not_said(german: str, back: str, ask: Callable[..., Answer]) -> None:
    """The sentence stays in the language of the text, as the model wrote it."""
    answer = ask({("German", ENGLISH): german, ("English", german): back})
    assert answer.text == f"{ENGLISH} [1]"


@pytest.mark.parametrize(
    "german",
    [
        f"\x1b{GERMAN}\x07\x00",
        f"\u202e{GERMAN}\u202c",
        GERMAN.replace("Blinken", "Blin\u200bken"),
        GERMAN.replace("Blinken", "<b>Blinken</b>"),
        GERMAN.replace("Blinken", "**Blinken**"),
        f"„{GERMAN}“",
        f'"{GERMAN}"',
        f"<think>\nIn German, hm.\n</think>\n{GERMAN}<|im_end|>",
        f"```\n{GERMAN}\n```",
        f"\ud83d{GERMAN}",
    ],
)
def test_what_a_model_puts_round_a_translation_is_not_said(german: str, ask: Callable[..., Answer]) -> None:
    """Marks, tokens, thoughts, and what cannot be seen."""
    assert ask({("German", ENGLISH): german, ("English", GERMAN): BACK}).text == f"{GERMAN} [1]"


@pytest.mark.parametrize(
    ("sentence", "target", "wrong"),
    [
        ("It spent 2 billion dollars on roads.", "de", True),
        ("Sie gab 2 Milliarden Dollar aus.", "en", True),
        ("The bridge closes at 7 p.m. on Monday.", "fr", True),
        ("Mao called for normal relations.", "zh", True),
        ("Mao called for normal relations.", "de", False),
        ("Mao Ning called for normal relations.", "zh", False),
        ("It spent 20 dollars on roads in the village.", "de", False),
        ("De stad gaf 2 biljoen dollar uit.", "en", True),
        ("A cidade gastou 2 biliões de dólares.", "en", True),
        ("Ett år med 3 biljoner kronor.", "en", True),
        ("这座城市花了3亿美元。", "en", True),
        ("The millinery billed the military for its abilities.", "de", False),
        ("Write to office@oban.example for a ticket.", "de", True),
    ],
)
def test_what_is_known_to_go_wrong_is_not_translated(sentence: str, target: str, wrong: bool) -> None:
    """False friends, hours of half a day, and parts of names where these are written by meaning."""
    assert goes_wrong(sentence, "Mao Ning spoke for China. Mao called for normal relations.", target) is wrong


@pytest.mark.parametrize(
    ("text", "sentence", "target", "alike"),
    [
        (
            "سافر بلينكن إلى بروكسل عام ٢٠٢٤ للحديث عن الصين.",
            "In 2024, Blinken went to Brussels to talk of China.",
            "ar",
            True,
        ),
        (
            "سافر بلينكن إلى بروكسل عام ٢٠٢٥ للحديث عن الصين.",
            "In 2024, Blinken went to Brussels to talk of China.",
            "ar",
            False,
        ),
        ("布林肯在访问布鲁塞尔期间谈到了中国的角色。", ENGLISH, "zh", True),
        ("布林肯 visit 布鲁塞尔期间谈到了中国的 role。", ENGLISH, "zh", False),
        ("Finansministeren bor i Bergen og har et kontor der.", "The minister lives and works in Bergen.", "no", True),
    ],
)
def test_what_looks_like_a_translation(text: str, sentence: str, target: str, alike: bool) -> None:
    """The figures of any script, no words left as they were, and Danish for Norwegian, which look alike."""
    assert is_like(text, sentence, target) is alike


def test_every_language_that_a_question_may_be_in_has_a_name() -> None:
    """And Danish and Norwegian are one."""
    assert set(NAMES) == LANGUAGES
    assert is_one_language("da", "no") and is_one_language("no", "da") and is_one_language("fr", "fr")
    assert not is_one_language("da", "sv")


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("**布林肯谈到了中国的角色。**", "布林肯谈到了中国的角色。"),
        ("**¿Cuándo habló Blinken?**", "¿Cuándo habló Blinken?"),
        ("'When was Oban's lighthouse built?'", "When was Oban's lighthouse built?"),
        ("「布林肯谈到了中国。」", "布林肯谈到了中国。"),
        ("“Yes”, he said, “no”", "“Yes”, he said, “no”"),
        ("About ~20 people use data_dir.", "About ~20 people use data_dir."),
        ("او به خانه می\u200cرود.", "او به خانه می\u200cرود."),
        ("See ht\u200btps://evil.example now", "See now"),
    ],
)
def test_marks_round_a_line_are_taken_off(line: str, plain: str) -> None:
    """In any script, and none of what belongs to the words."""
    assert plain_line(line) == plain


def test_danish_and_norwegian_are_not_translated(server: ChatServer, tmp_path: Path) -> None:
    """A short question in one is easily taken for the other: the quote is said as it is."""
    footnote = Footnote(Settings(data_dir=tmp_path, model="openai:scripted", model_base_url=server.url))
    text = "Finansministeren heter Kari Nordmann og bor i Bergen. Hun kjører buss til jobben, også når det regner."
    footnote.library.add(Document(source="n.txt", title="Regjeringen", text=text))
    server.reply, before = lambda _: "A1", len(server.prompts)
    answer = footnote.assistant.answer(Turn("Hvem er finansministeren?", "local"))
    assert answer.text.startswith("Finansministeren heter Kari Nordmann")
    assert not any(prompt[-1]["content"].startswith("Translate") for prompt in server.prompts[before:])
    footnote.close()


def test_a_long_list_is_said_as_it_is(server: ChatServer, tmp_path: Path) -> None:
    """Rather than after dozens of calls."""
    footnote = Footnote(Settings(data_dir=tmp_path, model="openai:scripted", model_base_url=server.url))
    items = "Seile Zelte Karten Kompasse Lampen Messer Decken Kocher Pfannen".split()
    text = "Packliste für Wanderer\n\nWanderer müssen diese Dinge mitbringen:\n\n" + "\n".join(
        f"- {one} für die Berge" for one in items
    )
    footnote.library.add(Document(source="p.txt", title="Packliste", text=text))
    server.reply, before = lambda s: "\n".join(list(s)[2:]), len(server.prompts)
    answer = footnote.assistant.answer(Turn("List all the things that hikers must bring.", "local"))
    assert len(answer.citations) > 6
    assert not any(prompt[-1]["content"].startswith("Translate") for prompt in server.prompts[before:])
    footnote.close()


def test_a_quote_is_translated_too(ask: Callable[..., Answer]) -> None:
    """Where nothing that the model wrote may be said, the quote is, in the language of the question."""
    said = "Während eines Besuchs in Brüssel hob Blinken die Rolle Chinas hervor."
    quote = ask({}, writes="Paris is in France.").citations[0].quote
    answer = ask({("German", quote): said, ("English", said): quote}, writes="Paris is in France.")
    assert answer.text.startswith(f"{said} [1]")
    assert answer.citations[0].quote == quote


def test_a_text_in_another_language_is_answered_in_english(ask: Callable[..., Answer]) -> None:
    """Both ways into English, one of them by way of French, say the same; the footnote opens the German words."""
    ways: Translations = {
        ("English", FERRY): FERRY_IN_ENGLISH,
        ("French", FERRY): FERRY_IN_FRENCH,
        ("English", FERRY_IN_FRENCH): FERRY_BY_WAY_OF_FRENCH,
    }
    question = "When does the ferry to Tiree leave Oban?"
    answer = ask(ways, question, shown=FERRY, writes=FERRY)
    assert answer.text == f"{FERRY_IN_ENGLISH} [1]"
    assert answer.citations[0].quote == FERRY
    ways["English", FERRY] = FERRY_IN_ENGLISH.replace("every morning", "on no morning")
    assert ask(ways, question, shown=FERRY, writes=FERRY).text == f"{FERRY} [1]"


def test_a_translation_that_is_not_sure_stands_beside_the_quote(ask: Callable[..., Answer]) -> None:
    """Marked as not checked: where the judge doubts it, and where it has what goes wrong unseen."""
    wrong = GERMAN.replace("Brüssel", "Paris")
    answer = ask({("German", ENGLISH): wrong, ("English", wrong): BACK.replace("Brussels", "Paris")})
    assert (answer.text, answer.note) == (f"{ENGLISH} [1]", f"Vom Sprachmodell übersetzt, nicht geprüft: {wrong}")
    costs = "The grid will cost 2 billion pounds over five years."
    translation = "Das Netz wird in fünf Jahren 2 Milliarden Pfund kosten."
    shown = ask({("German", costs): translation}, "Was wird das Netz in fünf Jahren kosten?", writes="?", shown=costs)
    assert shown.text == f"Vielleicht ist es das: {costs} [1]" and shown.note.endswith(translation)


@pytest.mark.parametrize("failing", ["German", "English"])
def test_a_model_that_goes_away_leaves_the_sentence(failing: str, ask: Callable[..., Answer]) -> None:
    """In the language of the text, with a line that says what has happened."""
    ways: Translations = {("German", ENGLISH): GERMAN, ("English", GERMAN): BACK}
    answer = ask({way: Status(401) if way[0] == failing else said for way, said in ways.items()})
    assert answer.text == f"{ENGLISH} [1]"
    assert answer.note
    calls = 1 if failing == "German" else 2
    assert answer.tokens == {"in": 100 * calls, "out": 10 * calls}


def test_nothing_is_translated_where_question_and_text_are_in_one_language(
    ask: Callable[..., Answer], server: ChatServer
) -> None:
    """One call, and none where the text does not answer."""
    assert ask({}, "Where did Blinken speak about China?").text == f"{ENGLISH} [1]"
    assert len(server.prompts) == 1
