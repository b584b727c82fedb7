"""A PDF, a Word document, a book and a web page with known words on known pages, through the real command line."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import docx
import jsonschema
import pytest
from real_command import Command, Result
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

import bot.answers

# isort: split
from loopback import Site, answer  # found by real_command

SCHEMA = json.loads(Path(bot.answers.__file__).with_name("answer.schema.json").read_text("utf-8"))
Lines = list[tuple[float, float, str]]
"""Lines of a page: distance from the left and from the top, and the words."""

LEFT = [
    "The harbour of Skerry was dug by prisoners.",
    "Its lamp burned whale oil from Norway until",
    "the first gas works opened. The harbour admin-",
    "istration paid every keeper in salted herring.",
    "Strangers found the custom odd, but nobody in",
    "the village ever asked for coins instead.",
]
RIGHT = [
    "The fog bell of the tower weighed seven tonnes.",
    "It was cast in Bergen by the founder Ole Lund",
    "and carried over the sea on two herring boats.",
    "The great storm of March 1852 sank the pilot",
    "cutter Aurora and took the roof of the chapel",
    "together with the whole",
]
OVERLEAF = [
    "library of the vicar.",
    "",
    "Vicar Holm wrote his sermons anew from memory within a single winter, and found them better.",
    "The parish bought him a desk of oak for it.",
]
LAST = [
    "Electric light came to the tower through a cable laid by the engineer Ingrid Dahl in 1911.",
    "The last keeper, Jon Vik, retired to a farm with eleven goats.",
]


def pdf(last: list[str] = LAST) -> bytes:
    """Three pages: two columns whose last sentence goes on overleaf, with running heads and page numbers."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=True)
    canvas.setTitle("The Tower of Skerry")
    first = placed(LEFT, 60) + placed(RIGHT, 310)
    for number, page in enumerate((first, placed(OVERLEAF, 60), placed(last, 60)), 1):
        canvas.setFont("Helvetica", 8)
        canvas.drawString(60, A4[1] - 40, "Harbour papers")
        canvas.drawString(290, A4[1] - 810, f"{number}")
        canvas.setFont("Helvetica", 10)
        for left, down, words in page:
            canvas.drawString(left, A4[1] - down, words)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def placed(lines: list[str], left: float) -> Lines:
    """The lines below each other."""
    return [(left, 100 + 12 * index, words) for index, words in enumerate(lines)]


