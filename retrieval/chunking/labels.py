"""The labels of lines that read "Label: value": of price lists, of forms, of minutes, of a chat. Knows no layout."""

from __future__ import annotations

import re

# "Adult: £5", "**Monday to Friday:** 9–5", "[10:02] ben: hello", "姓名：李明"; not "1. Adult: £5", a list item.
_LABEL = re.compile(
    r"(?!(?:\d{1,3}(?:\.\d{1,3})*[.)]|[^\W\d_]\))\s)"
    r"[*_]{0,2}(\[?[^\W_](?:[^:：!?;…\"“”«»|\t]|:(?=[^\s*_])){0,40}?)[*_]{0,2}"
    "(?:[ \u00a0\u202f]?:[*_]{0,2}[ \t\u00a0\u202f]+|：[ \u3000]*)(?=\\S)"
)
_LABEL_WORDS = 5
_LONGEST_ABBREVIATION = 4  # letters; after a longer word, a full stop ends a sentence


def is_labelled(words: str) -> bool:
    """Whether a line reads "Label: value", the label a few words that begin as one does.

    In lower case only a single word is a label, the name of who wrote a line of a chat.
    """
    return label_of(words) is not None


def label_of(words: str) -> str | None:
    """The label of a line that reads "Label: value", without marks around it; None of any other."""
    found = _LABEL.match(words)
    if found is None:
        return None
    label = found[1].split()
    ended = any(len(word) > _LONGEST_ABBREVIATION and word.endswith(".") for word in label)
    is_one = len(label) <= _LABEL_WORDS and not ended and (len(label) == 1 or not starts_low(label[0]))
    return found[1] if is_one else None


def starts_low(words: str) -> bool:
    """Whether the first letter or digit of the words is a small letter."""
    return next((mark for mark in words[:8] if mark.isalnum()), "").islower()
