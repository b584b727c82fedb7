"""Pages of PDFs as pictures: drawn with the cited words marked, for those who may read the document."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pdfs import pdf
from PIL import Image
from server import Client, Starter

from bot.bootstrap import Footnote
from bot.settings import Settings
from retrieval.loaders.loading import load_bytes
from retrieval.loaders.pdf.picture import page_picture
from retrieval.loaders.sandbox import ExtractionError

FERRY = "The ferry to Tiree leaves Oban at seven in the morning."
DOGS = "Dogs must be kept on a lead, and may not enter the restaurant."


def marked(png: bytes) -> tuple[int, int, int, int] | None:
    """The box of what is marked on a picture."""
    red, green, blue = np.moveaxis(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int), 2, 0)
    rows, columns = np.nonzero((red > 215) & (abs(green - 229) < 40) & (blue < 190))
    return None if not len(rows) else (columns.min(), rows.min(), columns.max(), rows.max())


def test_the_words_of_a_quote_are_marked_where_they_stand() -> None:
    """A line of its page and nothing else; words that are not there mark nothing; other pages are not marked."""
    data = pdf(FERRY, DOGS)
    box = marked(page_picture(data, 1, FERRY))
    assert box is not None
    image = Image.open(io.BytesIO(page_picture(data, 1, FERRY)))
    assert box[2] - box[0] > image.width / 4
    assert box[3] - box[1] < image.height / 20
    one = marked(page_picture(data, 1, "Tiree"))
    assert one is not None and box[0] < one[0] < one[2] < box[2]
    assert marked(page_picture(data, 1, "Mull")) is None
    assert marked(page_picture(data, 2, FERRY)) is None


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 and then nothing", pdf(FERRY)[:300], pdf(FERRY)])
def test_what_cannot_be_drawn_is_told(data: bytes) -> None:
    """Damaged files, and a page that there is not."""
    with pytest.raises(ExtractionError):
        page_picture(data, 7, FERRY)


def test_a_page_is_shown_beside_its_text(ann: Client, bob: Client) -> None:
    """To whom the document belongs alone, until it is replaced by another text or removed."""
    added = ann.post("/v1/documents", files={"file": ("ferry.pdf", pdf(FERRY, DOGS))}).json()["id"]
    for client in (ann, bob):
        client.post("/session", data={"secret": client.key}, headers={"Origin": client.url})
    start = ann.get(f"/v1/documents/{added}/text").json()["text"].index(DOGS)
    page = ann.get(f"/read/{added}?start={start}&end={start + len(DOGS)}").text
    (picture,) = re.findall(r'<img src="([^"]+)"', page)
    picture = picture.replace("&amp;", "&")
    assert picture.startswith(f"{added}/page-2.png?")
    drawn = ann.get(f"/read/{picture}")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/png")
    assert marked(drawn.content) is not None
    assert len(drawn.content) < 150_000
    for odd in ("page-0", "page-3", "page-x", f"page-{'9' * 30}"):
        assert ann.get(f"/read/{added}/{odd}.png").status_code == 404
    assert bob.get(f"/read/{picture}").status_code == 404
    bob.cookies.clear()
    assert bob.get(f"/read/{picture}", headers={"Authorization": ""}).status_code == 401
    ann.post("/v1/documents", files={"file": ("ferry.pdf", pdf("The ferry to Tiree does not leave today."))})
    assert ann.get(f"/read/{picture}").status_code == 404  # it has one page now
    ann.delete(f"/v1/documents/{added}")
    assert ann.get(f"/read/{added}/page-1.png").status_code == 404


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
        assert nobody.get(f"/read/{added}/page-1.png?{query}").status_code == 200
        assert nobody.get(f"/read/{other}/page-1.png?{query}").status_code == 401


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
