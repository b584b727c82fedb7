"""Loading: which files are taken, how they are decoded, what a page's text and title are."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.loaders import loading, main_text
from retrieval.loaders.formats.html import read_page
from retrieval.loaders.loading import MAX_BYTES, MAX_QUICK, LoadingError, find_files, is_quick, load_bytes, load_path
from retrieval.loaders.plain_text import read_markdown, read_text
from retrieval.loaders.sandbox import Extracted
from retrieval.loaders.titles import LONGEST_TITLE
from retrieval.types import Document

SEEDS = Path(__file__).parents[3] / "seeds"
ARTICLE = SEEDS / "china-russia-diplomatic-ties.txt"


def page(markup: str, source: str = "stdin/page") -> Document:
    return load_bytes(markup.encode(), source=source, name="page.html")


def body(markup: str) -> str:
    return page(markup).text


def boilerplate(document: Document) -> list[str]:
    return [span.of(document.text) for span in document.boilerplate]


def kept(document: Extracted) -> str:
    """The document's text without its boilerplate."""
    text, position = "", 0
    for span in document.boilerplate:
        text += document.text[position : span.start]
        position = span.end
    return text + document.text[position:]


def expected(text: str) -> str:
    """The text with what no database holds replaced."""
    return "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)


# ---- Files


def test_the_shipped_article_is_named_by_its_folder() -> None:
    """The article of the project has the same source wherever the project is installed."""
    document = load_path(ARTICLE)
    assert document.source == "seeds/china-russia-diplomatic-ties.txt"
    assert document.text == ARTICLE.read_bytes().decode("utf-8")
    assert boilerplate(document) == ["Share.", "Exit mobile version"]
    assert document.title == "China and Russia have deepened …"
    assert document.url is None


def test_another_file_is_named_by_its_resolved_path(tmp_path: Path) -> None:
    """A file's source is its absolute path, whatever link it was reached by, also where its name is no valid UTF-8."""
    file = tmp_path / "china-russia-diplomatic-ties.txt"
    file.write_text("Some words.", encoding="utf-8")
    link = tmp_path / "link.txt"
    link.symlink_to(file)
    assert load_path(link).source == load_path(file).source == file.resolve().as_posix()
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    file.write_text("Some words.", encoding="utf-8")
    assert load_path(file).source.encode("utf-8").endswith(b"caf\\xe9.txt")


def test_what_cannot_be_loaded_is_said_in_one_line(tmp_path: Path) -> None:
    """Missing files, folders, pipes, too large, empty and blank files are refused in one line that names them."""
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "empty.txt").touch()
    (tmp_path / "blank.md").write_text(" \n\t\r\n\u3000", encoding="utf-8")
    (tmp_path / "line\nbreak.txt").touch()
    os.mkfifo(tmp_path / "pipe.txt")
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    for name in ("missing.txt", "folder.txt", "empty.txt", "blank.md", "line\nbreak.txt", "pipe.txt", "large.txt"):
        with pytest.raises(LoadingError) as refused:
            load_path(tmp_path / name)
        assert name[:4] in str(refused.value)
        assert str(refused.value).isprintable()
    with pytest.raises(LoadingError):
        load_path(tmp_path / "empty.txt" / "below.txt")
    with pytest.raises(LoadingError):
        load_path(Path("nul\0.txt"))


def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    """A file that may not be read is refused with a word on permissions."""
    file = tmp_path / "secret.txt"
    file.write_text("Some words.", encoding="utf-8")
    file.chmod(0)
    user = os.geteuid()
    try:
        # The superuser may read everything, so it steps down for the attempt.
        os.seteuid(user or 65534)
        with pytest.raises(LoadingError, match="permission"):
            load_path(file)
    finally:
        os.seteuid(user)


