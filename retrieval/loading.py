"""Files and bytes to documents: which kinds can be read, how they are decoded, and what they are called.

This module knows no database, no index and no network. The text of a document is what was decoded: line ends are kept
and nothing is normalised, except that U+0000 and lone surrogates become U+FFFD one for one, since databases cannot hold
them, and that a byte order mark is dropped.
"""

from __future__ import annotations

import codecs
import importlib.resources
import os
import re
import stat
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePath
from urllib.parse import urljoin, urlsplit

from retrieval.furniture import covers_all, merged, recognise
from retrieval.html import PageError, read_page
from retrieval.passages import Document, Span

MAX_BYTES = 20 * 1024 * 1024
"""The largest file that is read, in bytes (20 MiB)."""

TITLE_LONGEST = 200
"""The longest title, in code points."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TEXT, _MARKDOWN, _HTML = "text", "markdown", "html"
_KINDS = {
    ".txt": _TEXT,
    ".text": _TEXT,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".html": _HTML,
    ".htm": _HTML,
}
_READABLE = "text (.txt, .text), markdown (.md, .markdown) and HTML (.html, .htm) can be read"
_UNREADABLE = _set(".pdf .docx .doc .epub .odt .rtf .pptx .xlsx .zip .gz .png .jpg .jpeg .gif .webp .mp3 .mp4")
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive, Word or EPUB file"),
    (b"{\\rtf", "an RTF file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file"),
    (b"\x89PNG\r\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF87a", "a picture"),
    (b"GIF89a", "a picture"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x7fELF", "a program"),
)
_TEXTUAL_MAGIC = (b"%PDF-", b"{\\rtf")
# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\r\f\v\b\x1b") | {127})
_DECLARED = re.compile(
    rb"<meta\b[^>]{0,300}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w-]{2,40})|<\?xml[^>]{0,100}encoding=[\"']([\w-]{2,40})",
    re.IGNORECASE,
)
# Names that pages use for smaller encodings than they are written in.
_WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
_WIDER |= {"euc_kr": "cp949", "iso8859-9": "cp1254", "iso8859-11": "cp874"}
_NO_PAGE_CODECS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7", "undefined", "mbcs"})
_WESTERN = frozenset("éèêëàâçïîôùûüöäßñáíóúÉÈÀÇÜÖÄÑ’‘“”–—…«»£€©®°§·¿¡\xa0")
_PAGE_BEGINS = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?=[ \t]*[\w-]+[ \t]*:)")
_FRONT_MATTER_END = re.compile(r"^(?:---|\.\.\.)[ \t]*\r?$", re.M)
_FRONT_MATTER_TITLE = re.compile(r"^title[ \t]*:[ \t]*(\S[^\r\n]*)", re.I | re.M)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_TITLE_TEXT_LONGEST, _OPENING_LONGEST = 120, 40
_SENTENCE_ENDS = tuple(".!?…。！？;；,，:：")
_FUNCTION_WORDS = _set(
    "a an the of in on at to for by with from and or but as is are was were its his her their this that has have had "
    "der die das den dem ein eine und oder von zu im le la les un une des de du et ou à el los y en"
)


class LoadingError(Exception):
    """A file or text cannot be taken in; the message is one line that says what happened and what to do."""


def find_files(path: Path) -> list[Path]:
    """The file `path` itself, or the files of readable kinds below the folder `path`, sorted.

    Names that begin with a dot are left out, and so is what was already met by another link. Raises LoadingError when
    nothing is there, the folder cannot be listed, or it holds no readable file.
    """
    if not _status(path).is_dir:
        return [path]
    found: dict[str, Path] = {}
    folders, seen = [path], set[str]()
    while folders:
        folder = folders.pop()
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            if folder == path:
                raise LoadingError(f"{_shown(path)} cannot be listed: check its permissions.") from error
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir():
                    folders.append(entry)
                elif entry.suffix.lower() in _KINDS and entry.is_file():
                    real = os.path.realpath(entry)
                    found[real] = min(entry, found.get(real, entry))
            except OSError:
                continue
    if not found:
        raise LoadingError(f"{_shown(path)} holds no file that can be read: {_READABLE}.")
    return sorted(found.values())


def load_path(path: Path, *, title: str | None = None) -> Document:
    """One file as a document; its source is "seeds/NAME" for an article that is shipped, else its absolute path.

    Raises LoadingError when it is missing, not a file, too large, not permitted, empty or of no readable kind.
    """
    status = _status(path)
    if status.is_dir:
        raise LoadingError(f"{_shown(path)} is a folder: name a file in it.")
    if not status.is_file:
        raise LoadingError(f"{_shown(path)} is not a regular file: copy it into a file, or pass it by standard input.")
    if status.size > MAX_BYTES:
        raise _too_large(_shown(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LoadingError(f"{_shown(path)} cannot be read: {_reason(error)}.") from error
    return _load(data, source_of(path), path.name, title, _shown(path))


def load_bytes(data: bytes, *, source: str, name: str | None = None, title: str | None = None) -> Document:
    """What was read elsewhere as a document; `name` is a file name for its ending, without it the content decides.

    `source` is kept as given; when it is a web address it also becomes the document's `url`, or the page's canonical
    link on the same host does. Raises LoadingError when the data are too large, empty or of no readable kind.
    """
    return _load(data, source, name, title, _shown(name or source))


def _load(data: bytes, source: str, name: str | None, title: str | None, shown: str) -> Document:
    if len(data) > MAX_BYTES:
        raise _too_large(shown)
    ending = PurePath(name).suffix.lower() if name else ""
    if ending in _UNREADABLE:
        raise LoadingError(f"{shown} is a {ending} file: only {_READABLE}.")
    kind = _KINDS.get(ending)
    text = _decoded(data, shown, page=kind == _HTML or (kind is None and _is_page(data[:2048].decode("latin-1"))))
    if not text.strip():
        raise LoadingError(f"{shown} is empty: there is nothing to read in it.")
    kind = kind or _kind_of(text)
    address = source if source.lower().startswith(("http://", "https://")) else None
    if kind == _HTML:
        try:
            page = read_page(text)
        except PageError as error:
            raise LoadingError(f"{shown} cannot be used: {error}. Save the page as text and add that.") from error
        found = page.title or _opening(page.text, page.furniture)
        url = _canonical(address, page.canonical) if address else None
        return Document(source, _title(title, found, name, source), page.text, page.furniture, url)
    front = _front_matter(text) if kind == _MARKDOWN else None
    furniture = merged([*([front] if front else []), *recognise(text)])
    if covers_all(text, furniture):
        furniture = ()
    found = _markdown_title(text, front) if kind == _MARKDOWN else ""
    found = found or _opening(text, furniture)
    return Document(source, _title(title, found, name, source), text, furniture, address)


@dataclass(frozen=True, slots=True)
class _Status:
    is_dir: bool
    is_file: bool
    size: int


def _status(path: Path) -> _Status:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LoadingError(f"{_shown(path)} does not exist: check the path.") from error
    except (OSError, ValueError) as error:
        raise LoadingError(f"{_shown(path)} cannot be read: {_reason(error)}.") from error
    return _Status(stat.S_ISDIR(found.st_mode), stat.S_ISREG(found.st_mode), found.st_size)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, PermissionError):
        return "permission denied, so change its permissions or ask its owner"
    return (error.strerror or "input or output failed") if isinstance(error, OSError) else "its name is not valid"


def _too_large(shown: str) -> LoadingError:
    return LoadingError(f"{shown} is larger than {MAX_BYTES // 1024 // 1024} MiB: split it into smaller files.")


def _printable(path: str) -> str:
    # A name that is not valid UTF-8 arrives with lone surrogates, which no database holds.
    return os.fsencode(path).decode("utf-8", "backslashreplace") if _SURROGATE.search(path) else path


def _shown(name: Path | str) -> str:
    words = "".join(c if c.isprintable() else "\ufffd" for c in _printable(str(name)))
    return words if len(words) <= 200 else f"{words[:100]}…{words[-99:]}"


def source_of(path: Path) -> str:
    """What a file is called in the library: its real absolute path; "seeds/<name>" for what ships in `seeds`."""
    real = path.resolve()
    try:
        shipped = importlib.resources.files("seeds").joinpath(real.name)
    except ModuleNotFoundError:
        shipped = None
    if isinstance(shipped, Path) and shipped.resolve() == real:
        return f"seeds/{_printable(real.name)}"
    return _printable(real.as_posix())


def _is_page(text: str) -> bool:
    return _PAGE_BEGINS.match(text.lstrip("\ufeff")) is not None


def _kind_of(text: str) -> str:
    if _is_page(text):
        return _HTML
    return _MARKDOWN if _front_matter(text) or text.lstrip().startswith(("# ", "## ")) else _TEXT


# ---- Decoding


def _decoded(data: bytes, shown: str, *, page: bool) -> str:
    """The text of `data`, its byte order mark dropped, without U+0000 and lone surrogates."""
    for magic, what in _MAGIC:
        if data.startswith(magic) and (magic in _TEXTUAL_MAGIC or b"\0" in data[:1024]):
            raise LoadingError(f"{shown} is {what}: only {_READABLE}.")
    text = _marked(data)
    if text is None:
        text = _unmarked(data, page=page)
    if text is None:
        raise LoadingError(f"{shown} holds binary data or an unknown encoding: only {_READABLE}; save it as UTF-8.")
    return _SURROGATE.sub("\ufffd", text.replace("\0", "\ufffd"))


def _marked(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if not data.startswith(mark):
            continue
        body = data[len(mark) :]
        for errors in ("strict", "surrogatepass"):
            try:
                return body.decode(encoding, errors)
            except UnicodeDecodeError:
                continue
        # UTF-16 that begins with U+0000 looks like the mark of UTF-32, so a bad UTF-32 gets a second reading.
        if encoding not in ("utf-32-le", "utf-32-be"):
            return body.decode(encoding, "replace")
    return None


def _unmarked(data: bytes, *, page: bool) -> str | None:
    controls = len(data) - len(data.translate(None, _CONTROL_BYTES))
    # Half the bytes of UTF-16 are zero in Latin scripts and four in Cyrillic; Chinese in UTF-16 is no valid UTF-8 and
    # is found by guessing.
    if controls * 10 > len(data):
        return _utf16(data)
    for errors in ("strict", "surrogatepass"):
        try:
            return data.decode("utf-8", errors)
        except UnicodeDecodeError:
            continue
    if page and (text := _as_declared(data)) is not None:
        return text
    return _damaged_utf8(data) or _western(data) or _guessed(data)


def _utf16(data: bytes) -> str | None:
    """`data` as UTF-16 without a mark, when that makes sense: of few scripts, with hardly a control character."""
    if len(data) % 2:
        return None
    best: tuple[int, str] | None = None
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        sample = text[:20_000]
        odd = sum(c not in "\t\n\r\f" and unicodedata.category(c) in ("Cc", "Cn", "Co") for c in sample)
        pages = Counter(ord(c) >> 8 for c in sample)
        # The right order of bytes shows in the spaces, line ends and full stops of every script.
        marks = sum(c in " \n,.，。、" for c in sample)
        scripts = sum(count for page, count in pages.most_common(3) if not 0x34 <= page <= 0x9F)
        scripts += sum(count for page, count in pages.items() if 0x34 <= page <= 0x9F and marks)
        if odd * 50 <= len(sample) and scripts * 10 >= len(sample) * 9 and (best is None or marks > best[0]):
            best = (marks, text)
    return best[1] if best else None


def _as_declared(data: bytes) -> str | None:
    declared = _DECLARED.search(data[:4096])
    if declared is None:
        return None
    try:
        encoding = codecs.lookup((declared[1] or declared[2]).decode("ascii")).name
    except LookupError:
        return None
    encoding = _WIDER.get(encoding, encoding)
    # A page whose declaration could be read as ASCII is not written in UTF-16, whatever it says.
    if encoding in _NO_PAGE_CODECS or encoding.startswith(("utf-16", "utf-32", "utf-8")):
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


def _guessed(data: bytes) -> str | None:
    from charset_normalizer import from_bytes

    guess = from_bytes(data).best()
    if guess is None:
        return None
    text = str(guess)
    sample = text[:20_000]
    odd = sum(c not in "\t\n\r\f" and unicodedata.category(c) in ("Cc", "Cn", "Co") for c in sample)
    return text if odd * 20 <= len(sample) else None


# ---- Titles


def _title(given: str | None, found: str, name: str | None, source: str) -> str:
    candidates = (given or "", found, name or "", source.rpartition("/")[2])
    return next((line for line in map(_one_line, candidates) if line), "Untitled")


def _one_line(words: str) -> str:
    # Joiners shape words in Persian and Hindi and are kept; other invisible characters could disguise a title.
    shown = (
        " " if c.isspace() else c
        for c in words[: TITLE_LONGEST * 20]
        if c.isspace() or c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    line = " ".join("".join(shown).split())
    return line if len(line) <= TITLE_LONGEST else line[: TITLE_LONGEST - 1].rstrip() + "…"


def _front_matter(text: str) -> Span | None:
    begin = _FRONT_MATTER.match(text)
    end = _FRONT_MATTER_END.search(text, begin.end()) if begin else None
    return Span(0, end.start() + 3) if end else None


def _markdown_title(text: str, front: Span | None) -> str:
    if front and (named := _FRONT_MATTER_TITLE.search(front.of(text))):
        value = named[1].strip()
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        return value[1:-1] if quoted else value
    fence, before = "", ""
    for line in text[front.end if front else 0 :].splitlines():
        stripped = line.strip()
        if stripped.startswith(("```", "~~~")) and (not fence or stripped.startswith(fence)):
            fence = "" if fence else stripped[:3]
        elif not fence:
            if line.startswith("# ") and (heading := _without_markup(line[2:].rstrip().rstrip("#"))):
                return heading
            if before and stripped and not stripped.strip("="):
                return _without_markup(before)
        before = stripped
    return ""


def _without_markup(line: str) -> str:
    return _LINK.sub(r"\1", line[:1000]).replace("**", "").replace("__", "").replace("`", "").strip(" *")


def _opening(text: str, furniture: tuple[Span, ...]) -> str:
    """The first line when it looks like a title, else the first words, cut at a word."""
    parts, position = [], 0
    for span in furniture[:50]:
        parts.append(text[position : span.start])
        position = span.end
    lines = "".join([*parts, text[position:]])[:100_000].strip().splitlines()
    first = lines[0].strip() if lines else ""
    rest = len(lines) > 2 and not lines[1].strip()
    if rest and len(first) <= _TITLE_TEXT_LONGEST and not first.endswith(_SENTENCE_ENDS):
        return first.lstrip("# ") or first
    words = _one_line(" ".join(lines[:40]))
    if len(words) <= _OPENING_LONGEST:
        return words
    cut = words[: _OPENING_LONGEST + 1]
    # Chinese and Japanese have no spaces to cut at.
    kept = cut.rsplit(" ", 1)[0].split() if " " in cut else [cut[:_OPENING_LONGEST]]
    while len(kept) > 1 and kept[-1].casefold().strip(",;:–—-") in _FUNCTION_WORDS | {""}:
        kept.pop()
    return " ".join(kept).rstrip(" ,;:–—-") + " …"


def _canonical(address: str, link: str | None) -> str:
    """The page's canonical link when it is on the address's own host, else the address."""
    try:
        target = urljoin(address, link or "")
        there, here = urlsplit(target), urlsplit(address)
        same = (there.hostname or "").removeprefix("www.") == (here.hostname or "").removeprefix("www.")
    except ValueError:
        return address
    return target if same and there.scheme in ("http", "https") else address