def word_file() -> bytes:
    """Headings, a list, a table and prose."""
    document, file = docx.Document(), io.BytesIO()
    document.add_heading("Minutes of the Bakers", 0)
    document.add_paragraph("The guild of bakers met in the barn of Widow Thorsen. Nobody took the chair.")
    document.add_paragraph("Flour was rationed to nine pounds a household.", style="List Bullet")
    table = document.add_table(2, 2)
    for index, words in enumerate(("Oven", "Owner", "Stone oven", "Petra Lien")):
        table.cell(index // 2, index % 2).text = words
    document.save(file)
    return file.getvalue()


def book() -> bytes:
    """Two chapters, the second first in the archive."""
    page = (
        "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>{0}</title></head><body><h1>{0}</h1>{1}</body></html>"
    )
    entries = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>',
        "a.opf": '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>Beekeeping at Sea</dc:title>'
        '</metadata><manifest><item id="2" href="2.xhtml"/><item id="1" href="1.xhtml"/></manifest>'
        '<spine><itemref idref="1"/><itemref idref="2"/></spine></package>',
        "2.xhtml": page.format("Winter", "<p>The queen bee slept in a matchbox lined with <i>fox</i> fur.</p>"),
        "1.xhtml": page.format("Summer", "<p>Captain Moe kept forty hives on the deck of the brig.</p>"),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return file.getvalue()


PAGE = """<!doctype html><html><head><title>Ice cream | The Skerry Post</title></head><body>
<nav><a href=/>Home</a><a href=/sport>Sport</a></nav><article><h1>Ice cream</h1>
<p>The ice cream parlour on Quay Street sold {flavour} sorbet to the fishermen, and it ran out by noon.</p>
<p>Its owner had learnt the trade in Palermo.</p></article><footer>Imprint</footer></body></html>"""


@dataclass(frozen=True)
class Fact:
    """A question, the sentence that answers it, and where that stands."""

    kind: str
    question: str
    sentence: str
    page: int | None = None


FACTS = [
    Fact(
        "pdf",
        "What did the harbour administration pay every keeper in?",
        "The harbour administration paid every keeper in salted herring.",
        1,
    ),
    Fact(
        "pdf",
        "What did the great storm of March 1852 sink?",
        "The great storm of March 1852 sank the pilot cutter Aurora and took the roof of the chapel together with the "
        "whole library of the vicar.",
        1,
    ),
    Fact("pdf", "What did the parish buy the vicar?", "The parish bought him a desk of oak for it.", 2),
    Fact("pdf", "Who laid the cable of the electric light?", LAST[0], 3),
    Fact("docx", "Where did the guild of bakers meet?", "The guild of bakers met in the barn of Widow Thorsen."),
    Fact("epub", "Where did the queen bee sleep?", "The queen bee slept in a matchbox lined with fox fur."),
    Fact(
        "web",
        "What did the ice cream parlour on Quay Street sell?",
        "The ice cream parlour on Quay Street sold lemon sorbet to the fishermen, and it ran out by noon.",
    ),
]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site = Site()
    site.answers["/news/ice"] = web_page("lemon")
    yield site
    site.close()


def web_page(flavour: str) -> bytes:
    """What the server answers."""
    return answer(PAGE.format(flavour=flavour).encode(), "Content-Type: text/html; charset=utf-8")


class Shelf(Command):
    """The command line on a library of the four, which may reach the test's own server."""

    def __init__(self, data: Path, at: Path, site: Site) -> None:
        super().__init__(data, at)
        self.site = site
        self.names = {kind: f"a.{kind}" for kind in ("pdf", "docx", "epub")} | {"web": f"{site.url}/news/ice"}

    def environment(self, **settings: str) -> dict[str, str]:
        """That of a user who may reach the server."""
        return super().environment(FOOTNOTE_FETCH_ALLOWED=f"127.0.0.1:{self.site.port}", **settings)

    def add_all(self) -> Result:
        """Add the four as they are now."""
        result = self.run("add", *self.names.values())
        assert (result.returncode, result.stderr) == (0, "")
        return result


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Shelf:
    """A library of the four and of the article that every new one has."""
    shelf = Shelf(tmp_path_factory.mktemp("shelf") / "data", tmp_path_factory.mktemp("files"), site)
    for name, content in (("a.pdf", pdf()), ("a.docx", word_file()), ("a.epub", book())):
        (shelf.at / name).write_bytes(content)
    shelf.listed()
    told = shelf.add_all().stdout.splitlines()
    assert [line.split()[0] for line in told] == ["Added"] * 4
    assert "The Tower of Skerry (3 pages, " in told[0]
    assert "Harbour papers" in told[0].partition("page furniture, never cited: ")[2]
    return shelf


@pytest.mark.parametrize(
    ("fact", "mode"),
    [(fact, "pooled") for fact in FACTS] + [(fact, "given") for fact in [FACTS[1], *FACTS[4:]]],
    ids=lambda part: part if isinstance(part, str) else part.question,
)
def test_a_citation_opens_the_known_words_on_the_known_page(fact: Fact, mode: str, shelf: Shelf) -> None:
    """The answer cites the very sentence; `show --span` prints it, on its page; the JSON fits the shipped schema."""
    chosen = ("-d", shelf.names[fact.kind]) if mode == "given" else ()
    result = shelf.run("ask", "--json", *chosen, fact.question)
    found = json.loads(result.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    assert found["status"] == "answered"
    citation = found["citations"][0]
    assert (citation["quote"], citation["page"]) == (fact.sentence, fact.page)
    span = f"{citation['start']}:{citation['end']}"
    shown = json.loads(shelf.run("show", citation["document"]["id"], "--span", span, "--json").stdout)
    assert (shown["text"], shown["page"]) == (fact.sentence, fact.page)
    assert shown["source"].endswith(shelf.names[fact.kind])


def test_a_footnote_to_a_pdf_names_its_page_and_so_does_what_it_opens(shelf: Shelf) -> None:
    """The printed footnote says the page, and the command in it prints the words with the page above them."""
    printed = shelf.run("ask", "Who laid the cable of the electric light?").stdout
    assert "The Tower of Skerry, page 3 · footnote show " in printed
    opened = shelf.run(*printed.split("· footnote ")[1].split())
    assert f"⟦{LAST[0]}⟧" in opened.stdout
    assert "The Tower of Skerry · page 3 · characters " in opened.stderr


def test_a_footnote_to_a_web_page_has_an_address_that_finds_the_words(shelf: Shelf) -> None:
    """Its url is the page's own with a text fragment of words that stand in the page; files have none."""
    found = shelf.answer("What did the ice cream parlour on Quay Street sell?")["citations"][0]
    page, fragment = found["url"].split("#:~:text=")
    assert page == shelf.names["web"]
    sentence = found["quote"]
    for part in unquote(fragment).split(","):
        assert part in sentence
    assert shelf.answer("Where did the queen bee sleep?")["citations"][0]["url"] is None


def test_the_listing_says_how_many_pages_there_are(shelf: Shelf) -> None:
    """A PDF has pages and the others have none."""
    pages = {Path(entry["source"]).name: entry["pages"] for entry in shelf.listed()}
    assert pages == {"china-russia-diplomatic-ties.txt": None, "a.pdf": 3, "a.docx": None, "a.epub": None, "ice": None}
    assert next(line for line in shelf.run("list").stdout.splitlines() if "3 pages" in line).endswith("a.pdf")


def test_boilerplate_of_the_page_is_never_cited(shelf: Shelf) -> None:
    """Running heads and menus are in the text and in no passage."""
    assert "Harbour papers" in shelf.run("show", "a.pdf").stdout
    found = json.loads(shelf.run("search", "--json", "-n", "20", "Harbour papers, Home, Sport, Imprint").stdout)
    assert len(found) > 4
    assert not any(words in one["text"] for one in found for words in ("Harbour papers", "Sport", "Imprint"))


def test_the_same_again_is_unchanged_and_a_changed_one_replaces(shelf: Shelf, site: Site) -> None:
    """Added again nothing happens; changed, each is replaced under its id and the old words are gone."""
    ids = [entry["id"] for entry in shelf.listed()]
    assert [line.split()[0] for line in shelf.add_all().stdout.splitlines()] == ["Unchanged"] * 4
    (shelf.at / "a.pdf").write_bytes(pdf(["", *LAST[1:], "The cable of the electric light was laid by Nils Berg."]))
    site.answers["/news/ice"] = web_page("rhubarb")
    told = shelf.add_all().stdout.splitlines()
    assert [line.split()[0] for line in told] == ["Replaced", "Unchanged", "Unchanged", "Replaced"]
    assert [entry["id"] for entry in shelf.listed()] == ids
    cable = shelf.answer("Who laid the cable of the electric light?")
    assert cable["citations"][0]["quote"] == "The cable of the electric light was laid by Nils Berg."
    assert cable["citations"][0]["page"] == 3
    assert "Ingrid Dahl" not in shelf.run("show", "a.pdf").stdout
    assert "rhubarb" in shelf.answer("What did the ice cream parlour on Quay Street sell?")["text"]
    assert "lemon" not in shelf.run("search", "lemon sorbet").stdout