def test_the_size_limit_is_exact() -> None:
    """Data of just the largest size are read, one byte more is refused."""
    data = b"word " * (MAX_BYTES // 5) + b"x" * (MAX_BYTES % 5)
    assert len(load_bytes(data, source="stdin/1").text) == MAX_BYTES
    with pytest.raises(LoadingError, match="20 MiB"):
        load_bytes(data + b"x", source="stdin/1")


def test_folders_are_searched_for_readable_kinds(tmp_path: Path) -> None:
    """Readable kinds are found at any depth and sorted; hidden names, other kinds, loops and doubles are not."""
    for name in "b.txt a/Z.MD a/c.htm a/d.PDF a/e.csv a/.hidden.txt .git/e.txt a/f.py only/g.png".split():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("Some words.", encoding="utf-8")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "a" / "broken.txt").symlink_to(tmp_path / "nowhere.txt")
    (tmp_path / "same.txt").symlink_to(tmp_path / "b.txt")
    assert find_files(tmp_path) == [tmp_path / name for name in ("a/Z.MD", "a/c.htm", "a/d.PDF", "a/e.csv", "b.txt")]
    assert find_files(tmp_path / "a/f.py") == [tmp_path / "a/f.py"]
    with pytest.raises(LoadingError, match="does not exist"):
        find_files(tmp_path / "nowhere")
    with pytest.raises(LoadingError, match="holds no file"):
        find_files(tmp_path / "only")


# ---- Decoding

LANGUAGES = {
    "cp1251": "Россия и Китай в последние годы укрепляют дипломатические связи, сообщает пресс-служба министерства.",
    "shift_jis": "中国とロシアは近年、外交関係を深めている。これは西側諸国への対抗措置であると報じられた。",
    "gb18030": "中国和俄罗斯近年来加深了外交关系，作为对西方的制衡。双方发言人表示将继续合作。",
    "latin-1": "Le président a déclaré à la presse que l'été serait très chaud, et que les élèves étaient prêts.",
    "cp1252": "The minister’s café was closed – “for good”, he said. It cost him €5.",
}


@pytest.mark.parametrize("text", [*LANGUAGES.values(), "café", "naïve café, £5", "“Hi” — it’s he"])
@pytest.mark.parametrize("encoding", ["", "utf-16-le", "utf-16-be"])
def test_encodings_without_a_mark_are_recognised(text: str, encoding: str) -> None:
    """A paragraph in an older encoding, a few words of a western one, and UTF-16 are decoded to what was written."""
    older = next((name for name, words in LANGUAGES.items() if words == text), "cp1252")
    assert load_bytes(text.encode(encoding or older), source="stdin/1").text == text


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip),
    st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]),
)
def test_marked_unicode_decodes_to_itself(text: str, encoding: str) -> None:
    """Any text written with a byte order mark comes back unaltered and without the mark."""
    assert load_bytes(text.encode(encoding), source="stdin/1", name="a.txt").text == text


@given(st.text(st.characters(exclude_categories=["Cc"]), min_size=1).filter(str.strip))
def test_utf8_with_surrogates_keeps_its_length(text: str) -> None:
    """UTF-8 without a mark comes back unaltered, lone surrogates replaced one for one."""
    text = text.removeprefix("\ufeff")
    if text.strip():
        data = text.encode("utf-8", "surrogatepass")
        assert load_bytes(data, source="stdin/1", name="a.txt").text == expected(text)


def test_a_few_nulls_are_replaced_one_for_one() -> None:
    """A text that holds a few U+0000 is text, line ends are kept, nothing is normalised."""
    text = "One\0two\r\nthree\rfour e\u0301 \ufb01 – five six seven eight\n"
    assert load_bytes(text.encode(), source="stdin/1").text == text.replace("\0", "\ufffd")
    assert load_bytes(text.encode("utf-16"), source="stdin/1").text == text.replace("\0", "\ufffd")


