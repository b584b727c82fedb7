"""Web pages as documents: what kind they are, how they are encoded, what they are called and where they lie."""

from __future__ import annotations

import pytest
from loopback import Names, Site, answer, redirect
from sample_files import SAMPLES

from retrieval.loaders.loading import LoadingError, load_bytes
from retrieval.loaders.registry import MEDIA_TYPES, OLD_OFFICE
from retrieval.loaders.web import load_web
from retrieval.net.guard import Outbound
from retrieval.net.ssrf import AllowedHosts
from retrieval.types import Document

PAGE = b"<!doctype html><title>The harbour</title><h1>The harbour</h1><p>The harbour opened in 1871.</p>"


def load(address: str, title: str | None = None) -> Document:
    """The document at an address of the test's own server, which the names site.example and other.example lead to."""
    names = Names(site_example=["127.0.0.1"], other_example=["127.0.0.1"])
    return load_web(address, Outbound(AllowedHosts.parse("127.0.0.1"), seconds=10, resolve=names).get, title)


def fails(address: str) -> str:
    """The line with which an address cannot be loaded."""
    with pytest.raises(LoadingError) as caught:
        load(address)
    line = str(caught.value)
    assert line.isprintable() and "secret" not in line
    return line


def given(site: Site, body: bytes, kind: str | None = None, path: str = "/page") -> Document:
    """The document of a body that is served as of this kind."""
    site.answers[path] = answer(body, *([f"Content-Type: {kind}"] if kind else []))
    return load(site.url + path)


def failed(site: Site, body: bytes, kind: str, path: str = "/page") -> str:
    """The line with which a body that is served as of this kind is refused."""
    site.answers[path] = answer(body, f"Content-Type: {kind}")
    return fails(site.url + path)


def test_a_page_is_read_like_a_file_of_it(site: Site) -> None:
    """A page has the text and title that the same page has as a file; its source is its address without fragment."""
    document = given(site, PAGE, "text/html; charset=utf-8")
    file = load_bytes(PAGE, source="page.html", name="page.html")
    assert (document.text, document.title, document.boilerplate) == (file.text, "The harbour", file.boilerplate)
    again = load(f"HTTP://127.0.0.1:{site.port}/page#part", "My title")
    assert again.source == again.url == document.source == site.url + "/page" and again.title == "My title"


@pytest.mark.parametrize(
    ("kind", "path", "as_page"),
    [
        ("text/html", "/a.txt", True),
        ("TEXT/HTML;charset=utf-8", "/", True),
        ("application/xhtml+xml", "/a", True),
        *(("application/octet-stream", path, True) for path in ("/a.html", "/a")),
        *((None, path, True) for path in ("/a", "/a.htm")),
        ("nonsense", "/a", True),
        *(("text/plain", path, False) for path in ("/a", "/a.md")),
        ("text/plain; charset=utf-8", "/a.txt", False),
        ("text/markdown", "/a.html", False),
        ("application/octet-stream", "/a.txt", False),
    ],
)
def test_the_kind_is_what_the_server_says(site: Site, kind: str | None, path: str, as_page: bool) -> None:
    """The content type decides; without a telling one the ending of the path does, then the content."""
    document = given(site, PAGE, kind, path)
    assert ("<h1>" not in document.text) == as_page and "The harbour opened in 1871." in document.text


def test_markdown_has_its_heading_for_a_title(site: Site) -> None:
    """Markdown that is served as such, or as plain text under its ending, is read as markdown."""
    words = b"Some words.\n\n# The harbour\n\nIt opened in 1871.\n"
    assert given(site, words, "text/markdown").title == given(site, words, "text/plain", "/a.md").title == "The harbour"
    assert given(site, words, "text/plain", "/a").title != "The harbour"


@pytest.mark.parametrize("kind", ["image/png", "video/mp4", "application/json", "text/css"])
def test_other_kinds_are_named(site: Site, kind: str) -> None:
    """What cannot be read is one line with the kind and what can be read."""
    site.answers["/x"] = answer(b"\x89PNG", f"Content-Type: {kind}; secret=1")
    line = fails(site.url + "/x?key=secret")
    assert line.startswith(f"{site.url}/x is of the kind {kind}: only ")


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_every_media_type_leads_to_its_loader(site: Site, kind: str) -> None:
    """What a server sends as one of the types is read as that type, whatever the address ends in."""
    suffix = MEDIA_TYPES[kind].suffixes[0]
    body = SAMPLES.get(suffix, b"Subject: A\n\nName;Age\nAna;7\n")
    if MEDIA_TYPES[kind].begins:
        assert f"is no {suffix} file" in failed(site, body, kind)
    else:
        assert given(site, body, f"{kind}; charset=utf-8", "/a.txt").text.strip()


