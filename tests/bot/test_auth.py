"""Who asks: keys, and signatures with the package of Standard Webhooks at the other end."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime
from hashlib import shake_256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from bot.auth import TOLERANCE, Keys, Secrets, SignatureError


def test_a_secret_tells_who_asks() -> None:
    """Each name by its own secret, which may hold any visible character but a comma; spaces around entries are none."""
    keys = Keys.parse(" ann:open-sesame-sesame , bob.b-2:a:b=c/+~!{}|;@#$ ,")
    assert keys
    assert keys.owner("open-sesame-sesame") == "key:ann"
    assert keys.owner("a:b=c/+~!{}|;@#$") == "key:bob.b-2"


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "open-sesame-sesam",
        "open-sesame-sesame ",
        "Open-sesame-sesame",
        "ann",
        "ann:open-sesame-sesame",
        "open-sesame-sesamé",
        "\ud800",
        "x" * 9999,
    ],
)
def test_what_is_not_quite_a_secret_is_nobodys(secret: str) -> None:
    """A secret is known whole or not at all."""
    assert Keys.parse("ann:open-sesame-sesame").owner(secret) is None


def test_a_name_may_have_two_secrets_while_one_replaces_the_other() -> None:
    """Both tell the same asker, so that documents and conversations stay its own; then the old one is nobody's."""
    both = Keys.parse("ann:old-one-of-sixteen,bob:other-of-sixteen,ann:new-one-of-sixteen")
    assert both.owner("old-one-of-sixteen") == both.owner("new-one-of-sixteen") == "key:ann"
    after = Keys.parse("bob:other-of-sixteen,ann:new-one-of-sixteen")
    assert (after.owner("old-one-of-sixteen"), after.owner("new-one-of-sixteen")) == (None, "key:ann")
    assert Keys.parse("ann:old-one-of-sixteen,ann:old-one-of-sixteen").owner("old-one-of-sixteen") == "key:ann"


@pytest.mark.parametrize("name", ["shared", "local", "key", "webhook", "chat"])
def test_no_name_is_another_kind_of_asker(name: str) -> None:
    """A key that is called like an owner of another kind does not become it."""
    assert Keys.parse(f"{name}:open-sesame-sesame").owner("open-sesame-sesame") == f"key:{name}"


