"""One answer of the answers to the parts of a question, their footnotes numbered through. Knows no library."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.answers import Answer, Citation

_MARKER = re.compile(r"(?<= )\[(\d+)\]")


def joined(question: str, answers: Sequence[Answer]) -> Answer:
    """The answer to `question`, whose parts have these: what was answered, one line each, and what was not, named.

    Where nothing was, it is the refusal of the first, with all that is told beside it.
    """
    said = [one for one in answers if one.status in ("answered", "smalltalk")]
    cited = [one for one in said if one.status == "answered"]
    text, citations = "", list[Citation]()
    for one in said:
        text = f"{text}\n" if text else ""
        words, own = _renumbered(one, len(citations), len(text))
        text, citations = text + words, citations + own
    first = (cited or said or list(answers))[0]
    return replace(
        first,
        text=text or first.text,
        citations=tuple(citations),
        question=question,
        standalone_question=question,
        unanswered=tuple(part for one in answers for part in _unanswered(one)) if said else (),
        confidence=max(one.confidence for one in cited or answers),
        related=() if said else tuple(dict.fromkeys(related for one in answers for related in one.related)),
        note=" ".join(one.note for one in answers if one.note),
        tone="tentative" if any(one.tone == "tentative" for one in said) else "plain",
        timings_ms={name: round(sum(one.timings_ms.get(name, 0.0) for one in answers), 1) for name in first.timings_ms},
    )


def _unanswered(answer: Answer) -> tuple[str, ...]:
    return answer.unanswered if answer.status in ("answered", "smalltalk") else (answer.question,)


def _renumbered(answer: Answer, before: int, offset: int) -> tuple[str, list[Citation]]:
    """The words of an answer with footnotes from `before` + 1 on, and these where they stand `offset` further on."""
    places = {at for one in answer.citations for at in range(one.answer_start, one.answer_end)}
    text, last, moved = "", 0, list[tuple[int, int]]()
    for marker in _MARKER.finditer(answer.text):
        if marker.start() in places:
            continue  # a quote's own words
        text += answer.text[last : marker.start()] + f"[{int(marker[1]) + before}]"
        last = marker.end()
        moved.append((last, len(text) - last))
    text += answer.text[last:]

    def place(at: int) -> int:
        return offset + at + next((by for end, by in reversed(moved) if end <= at), 0)

    return text, [
        replace(one, id=one.id + before, answer_start=place(one.answer_start), answer_end=place(one.answer_end))
        for one in answer.citations
    ]
