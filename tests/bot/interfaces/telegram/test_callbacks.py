"""Button data: small enough, the same after a round trip, and nothing else is understood."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.interfaces.telegram.messages.callbacks import (
    REASONS,
    AskPrepared,
    ButtonAction,
    ChooseDocument,
    Forget,
    GiveReason,
    KeepText,
    RateAnswer,
    RemoveDocument,
    ShowQuote,
    decode,
    encode,
)

conversations = st.text("abcXYZ019._-", min_size=1, max_size=32)
turns = st.integers(1, 999_999_999)
numbers = st.integers(1, 9999)
documents = st.text("0123456789abcdef", min_size=1, max_size=32)
buttons: st.SearchStrategy[ButtonAction] = st.one_of(
    st.builds(ShowQuote, conversations, turns, numbers, st.booleans()),
    st.builds(RateAnswer, conversations, turns, st.booleans()),
    st.builds(GiveReason, conversations, turns, st.sampled_from(REASONS)),
    st.builds(ChooseDocument, conversations, turns, numbers),
    st.builds(KeepText, st.integers(1, 2**63 - 1), st.booleans()),
    st.builds(AskPrepared, numbers, documents),
    st.builds(RemoveDocument, documents),
    st.builds(Forget, st.booleans()),
)
MALFORMED = [
    *("", "s", "s:", "s::1:1", "s:0:0:1", "s:0:1:0", "s:0:01:1", "s:0:1", "s:0:1:1:1", "s:0:1:1\n", " s:0:1:1"),
    *("S:0:1:1", "s:0:-1:1", "s:0:+1:1", "s:0:1e3:1", "s:0:１:1", "s:0:٣:1", "s:a b:1:1", "s:ä:1:1", "s:0:1:99999"),
    *("u:0:1:1", "u:0:0", "q:1:", "q:1:XYZ", "q:0:ab", "x:", "x:../etc", "x:ab;drop", "forget:", "forget:maybe"),
    *("w:0:1:", "w:0:1:rude", "c:0:1:0", "c:0:1", "k:0:yes", "k:1:maybe", "k:1", "k:" + "9" * 20 + ":no"),
    *("forget:yes ", "forget", "\x00", "\ud800", "x:" + "a" * 33, "s:" + "a" * 33 + ":1:1", "s:0:1000000000:1"),
]


@given(buttons)
@example(ShowQuote("a" * 32, 999_999_999, 9999, True))
@example(AskPrepared(9999, "f" * 32))
def test_a_button_says_what_it_was_made_of(action: ButtonAction) -> None:
    """Data fits into 64 bytes, and is read as what it was made of."""
    data = encode(action)
    assert len(data.encode()) <= 64
    assert decode(data) == action


@pytest.mark.parametrize("data", MALFORMED)
def test_anything_malformed_is_nothing(data: str) -> None:
    """Other numbers, other alphabets, more or less than there should be."""
    assert decode(data) is None


@given(buttons, st.data())
def test_only_what_is_made_is_understood(action: ButtonAction, data: st.DataObject) -> None:
    """Whatever is sent, or a button with a character more, less or different: nothing, or exactly what `encode` writes.

    So no two data are the same button.
    """
    made = encode(action)
    at = data.draw(st.integers(0, len(made)))
    changed = made[:at] + data.draw(st.text(max_size=1)) + made[at + data.draw(st.integers(0, 1)) :]
    for sent in (
        changed,
        data.draw(st.text()),
        data.draw(st.text("srudqxwck:forgetyesno0123456789abc.-_\n", max_size=70)),
    ):
        found = decode(sent)
        assert found is None or encode(found) == sent


@pytest.mark.parametrize(
    "action",
    [
        ShowQuote("a:b", 1, 1),
        ShowQuote("", 1, 1),
        ShowQuote("a" * 33, 1, 1),
        ShowQuote("0", 0, 1),
        ShowQuote("0", 10**9, 1),
        RateAnswer("ä", 1, True),
        AskPrepared(0, "ab"),
        AskPrepared(1, "not an id"),
        RemoveDocument(""),
    ],
)
def test_what_no_button_can_carry_is_refused(action: ButtonAction) -> None:
    """The mistake shows where the button is made, not where it is action."""
    with pytest.raises(ValueError, match="cannot be the data of a button"):
        encode(action)
