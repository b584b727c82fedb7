"""Calls for a summary of a whole text: "tl;dr", "What are the main points of the article?".

A grammar of such calls in English, and the usual ones of a few other languages. Knows no documents.
"""

from __future__ import annotations

import re

from bot.answering.words import written_out

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
