"""Pages of PDFs as pictures: drawn with the cited words marked, for those who may read the document."""

from __future__ import annotations

import io
import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pdfs import pdf
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from server import Client, Starter

from bot.bootstrap import Footnote
from bot.settings import Settings
from retrieval.loaders.loading import load_bytes
from retrieval.loaders.pdf.picture import Picture, page_picture
from retrieval.loaders.sandbox import ExtractionError
from retrieval.types import Span

FERRY = "The ferry to Tiree leaves Oban at seven in the morning."
DOGS = "Dogs must be kept on a lead, and may not enter the restaurant."


def marked(png: bytes) -> tuple[int, int, int, int] | None:
    """The box of what is marked on a picture."""
    red, green, blue = np.moveaxis(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int), 2, 0)
    rows, columns = np.nonzero((red > 215) & (abs(green - 229) < 40) & (blue < 190))
    return None if not len(rows) else (columns.min(), rows.min(), columns.max(), rows.max())


def drawn(data: bytes, page: int, quote: str, text: str = f"{FERRY} {DOGS}") -> Picture:
    """A page of a PDF with the last occurrence of a quote in `text` marked."""
    place = text.rindex(quote) if quote in text else 0
    return page_picture(data, page, text, Span(place, place + len(quote)))


def test_the_words_of_a_quote_are_marked_where_they_stand() -> None:
    """A line of its page and nothing else; words that are not there mark nothing; other pages are not marked."""
    data = pdf(FERRY, DOGS)
    picture = drawn(data, 1, FERRY)
    box = marked(picture.png)
    assert box is not None and picture.marked is not None
    assert np.allclose(box, picture.marked, atol=2)
    image = Image.open(io.BytesIO(picture.png))
    assert image.size == (picture.width, picture.height)
    assert box[2] - box[0] > image.width / 4
    assert box[3] - box[1] < image.height / 20
    one = marked(drawn(data, 1, "Tiree").png)
    assert one is not None and box[0] < one[0] < one[2] < box[2]
    assert marked(drawn(data, 1, "Mull", "Mull").png) is None
    assert marked(drawn(data, 2, FERRY).png) is None
    assert page_picture(data, 1).marked is None


def test_of_words_that_stand_on_a_page_twice_those_of_the_quote_are_marked() -> None:
    """The second price, though the first reads the same."""
    data = pdf("Adults pay 12 euros.\nChildren pay 12 euros.")
    first = drawn(data, 1, "12 euros", "Adults pay 12 euros.").marked
    second = drawn(data, 1, "12 euros", "Adults pay 12 euros.\nChildren pay 12 euros.").marked
    assert first is not None and second is not None
    assert (second[1], second[0]) > (first[1], first[0])


def test_words_on_their_side_are_marked() -> None:
    """Higher than wide, at the edge where they stand."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4)
    canvas.drawString(72, 700, FERRY)
    canvas.translate(30, 100)
    canvas.rotate(90)
    canvas.drawString(0, 0, DOGS)
    canvas.save()
    picture = drawn(file.getvalue(), 1, DOGS)
    box = marked(picture.png)
    assert box is not None
    assert box[3] - box[1] > 10 * (box[2] - box[0])
    assert box[2] < picture.width / 10


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 and then nothing", pdf(FERRY)[:300], pdf(FERRY)])
def test_what_cannot_be_drawn_is_told(data: bytes) -> None:
    """Damaged files, and a page that there is not."""
    with pytest.raises(ExtractionError):
        page_picture(data, 7)


def picture_of(page: str) -> bytes:
    """The picture of the first page that the reading view shows."""
    return b64decode(re.findall(r'<image href="data:image/png;base64,([^"]+)"', page)[0])


def test_a_page_is_shown_as_it_looks(ann: Client, bob: Client) -> None:
    """To whom the document belongs alone, as it is now; the view that was chosen last comes next time, too."""
    added = ann.post("/v1/documents", files={"file": ("ferry.pdf", pdf(FERRY, DOGS))}).json()["id"]
    for client in (ann, bob):
        client.post("/session", data={"secret": client.key}, headers={"Origin": client.url})
    text = ann.get(f"/v1/documents/{added}/text").json()["text"]
    start = text.index(DOGS)
    address = f"/read/{added}?start={start}&end={start + len(DOGS)}"
    page = ann.get(address).text
    assert "page 2</h2>" in page and DOGS not in page
    assert '<rect id="words"' in page
    assert marked(picture_of(page)) is not None
    assert len(picture_of(page)) < 150_000
    assert DOGS in ann.get(f"{address}&view=text").text
    assert DOGS in ann.get(address).text
    assert marked(picture_of(ann.get(f"{address}&view=picture").text)) is not None
    both = ann.get(f"/read/{added}?start=0&end={len(text)}").text
    assert both.count("<rect") == both.count("<image") == 2
    (before,) = re.findall(r'href="(\?[^"]+)">Page before', page)
    assert "page 1</h2>" in ann.get(f"/read/{added}{before.replace('&amp;', '&')}").text
    assert bob.get(address).status_code == 404
    bob.cookies.clear()
    assert bob.get(address, headers={"Authorization": ""}).status_code == 401
    ann.delete(f"/v1/documents/{added}")
    assert ann.get(address).status_code == 404


def test_a_signed_link_shows_the_pages_of_its_document(serve: Starter) -> None:
    """Without a key; another document's pages it does not show."""
    key = "ann-open-sesame-16"
    server = serve(FOOTNOTE_API_KEYS=f"ann:{key}", FOOTNOTE_PUBLIC_URL="https://f.example", FOOTNOTE_LINK_DAYS="7")
    with server.client(key) as ann, server.client() as nobody:
        added, other = (
            ann.post("/v1/documents", files={"file": (f"{name}.pdf", pdf(text))}).json()["id"]
            for name, text in (("ferry", FERRY), ("dogs", DOGS))
        )
        answer = ann.post(
            "/v1/ask", json={"question": "When does the ferry to Tiree leave?", "documents": [added]}
        ).json()
        query = answer["citations"][0]["url"].partition("?")[2].partition("#")[0]
        assert marked(picture_of(nobody.get(f"/read/{added}?{query}").text)) is not None
        assert nobody.get(f"/read/{other}?{query}").status_code == 403


@pytest.mark.both_topologies
@pytest.mark.usefixtures("topology", "without_reader")
def test_a_file_is_kept_with_its_text_alone(open_footnote: Callable[..., Footnote]) -> None:
    """It outlives a new index, goes with its text, and is not kept where the settings say so."""
    footnote = open_footnote()
    data = pdf(FERRY)
    added = footnote.library.add(load_bytes(data, source="ferry.pdf", name="ferry.pdf")).id
    assert footnote.library.original(added, ["shared"]) == data
    assert footnote.library.original(added, ["chat:1"]) is None
    footnote.library.reindex()
    assert footnote.library.original(added, ["shared"]) == data
    footnote.library.add(load_bytes(FERRY.encode() * 2, source="ferry.pdf", name="ferry.txt"))
    assert not footnote.library.has_original(added)


def test_files_need_not_be_kept(tmp_path: Path) -> None:
    """With the setting, a PDF is its text."""
    footnote = Footnote(Settings(data_dir=tmp_path, keep_originals="off"))
    added = footnote.library.add(load_bytes(pdf(FERRY), source="ferry.pdf", name="ferry.pdf")).id
    assert not footnote.library.has_original(added)
    footnote.close()
