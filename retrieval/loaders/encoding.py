"""Bytes to text: byte order marks, UTF-8, declared and guessed encodings. Knows no files and no documents."""

from __future__ import annotations

import codecs
import contextlib
import re
import unicodedata
from typing import Literal

from retrieval.errors import FootnoteError
from retrieval.loaders.registry import READABLE

_MAGIC = {
    b"\x89PNG\r\n": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF87a": "a picture",
    b"GIF89a": "a picture",
    b"\x1f\x8b": "a compressed file",
    b"\x7fELF": "a program",
}
# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\r\f\v\b\x1b") | {127})
DECLARED = re.compile(
    rb"<meta\b[^>]{0,300}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w-]{2,40})|<\?xml[^>]{0,100}encoding=[\"']([\w-]{2,40})",
    re.IGNORECASE,
)
# As browsers read them: the names of smaller encodings stand for larger ones.
_WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
_WIDER |= {"euc_kr": "cp949", "iso8859-9": "cp1254", "iso8859-11": "cp874", "utf-16": "utf-16-le"}
_NO_ENCODINGS = frozenset("idna punycode unicode_escape raw_unicode_escape utf-7 undefined mbcs oem".split())
_WESTERN = frozenset("éèêëàâçïîôùûüöäßñáíóúÉÈÀÇÜÖÄÑ’‘“”–—…«»£€©®°§·¿¡\xa0")


class DecodingError(FootnoteError):
    """The data are no text; the message is a clause with the file as its subject, as that of an ExtractionError is."""

    fault: Literal["not_a_document"] = "not_a_document"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: only {READABLE}; text is best saved as UTF-8")


def decoded(data: bytes, *, page: bool) -> str:
    """The text of `data`, its byte order mark dropped, U+0000 and lone surrogates replaced by U+FFFD one for one.

    A `page` of HTML may declare its own encoding. Raises DecodingError when the data are no text.
    """
    for magic, what in _MAGIC.items():
        if data.startswith(magic) and b"\0" in data[:1024]:
            raise DecodingError(f"is {what}")
    if (text := _marked(data)) is None and (text := _unmarked(data, page=page)) is None:
        raise DecodingError("holds binary data or an unknown encoding")
    return storable(text)


def named(name: str) -> str | None:
    """Python's name of the encoding that a page or server means by `name`; None when it means none."""
    try:
        encoding = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return None if encoding in _NO_ENCODINGS else _WIDER.get(encoding, encoding)


def storable(text: str) -> str:
    """`text` with U+0000 and lone surrogates, which no database holds, replaced by U+FFFD one for one."""
    return LONE_SURROGATE.sub("\ufffd", text.replace("\0", "\ufffd"))


def _marked(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if not data.startswith(mark):
            continue
        body = data[len(mark) :]
        with contextlib.suppress(UnicodeDecodeError):
            return body.decode(encoding, "surrogatepass")
        # UTF-16 that begins with U+0000 looks like the mark of UTF-32, so a bad UTF-32 gets a second reading.
        if encoding not in ("utf-32-le", "utf-32-be"):
            return body.decode(encoding, "replace")
    return None


def _unmarked(data: bytes, *, page: bool) -> str | None:
    controls = len(data) - len(data.translate(None, _CONTROL_BYTES))
    # Half the bytes of UTF-16 are zero in Latin scripts and four in Cyrillic; Chinese in UTF-16 is no valid UTF-8 and
    # is found by guessing.
    if controls * 10 > len(data):
        return _guessed(data, ["utf_16_le", "utf_16_be"])
    with contextlib.suppress(UnicodeDecodeError):
        return data.decode("utf-8", "surrogatepass")
    if page and (text := _as_declared(data)) is not None:
        return text
    return _damaged_utf8(data) or _western(data) or _guessed(data)


def _as_declared(data: bytes) -> str | None:
    declared = DECLARED.search(data[:4096])
    if declared is None:
        return None
    encoding = named((declared[1] or declared[2]).decode("ascii"))
    # A page whose declaration could be read as ASCII is not written in UTF-16, whatever it says.
    if encoding is None or encoding.startswith(("utf-16", "utf-32", "utf-8")):
        return None
    try:
        text = data.decode(encoding, "replace")
    except (LookupError, ValueError):
        return None
    return text if text.count("\ufffd") * 100 <= len(text) else None


def _damaged_utf8(data: bytes) -> str | None:
    """`data` as UTF-8 when only few of its many sequences are broken, as in a file that was cut off."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    sound = sum(character > "\x7f" for character in text) - broken
    return text if broken * 10 <= sound else None


def _western(data: bytes) -> str | None:
    """`data` as Windows-1252 when it is mostly ASCII and the rest are common letters and marks of western Europe.

    A statistical guess needs some hundred letters to tell these; the set leaves out what Windows-1250 and -1254 use
    for the commonest letters of Czech, Polish, Hungarian, Romanian and Turkish.
    """
    letters = len(data.translate(None, b" \t\r\n"))
    high = data.translate(None, bytes(range(128)))
    if len(high) * 2 > letters:
        return None
    try:
        return data.decode("cp1252") if set(high.decode("cp1252")) <= _WESTERN else None
    except UnicodeDecodeError:
        return None


def _guessed(data: bytes, encodings: list[str] | None = None) -> str | None:
    """`data` in the likeliest of the encodings, of all without any; None when it is no text in any."""
    from charset_normalizer import from_bytes

    guess = from_bytes(data, cp_isolation=encodings).best()
    if guess is None:
        return None
    text = str(guess)
    sample = text[:20_000]
    odd = sum(c not in "\t\n\r\f" and unicodedata.category(c) in ("Cc", "Cn", "Co") for c in sample)
    return text if odd * 20 <= len(sample) else None
