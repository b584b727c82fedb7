"""Who asks by HTTP, told by a key, and by webhook, told by a signature. Knows no HTTP, and not what is asked.

Signatures are those of Standard Webhooks 1.0, both ways:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import ClassVar, Literal, Self

from retrieval.errors import FootnoteError

TOLERANCE = 5 * 60
"""Seconds that the time of a message may lie in the past or the future."""

_PREFIX = "whsec_"
_DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEY = re.compile(r"[!-~]{16,512}")  # fewer could be guessed
_MESSAGE_ID = re.compile(r"[!-~]{1,255}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIZES = range(24, 65)  # bytes of a webhook secret, by the specification

SignatureFault = Literal["missing-signature", "malformed-signature", "too-old", "too-new", "wrong-signature"]


class SignatureError(FootnoteError):
    """A message is not taken; `fault` says what is wrong in a word, the message in a line that says what to do."""

    def __init__(self, fault: SignatureFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True)
class NamedSecrets:
    """Names and what their secrets are known by; a name may have several, so that one can replace another."""

    _FORM: ClassVar[str]
    _MARK: ClassVar[str] = ""  # what every secret begins with

    _known: Sequence[tuple[str, bytes]] = field(default=(), repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The secrets of `name:secret,name:secret`. Raises ValueError, whose message holds no secret."""
        found: list[tuple[str, bytes]] = []
        for number, entry in enumerate((one.strip() for one in text.split(",")), 1):
            if not entry:
                continue
            if cls._MARK and entry.startswith(cls._MARK):
                entry = f"{_DEFAULT}:{entry}"
            name, colon, written = entry.partition(":")
            if not (colon and written.startswith(cls._MARK) and _NAME.fullmatch(name)):
                raise ValueError(f"{cls._FORM}, the name of letters, digits, dots, dashes (entry {number} is not)")
            secret = cls._read(name, written)
            if any(known == secret and other != name for other, known in found):
                raise ValueError(f"the secret of {name} is that of another name, too")
            found.append((name, secret))
        if text.strip() and not found:
            raise ValueError(cls._FORM)
        return cls(tuple(found))

    @classmethod
    def _read(cls, name: str, written: str) -> bytes:
        """What a secret is known by. Raises ValueError."""
        raise NotImplementedError

    @property
    def names(self) -> list[str]:
        """The names, each once, in their order."""
        return list(dict.fromkeys(name for name, _ in self._known))

    def __bool__(self) -> bool:
        """Whether there is any secret."""
        return bool(self._known)


class Keys(NamedSecrets):
    """The keys of the HTTP server, `name:secret`; kept as digests."""

    _FORM = "it must be name:secret, several separated by commas"

    @classmethod
    def _read(cls, name: str, written: str) -> bytes:
        if not _KEY.fullmatch(written):
            raise ValueError(
                f"the secret of {name} must be 16 to 512 visible ASCII characters, such as `openssl rand -hex 24` makes"
            )
        return sha256(written.encode()).digest()

    def fingerprint(self, name: str) -> str | None:
        """What the secrets of a name are told by, in hexadecimal digits; None where there is no such name."""
        known = sorted(digest for one, digest in self._known if one == name)
        return sha256(b"".join(known)).hexdigest() if known else None

    def owner(self, secret: str) -> str | None:
        """Who asks with `secret` ("key:<name>"), or None; in a time that does not tell how near it came."""
        digest = sha256(secret.encode("utf-8", "surrogatepass")).digest()
        names = [name for name, known in self._known if hmac.compare_digest(digest, known)]
        return f"key:{names[0]}" if names else None


class Secrets(NamedSecrets):
    """The secrets of webhooks, `name:whsec_…`; a bare one is named "default"."""

    _FORM = f"it must be name:{_PREFIX}…, several separated by commas"
    _MARK = _PREFIX

    @classmethod
    def _read(cls, name: str, written: str) -> bytes:
        try:
            secret = base64.b64decode(written.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            raise ValueError(f"what follows {_PREFIX} of {name} must be base64") from None
        if len(secret) not in _SIZES:
            raise ValueError(f"the secret of {name} must have 24 to 64 bytes, not {len(secret)}")
        return secret

    @staticmethod
    def signatures_of(message_id: str, timestamp: str, signatures: str, at: float) -> list[bytes]:
        """The signatures in a message's three headers: all that can be told before there is a body.

        `at` is the present in seconds of Unix time. Raises SignatureError.
        """
        if not (message_id and timestamp and signatures):
            text = "Send webhook-id, webhook-timestamp and webhook-signature, as Standard Webhooks has them."
            raise SignatureError("missing-signature", text)
        if not _MESSAGE_ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
            text = "The webhook-id must be visible ASCII, 255 at most, and webhook-timestamp the seconds of Unix time."
            raise SignatureError("malformed-signature", text)
        given = [
            one.removeprefix("v1,").encode("utf-8", "replace") for one in signatures.split(" ") if one.startswith("v1,")
        ]
        if not given:
            raise SignatureError("malformed-signature", "No signature is of the kind v1. Sign as `v1,BASE64`.")
        if int(timestamp) < at - TOLERANCE:
            raise SignatureError("too-old", "The webhook-timestamp is over five minutes old. Sign anew, and send.")
        if int(timestamp) > at + TOLERANCE:
            raise SignatureError("too-new", "The webhook-timestamp is over five minutes ahead. Set the clock right.")
        return given

    def verify(self, message_id: str, timestamp: str, signatures: str, body: bytes, at: float) -> str:
        """Who sent a message ("webhook:<name>"), told by its three headers and its body as they came.

        `at` is the present in seconds of Unix time. Raises SignatureError.
        """
        given = self.signatures_of(message_id, timestamp, signatures, at)
        sender = None
        for name, secret in self._known:  # all of them, so that the time tells nothing
            expected = _signature(secret, message_id, timestamp, body)
            for one in given:
                if hmac.compare_digest(expected, one):
                    sender = f"webhook:{name}"
        if sender is None:
            raise SignatureError("wrong-signature", "The signature is not of this body with a secret known here.")
        return sender

    def sign(self, asker: str, message_id: str, at: float, body: bytes) -> dict[str, str]:
        """The three headers of a message to `asker`, signed with each of its secrets: it may know only one of them.

        Raises KeyError when it has none any more.
        """
        timestamp = str(int(at))
        signatures = [
            f"v1,{_signature(secret, message_id, timestamp, body).decode()}"
            for name, secret in self._known
            if f"webhook:{name}" == asker
        ]
        if not signatures:
            raise KeyError(asker)
        return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}


def _signature(secret: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    content = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(secret, content, sha256).digest())
