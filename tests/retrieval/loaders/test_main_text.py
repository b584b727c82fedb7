"""Web pages of ordinary length: what is main text, what is boilerplate, and what happens when that cannot be told."""

from __future__ import annotations

import resource
from dataclasses import replace

import pytest

from retrieval.loaders import main_text
from retrieval.loaders.formats.html import HtmlPage, read_page
from retrieval.loaders.loading import load_bytes
from retrieval.loaders.main_text import SHORTEST_PAGE, read_html, with_main_text
from retrieval.loaders.sandbox import Extracted, ExtractionError, Extractor

PROSE = (
    "The lighthouse on the northern coast was finished in 1811 by the harbour board, which had asked for it for years.",
    "Its keeper wrote a log of every storm, and in March the lamp failed twice before the oil from Norway arrived.",
    "Tides in the bay rise by eleven metres, so that fishermen plan their days by tables that the board has printed.",
    "A wrong entry in the table of 1902 left nine boats dry for a week, which the board regretted in public.",
    "Later the tower burned gas, and the clerk signed for every barrel in red ink because black had been forbidden.",
    "Visitors may climb the stair on Sundays, when the old lamp is lit for an hour and the log lies open to be read.",
)
MAIN = f"""
<h1>The northern lighthouse</h1>
<p class=byline>By Ada Keeper, 3 May 2021</p>
<p>{PROSE[0]}</p><p>{PROSE[1]}</p>
<figure><img src=lamp.jpg><figcaption>The lamp in 1890</figcaption></figure>
<h2>Tides</h2><p>{PROSE[2]}</p>
<ul><li>Spring tide</li><li>Neap tide</li></ul>
<table><tr><th>Year<th>Storms</tr><tr><td>1811<td>40</tr><tr><td>1812<td>7</tr></table>
<p>{PROSE[3]}</p><h2>Gas</h2><p>{PROSE[4]}</p><p>{PROSE[5]}</p>
"""
KEPT = [
    *("# The northern lighthouse", "By Ada Keeper, 3 May 2021", PROSE[0], PROSE[1], "The lamp in 1890", "## Tides"),
    *(
        PROSE[2],
        "- Spring tide",
        "- Neap tide",
        "Year | Storms",
        "1811 | 40",
        "1812 | 7",
        PROSE[3],
        "## Gas",
        *PROSE[4:],
    ),
]
BESIDE = {
    "menu": "<div class=m1><ul><li><a href=/a>News</a></li><li><a href=/b>Weather</a></li></ul></div>",
    "share links": "<div class=share><a href=/f>Share on a network</a> <a href=/m>Send by mail</a></div>",
    "cookie notice": "<div id=cookieConsent><p>Small files are kept on your machine.</p><a href=/c>Fine</a></div>",
    "related articles": "<div class=related><h3>More</h3><ul><li><a href=/1>Ten ferries</a></li>"
    "<li><a href=/2>Old harbours</a></li><li><a href=/3>Seals at rest</a></li></ul></div>",
    "foot of the page": "<div class=footer><p>Harbour Press, 1 Quay Street.</p><a href=/p>Privacy</a></div>",
}


def kept(page: Extracted) -> list[str]:
    """The lines of a page that are not boilerplate."""
    text = list(page.text)
    for span in page.boilerplate:
        text[span.start : span.end] = "\n" * (span.end - span.start)
    return [line.strip() for line in "".join(text).split("\n") if line.strip()]


def judged(markup: str) -> HtmlPage:
    """The page of a markup with its boilerplate."""
    return with_main_text(read_page(markup), markup)


@pytest.mark.parametrize("name", BESIDE)
def test_what_stands_beside_the_main_text_is_boilerplate(name: str) -> None:
    """Menus, notices, share links, related articles and the foot are boilerplate, above and below.

    The main text is kept whole: title, byline, captions, headings, lists and tables.
    """
    page = judged(f"<body>{BESIDE[name]}<div>{MAIN}</div>{BESIDE[name]}")
    assert kept(page) == KEPT


