"""The keys of the HTTP server: who asks, told by the secret that they send. Knows no HTTP."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SECRET = re.compile(r"[!-~]{1,512}")
_FORM = "it must be name:secret, several separated by commas"


@dataclass(frozen=True)
class Keys:
    """The names and the digests of their secrets; a name may have several, so that one can replace another."""

    _digests: Sequence[tuple[str, bytes]] = field(default=(), repr=False)

    @classmethod
    def parse(cls, text: str) -> Keys:
        """The keys of `name:secret,name:secret`. Raises ValueError, whose message holds no secret."""
        found: list[tuple[str, bytes]] = []
        for number, entry in enumerate((one.strip() for one in text.split(",")), 1):
            if not entry:
                continue
            name, colon, secret = entry.partition(":")
            if not colon or not _NAME.fullmatch(name):
                raise ValueError(f"{_FORM}, the name of letters, digits, dots, dashes (entry {number} is not)")
            if not _SECRET.fullmatch(secret):
                raise ValueError(f"the secret of {name} must be 1 to 512 visible ASCII characters")
            digest = sha256(secret.encode()).digest()
            if any(known == digest and other != name for other, known in found):
                raise ValueError(f"the secret of {name} is that of another name, too")
            found.append((name, digest))
        if text.strip() and not found:
            raise ValueError(_FORM)
        return cls(tuple(found))

    @property
    def names(self) -> list[str]:
        """The names, each once, in their order."""
        return list(dict.fromkeys(name for name, _ in self._digests))

    def __bool__(self) -> bool:
        """Whether there is any key."""
        return bool(self._digests)

    def owner(self, secret: str) -> str | None:
        """Who asks with `secret` ("key:<name>"), or None; in a time that does not tell how near it came."""
        digest = sha256(secret.encode("utf-8", "surrogatepass")).digest()
        owner = None
        for name, known in self._digests:
            if hmac.compare_digest(digest, known):
                owner = f"key:{name}"
        return owner
