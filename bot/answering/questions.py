"""What kind of question is asked, by its form alone: small talk, a summary, several questions in one.

Phrases are compared word by word after politeness is taken off both ends, so that the time grows with the length and
no more. Rules for English, with the usual greetings, thanks and calls for a summary of a few other languages; anything
else in another language is an ordinary question. Knows no documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.answering.contextualising import resolve_within
from bot.answering.names import AUXILIARIES, FUNCTION_WORDS, PREPOSITIONS, QUESTION_WORDS, Word, words_of

_LONGEST_SMALLTALK = 12  # words
_LONGEST_SUMMARY_CALL = 30  # words
_MOST_PARTS = 4

# Words with their apostrophes, and commands; emoji and other signs are nothing.
_PIECE = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|/\w+")
_WRITTEN_OUT = dict(
    pair.split("=")
    for pair in (
        "what's=what is|whats=what is|who's=who is|that's=that is|thats=that is|it's=it is|how's=how is|i'd=i would"
        "|u=you|ur=your|r=are|pls=please|plz=please|thx=thanks|ty=thanks|summarise=summarize|summarised=summarized"
        "|doc=document|docs=documents"
    ).split("|")
)


def _phrases(text: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in text.split("|"))


# Small talk: what may stand around it, then the phrases themselves.

_BEFORE_TALK = _phrases("hi|hello|hey|ok|okay|oh|well|great|perfect|cool|nice|wonderful|no|so")
_AFTER_TALK = _phrases(
    "so much|very much|a lot|again|there|footnote|bot|everyone|everybody|all|friend|my friend|you|today|please"
    "|for your help|for the help|for that|for this|for everything|for your time|for the answer|for now|then"
    "|dear|guys|mate|sir"
)
_TALK = {
    "greeting": _phrases(
        "hi|hello|hey|hiya|howdy|greetings|good morning|good afternoon|good evening|good day|/start|yo|morning"
        "|hi hi|hello hello|hallo|guten tag|guten morgen|guten abend|servus|hola|buenos días|buenos dias"
        "|buenas tardes|buenas noches|buenas|bonjour|salut|bonsoir|ciao|buongiorno|olá|ola|bom dia|привет"
        "|здравствуйте|добрый день|你好|您好|嗨|こんにちは|안녕하세요|مرحبا"
    ),
    "thanks": _phrases(
        "thanks|thank you|many thanks|cheers|thanks a million|thank|no thanks|no thank you|that is helpful"
        "|that was helpful|that was very helpful|very helpful|much appreciated|appreciate it|i appreciate it"
        "|great answer|good job|well done|danke|vielen dank|danke schön|danke sehr|gracias|muchas gracias|merci"
        "|merci beaucoup|grazie|obrigado|obrigada|спасибо|большое спасибо"
        "|谢谢|謝謝|多谢|ありがとう|ありがとうございます|감사합니다|شكرا"
    ),
    "goodbye": _phrases(
        "goodbye|good bye|bye|bye bye|bye-bye|see you|see you later|see you soon|good night|farewell"
        "|have a nice day|take care|tschüss|auf wiedersehen|adiós|adios|hasta luego|au revoir|до свидания|пока|再见"
        "|再見|さようなら"
    ),
    "wellbeing": _phrases(
        "how are you|how are you doing|how do you do|how is it going|how are things|how do you feel"
        "|how are you feeling|what is up|wie geht es dir|wie geht's|cómo estás|qué tal|comment ça va|ça va|как дела"
        "|你好吗"
    ),
    "abilities": _phrases(
        "help|help me|/help|who are you|what are you|what is your name|what can you do|what can i do|what can i ask"
        "|what can i ask you|what can you do for me|what can i do here|what do you do|what do you know"
        "|what are you for|how does this work|how do you work|how can you help|how can you help me"
        "|how can i use you|how do i use this|what is this bot|introduce yourself|tell me about yourself"
        "|describe yourself|are you a bot|are you a robot|are you human|are you a human|are you an ai|are you ai"
        "|are you real|are you a real person|are you a person|can you help|can you help me|i need help|who made you"
        "|what is footnote|wer bist du|was kannst du|quién eres|qui es-tu|кто ты|你是谁"
    ),
}
_TALK_NAMED = {phrase: name for name, phrases in _TALK.items() for phrase in phrases}

# Calls for a summary of the whole text.

_BEFORE_CALL = _phrases(
    "in short|in brief|briefly|hi|hello|hey|ok|okay|so|and|now|well|please|kindly|just|can you|could you"
    "|would you|will you|i would like|i would like you to|i would like to have|i want|i need|i want you to"
    "|you to|to have|to get|to know|can i have|could i have|may i have|can i get|let me have|thanks"
)
_AFTER_CALL = _phrases(
    "please|for me|for us|briefly|shortly|quickly|thanks|thank you|in short|in general|in brief"
    "|in your own words|in a nutshell|in simple terms|in bullet points|exactly|overall"
)
_LENGTH = frozenset(
    "a an one two three four five six seven eight nine ten few couple of short brief single simple at most "
    "about".split()
)
_LENGTH_UNITS = frozenset(
    "sentence sentences word words point points paragraph paragraphs line lines bullet bullets".split()
)
_DETERMINERS = frozenset("the this that these those your whole entire full uploaded above news all my our of".split())
_WHOLES = frozenset(
    "article articles text texts document documents page story piece file report book paper post chapter "
    "news content contents pdf it everything all this that".split()
)
_FILLING = frozenset(
    "a an the some its me us short brief quick concise detailed good overall general complete full simple "
    "few and most important".split()
)
_GIVING = frozenset("give write make show get provide send tell list name".split())
_SUMMARIES = _phrases(
    "summary|overview|outline|gist|synopsis|abstract|tldr|recap|main point|main points|main idea|main ideas"
    "|main message|main topic|main topics|main theme|main themes|key point|key points|key idea|key ideas"
    "|key takeaway|key takeaways|main takeaway|main takeaways|takeaways|takeaway|highlights|main subject"
    "|central idea|main argument|key messages|summary points"
)
_SUMMARIZING = _phrases("summarize|sum up|recap|outline|give me the short version of|tldr|condense|boil down")
_SAYING = _phrases("say|discuss|describe|cover|tell|tell us|tell me|talk about|deal with|argue|report|state")
_SUMMARIES_ELSEWHERE = _phrases(
    "zusammenfassung|fasse zusammen|fasse den text zusammen|fasse den artikel zusammen|fass den artikel zusammen"
    "|worum geht es|worum geht es in dem artikel|worum geht es in dem text|worum geht es im artikel|resumen"
    "|resume el artículo|resume el texto|haz un resumen|de qué trata|de qué trata el artículo|de qué trata el texto"
    "|résumé|résume l'article|résumer l'article|fais un résumé|résume le texte|de quoi parle l'article"
    "|de quoi s'agit-il|riassunto|riassumi|resumo|резюме|краткое содержание|о чём статья|о чем статья"
    "|о чем эта статья|о чём эта статья|перескажи статью"
    "|总结|总结一下|总结这篇文章|概括|概括一下|摘要|这篇文章讲了什么"
    "|要約|要約して|要約してください|요약"
    "|요약해줘"
)

# Several questions in one.

_MEASURES = frozenset("many much old long often far tall big large high deep fast heavy wide".split())
_JOINS = frozenset(("and", "also", "but", "plus"))

# How much is asked for.

_TELLING = frozenset(
    "why explain describe tell list compare contrast discuss outline summarise summarize name elaborate".split()
)
_ASKS_FOR_MORE_THAN_A_WORD = frozenset(
    "else do does did has have are were would should must can could happened happens caused causes led".split()
)
_LEAD_INS = frozenset("and but so ok okay well please also now then".split())


def smalltalk(question: str) -> str | None:
    """The name of the reply that small talk gets, or None for a question that is to be looked up."""
    said = _said(question, _LONGEST_SMALLTALK)
    if not said:
        return None
    for words in _peeled(said, _BEFORE_TALK, _AFTER_TALK):
        name = _TALK_NAMED.get(" ".join(words))
        if name is not None:
            return name
    return _repeated(said)


def asks_for_summary(question: str) -> bool:
    """Whether the whole of a text is asked about, not something in it."""
    said = _said(question, _LONGEST_SUMMARY_CALL)
    if not said:
        return False
    ways = [_without_length(words) for words in _peeled(said, _BEFORE_CALL, _AFTER_CALL)]
    ways += [words for way in ways for words in _peeled(way, frozenset(), _AFTER_CALL)]
    return any(_calls_for_summary(words) for words in ways)


def parts(question: str) -> list[str]:
    """The questions that one message holds: itself alone, or up to four that stand side by side.

    Pronouns of a later part are replaced by what the earlier parts name: "Who is Mao Ning and what did she say?" is
    "Who is Mao Ning?" and "what did Mao Ning say?".
    """
    question = " ".join(question.split())
    words = words_of(question)
    starts = [
        0,
        *(word.start for index, word in enumerate(words) if index and _begins_question(words, index, question)),
    ]
    if not 2 <= len(starts) <= _MOST_PARTS or not _opens_question(words, 0):
        return [question]
    ends = [*starts[1:], len(question)]
    pieces = [_without_join(question[start:end]) for start, end in zip(starts, ends, strict=True)]
    if not all(_is_whole_question(piece) for piece in pieces):
        return [question]
    found: list[str] = []
    for piece in pieces:
        found.append(resolve_within(piece if piece[-1] in "?？؟" else f"{piece}?", found))
    return found


def is_open(question: str) -> bool:
    """Whether more than one sentence may be needed: how, why, what was said, lists; not who, when, where, how many."""
    words = [word.base for word in words_of(question[:300])]
    while words and words[0] in _LEAD_INS:
        words = words[1:]
    if not words:
        return False
    opening, following = words[0], words[1] if len(words) > 1 else ""
    if opening == "how":
        return following not in _MEASURES
    if opening == "what":
        return following in _ASKS_FOR_MORE_THAN_A_WORD or _many(following)
    if opening == "which":
        return _many(following)
    if opening == "who":
        return following in {"are", "were", "else"}
    return opening in _TELLING or words[:4] in (["can", "you", "tell", "me"], ["can", "you", "explain", "to"])


# Words without what surrounds them


def _said(question: str, longest: int) -> list[str]:
    """The words, small and written out; none when there are more than `longest`, since nobody is that polite."""
    if len(question) > 12 * longest:
        return []
    plain = question.lower().replace("’", "'").replace("tl;dr", "tldr")
    said = " ".join(_WRITTEN_OUT.get(piece, piece) for piece in _PIECE.findall(plain)).split()
    return said if len(said) <= longest else []


def _peeled(words: Sequence[str], before: frozenset[str], after: frozenset[str]) -> Iterator[list[str]]:
    """The words as they are, and ever less of them: phrases taken off the front, then off the end."""
    left = list(words)
    fronts = [left]
    while (rest := _off_front(left, before)) is not None:
        left = rest
        fronts.append(left)
    for front in fronts:
        left = front
        yield left
        while (rest := _off_end(left, after)) is not None:
            left = rest
            yield left


def _off_front(words: list[str], phrases: frozenset[str]) -> list[str] | None:
    for count in (4, 3, 2, 1):
        if len(words) > count and " ".join(words[:count]) in phrases:
            return words[count:]
    return None


def _off_end(words: list[str], phrases: frozenset[str]) -> list[str] | None:
    for count in (4, 3, 2, 1):
        if len(words) > count and " ".join(words[-count:]) in phrases:
            return words[:-count]
    return None


def _repeated(said: Sequence[str]) -> str | None:
    """Small talk made of several: "hello, good morning", "thanks, bye": the last one counts."""
    for at in range(1, len(said)):
        first, last = _TALK_NAMED.get(" ".join(said[:at])), _TALK_NAMED.get(" ".join(said[at:]))
        if first and last:
            return last
    return None


# The grammar of a call for a summary


def _without_length(words: list[str]) -> list[str]:
    """Without "in three sentences" at the end."""
    if not words or words[-1] not in _LENGTH_UNITS:
        return words
    at = len(words) - 1
    while at and (words[at - 1] in _LENGTH | _LENGTH_UNITS or words[at - 1].isdigit()):
        at -= 1
    return words[: at - 1] if at and words[at - 1] in {"in", "with", "using"} else words


def _calls_for_summary(words: list[str]) -> bool:
    text = " ".join(words)
    if text in _SUMMARIES_ELSEWHERE:
        return True
    for count in (1, 2, 6):
        if " ".join(words[:count]) in _SUMMARIZING and (len(words) == count or _is_whole(words[count:])):
            return True
    if words[:1] == ["sum"] and words[-1:] == ["up"] and _is_whole(words[1:-1]):
        return True
    if words[:1] == ["what"] and len(words) > 2:
        return _asks_what(words[1:])
    if words[:3] == ["tell", "me", "what"] and words[-1] == "about":
        return _is_whole([word for word in words[3:-1] if word not in {"is", "was", "all"}])
    if words[:3] == ["tell", "me", "about"]:
        return _is_whole(words[3:])
    return _is_summary(words[1:] if words and words[0] in _GIVING else words)


def _asks_what(words: list[str]) -> bool:
    """What follows "what": "is the main idea", "is the article about", "does this say"."""
    if words[0] in {"is", "are", "was", "were"}:
        if words[-1] == "about":
            middle = words[1:-2] if words[-2] == "all" else words[1:-1]
            return _is_whole(middle)
        return _is_summary(words[1:])
    if words[0] in {"does", "do", "did"}:
        for count in (2, 1):
            if len(words) > count + 1 and " ".join(words[-count:]) in _SAYING:
                return _is_whole(words[1:-count])
    return False


def _is_summary(words: list[str]) -> bool:
    """Whether the words are "a short summary", "the main points of the article"."""
    owner = next((index for index, word in enumerate(words) if word.endswith("'s") and word[:-2] in _WHOLES), None)
    if owner is not None and all(word in _DETERMINERS for word in words[:owner]):
        words = words[owner + 1 :]  # "the document's main idea"
    while words and words[0] in _FILLING:
        words = words[1:]
    for count in (2, 1):
        if len(words) >= count and " ".join(words[:count]) in _SUMMARIES:
            rest = words[count:]
            return not rest or (rest[0] in {"of", "for", "from", "about", "in"} and _is_whole(rest[1:]))
    return False


def _is_whole(words: Sequence[str]) -> bool:
    """Whether the words name the whole text: "the whole article", "it", "this document"."""
    return bool(words) and words[-1] in _WHOLES and all(word in _DETERMINERS for word in words[:-1])


# The grammar of several questions


def _begins_question(words: Sequence[Word], index: int, question: str) -> bool:
    """Whether another question begins at this word: after a question mark, or with "and" before a whole question."""
    gap = question[words[index - 1].end : words[index].start]
    if any(mark in gap for mark in "?？؟"):
        return _opens_question(words, index) or (
            words[index].base in _JOINS and index + 1 < len(words) and _opens_question(words, index + 1)
        )
    if index + 1 >= len(words):
        return False
    if words[index].base not in _JOINS:
        # "What did Mao say, what did Yellen say and …": a comma will do before a question word and its verb.
        return "," in gap and words[index].base in QUESTION_WORDS and words[index + 1].base in AUXILIARIES
    following = words[index + 1].base
    # "… and is Russia involved?" needs its comma: "what was said and is denied" has none.
    if following in AUXILIARIES:
        return "," in gap or ";" in gap
    return _opens_question(words, index + 1) and _has_auxiliary(words, index + 1)


def _opens_question(words: Sequence[Word], index: int) -> bool:
    if index >= len(words):
        return False
    if words[index].base in PREPOSITIONS and index + 1 < len(words):
        return words[index + 1].base in QUESTION_WORDS
    return words[index].base.split("'")[0] in QUESTION_WORDS or words[index].base in AUXILIARIES


def _has_auxiliary(words: Sequence[Word], index: int) -> bool:
    """Whether the question that opens here has its verb before its subject: "what did …", not "what he said"."""
    if words[index].base in PREPOSITIONS:
        index += 1
    following = [word.base for word in words[index : index + 4]]
    if "'" in following[0]:
        return True
    if following[0] in {"who", "which", "what"} and following[1:2] and following[1] not in FUNCTION_WORDS:
        # "and who warned China?", "and which country is …?"
        return following[0] == "who" or any(base in AUXILIARIES for base in following[2:])
    return any(base in AUXILIARIES for base in following[1:3])


def _is_whole_question(piece: str) -> bool:
    """Whether the words ask something by themselves: not the "when" of "when and where did …", nor a mere "why?"."""
    bases = [word.base for word in words_of(piece)]
    if not bases or all(base in QUESTION_WORDS | PREPOSITIONS for base in bases):
        return False
    return any(base in AUXILIARIES or "'" in base for base in bases) or (bases[0] == "who" and len(bases) > 2)


def _without_join(part: str) -> str:
    words = words_of(part)
    start = words[1].start if len(words) > 1 and words[0].base in _JOINS else words[0].start
    return part[start:].strip(" ,;")


def _many(noun: str) -> bool:
    return len(noun) > 3 and noun.endswith("s") and not noun.endswith(("ss", "us", "is"))
