"""What this library signs for browsers: who has signed in, and links that open one document for whoever has them.

A signature is an HMAC-SHA256 with a secret that the database keeps, so that all processes of a library know it and
nobody else. Knows no HTTP.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import sqlalchemy as sa

from bot.answers import Citation
from retrieval.store.database import reading, writing
from retrieval.store.state import set_state, text_of

DAY = 86_400
"""Seconds."""

_SECRET = "signing"  # noqa: S105  # the name under which it is kept
_LENGTH = 32  # hexadecimal digits of a signature: 128 bits


class Signing:
    """Signs with the secret of one database, which is made at the first use."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @cached_property
    def _secret(self) -> bytes:
        with reading(self._engine) as connection:
            known = text_of(connection, _SECRET)
        if known is None:
            with writing(self._engine) as connection:
                known = text_of(connection, _SECRET)  # another process may have been quicker
                if known is None:
                    known = secrets.token_hex(32)
                    set_state(connection, _SECRET, known)
        return bytes.fromhex(known)

    def sign(self, purpose: str, *parts: str) -> str:
        """The signature of `parts`, which is good for `purpose` alone."""
        # Each part with its length: parts that are joined otherwise have another signature.
        written = "".join(f"{len(part)}:{part}" for part in (purpose, *parts))
        return hmac.new(self._secret, written.encode("utf-8", "surrogatepass"), sha256).hexdigest()[:_LENGTH]

    def holds(self, signature: str, purpose: str, *parts: str) -> bool:
        """Whether `signature` is that of `parts`; in a time that does not tell how near it comes."""
        return hmac.compare_digest(self.sign(purpose, *parts).encode(), signature.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class ReadingLinks:
    """Links that open one document in the reading view at `address`, each for `days`."""

    signing: Signing
    address: str
    days: int
    clock: Callable[[], float]

    def of(self, citation: Citation) -> str:
        """The link that opens the document of a citation, at its words, and no other document."""
        until = str(int(self.clock()) // DAY * DAY + (self.days + 1) * DAY)  # the same link for a day
        document = citation.document.id
        place = f"start={citation.start}&end={citation.end}"
        revision = "" if citation.revision is None else f"revision={citation.revision}&"
        signature = self.signing.sign("read", document, until)
        return f"{self.address}/read/{document}?{revision}{place}&until={until}&signature={signature}#words"


def opens(signing: Signing, document: str, until: str, signature: str, at: float) -> bool:
    """Whether a link with this end and signature opens a document at the time `at`."""
    lasts = until.isascii() and until.isdecimal() and len(until) <= 12 and int(until) > at
    return lasts and signing.holds(signature, "read", document, until)