def test_every_key_is_compared_whichever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparisons are as many for the first key, the last one and none, each in constant time."""
    compared = 0
    compare = hmac.compare_digest

    def counted(one: bytes, other: bytes) -> bool:
        nonlocal compared
        compared += 1
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    keys = Keys.parse("ann:first-of-sixteen,bob:second-of-sixteen,eve:third-of-sixteen")
    counts = []
    for secret in ("first-of-sixteen", "third-of-sixteen", "none"):
        keys.owner(secret)
        counts.append(compared)
    assert counts == [3, 6, 9]


NOW = 1_795_000_000.0
BODY = '{"type":"question.asked","data":{"question":"Wer? 谁?"}}'


def secret_of(name: str, size: int = 24) -> str:
    """A secret as people write it, the same one each time."""
    return "whsec_" + base64.b64encode(shake_256(name.encode()).digest(size)).decode()


OLD, NEW, OTHER, STRANGER = secret_of("old"), secret_of("new", 64), secret_of("other", 32), secret_of("stranger")
KNOWN = Secrets.parse(f"shop:{OLD}, shop:{NEW},{OTHER}")


def signed(secret: str, body: str = BODY, identifier: str = "msg_1", at: float = NOW) -> tuple[str, str, str]:
    """The three headers that the package makes."""
    return identifier, str(int(at)), Webhook(secret).sign(identifier, datetime.fromtimestamp(at, UTC), body)


def fault(identifier: str, timestamp: str, signatures: str, body: bytes = BODY.encode(), known: Secrets = KNOWN) -> str:
    """Why a message is not taken."""
    with pytest.raises(SignatureError) as caught:
        known.verify(identifier, timestamp, signatures, body, NOW)
    assert len(str(caught.value).splitlines()) == 1 and str(caught.value).endswith(".")
    return caught.value.fault


@pytest.mark.parametrize(("secret", "sender"), [(OLD, "shop"), (NEW, "shop"), (OTHER, "default")])
def test_what_the_package_signs_is_taken(secret: str, sender: str) -> None:
    """A message signed by the package is taken with any secret of a name, and the name is the sender."""
    assert KNOWN.verify(*signed(secret), BODY.encode(), NOW) == f"webhook:{sender}"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_body_is_signed_alike(body: str) -> None:
    """Both ends sign any text alike."""
    assert KNOWN.verify(*signed(OLD, body), body.encode(), NOW) == "webhook:shop"


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_signature_is_of_one_body(body: bytes, other: bytes) -> None:
    """What was signed is taken; with it, any other body is not."""
    headers = KNOWN.sign("webhook:shop", "msg_1", NOW, body)
    assert KNOWN.verify(*headers.values(), body, NOW) == "webhook:shop"
    if other != body:
        assert fault(*headers.values(), other) == "wrong-signature"


def test_what_is_signed_the_package_takes() -> None:
    """The package verifies with each of the secrets of the name, with those of no other name, and not another body."""
    now = datetime.now(UTC).timestamp()
    headers = KNOWN.sign("webhook:shop", "msg_1", now, BODY.encode())
    for secret in (OLD, NEW):
        Webhook(secret).verify(BODY, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(BODY + " ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(BODY, headers)
    assert set(headers) == {"webhook-id", "webhook-timestamp", "webhook-signature"}


def test_a_changed_message_is_not_taken() -> None:
    """A changed body, id or time does not fit the signature, nor does any change of the signature itself."""
    identifier, timestamp, signature = signed(OLD)
    assert fault(identifier, timestamp, signature, BODY.encode() + b" ") == "wrong-signature"
    assert fault("msg_2", timestamp, signature) == "wrong-signature"
    assert fault(identifier, str(int(NOW) + 1), signature) == "wrong-signature"
    for place in range(3, len(signature)):
        changed = signature[:place] + ("A" if signature[place] != "A" else "B") + signature[place + 1 :]
        assert fault(identifier, timestamp, changed) == "wrong-signature"


def test_a_rotated_secret() -> None:
    """While one secret replaces another both are taken; then the old one is not, and the sender is the same."""
    before, during, after = (Secrets.parse(text) for text in (f"a:{OLD}", f"a:{OLD},a:{NEW}", f"a:{NEW}"))
    for known in (before, during):
        assert known.verify(*signed(OLD), BODY.encode(), NOW) == "webhook:a"
    for known in (during, after):
        assert known.verify(*signed(NEW), BODY.encode(), NOW) == "webhook:a"
    assert fault(*signed(OLD), known=after) == fault(*signed(NEW), known=before) == "wrong-signature"


def test_one_of_several_signatures_is_enough() -> None:
    """A sender that rotates sends several; those of other kinds and of other secrets do not matter."""
    identifier, timestamp, right = signed(OLD)
    wrong = signed(STRANGER)[2]
    for several in (f"{wrong} {right}", f"{right} {wrong}", f"v1a,AAAA {right}", f"v2,x  {right} "):
        assert KNOWN.verify(identifier, timestamp, several, BODY.encode(), NOW) == "webhook:shop"
    assert fault(identifier, timestamp, f"{wrong} {wrong}") == "wrong-signature"


@pytest.mark.parametrize("missing", range(3))
def test_a_missing_header(missing: int) -> None:
    """Without one of the three headers nothing is taken."""
    headers = ["" if place == missing else header for place, header in enumerate(signed(OLD))]
    assert fault(*headers) == "missing-signature"


@pytest.mark.parametrize(
    ("identifier", "timestamp", "signature"),
    [
        *((one, None, None) for one in ("a b", "ü", "x" * 256)),
        *((None, one, None) for one in ("soon", "-1", "1e9", "٣", "1" * 13)),
        *((None, None, one) for one in ("v1", "v1a,AAAA", "AAAA", "V1,AAAA")),
    ],
)
def test_a_malformed_header(identifier: str | None, timestamp: str | None, signature: str | None) -> None:
    """An id that is not visible ASCII, a time that is no number, and signatures of no known kind are told apart."""
    right = signed(OLD)
    given = [
        one if other is None else other for one, other in zip(right, (identifier, timestamp, signature), strict=True)
    ]
    assert fault(*given) == "malformed-signature"


def test_a_signature_that_is_no_text_is_only_wrong() -> None:
    """Letters outside ASCII, which a comparison in constant time refuses, make a signature wrong and are no failure."""
    identifier, timestamp, _ = signed(OLD)
    assert fault(identifier, timestamp, "v1,ü\ud800") == "wrong-signature"


def test_tolerance() -> None:
    """Five minutes before and after are taken, a second more is not, however well it is signed."""
    for seconds in (-TOLERANCE, -1, 0, 1, TOLERANCE):
        assert KNOWN.verify(*signed(OLD, at=NOW + seconds), BODY.encode(), NOW) == "webhook:shop"
    assert fault(*signed(OLD, at=NOW - TOLERANCE - 1)) == "too-old"
    assert fault(*signed(OLD, at=NOW + TOLERANCE + 1)) == "too-new"


def test_nobody_can_be_written_to_without_a_secret() -> None:
    """To sign for a name that has none any more fails."""
    with pytest.raises(KeyError):
        KNOWN.sign("webhook:gone", "msg_1", NOW, b"")


MALFORMED_KEYS = [
    *(
        "open-sesame-sesame",
        ",",
        ":open-sesame-sesame",
        "ann:",
        "ann: ,bob:open-sesame-sesame",
        "an n:open-sesame-sesame",
        "ann=open-sesame-sesame",
    ),
    *(
        "änn:open-sesame-sesame",
        "-ann:open-sesame-sesame",
        "ann:open sesame sesame",
        "ann:open-sesame-sesamé",
        "ann:open-sesame-sesame\tbob:open-sesame-sesame",
    ),
    *(
        f"{'a' * 65}:open-sesame-sesame",
        f"ann:{'opensesame' * 52}",
        "ann:open-sesame-sesame,bob:open-sesame-sesame",
        "ann:open-sesame-sesame,bob",
    ),
    *(
        "ann:open-sesame-sesame;bob:open-sesame-sesamé",
        "ann:open-sesame-ses",
        "ann:open-sesame-sesame,bob:123456789012345",
    ),
]
MALFORMED_SECRETS = [
    *("open-sesame-sesame", "shop:open-sesame-sesame", f"sh op:{NEW}", f":{NEW}", "whsec_", "whsec_opensesame!"),
    *("whsec_b3BlbnNlc2FtZQ==", secret_of("too long", 65), f"one:{NEW},two:{NEW}", ","),
]


@pytest.mark.parametrize(
    ("kind", "text"), [*((Keys, one) for one in MALFORMED_KEYS), *((Secrets, one) for one in MALFORMED_SECRETS)]
)
def test_what_is_malformed_is_refused_in_a_line_without_secrets(kind: type[Keys | Secrets], text: str) -> None:
    """What is no list of names and secrets, a secret of the wrong size, or one secret under two names is told without
    repeating any of it.
    """
    with pytest.raises(ValueError) as told:
        kind.parse(text)
    line = str(told.value)
    assert line.isprintable() and len(line) < 150
    assert not [one for one in ("sesam", "b3BlbnNlc2FtZQ", NEW.removeprefix("whsec_")) if one in line]


def test_nothing_shows_a_secret_and_nothing_is_none() -> None:
    """Keys and secrets can be printed and logged; without a setting there are none, and every secret is nobody's."""
    keys = Keys.parse("ann:open-sesame-sesame")
    assert "open-sesame-sesame" not in repr(keys) + str(keys) + repr(vars(keys))
    assert OLD.removeprefix("whsec_")[:8] not in repr(KNOWN)
    assert KNOWN and not (Secrets.parse("") or Keys.parse("") or Keys.parse(" "))
    assert Keys.parse("").owner("") is None
