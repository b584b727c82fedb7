"""Calls for a summary of a whole text: "tl;dr", "What are the main points of the article?".

A grammar of such calls in English, and the usual ones of a few other languages; in English also of those that name the
text, "Summarise the travel policy", and which titles such a name, or a place in a list of them, may mean. Knows no
documents but for these titles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.understanding.english import FUNCTION_WORDS, written_out
from retrieval.index.tokenizer import tokens

_LONGEST = 30  # words

_BEFORE = (
    "in short|in brief|briefly|hi|hello|hey|ok|okay|so|and|now|well|please|kindly|just|can you|could you|would you"
    "|will you|i would like|i would like you to|i would like to have|i want|i need|i want you to|you to|to have"
    "|to get|to know|can i have|could i have|may i have|can i get|let me have|thanks"
)
_AFTER = (
    "please|for me|for us|briefly|shortly|quickly|thanks|thank you|in short|in general|in brief|in your own words"
    "|in a nutshell|in simple terms|in bullet points|exactly|overall"
    r"|(?:in|with|using)(?: (?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|few|couple|of|short|brief"
    r"|single|simple|at|most|about|bullet))* (?:sentence|word|point|paragraph|line|bullet)s?"
)
_DETERMINER = "the|this|that|these|those|your|whole|entire|full|uploaded|above|news|all|my|our|of"
_NOUN = "articles?|texts?|documents?|page|story|piece|file|report|book|paper|post|chapter|news|contents?|pdf"
_WHOLE = f"(?:(?:{_DETERMINER}) )*(?:{_NOUN}|it|everything|all|this|that)"
_FILLING = (
    "a|an|the|some|its|me|us|short|brief|quick|concise|detailed|good|overall|general|complete|full|simple|few|and"
    r"|most|important|one|two|three|four|five|six|seven|eight|nine|ten|\d+"
)
_SUMMARY = (
    "summary|overview|outline|gist|synopsis|abstract|tldr|recap|main (?:point|idea|message|topic|theme)s?"
    "|key (?:point|idea|takeaway|message)s?|(?:main )?takeaways?|highlights|main subject|central idea|main argument"
    "|summary points"
)
_ITS_SUMMARY = (
    f"(?:(?:(?:{_DETERMINER}) )*(?:{_NOUN})'s )?(?:(?:{_FILLING}) )*(?:{_SUMMARY})"
    f"(?: (?:of|for|from|about|in) {_WHOLE})?"
)
_ELSEWHERE = (
    "zusammenfassung|fasse? (?:den (?:text|artikel) )?zusammen|worum geht es(?: (?:in dem|im) (?:artikel|text))?"
    "|resumen|resume el (?:artículo|texto)|haz un resumen|de qué trata(?: el (?:artículo|texto))?|résumé"
    "|résumer? (?:l'article|le texte)|fais un résumé|de quoi parle l'article|de quoi s'agit-il|riassunto|riassumi"
    "|resumo|резюме|краткое содержание|о ч[её]м (?:эта )?статья|перескажи статью|总结|总结一下|总结这篇文章|概括"
    "|概括一下|摘要|这篇文章讲了什么|要約|要約して|要約してください|요약|요약해줘"
)
_CALL = re.compile(
    f"(?:(?:{_BEFORE}) )*(?:"
    f"(?:summarize|sum up|recap|outline|give me the short version of|tldr|condense|boil down)(?: {_WHOLE})?"
    f"|sum {_WHOLE} up"
    f"|what (?:is|are|was|were) {_ITS_SUMMARY}"
    f"|what (?:is|was) {_WHOLE}(?: all)? about"
    f"|what (?:does|do|did) {_WHOLE} (?:say|discuss|describe|cover|tell(?: us| me)?|talk about|deal with|argue|report)"
    f"|tell me what (?:is )?{_WHOLE}(?: is| was)?(?: all)? about"
    f"|tell me about {_WHOLE}"
    f"|(?:(?:give|write|make|show|get|provide|send|tell|list|name) )?{_ITS_SUMMARY}"
    f"|{_ELSEWHERE}"
    f")(?: (?:{_AFTER}))*"
)

# "Give me a summary of" and a name. Main ideas, topics and arguments are also those of a person or a speech.
_NAMING = re.compile(
    f"(?:(?:{_BEFORE}) )*(?:"
    "(?:summarize|sum up|recap|outline|condense|boil down|give me the short version of|tldr(?: of)?"
    f"|(?:(?:(?:give|write|make|show|get|provide|send) )|what (?:is|are|was|were) )?(?:(?:{_FILLING}) )*"
    "(?:summary|overview|outline|gist|synopsis|abstract|tldr|recap|(?:main|key) (?:points|takeaways)|takeaways"
    "|highlights) (?:of|for|from|about|on)) (?P<named>.+)|sum (?P<parted>.+) up)"
)
_ENDING = re.compile(f"(?:(?:^| )(?:{_AFTER}))+$")
_CHOOSING = re.compile("(?:(?:i mean|i meant|i would like|i want|please|ok|okay|yes|it is|that is|let us take) )+")
_PLACES = {
    word: place
    for place, words in enumerate(
        "one first 1st|two second 2nd|three third 3rd|four fourth 4th|five fifth 5th|six sixth 6th|seven seventh 7th"
        "|eight eighth 8th|nine ninth 9th|ten tenth 10th".split("|"),
        1,
    )
    for word in (str(place), *words.split())
} | {"last": 0}
_PLACE = re.compile(
    rf"(?:the |number |no |option )*(?P<place>{'|'.join(_PLACES)})(?: (?:one|article|text|document|file|story))?"
)
_KINDS = frozenset(
    "article text document page story piece file report book paper post content pdf tale novel essay manual guide "
    "handbook leaflet brochure transcript letter email memo".split()
)
_POINTING = frozenset("a an the my your our this that these those whole entire full uploaded news one ones".split())
_JOINING = frozenset("of about at between by for from in into on over to with and".split())


_NUMBERS = {"one": 1, "a single": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_WANTED = re.compile(
    rf"\b({'|'.join(_NUMBERS)}|[1-9]|1\d|20)(?: (?:short|brief|simple|key|main|important|most))*"
    r" (?:sentence|point|line|bullet|idea|takeaway|message|topic|theme)s?\b"
)


def sentences_wanted(question: str) -> int | None:
    """How many sentences or points a call for a summary asks for, up to 20; None when it does not say."""
    found = _WANTED.search(written_out(question, _LONGEST))
    return None if found is None else _NUMBERS.get(found[1]) or int(found[1])


def asks_for_summary(question: str) -> bool:
    """Whether the whole of a text is asked about, not something in it.

    "What does the article say?" does, "What does the article say about China?" does not.
    """
    return _CALL.fullmatch(written_out(question, _LONGEST)) is not None


def summarised(question: str) -> str:
    """What a call for a summary names, in small words: "the storm article"; "" when nothing is named, or it is no call.

    Whether that is a text or something in one, only the titles tell: see `titles_meant`.
    """
    call = _NAMING.fullmatch(_ENDING.sub("", written_out(question, _LONGEST)))
    return "" if call is None else call["named"] or call["parted"]


def titles_meant(name: str, titles: Sequence[str]) -> list[int]:
    """Which titles a name may mean: "the story about the clockmaker", "I mean the lease, please"; none for a question.

    Those that are the name, else hold all its telling words, else the one that holds most. In that last case a word may
    be missing before another of the title's ("the new travel policy") or after "of", not where it narrows down what is
    wanted ("the travel policy on hotels").
    """
    plain = _ENDING.sub("", _CHOOSING.sub("", written_out(name, _LONGEST), count=1))
    held = [set(tokens(title)) for title in titles]
    whole = _without_article(tokens(plain))
    if same := [n for n, title in enumerate(titles) if whole and _without_article(tokens(title)) == whole]:
        return same
    if any(word in FUNCTION_WORDS - _POINTING - _JOINING for word in plain.split()):
        return []
    parts = list(_parts(plain))
    kinds = [word for _, part in parts for word in part if word in _KINDS]
    telling = [word for _, part in parts for word in part if word not in _KINDS] or kinds
    full = [n for n, words in enumerate(held) if telling and words.issuperset(telling)]
    if full:
        return _likest(full, kinds, held)
    fitting = [n for n, words in enumerate(held) if _holds_most(words, telling) and _narrows_nothing(words, parts)]
    best = max((_hits(held[n], telling) for n in fitting), default=0)
    most = _likest([n for n in fitting if _hits(held[n], telling) == best], kinds, held)
    return most if len(most) == 1 else []


def place_meant(choice: str, count: int) -> int | None:
    """Which of `count` texts that were named is chosen by its place, from 0: "the second one", "2.", "the last".

    None when none is.
    """
    plain = _ENDING.sub("", _CHOOSING.sub("", written_out(choice, _LONGEST), count=1))
    found = _PLACE.fullmatch(plain)
    place = None if found is None else _PLACES[found["place"]] or count
    return place - 1 if place is not None and place <= count else None


def _without_article(words: list[str]) -> list[str]:
    return words[1:] if words[:1] in (["the"], ["a"], ["an"]) else words


def _parts(plain: str) -> Iterator[tuple[str, list[str]]]:
    """The telling words and kinds of text in a name, between the words that join them, each with that word."""
    joint, part = "", list[str]()
    for word in plain.split():
        if word in _JOINING:
            yield joint, part
            joint, part = word, []
        elif word not in _POINTING:
            part += tokens(word)
    yield joint, part


def _likest(chosen: list[int], kinds: Sequence[str], held: Sequence[set[str]]) -> list[int]:
    """Those of the chosen titles that hold most of the kinds of text that are named: for a "guide", the guide."""
    most = max((_hits(held[n], kinds) for n in chosen), default=0)
    return [n for n in chosen if _hits(held[n], kinds) == most]


def _hits(title: set[str], words: Sequence[str]) -> int:
    return sum(word in title for word in words)


def _holds_most(title: set[str], telling: Sequence[str]) -> bool:
    return 2 * _hits(title, telling) > len(telling)


def _narrows_nothing(title: set[str], parts: Sequence[tuple[str, list[str]]]) -> bool:
    """Whether what a name says beyond the title only describes it."""
    ends = [[word for word in part if word not in _KINDS][-1:] for joint, part in parts if joint != "of"]
    return any(ends) and all(title.issuperset(end) for end in ends) and all(joint != "and" for joint, _ in parts)
