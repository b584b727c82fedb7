"""What kind of question is asked, by its form alone: small talk, a summary, several questions in one.

Rules for English; a question in another language is an ordinary one. Knows no documents.
"""

from __future__ import annotations

import re

_ADDRESS = r"(?:[,\s]*(?:there|footnote|bot|everyone|all|friend|my friend|you))?"
_END = r"[\s.!?…😀-🙏👋❤]*$"

_SMALLTALK = tuple(
    (name, re.compile(rf"^\s*(?:{pattern}){_END}", re.IGNORECASE))
    for name, pattern in (
        ("greeting", rf"(?:hi+|hello+|hey+|howdy|greetings|good (?:morning|afternoon|evening|day)|/start){_ADDRESS}"),
        (
            "thanks",
            r"(?:(?:ok(?:ay)?|great|perfect|cool|nice|wonderful)[,.!\s]*)?(?:many |no,? )?(?:thanks?|thank you|thx|cheers)"
            rf"(?: you)?(?: so much| very much| a lot| again)?{_ADDRESS}|that(?:'s|’s| is| was) (?:very )?helpful"
            r"(?:,? thanks?| thank you)?",
        ),
        ("goodbye", rf"(?:good ?bye|bye(?:[ -]bye)?|see you(?: later| soon)?|good ?night|farewell){_ADDRESS}"),
        ("wellbeing", r"(?:(?:hi|hello|hey)[,!\s]+)?how (?:are|do) you(?: doing| do| today| feeling)*"),
        (
            "abilities",
            r"(?:(?:hi|hello|hey)[,!.\s]+)?(?:help|who are you|what are you|what(?:'s|’s| is) your name"
            r"|what can (?:you|i) (?:do|ask)(?: (?:for me|here|you))?|how (?:does this|do you|can you) (?:work|help me|help)"
            r"|what (?:do|are) you (?:do|know|for)|(?:introduce|tell me about|describe) yourself"
            r"|are you (?:a |an )?(?:bot|robot|human|ai|real|person)(?: person)?)",
        ),
    )
)

_POLITE = (
    r"^\s*(?:(?:ok(?:ay)?|so|and|now|hi|hello|hey|please)[,!.]?\s+)*"
    r"(?:(?:can|could|would|will) you\s+(?:please\s+|kindly\s+)?|please\s+|i(?:'d| would) like (?:you to |to have |to get )?|i want |i need )?"
)
_WHOLE = (
    r"(?:(?:the|this|that|your|whole|entire|full|uploaded|above|news)\s+)*"
    r"(?:article|text|document|documents|page|story|piece|file|report|book|paper|post|chapter|news|content|contents|it|everything|all|this|that)"
)
_SUMMARY = re.compile(
    rf"{_POLITE}(?:"
    rf"(?:give|write|make|show|get|provide|send|tell)?\s*(?:me|us)?\s*(?:an?|the|some|its)?\s*"
    rf"(?:(?:short|brief|quick|concise|detailed|good|overall|general)\s+)*"
    rf"(?:summary|overview|outline|gist|synopsis|abstract|main (?:points?|ideas?|messages?|takeaways?)|key (?:points?|ideas?|takeaways?)|takeaways?|tl;?dr)"
    rf"(?:\s+(?:of|for|from|about|in)\s+{_WHOLE})?"
    rf"|(?:summari[sz]e|sum up|recap|outline)(?:\s+(?:for me|up))?(?:\s+{_WHOLE})?(?:\s+(?:up|for me))?"
    rf"(?:\s+in (?:a |an |one |two |three |four |five |few |short |\d+ )*(?:sentences?|words?|points?|paragraphs?|lines?))?"
    rf"|what(?:'s|’s| is| are| was| were)\s+(?:the\s+)?(?:(?:summary|gist|main (?:points?|ideas?|messages?|topics?|subject)|key (?:points?|ideas?|takeaways?)|takeaways?)(?:\s+(?:of|in|from)\s+{_WHOLE})?|{_WHOLE}\s+(?:all\s+)?about)"
    rf"|what (?:does|do|did)\s+{_WHOLE}\s+(?:say|discuss|describe|cover|tell(?: us| me)?|talk about|deal with)(?:\s+in (?:short|general|brief))?"
    rf"|tell me (?:what {_WHOLE} (?:is|was) about|about {_WHOLE})"
    rf")(?:,?\s+please)?{_END}",
    re.IGNORECASE,
)

_QUESTION_START = (
    r"(?:in (?:which|what)|at (?:which|what)|by (?:whom|what)|from (?:which|what|where)|to (?:whom|what)|for (?:whom|what)"
    r"|who|whom|whose|what|when|where|why|which|how|is|are|was|were|does|do|did|has|have|had|can|could|will|would|should)"
)
_NEXT_QUESTION = re.compile(
    rf"(?:(?<=[?？؟])\s*(?:and\s+|also,?\s+|but\s+)?(?=\S)"
    rf"|\s*[,;]\s*(?:and\s+|also\s+)(?={_QUESTION_START}\s)"
    rf"|\s+and\s+(?=(?:who|whom|what|when|where|why|which|how)\s+(?:\w+\s+)?(?:is|are|was|were|do|does|did|has|have|had|can|will|would|should)\s))",
    re.IGNORECASE,
)
_STARTS_AS_QUESTION = re.compile(rf"^{_QUESTION_START}\b", re.IGNORECASE)
_MOST_PARTS = 4

_OPEN = re.compile(
    r"^(?:and\s+|but\s+|so\s+)?(?:(?:how(?! (?:many|much|old|long|often|far|tall|big|large|high|deep|fast|big)\b)|why|explain|describe|tell|list|name|"
    r"compare|discuss|outline|summari[sz]e)\b"
    r"|what (?:else|do|does|did|has|have|are|were|would|should|must|can|could)\b|which [a-z]+(?<!s)s\b|who (?:are|were|else)\b)",
    re.IGNORECASE,
)


def smalltalk(question: str) -> str | None:
    """The name of the reply that small talk gets, or None for a question that is to be looked up."""
    if len(question) > 80:
        return None
    return next((name for name, pattern in _SMALLTALK if pattern.match(question)), None)


def asks_for_summary(question: str) -> bool:
    """Whether the whole of a text is asked about, not something in it."""
    return len(question) <= 200 and _SUMMARY.match(question) is not None


def parts(question: str) -> list[str]:
    """The questions that one message holds: itself alone, or up to four that stand side by side."""
    found = [part.strip(" ,;") for part in _NEXT_QUESTION.split(question) if part.strip(" ,;")]
    if not 2 <= len(found) <= _MOST_PARTS or not all(_STARTS_AS_QUESTION.match(part) for part in found):
        return [question]
    return [part if part[-1] in "?？؟" else f"{part}?" for part in found]


def is_open(question: str) -> bool:
    """Whether more than one sentence may be needed: how, why, what was said, lists; not who, when, where, how many."""
    return _OPEN.match(question.strip()) is not None