def test_damaged_utf8_stays_utf8() -> None:
    """A text cut off within a character loses that character and not its encoding."""
    assert load_bytes(("été " * 20).encode()[:-2], source="stdin/1").text == "été " * 19 + "ét\ufffd"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"PK\x03\x04\0 words", "a.txt"),
        (b"words", "a.doc"),
        (b"PK\x03\x04\x14\0\x06\0", "book"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "picture.txt"),
        (b"words", "a.pdf"),
        (b"words", "a.docx"),
        (b"words", "a.EPUB"),
        (bytes(range(256)) * 20, None),
        (b"\0" * 500, "zeros.txt"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0", None),
    ],
)
def test_other_kinds_are_refused(data: bytes, name: str | None) -> None:
    """Binary data and kinds that cannot be read are refused in a line that names the kinds that can."""
    with pytest.raises(LoadingError, match=r"\.txt.*\.md.*\.html") as refused:
        load_bytes(data, source="stdin/1", name=name)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("declaration", ['<meta charset="koi8-r">', '<meta http-equiv=x content="a; charset=koi8-r">'])
def test_a_page_may_declare_its_encoding(declaration: str) -> None:
    """A page that is no valid UTF-8 is read in the encoding that it declares."""
    data = f"<html><head>{declaration}</head><body>Мир".encode("koi8-r")
    assert load_bytes(data, source="stdin/1").text == "Мир"


@pytest.mark.parametrize("name", ["utf-16", "idna", "rot13", "hex", "undefined", "unicode_escape", "nonsense"])
def test_a_false_declaration_does_no_harm(name: str) -> None:
    """Valid UTF-8 wins over a declaration, and declarations of no real page encoding are passed over."""
    markup = f"<html><head><meta charset={name}></head><body>Où est-il ? Déjà parti à l'hôtel."
    assert load_bytes(markup.encode(), source="stdin/1").text == "Où est-il ? Déjà parti à l'hôtel."
    assert load_bytes(markup.encode("latin-1"), source="stdin/1").text == "Où est-il ? Déjà parti à l'hôtel."


@pytest.mark.parametrize(
    ("text", "name", "loaded"),
    [
        ("<!DOCTYPE html><p>Words", None, "Words"),
        ("\n<html lang=en><p>Words", "page.php", "Words"),
        ("<html><p>Words", "source.txt", "<html><p>Words"),
        ("<p>is a tag that opens paragraphs.", None, "<p>is a tag that opens paragraphs."),
        ("Words", "README", "Words"),
    ],
)
def test_the_kind_is_told_by_ending_then_content(text: str, name: str | None, loaded: str) -> None:
    """A known ending decides; without one, only what begins as a page does is read as HTML."""
    assert load_bytes(text.encode(), source="stdin/1", name=name).text == loaded


@settings(max_examples=60)
@given(st.one_of(st.binary(), st.text().map(str.encode)), st.sampled_from([None, "a.txt", "a.md", "a.html"]))
def test_any_bytes_load_or_are_refused(data: bytes, name: str | None) -> None:
    """Whatever the bytes, there is a storable document with a title, or a LoadingError."""
    try:
        document = load_bytes(data, source="stdin/1", name=name)
    except LoadingError:
        return
    assert document.text.strip() and "\0" not in document.text
    document.text.encode("utf-8")
    assert document.title.strip() and len(document.title) <= LONGEST_TITLE


# ---- Pages


STRUCTURE = {
    """<body><h1>Ties
    deepen</h1><p>First &amp; <b>bold</b>, x<sup>2</sup>.<br>Second   line.<p>Third.
    <ul><li>One<li>Two<ul><li><p>Two a</p></ul><li>Three</ul><ol><li>A<li>B</ol>
    <table><caption>Rates</caption><thead><tr><th>Year<th>Value</thead><tr><td>2020<td><p>5<p>6<tr><td><td>7</table>
    <h3>Code</h3><pre>
def f():
    return <i>1</i>

x
</pre><div>End</div>""": (
        "# Ties deepen\n\nFirst & bold, x2.\nSecond line.\n\nThird.\n\n- One\n- Two\n- Two a\n- Three\n\n1. A\n2. B\n\n"
        "Rates\n\nYear | Value\n2020 | 5 6\n| 7\n\n### Code\n\ndef f():\n    return 1\n\nx\n\nEnd"
    ),
    "<p>foot<b>note</b>s <i> are </i> exact<p>中国和\n俄罗斯": "footnotes are exact\n\n中国和俄罗斯",
    "<table><tr><td><h2>Head</h2><p>One.<p>Two.<td><table><tr><td>a<td>b</table></table>": (
        "## Head\n\nOne.\n\nTwo.\n\na | b"
    ),
}


