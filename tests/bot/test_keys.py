"""Keys: who asks, told by a secret; rotation; and settings that are malformed."""

from __future__ import annotations

import hmac
import os
from pathlib import Path

import forked
import pytest

from bot.auth import Keys

SECRET = "opensesame"


def test_a_secret_tells_who_asks() -> None:
    """Each name by its own secret, which may hold any visible character but a comma; spaces around entries are none."""
    keys = Keys.parse(" ann:opensesame , bob.b-2:a:b=c/+~ ,")
    assert keys
    assert keys.owner("opensesame") == "key:ann"
    assert keys.owner("a:b=c/+~") == "key:bob.b-2"


@pytest.mark.parametrize(
    "secret",
    ["", "opensesam", "opensesame ", "Opensesame", "ann", "ann:opensesame", "opensesamé", "\ud800", "x" * 9999],
)
def test_what_is_not_quite_a_secret_is_nobodys(secret: str) -> None:
    """A secret is known whole or not at all."""
    assert Keys.parse("ann:opensesame").owner(secret) is None


def test_a_name_may_have_two_secrets_while_one_replaces_the_other() -> None:
    """Both tell the same asker, so that documents and conversations stay its own; then the old one is nobody's."""
    both = Keys.parse("ann:old-one,bob:other,ann:new-one")
    assert both.owner("old-one") == both.owner("new-one") == "key:ann"
    after = Keys.parse("bob:other,ann:new-one")
    assert (after.owner("old-one"), after.owner("new-one")) == (None, "key:ann")
    assert Keys.parse("ann:old-one,ann:old-one").owner("old-one") == "key:ann"


@pytest.mark.parametrize("name", ["shared", "local", "key", "webhook", "chat"])
def test_no_name_is_another_kind_of_asker(name: str) -> None:
    """A key that is called like an owner of another kind does not become it."""
    assert Keys.parse(f"{name}:opensesame").owner("opensesame") == f"key:{name}"


def test_every_key_is_compared_whichever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparisons are as many for the first key, the last one and none, each in constant time."""
    compared = 0
    compare = hmac.compare_digest

    def counted(one: bytes, other: bytes) -> bool:
        nonlocal compared
        compared += 1
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    keys = Keys.parse("ann:first,bob:second,eve:third")
    counts = []
    for secret in ("first", "third", "none"):
        keys.owner(secret)
        counts.append(compared)
    assert counts == [3, 6, 9]


def test_no_keys_are_none() -> None:
    """Without a setting there are no keys, and every secret is nobody's."""
    assert not Keys.parse("")
    assert not Keys.parse(" ")
    assert Keys.parse("").owner("") is None


def test_nothing_shows_a_secret() -> None:
    """Keys can be printed and logged."""
    keys = Keys.parse("ann:opensesame")
    assert SECRET not in repr(keys) + str(keys) + repr(vars(keys))


MALFORMED = [
    "opensesame",
    ",",
    ":opensesame",
    "ann:",
    "ann: ,bob:opensesame",
    "an n:opensesame",
    "ann=opensesame",
    "änn:opensesame",
    "-ann:opensesame",
    "ann:open sesame",
    "ann:opensesamé",
    "ann:opensesame\tbob:opensesame",
    f"{'a' * 65}:opensesame",
    f"ann:{SECRET * 52}",
    "ann:opensesame,bob:opensesame",
    "ann:opensesame,bob",
    "ann:opensesame;bob:opensesamé",
]


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_keys_are_refused_in_a_line_without_secrets(text: str) -> None:
    """What is no list of name:secret, or gives one secret two names, is told without repeating any of it."""
    with pytest.raises(ValueError) as told:
        Keys.parse(text)
    line = str(told.value)
    assert line.isprintable() and len(line) < 150
    assert "sesam" not in line


@pytest.mark.parametrize("text", ["opensesame", "ann:opensesame,bob:opensesame", "ann:opensesamé", "ann:open sesame"])
@pytest.mark.parametrize("file", [False, True])
def test_malformed_keys_stop_the_server_with_one_line(tmp_path: Path, text: str, file: bool) -> None:
    """`footnote serve` ends with 1 and a line that names the setting, from the environment and from `.env`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
    if file:
        (tmp_path / ".env").write_text(f'FOOTNOTE_API_KEYS="{text}"\n', "utf-8")
    else:
        environment["FOOTNOTE_API_KEYS"] = text
    environment["FOOTNOTE_DATA_DIR"] = str(tmp_path / "data")
    result = forked.run(["serve", "--port", "0"], env=environment, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("footnote: The setting FOOTNOTE_API_KEYS cannot be used: ")
    assert "sesam" not in line