@pytest.mark.parametrize(
    ("kind", "path"),
    [("text/csv", "/a"), ("text/plain", "/a.csv"), ("application/vnd.ms-excel", "/a.csv"), (None, "/a.csv")],
)
def test_a_table_is_read_as_one_by_its_type_or_address(site: Site, kind: str | None, path: str) -> None:
    """Servers that call it plain text, or by the program that opens it, do no harm; the header's charset counts."""
    charset = "; charset=cp1251" if kind else ""
    body = "Имя;Возраст\nАнна;7\nОльга;8".encode("cp1251")
    assert given(site, body, kind and kind + charset, path).text.startswith("| Имя: Анна | Возраст: 7 |")


def test_old_office_files_say_what_to_do(site: Site) -> None:
    """The line is that of a file."""
    for kind in ("application/msword", "application/octet-stream"):
        assert "is an old Office file: open it, save it as .docx and add that" in failed(
            site, OLD_OFFICE, kind, "/a.doc"
        )


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"", "text/html", "is empty"),
        (b"<html><script>x</script></html>", "text/html", "holds no text, only scripts"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100), "text/html", "a picture"),
        (bytes(range(256)) * 9, None, "binary data"),
    ],
)
def test_what_holds_no_text_is_named_by_its_address(site: Site, body: bytes, kind: str | None, words: str) -> None:
    """An empty or false page is one line that begins with the address."""
    site.answers["/a/page"] = answer(body, *([f"Content-Type: {kind}"] if kind else []))
    line = fails(site.url + "/a/page?secret")
    assert line.startswith(f"{site.url}/a/page") and words in line


def test_failures_of_fetching_are_failures_of_loading(site: Site) -> None:
    """What the guard refuses, what is malformed and what is not there are lines of loading."""
    assert "http://10.0.0.1/ is not a public address" in fails("http://10.0.0.1/?secret")
    assert "is no web address" in fails("ftp://example.org/")
    site.answers["/gone"] = answer(status="410 Gone")
    assert "answers 410 (Gone)" in fails(site.url + "/gone")


@pytest.mark.parametrize(
    ("encoding", "charset", "words"),
    [
        ("utf-8", "utf-8", "Öl, Füße, 日本"),
        ("utf-8", None, "Öl, Füße, 日本"),
        ("utf-8", "iso-8859-1", "Öl, Füße, 日本"),
        ("cp1252", "ISO-8859-1", "Öl – “Füße”"),
        ("latin-1", '"latin1"', "naïve Füße"),
        ("cp1251", "windows-1251", "Гавань открыта"),
        ("koi8-r", "koi8-r", "Гавань открыта"),
        ("shift_jis", "Shift_JIS", "港は一八七一年に開いた"),
        ("iso-2022-jp", "iso-2022-jp", "港は一八七一年に開いた"),
        ("gb18030", "gb2312", "港口于一八七一年开放"),
        ("euc-kr", "euc-kr", "항구는 1871년에 열렸다"),
        ("utf-16-le", "utf-16le", "Plain words"),
        ("utf-16", "iso-8859-1", "Öl, 日本"),
        ("utf-8-sig", "windows-1251", "Öl, 日本"),
        ("utf-8", "no-such-charset", "Öl, 日本"),
        ("utf-8", "unicode_escape", "Öl \\u0041"),
        ("utf-8", "base64", "Öl und mehr"),
        ("utf-8", "../../etc", "Öl und mehr"),
    ],
)
@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_the_charset_of_the_header_is_honoured(
    site: Site, kind: str, encoding: str, charset: str | None, words: str
) -> None:
    """Text is read in the encoding that the header names, unless the text itself shows that it is another."""
    body = words if kind == "text/plain" else f"<!doctype html><body><p>{words}</p>"
    document = given(site, body.encode(encoding), kind + (f"; charset={charset}" if charset else ""))
    assert document.text.strip() == words


def test_a_page_that_declares_itself_is_believed_before_a_header_of_habit(site: Site) -> None:
    """The Latin header that servers add of themselves yields to the page's own declaration; another one does not."""
    words = "Гавань открыта"
    page = f'<!doctype html><meta charset="windows-1251"><body><p>{words}</p>'
    assert words in given(site, page.encode("cp1251"), "text/html; charset=iso-8859-1").text
    assert words in given(site, page.encode("koi8-r"), "text/html; charset=koi8-r").text


def test_after_a_redirect_the_canonical_link_is_of_the_host_that_answered(site: Site) -> None:
    """The source is the address as asked; the page's own link counts on the host that answered."""
    there, asked = site.name("other.example"), site.name("site.example") + "/short"
    page = b'<!doctype html><link rel="canonical" href="%s"><body><p>The harbour opened in 1871.</p>'
    site.answers |= {
        "/short": redirect(there + "/long?token=secret"),
        "/long": answer(page % b"/harbour", "Content-Type: text/html"),
    }
    document = load(asked)
    assert (document.source, document.url) == (asked, there + "/harbour")
    site.answers["/long"] = answer(page % b"https://elsewhere.example/", "Content-Type: text/html")
    assert load(asked).url == asked
    site.answers["/long"] = answer(b"Plain words.", "Content-Type: text/plain")
    document = load(asked)
    assert (document.source, document.url, document.text) == (asked, asked, "Plain words.")
