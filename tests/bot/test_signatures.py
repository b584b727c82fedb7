"""Signatures, with the package of Standard Webhooks at the other end: it signs what comes, and verifies what goes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from hashlib import shake_256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from bot.auth import TOLERANCE, Secrets, SignatureError

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


def test_a_secret_that_is_not_known_is_not_taken() -> None:
    """A stranger's signature is wrong, and so is every one where no secret is known."""
    assert fault(*signed(STRANGER)) == "wrong-signature"
    assert fault(*signed(OLD), known=Secrets()) == "wrong-signature"


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
        ("a b", None, None),
        ("ü", None, None),
        ("x" * 256, None, None),
        (None, "soon", None),
        (None, "-1", None),
        (None, "1e9", None),
        (None, "٣", None),
        (None, "1" * 13, None),
        (None, None, "v1"),
        (None, None, "v1a,AAAA"),
        (None, None, "AAAA"),
        (None, None, "V1,AAAA"),
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


def test_a_replayed_signature_under_a_new_time() -> None:
    """Who has an old message cannot make it new: the time is signed, too."""
    identifier, _, signature = signed(OLD, at=NOW - 3600)
    assert fault(identifier, str(int(NOW)), signature) == "wrong-signature"


def test_nobody_can_be_written_to_without_a_secret() -> None:
    """To sign for a name that has none any more fails."""
    with pytest.raises(KeyError):
        KNOWN.sign("webhook:gone", "msg_1", NOW, b"")


@pytest.mark.parametrize(
    "text",
    [
        "opensesame",
        "shop:opensesame",
        f"sh op:{NEW}",
        f":{NEW}",
        "whsec_",
        "whsec_opensesame!",
        "whsec_b3BlbnNlc2FtZQ==",
        secret_of("too long", 65),
        f"one:{NEW},two:{NEW}",
        ",",
    ],
)
def test_malformed_secrets(text: str) -> None:
    """Secrets that are no secrets, too short, too long or of two names are refused in words that hold none of them."""
    with pytest.raises(ValueError) as caught:
        Secrets.parse(text)
    said = str(caught.value)
    assert "opensesame" not in said and "b3BlbnNlc2FtZQ" not in said and NEW.removeprefix("whsec_") not in said


def test_they_are_not_shown() -> None:
    """What is printed of the secrets holds none."""
    assert OLD.removeprefix("whsec_")[:8] not in repr(KNOWN)
    assert bool(KNOWN) and not Secrets.parse("")