@pytest.mark.parametrize("markup", STRUCTURE, ids=["blocks", "words", "layout table"])
def test_blocks_lists_tables_and_headings_become_lines(markup: str) -> None:
    """The structure of a page shows in its text as it would in markdown.

    Inline elements join words, blocks and cells part them, line ends in Chinese source text leave no gap, and a table
    that holds tables or headings is a layout, whose cells are blocks.
    """
    assert body(markup) == STRUCTURE[markup]


# fmt: off
UNSEEN = [
    "<script>GONE</script>", "<style>GONE</style>", "<template><p>GONE</template>", "<noscript>GONE</noscript>",
    "<svg><text>GONE</text></svg>", "<iframe>GONE</iframe>", "<p hidden>GONE</p>", "<p aria-hidden=true>GONE</p>",
    "<div style='color:red; Display : none'><p>GONE</div>", "<img alt=GONE>", "<!-- GONE -->",
]
# fmt: on


@pytest.mark.parametrize("markup", UNSEEN)
def test_what_is_not_shown_is_not_text(markup: str) -> None:
    """Scripts, styles, hidden elements, alternatives of pictures and comments leave nothing."""
    assert body(f"<body><p>Before.{markup}<p>After.") == "Before.\n\nAfter."


# fmt: off
FURNITURE = [
    "<nav>{}</nav>", "<header>{}</header>", "<footer>{}</footer>", "<aside>{}</aside>", "<form>{}</form>",
    "<button>{}</button>", "<dialog open>{}</dialog>", "<div role=navigation>{}</div>",
    "<div role=banner>{}</div>", "<div role=contentinfo>{}</div>", "<div role=complementary>{}</div>",
    "<div role=dialog>{}</div>", "<p>Told in full. <button>{}</button></p>",
]
# fmt: on


@pytest.mark.parametrize("markup", FURNITURE)
def test_parts_of_the_page_are_boilerplate(markup: str) -> None:
    """What belongs to the page stays in the text and is boilerplate, and nothing else is."""
    document = page("<main><p>The talks ended late on Friday.</main>" + markup.format("Odd words") + "<p>The end.")
    assert "Odd words" in document.text
    assert boilerplate(document) == ["Odd words"]


# fmt: off
NO_FURNITURE = [
    "<article><header>{}</header></article>", "<header><h1>{}</h1></header>", "<form><main><p>{}</main></form>",
    "<blockquote><p>Less is more.</p><footer>{}</footer></blockquote>", "<aside role=doc-footnote>{}</aside>",
    "<p>Press <button>{}</button> to begin.</p>", "<p>Share of the market: {}</p>",
]
# fmt: on


@pytest.mark.parametrize("markup", NO_FURNITURE)
def test_parts_of_the_text_are_not_boilerplate(markup: str) -> None:
    """Headers of articles, wrapped pages, chapters, notes and buttons within sentences stay text."""
    assert boilerplate(page("<p>The talks ended late on Friday.</p>" + markup.format("Odd words"))) == []


INNER = "<p>The talks ended late on Friday without any common statement.<p>Exit mobile version"


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        *((wrapper.format(INNER) + "<p>End", "Exit mobile version") for wrapper in FURNITURE[3:5]),
        (f"<nav>{INNER}</nav><p>End", "Exit mobile version"),
        ("<p>Subscribe now<nav>Home</nav>", "Subscribe now"),
        ("<p>Subscribe now<nav>Leave a comment</nav>", "Leave a comment"),
    ],
)
def test_a_page_does_not_vanish(markup: str, words: str) -> None:
    """When all or nearly all would be boilerplate, as in a wrapper, only what its words give away is."""
    assert boilerplate(page(markup)) == [words]


