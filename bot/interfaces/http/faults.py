"""What is wrong with a request that does not have the form it must have, in plain words.

pydantic's own words are those of its rules: patterns, inputs, items after validation.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from bot.interfaces.text import one_line

WORDED = r"[^\s\x1c-\x1f\x85\ufeff]"
"""The pattern of what is not blank: a character that is white space neither to Python nor to pydantic or JavaScript."""
_LONGEST = 100  # characters of a name
_WORDS = {
    "missing": "{it} is missing. Send it.",
    "string_type": "{it} must be text.",
    "string_unicode": "{it} holds half a character (a lone surrogate). Send whole ones.",
    "string_pattern_mismatch": "{it} is empty. Write something in it.",  # the one pattern of bodies: WORDED
    "string_too_short": "{it} is empty. Write something in it.",
    "string_too_long": "{it} has more than {max_length:,} characters. Shorten it.",
    "too_short": "{it} is empty. Put something in it.",
    "too_long": "{it} has more than {max_length:,} entries. Send fewer.",
    "list_type": "{it} must be a list.",
    "dict_type": "{it} must be a JSON object.",
    "model_type": "{it} must be a JSON object.",
    "model_attributes_type": "{it} must be a JSON object.",
    "int_type": "{it} must be a whole number.",
    "int_parsing": "{it} must be a whole number.",
    "int_from_float": "{it} must be a whole number.",
    "bool_type": "{it} must be true or false.",
    "greater_than_equal": "{it} must be at least {ge:,}.",
    "less_than_equal": "{it} must be at most {le:,}.",
    "literal_error": "{it} must be {expected}.",
    "none_required": "{it} must be null.",
    "datetime_parsing": "{it} must be a time as in 2026-11-25T10:45:20Z.",
    "datetime_from_date_parsing": "{it} must be a time as in 2026-11-25T10:45:20Z.",
}
"""By the types of pydantic's errors; `it` is what is wrong, the rest their own values."""


def fault(error: Mapping[str, Any], model: type[BaseModel] | None) -> str:
    """What an error of pydantic says, and what to do. `model` is what the body should be."""
    place = list(error["loc"][1:] if error["loc"][:1] in (("body",), ("query",)) else error["loc"])
    # What stands for a choice of kinds says nothing to whoever wrote the body.
    if error["type"] != "extra_forbidden" and place and (place[-1] == "str" or "[" in str(place[-1])):
        place.pop()
    it = one_line(".".join(map(str, place)))[:_LONGEST] or "The body"
    if error["type"] == "extra_forbidden":
        known = _fields(model, place[:-1])
        near = get_close_matches(str(place[-1]), known, 1)
        cure = f"Perhaps you mean {near[0]}." if near else f"Those there are: {', '.join(known)}."
        return f"There is no field {it}. {cure if known else 'Leave it out.'}"
    if error["loc"][:1] == ("query",) and error["type"] == "string_pattern_mismatch":
        return f"{it}: this is no `next` of a page. Leave it out to begin again."
    words = _WORDS.get(error["type"])
    if words is None:
        return f"{it}: {error['msg'].removeprefix('Value error, ').rstrip('.')}."
    return words.format(it=it, **error.get("ctx", {}))


def _fields(model: type[BaseModel] | None, place: list[Any]) -> list[str]:
    """The fields that a part of a body may have; none where that cannot be told."""
    for part in place:
        field = model.model_fields.get(part) if model else None
        inner: Any = field.annotation if field else None
        model = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None
    return list(model.model_fields) if model else []