def test_the_text_is_the_pages_own_and_boilerplate_lies_in_it() -> None:
    """The text and its offsets are those of the page as it is written; only the boilerplate differs."""
    markup = f"<body>{BESIDE['menu']}<div>{MAIN}</div>{BESIDE['related articles']}"
    plain, page = read_page(markup), judged(markup)
    assert page == replace(plain, boilerplate=page.boilerplate)
    assert [span.of(page.text).split("\n")[0] for span in page.boilerplate] == ["- News", "### More"]


def test_readers_posts_are_text() -> None:
    """The posts of a thread are kept, for they are what a forum's page says."""
    posts = "".join(f"<div class=comment><p>{words}</p></div>" for words in PROSE)
    assert set(PROSE) <= set(kept(judged(f"<body>{BESIDE['menu']}<div id=comments>{posts * 2}</div>")))


@pytest.mark.parametrize(
    "markup",
    [
        f"<nav>Home</nav><p>{PROSE[0]}</p><p>{PROSE[1]}</p>",
        "<nav>Home</nav><ul>" + "".join(f"<li><a href=/{n}>Chapter number {n}</a></li>" for n in range(90)) + "</ul>",
    ],
    ids=["short", "list of links"],
)
def test_a_page_without_an_article_is_left_to_the_rules(markup: str) -> None:
    """A short page and one of which hardly anything is an article lose nothing but what the rules name."""
    plain = read_page(markup)
    assert judged(markup) == plain and [span.of(plain.text) for span in plain.boilerplate][:1] == ["Home"]


def fails(data: bytes) -> Extracted:
    raise ExtractionError("is damaged")


def hangs(data: bytes) -> Extracted:
    while True:
        pass


@pytest.mark.parametrize("extractor", [fails, hangs])
def test_an_extractor_that_fails_or_hangs_costs_no_page(extractor: Extractor, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the process fails or takes too long, the page has the boilerplate that the rules find."""
    monkeypatch.setattr(main_text, "read_article", extractor)
    monkeypatch.setattr(main_text, "SECONDS", 2.0)
    markup = f"<body><nav>Home</nav><div>{MAIN}</div>{BESIDE['menu']}"
    found, plain = read_html(markup.encode()), read_page(markup)
    assert (found.text, found.title, found.boilerplate) == (plain.text, plain.title, plain.boilerplate)


def test_a_page_without_text_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """That a page holds no text is known after the first reading, whatever a second would say."""
    monkeypatch.setattr(main_text, "read_by_rules", fails)
    with pytest.raises(ExtractionError, match="holds no text") as told:
        read_html(b"<body><script>draw()</script></body>")
    assert told.value.fault == "no_text"


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 5000 + f"<p>{PROSE[0]}</p>" * 20,
        f"<p>{PROSE[0]}</p>" * 10 + "<div><p>a b</p></div>" * 20_000,
        f"<p>{PROSE[0]}</p>" * 10 + "x" * 2_000_000,
        f"<p>{PROSE[0]}&#xd800;</p>" * 20,
    ],
    ids=["deep", "many elements", "long word", "lone surrogate"],
)
def test_hostile_markup_is_read_in_bounded_time(markup: str) -> None:
    """Markup that is deep, huge or broken is read with the words kept, in a bounded time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert PROSE[0] in "".join(kept(read_html(markup.encode())))
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 4 * main_text.SECONDS


def test_a_page_is_loaded_with_its_main_text() -> None:
    """A page that is added has the boilerplate that its main text leaves."""
    markup = f"<html><body>{BESIDE['cookie notice']}<div>{MAIN}</div></body></html>"
    document = load_bytes(markup.encode(), source="stdin/1", name="a.html")
    assert [span.of(document.text) for span in document.boilerplate] == [
        "Small files are kept on your machine.\n\nFine"
    ]
    assert len(document.text) > SHORTEST_PAGE