@pytest.mark.parametrize("markup", ["", "   ", "<script>x()</script>", "<!-- a -->", "<img src=a>", "<p>&nbsp;</p>"])
def test_a_page_without_words_is_refused(markup: str) -> None:
    """A page that holds only scripts, pictures or blanks is refused."""
    with pytest.raises(LoadingError):
        page(markup)


HANGS = 30
"""Seconds after which reading counts as hanging; what is tested takes a tenth of that, or hours."""


def seconds(markup: str) -> float:
    """Processor time of reading a page."""
    begun = time.process_time()
    read_page(markup)
    return time.process_time() - begun


@pytest.mark.parametrize("end", ["", ">"])
@pytest.mark.parametrize("piece", ["<", "<p", "<p a", "<a b=c ", "<a/b=", "<a b='<a b=\"", "</a", "<p a0\t"])
def test_tags_that_do_not_end_cost_time_in_proportion(piece: str, end: str) -> None:
    """150,000 characters of tags without an end are read at once: a scan for each tag would take minutes."""
    assert seconds("x" + piece * (150_000 // len(piece)) + end) < HANGS


@pytest.mark.parametrize(
    "markup",
    [
        '<p z=">" ' + " ".join(f"a{number}" for number in range(60_000)) + ">x",
        "<p " + " ".join(f"a{number}=1" for number in range(200_000)) + ">x",
        "<div></x>" * 70_000 + "x",
        "<div>" * 3_000_000,
        "".join(f"<b id={i}><p>" for i in range(9000)) + "x</b>" * 9000,
    ],
    ids=["attributes behind a quoted mark", "attributes", "ends of what is not open", "depth", "formatting"],
)
def test_pages_made_to_stall_the_parser_are_given_up_in_time(markup: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes the parser's time grow with the square stalls nothing: it is read or refused in the time it has."""
    monkeypatch.setattr(main_text, "SECONDS", 1.0)
    monkeypatch.setattr(main_text, "SECONDS_BY_RULES", 1.0)
    begun = time.monotonic()
    with contextlib.suppress(LoadingError):
        page(markup)
    assert time.monotonic() - begun < HANGS


def test_long_attributes_do_not_refuse_a_page() -> None:
    """Pictures written into a page, some as long as a book, are no reason to refuse it."""
    pictures = [f'<p>Words {size}.<img alt="a > b" src="data:{"A" * size}">' for size in (*[6000] * 300, 1_000_000)]
    assert "Words 1000000." in page("".join(pictures)).text


@pytest.mark.parametrize("tag", ["<div>", "<b>", "<ul><li>", "<table><tr><td>", "<form><font>", "<a href=x><p>"])
def test_deep_nesting_is_read(tag: str) -> None:
    """Ten thousand levels are read without recursion."""
    assert "word" in body(tag * 10_000 + "word")


# fmt: off
tags = st.sampled_from(
    [
        "p", "div", "b", "a", "li", "ul", "ol", "table", "tr", "td", "th", "h1", "h2", "pre", "br", "nav",
        "aside", "form", "button", "header", "footer", "main", "article", "select", "option", "script",
        "template", "svg", "math", "textarea", "blockquote", "dl", "dt", "dd", "frameset", "html", "body",
    ]
)
# fmt: on
scraps = st.one_of(
    tags.map("<{}>".format),
    tags.map("</{}>".format),
    st.sampled_from(["<p hidden>", "<td colspan=2", "&amp;", "&#0;", "&#xd800;", "<!--", "\n", "Share."]),
    st.text(max_size=8),
)


@settings(max_examples=300)
@given(st.lists(scraps, max_size=40).map("".join))
def test_any_markup_gives_exact_boilerplate(markup: str) -> None:
    """Broken markup has words or none; boilerplate is sorted, within the text, apart, and never all of it."""
    document = read_page(markup)
    if not document.text.strip():
        return
    position = 0
    for span in document.boilerplate:
        assert position <= span.start < span.end <= len(document.text)
        assert span.of(document.text).strip() == span.of(document.text)
        position = span.end
    assert kept(document).strip()


@settings(max_examples=150)
@given(st.lists(st.tuples(tags, st.integers(0, 999)), min_size=1, max_size=15))
def test_every_shown_word_is_in_the_text_in_order(parts: list[tuple[str, int]]) -> None:
    """Words within elements that are shown are neither lost nor reordered."""
    shown = [(t, n) for t, n in parts if t in ("p", "div", "b", "li", "ul", "h1", "pre", "nav", "blockquote", "form")]
    words = [f"w{n}" for _, n in shown]
    if words:
        text = read_page("".join(f"<{tag}>w{number}</{tag}>" for tag, number in shown)).text
        position = 0
        for word in words:
            position = text.index(word, position) + len(word)


# ---- Titles and addresses


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("<meta property=og:title content='Shared'><title>T</title><h1>H</h1>", "Shared"),
        ("<title>Ties deepen | The Daily</title><h1>Ties deepen</h1>", "Ties deepen"),
        ("<title>Ties - Daily</title><body><h1>Ties deepen</h1>", "Ties"),
        ("<title>East - West | Daily</title><h1>East - West</h1>", "East - West"),
        ("<title>Ties | Daily</title><h1>Other</h1>", "Ties | Daily"),
        ("<title> </title><h1>Only <i>this</i></h1>", "Only this"),
        ("<p>Just a few words.", "Just a few words."),
    ],
)
def test_a_page_is_called_by_its_own_title(markup: str, title: str) -> None:
    """The shared title, the title without the site's name, the heading and the first words, in this order."""
    assert page(markup + "<p>Words.").title.removesuffix(" Words.") == title


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.md", "---\ntitle: 'From: front'\ndate: 1\n---\n# Heading\n\nWords.", "From: front"),
        (
            "a.md",
            "---\ndate: 1\n---\n# Heading with `code` and [link](http://x.y) #\n\nWords.",
            "Heading with code and link",
        ),
        ("a.md", "```\n# comment\n```\n\nSet\n===\n\nWords.", "Set"),
        ("a.md", "Some **words** only.", "Some **words** only."),
        ("a.txt", "The Ties That Bind\n\nWords follow here.", "The Ties That Bind"),
        ("a.txt", "Share\nTweet\n\nThe Ties\n\nWords follow here.", "The Ties"),
        ("a.txt", "It was late.\n\nWords follow here.", "It was late. Words follow here."),
        (
            "a.txt",
            "The Ties That Bind\nare many and hold the nations together.",
            "The Ties That Bind are many and hold …",
        ),
        ("a.txt", "Words without end and with a pause, in the middle of it.", "Words without end and with a pause …"),
        ("a.txt", "x" * 100, "x" * 40 + " …"),
        ("a.txt", "Short.", "Short."),
        ("a.txt", "Share.", "Share."),
    ],
)
def test_markdown_and_text_are_called_by_their_first_words(name: str, text: str, title: str) -> None:
    """Front matter, then a heading of level one outside code; a first line like a title, else words cut at a word."""
    assert load_bytes(text.encode(), source="stdin/1", name=name).title == title


