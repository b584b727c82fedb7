"""Several questions in one message: "Who is Mao Ning and what did she say?" is two.

Rules for English; a message in another language is one question. Knows no documents.
"""

from __future__ import annotations

import re

from bot.understanding.english import AUXILIARIES, FUNCTION_WORDS, PREPOSITIONS, QUESTION_WORDS, any_of, words_of

_MOST_PARTS = 8  # in one message; each is searched and read by itself

_ASKING, _AUXILIARY = any_of(QUESTION_WORDS), any_of(AUXILIARIES)
_BEFORE = f"(?:{any_of(PREPOSITIONS)} )?"
_JOIN = "(?:and|also|but|plus) "
# "what did she …", "in which year was …", "who warned China": not "what he said".
_ASKED = f"{_BEFORE}(?:{_ASKING}(?:[’']s | (?:[^ ]+ ){{0,2}}{_AUXILIARY})|who (?!{any_of(FUNCTION_WORDS)}))"
# "and is the room heated", "and can I have a dog": not "and is paying", "and do business".
_INVERTED = f"(?:is|are|was|were) there |(?:is|was) it |{_AUXILIARY} (?:i|you|he|she|we|they|the|an?|my|your)\\b"
# Another question begins after a question mark, after a comma, or after "and": "… and is denied" needs a comma too.
_CUT = re.compile(
    rf"[?？؟]+ *(?:{_JOIN})?(?=[^\W_])|, (?={_ASKING} {_AUXILIARY})|[,;] {_JOIN}(?={_AUXILIARY})"
    f"|[,;]? {_JOIN}(?={_ASKED})| {_JOIN}(?={_INVERTED})",
    re.IGNORECASE,
)
_OPENS = re.compile(f"{_BEFORE}{_ASKING}|{_AUXILIARY}", re.IGNORECASE)


def parts(question: str) -> list[str]:
    """The questions that one message holds: itself alone, or up to eight that stand side by side."""
    question = " ".join(question.split())
    pieces: list[str] = []
    start = 0
    for cut in _CUT.finditer(question):
        if not _is_quoted(question[: cut.start()]):
            pieces.append(question[start : cut.start()])
            start = cut.end()
    pieces = [f"{piece.rstrip(' ,;?？؟')}?" for piece in (*pieces, question[start:])]
    return pieces if 1 < len(pieces) <= _MOST_PARTS and all(map(_is_whole, pieces)) else [question]


def _is_whole(piece: str) -> bool:
    """Whether the words ask something by themselves: not the "when" of "when and where did …", nor a mere "why?"."""
    bases = [word.base for word in words_of(piece)]
    asked = bases[:1] == ["who"] or any(base in AUXILIARIES for base in bases) or "’s" in piece or "'s" in piece
    telling = any(base not in QUESTION_WORDS | PREPOSITIONS | AUXILIARIES for base in bases)
    return asked and telling and _OPENS.match(piece) is not None


def _is_quoted(before: str) -> bool:
    """Whether a quotation has begun and not ended."""
    return before.count('"') % 2 == 1 or before.count("“") > before.count("”")
