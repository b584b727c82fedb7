"""Files, links and long texts that are sent to the bot: read, asked about, refused with one friendly line, removed."""

from __future__ import annotations

import io

import pytest
from bot_api import BotApi
from docx import Document
from pdfs import pdf
from reportlab.lib.pdfencrypt import StandardEncryption
from telegram_process import Starter

FERRY = "The ferry to Tiree leaves Oban at seven in the morning."


def word(text: str) -> bytes:
    file = io.BytesIO()
    document = Document()
    document.add_paragraph(text)
    document.save(file)
    return file.getvalue()


def test_what_can_be_read_is_read(shared: BotApi) -> None:
    """Each kind of file is confirmed and answers the question under it; the same name again replaces it; it goes."""
    anna, chat = shared.meet("Anna")
    files = {
        "ferry.pdf": pdf(FERRY),
        "ferry.docx": word(FERRY),
        "ferry.txt": FERRY.encode(),
        "ferry.md": f"# Ferries\n\n{FERRY}\n".encode(),
        "ferry.html": f"<title>Ferries</title><p>{FERRY}".encode(),
        "../../etc/passwd\u202e<b>.txt": FERRY.encode(),
        "": FERRY.encode(),
    }
    for number, (name, content) in enumerate(files.items()):
        chat.attach(anna, name, content, caption="When does the ferry to Tiree leave?")
        read, answer = chat.wait(2 * number + 2)[-2:]
        assert read.text.startswith("I have read “"), name
        assert "at seven" in answer.text, name
    count = len(chat.received)
    chat.attach(anna, "ferry.txt", b"The ferry to Tiree leaves at nine now.", caption="When does the ferry leave now?")
    read, answer = chat.wait(count + 2)[-2:]
    assert "anew" in read.text
    listed = chat.ask(anna, "/documents")
    assert len(listed.buttons) == len(files)
    for number, (button,) in enumerate(listed.buttons):
        chat.press(anna, listed, button["callback_data"])
        assert "is removed" in chat.wait(count + 4 + number)[-1].text
    assert "In this chat alone" not in chat.ask(anna, "/documents").text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.txt", b"", "no text"),
        ("scan.pdf", pdf(""), "no text"),
        ("locked.pdf", pdf(FERRY, encrypt=StandardEncryption("opensesame")), "has a password"),
        ("broken.pdf", b"%PDF-1.7 and then nothing", "cannot read"),
        ("song.mp3", b"ID3\x04\x00\x00\x00" + bytes(range(256)) * 20, "files of this kind"),
        ("book.zip", b"PK\x03\x04" + b"\x00" * 100, "files of this kind"),
    ],
)
def test_what_cannot_be_read_is_told(name: str, content: bytes, said: str, shared: BotApi) -> None:
    """One friendly line says why."""
    anna, chat = shared.meet("Anna")
    chat.attach(anna, name, content)
    (reply,) = chat.wait(1)
    assert said in reply.text
    assert "\n" not in reply.text


def test_links_and_long_texts(shared: BotApi) -> None:
    """A long paste is one document, however Telegram cut it; private addresses are refused; too large is told."""
    anna, chat = shared.meet("Anna")
    long = " ".join(f"In the year {year} the ferry {year} sank off Tiree." for year in range(1500, 1800))
    parts = chat.paste(anna, long)
    assert len(parts) > 1
    keep = chat.wait_for(lambda message: bool(message.buttons))
    chat.press(anna, keep, "Read it")
    read = chat.wait_for(lambda message: message.text.startswith("I have read"))
    chat.say(anna, "When did the ferry 1777 sink?")
    answer = chat.wait_for(lambda message: "1777" in message.text)
    assert "In the year 1777" in answer.text
    chat.say(anna, "/documents")
    listed = chat.wait_for(lambda message: "In this chat alone" in message.text)
    assert len(listed.buttons) == 1
    for link in ("http://127.0.0.1:8000/", "http://169.254.169.254/latest/meta-data"):
        assert chat.ask(anna, link).text == f"{link} is not a public address, so I do not read it."
    assert "cannot read the page" in chat.ask(anna, "https://nowhere.invalid/page").text
    count = len(chat.received)
    chat.attach(anna, "film.pdf", b"%PDF-", size=21 * 1024 * 1024)
    assert "too large" in chat.wait(count + 1)[-1].text
    assert read.buttons


def test_a_chat_has_a_quota(telegram: Starter, api: BotApi) -> None:
    """A document or text beyond what a chat may have is refused in one line; the same name again is none beyond it."""
    telegram(FOOTNOTE_MOST_DOCUMENTS="1", FOOTNOTE_MOST_CHARACTERS="100")
    anna, chat = api.meet("Anna")
    chat.attach(anna, "ferry.txt", FERRY.encode())
    chat.attach(anna, "other.txt", FERRY.encode())
    chat.attach(anna, "ferry.txt", FERRY.replace("seven", "nine").encode())
    chat.attach(anna, "ferry.txt", FERRY.encode() * 2)
    said = [message.text for message in chat.wait(4)]
    assert "I have read" in said[0] and "anew" in said[2]
    full = "This chat has 1 document, and there is no room for more. Remove one with /documents and send it again."
    assert said[1] == said[3] == full