def test_a_given_title_wins_and_is_one_line() -> None:
    """The title that is given is used, on one line, without control characters, and bounded; a blank one is not."""
    assert load_bytes(b"# Head\n", source="s", name="a.md", title=" My\n\x1b[1m own\u202e ").title == "My [1m own"
    assert load_bytes(b"# Head\n", source="s", name="a.md", title=" \x07 ").title == "Head"
    assert len(load_bytes(b"words", source="s", title="x" * 999).title) == LONGEST_TITLE
    assert load_bytes("\u200b".encode(), source="stdin/9").title == "9"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (
            '<table>\n <tr><td><img src="a.png"\n/></td>\n<td>An <i>authenticator</i>.</td></tr>\n</table>',
            "An <i>authenticator</i>.",
        ),
        (
            "# Tags\n\n```html\n<div>shown</div>\n```\n\n<DIV align=center>Text.</DIV>",
            "# Tags```html<div>shown</div>```Text.",
        ),
        ("Write `<table>` or\n\n    <td>\n\nand <br> or <b>.", "Write `<table>` or<td>and <br> or <b>."),
        ("If a < p and b > c, then <divide> by 2 <", "If a < p and b > c, then <divide> by 2 <"),
    ],
)
def test_tags_of_blocks_are_boilerplate_in_markdown(text: str, left: str) -> None:
    """They stay in the text, and are no words of it; what stands in code, in a sentence or is no tag stays."""
    read = read_markdown(text.encode())
    kept = [
        " " if any(span.start <= at < span.end for span in read.boilerplate) else mark for at, mark in enumerate(text)
    ]
    assert read.text == text
    assert "".join("".join(kept).split()) == "".join(left.split())
    plain = read_text(text.encode())
    assert not any("td" in span.of(text) for span in plain.boilerplate)


def test_front_matter_is_boilerplate_in_markdown_only() -> None:
    """Front matter at the very start of markdown is boilerplate; elsewhere, and two rules around text, are not."""
    text = "---\ntitle: A\n---\nWords.\n"
    assert boilerplate(load_bytes(text.encode(), source="s", name="a.md")) == ["---\ntitle: A\n---"]
    assert boilerplate(load_bytes(text.encode(), source="s", name="a.txt")) == []
    assert boilerplate(load_bytes(b"\n" + text.encode(), source="s", name="a.md")) == []
    assert boilerplate(load_bytes(b"---\nWords.\n---\nMore.", source="s", name="a.md")) == []
    assert boilerplate(load_bytes(b"---\ntitle: A\n---\n", source="s", name="a.md")) == []


@pytest.mark.parametrize(
    ("source", "link", "url"),
    [
        ("https://news.example/a?x=1", "/a", "https://news.example/a"),
        ("https://news.example/a", "https://www.news.example/b", "https://www.news.example/b"),
        ("https://news.example/a", "https://other.example/b", "https://news.example/a"),
        ("https://news.example/a", "javascript:x()", "https://news.example/a"),
        ("https://news.example/a", "http://[", "https://news.example/a"),
        ("/home/page.html", "https://news.example/a", None),
    ],
)
def test_a_canonical_link_counts_only_for_web_pages(source: str, link: str, url: str | None) -> None:
    """A page from the web has its canonical link on the same host or its own address; a file has none."""
    assert page(f"<head><link rel=canonical href='{link}'></head><p>Words.", source).url == url


@pytest.mark.parametrize(("name", "data"), [("a.txt", b"=\n"), ("a.md", b"# A\n"), (None, b"words\n")])
def test_a_long_text_is_read_apart_and_a_short_one_at_once(
    name: str | None, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that takes long can be ended like any file; for a short one no process is started. Both read alike."""
    short = data * (MAX_QUICK // len(data))
    apart = load_bytes(short + data, source="s", name=name)
    started: list[object] = []
    monkeypatch.setattr(loading, "sandboxed", lambda *given, **_: started.append(given) or Extracted("words"))
    here = load_bytes(short, source="s", name=name)
    assert not started and is_quick(short, name) and not is_quick(short + data, name)
    assert (apart.title, apart.boilerplate, apart.text) == (here.title, here.boilerplate, here.text + data.decode())
    load_bytes(short + data, source="s", name=name)
    assert started


def test_what_is_not_plain_text_is_never_read_at_once() -> None:
    """Pages and archives are read apart however short they are, whatever their names say."""
    assert not any(is_quick(b"<html><p>a</p></html>", name) for name in (None, "a.html"))
    assert not any(is_quick(b"%PDF-1.7", name) for name in (None, "a.txt", "a.pdf"))
    assert is_quick(b"words", "a.mp3")  # which is refused
