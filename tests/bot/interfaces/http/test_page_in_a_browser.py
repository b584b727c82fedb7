"""The page in a real browser, Chromium: asked, read, dropped on, driven by keys alone, and looked over by axe."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from patience import CEILING
from pdfs import pdf
from playwright.sync_api import Browser, Frame, Page, expect, sync_playwright
from server import Starter

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs the browser Chromium: apt-get install chromium, or brew install --cask chromium"
)

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
MOST_BYTES = 150_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, serve: Starter) -> Iterator[Page]:
    """The page of a server of the test's own, which may complain of nothing."""
    context = chromium.new_context(viewport=DESKTOP)
    found = context.new_page()
    found.set_default_timeout(1000 * CEILING)
    complaints: list[str] = []
    found.on("console", lambda message: complaints.append(message.text))
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.goto(serve().url)
    yield found
    context.close()
    # Chromium tells of every answer that is no success: what the page says of it is looked at by the tests.
    assert [one for one in complaints if "Failed to load resource" not in one] == []


def ask(page: Page, question: str) -> str:
    """Type a question, and press Enter; the text of the answer."""
    count = page.locator(".answer").count()
    page.fill("#question", question)
    page.keyboard.press("Enter")
    answer = page.locator(".answer").nth(count)
    answer.wait_for()
    return answer.inner_text()


def reading(page: Page) -> Frame:
    """The document beside the page, once its marked words are there."""
    frame = page.frame(name="reading")
    assert frame is not None
    frame.wait_for_selector("#words")
    return frame


def in_view(frame: Frame, inside: Page) -> bool:
    """Whether the marked words are seen: within the frame, and the frame within the window."""
    top, bottom, height = frame.evaluate(
        "() => { const b = document.getElementById('words').getBoundingClientRect();"
        " return [b.top, b.bottom, window.innerHeight]; }"
    )
    box = inside.locator("#reading").bounding_box()
    assert box is not None and inside.viewport_size is not None
    shown = box["x"] >= 0 and box["x"] + box["width"] <= inside.viewport_size["width"] + 1
    return bool(shown and top >= 0 and bottom <= height)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_footnote_opens_its_words_beside_the_answer(page: Page, size: dict[str, int]) -> None:
    """Asked, answered with bold words, tapped: the very quote is marked and in view; closed, the answer is back."""
    page.set_viewport_size(size)
    said = ask(page, "Who is Mao Ning?")
    assert page.locator(".said b").inner_text() in said
    page.locator(".note").click()
    frame = reading(page)
    page.wait_for_timeout(300)
    words = frame.inner_text("#words")
    assert said.startswith(words)
    assert in_view(frame, page)
    page.locator("#close").click()
    assert not page.locator("#reading-panel").is_visible()
    assert page.evaluate("document.activeElement.className").startswith("note")


def test_a_conversation_is_there_again_after_a_reload(page: Page) -> None:
    """A follow-up is understood; a refusal is one line; the page loaded again shows both."""
    ask(page, "Who is China's foreign ministry spokesperson?")
    assert "Mao" in ask(page, "What else did she say?")
    assert ask(page, "When was the Eiffel Tower built?").startswith("The text does not say.\n")
    before = page.locator(".said").all_inner_texts()
    page.reload()
    assert page.locator(".said").all_inner_texts() == before
    page.locator("#new").click()
    page.wait_for_selector(".hint")
    assert page.locator(".said").count() == 0


def test_keys_alone_are_enough(page: Page) -> None:
    """Tab leads to the footnote, Enter opens it, Escape closes it from either side, and the focus is back."""
    page.keyboard.type("Who is Mao Ning?")
    page.keyboard.press("Enter")
    page.locator(".answer").wait_for()
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if "note" in page.evaluate("document.activeElement.className"):
            break
    page.keyboard.press("Enter")
    frame = reading(page)
    page.keyboard.press("Escape")
    assert not page.locator("#reading-panel").is_visible()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    frame = reading(page)
    frame.focus("body")
    frame.press("body", "Escape")
    assert not page.locator("#reading-panel").is_visible()
    page.focus("#question")
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    assert page.input_value("#question") == "one\ntwo"


def test_a_file_is_dropped_asked_about_and_removed(page: Page, tmp_path: Path) -> None:
    """It is read, listed and answered from; what cannot be read says why; removed, it is gone after a second press."""
    file = tmp_path / "ferry times.txt"
    file.write_text("The ferry to Tiree leaves Oban at seven in the morning.", "utf-8")
    page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            data.items.add(new File([text], "ferry times.txt", { type: "text/plain" }));
            document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
        }""",
        file.read_text("utf-8"),
    )
    page.wait_for_selector("#documents li:nth-child(2)")
    assert "ferry times is read" in page.inner_text("#upload-state")
    assert "seven in the morning" in ask(page, "When does the ferry to Tiree leave?")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 nothing of a kind")
    page.set_input_files("#file", broken)
    expect(page.locator("#upload-state")).to_contain_text("is damaged")
    remove = page.locator("#documents li", has_text="ferry times").locator("button")
    remove.click()
    remove.click()
    expect(page.locator("#documents li")).to_have_count(1)
    assert ask(page, "When does the ferry to Tiree leave?").startswith("The text does not say")


def test_a_hostile_document_runs_nothing(page: Page, tmp_path: Path) -> None:
    """Its tags are words in the answer, the list and the reading view; no dialog opens, nothing is loaded."""
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url) if "evil.example" in request.url else None)
    file = tmp_path / "<img src=x onerror=alert(3)>.txt"
    line = (
        "<script>alert(1)</script> The light of Tarbert <img src='//evil.example' onerror='alert(2)'> was lit in 1844."
    )
    file.write_text(line, "utf-8")
    page.set_input_files("#file", file)
    page.wait_for_selector("#documents li:nth-child(2)")
    assert "<script>alert(1)</script>" in ask(page, "When was the light of Tarbert lit?")
    page.locator(".note").click()
    assert "<img src='//evil.example'" in reading(page).inner_text("main")
    page.wait_for_timeout(300)
    assert asked == []


def test_a_question_is_not_lost_when_the_server_is(page: Page) -> None:
    """Offline, the question stands in its box again, and it says what to do."""
    page.context.set_offline(True)
    page.fill("#question", "Who is Mao Ning?")
    page.keyboard.press("Enter")
    page.locator(".wrong").wait_for()
    assert "cannot be reached" in page.inner_text(".wrong")
    assert page.input_value("#question") == "Who is Mao Ning?"


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(DESKTOP, "light", id="desktop-light"),
        pytest.param(PHONE, "dark", id="phone-dark"),
        pytest.param(DESKTOP, "dark", id="desktop-dark", marks=pytest.mark.long),
        pytest.param(PHONE, "light", id="phone-light", marks=pytest.mark.long),
    ],
)
def test_axe_finds_nothing(page: Page, size: dict[str, int], scheme: str) -> None:
    """With an answer, a refusal and a document open, in both colours and at both widths."""
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    ask(page, "Who is Mao Ning?")
    ask(page, "When was the Eiffel Tower built?")
    found = [Axe().run(page)]
    page.locator(".note").first.click()
    frame = reading(page)
    found.append(Axe().run(page))
    alone = page.context.new_page()
    alone.goto(frame.url)
    found.append(Axe().run(alone))
    assert [violation["id"] for one in found for violation in one.response["violations"]] == []


def test_the_page_is_small_and_answers_as_it_goes(page: Page) -> None:
    """All that the page loads is at most 150 KB; the words of an answer stand there before it is whole."""
    sizes = page.evaluate(
        "() => [performance.getEntriesByType('navigation')[0], ...performance.getEntriesByType('resource')]"
        ".map((one) => one.decodedBodySize)"
    )
    assert 5_000 < sum(sizes) <= MOST_BYTES
    began = time.monotonic()
    ask(page, "Who is Mao Ning?")
    assert time.monotonic() - began < CEILING


def test_it_begins_with_questions_that_the_document_answers(page: Page) -> None:
    """At first sight those of the article; one that is pressed is asked, and others go on after its answer."""
    page.locator("#next .choice").first.wait_for()
    suggested = page.locator("#next .choice").all_inner_texts()
    assert 1 <= len(suggested) <= 3
    page.locator("#next .choice").first.click()
    page.locator(".answer").wait_for()
    assert page.locator(".question").first.inner_text() == suggested[0]
    assert page.locator(".note").count() >= 1
    page.locator("#next .choice").first.wait_for()
    following = page.locator("#next .choice").all_inner_texts()
    assert 1 <= len(following) <= 3
    assert suggested[0] not in following


def test_ticked_documents_alone_are_asked(page: Page, tmp_path: Path) -> None:
    """What another one says is not said; unticked, it is again."""
    lighthouse = tmp_path / "lighthouse.txt"
    lighthouse.write_text("The lighthouse at Skerryvore was built of granite. It was first lit in 1844.")
    page.set_input_files("#file", lighthouse)
    page.get_by_label("Ask lighthouse alone").check()
    assert "The text does not say" in ask(page, "Who is Mao Ning?")
    assert "granite" in ask(page, "What was the lighthouse built of?")
    page.get_by_label("Ask lighthouse alone").uncheck()
    assert "Mao Ning" in ask(page, "Who is Mao Ning?")


def test_an_answer_is_copied_with_its_footnotes(page: Page) -> None:
    """Its words, and of each footnote the quote and where it stands; a footnote shows its quote before it is opened."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    said = ask(page, "Where did Blinken highlight China’s role?")
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines()[0] in said.replace("\n", " ")
    assert "[1] “During a visit to Brussels" in copied
    assert "paragraph 2" in copied
    title = page.locator(".note").first.get_attribute("title")
    assert title is not None
    assert title.startswith("During a visit to Brussels")


def test_what_was_wrong_is_asked_and_kept(page: Page) -> None:
    """After "Not helpful", with no thanks for it; what is written is sent with the judgement."""
    ask(page, "Who is Mao Ning?")
    assert page.get_by_label("What was wrong?").count() == 0 or not page.get_by_label("What was wrong?").is_visible()
    page.get_by_role("button", name="Not helpful").click()
    page.get_by_label("What was wrong?").fill("It names no office.")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Thank you, that helps.").wait_for()
    kept = page.evaluate("fetch('v1/feedback').then((one) => one.json())")
    (judged,) = kept["feedback"]
    assert (judged["helpful"], judged["comment"]) == (False, "It names no office.")


def test_a_question_can_be_stopped(page: Page) -> None:
    """Its words stay, to be sent again."""
    page.route("**/ask", lambda route: None)  # an answer that never comes
    page.fill("#question", "Who is Mao Ning?")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped. Your question is still here.").wait_for()
    assert page.input_value("#question") == "Who is Mao Ning?"
    assert page.get_by_role("button", name="Ask", exact=True).is_visible()


def test_conversations_are_listed_renamed_and_deleted(page: Page) -> None:
    """Called by its first question, then by the name that it is given; what it is called leads back to it."""
    ask(page, "Who is Mao Ning?")
    listed = page.locator("#conversations li")
    expect(listed).to_contain_text("Who is Mao Ning?")
    page.get_by_label("Rename Who is Mao Ning?").click()
    page.get_by_label("Its name").fill("spokespersons / Beijing")
    page.keyboard.press("Enter")
    expect(listed.locator("a")).to_have_text("spokespersons / Beijing")
    assert "Mao" in ask(page, "What else did she say?")
    page.locator("#new").click()
    page.wait_for_selector(".hint")
    ask(page, "Where did Blinken go?")
    expect(listed).to_have_count(2)
    page.get_by_label("Rename Where did Blinken go?").click()
    page.get_by_label("Its name").fill("spokespersons / Beijing")
    page.keyboard.press("Enter")
    expect(page.locator("#conversations .wrong")).to_contain_text("Choose another name")
    page.keyboard.press("Escape")
    listed.locator("a", has_text="spokespersons").click()
    expect(page.locator(".answer")).to_have_count(2)
    remove = page.get_by_label("Delete spokespersons / Beijing")
    remove.click()
    remove.click()
    page.wait_for_selector(".hint")
    expect(listed.locator("a")).to_have_text("Where did Blinken go?")


def test_an_answer_is_linked_to_and_asked_again(page: Page) -> None:
    """The link leads to the answer among others; asked again, it is answered below."""
    ask(page, "Who is Mao Ning?")
    for _ in range(4):
        ask(page, "Who is Mao Ning?")
    page.get_by_role("link", name="Link").first.click()
    expect(page.locator("#turn-1")).to_be_in_viewport()
    page.get_by_role("button", name="Ask again").first.click()
    expect(page.locator(".answer")).to_have_count(6)
    assert page.locator(".question").last.inner_text() == "Who is Mao Ning?"


def test_a_text_is_pasted_and_an_address_is_read(page: Page) -> None:
    """A text is called by its first line; what cannot be read says why, and stays to be mended."""
    page.get_by_label("The address of a page, or a text to paste").fill(
        "Ferry times\nThe ferry to Tiree leaves at seven."
    )
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#upload-state")).to_contain_text("Ferry times is read.")
    assert page.input_value("#pasted") == ""
    assert "seven" in ask(page, "When does the ferry to Tiree leave?")
    page.fill("#pasted", "http://127.0.0.1:1/secret")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#upload-state")).to_contain_text("127.0.0.1")
    expect(page.locator("#upload-state")).not_to_contain_text("is read")
    assert page.input_value("#pasted") == "http://127.0.0.1:1/secret"


def test_an_upload_tells_how_far_it_is_and_is_cancelled(page: Page, tmp_path: Path) -> None:
    """A long text is told in shares; cancelled, nothing of it is added. The name of a file is told once."""
    shares: list[float] = []
    page.expose_function("told", lambda share: shares.append(share))
    page.evaluate(
        "new MutationObserver(() => { const bar = document.querySelector('#progress progress');"
        " if (document.getElementById('upload-state').textContent.startsWith('Reading') && bar.position > 0)"
        " told(bar.position); }).observe(document.getElementById('progress'), { attributes: true, subtree: true })"
    )
    long = tmp_path / "long.txt"
    long.write_text("\n\n".join(f"The ferry number {n} to Tiree leaves Oban at {n} o'clock." * 5 for n in range(1500)))
    page.set_input_files("#file", long)
    expect(page.locator("#progress")).to_be_visible()
    while not shares:
        page.wait_for_timeout(50)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#upload-state")).to_have_text("long.txt: Cancelled: nothing was added.")
    assert 0 < shares[0] < 1
    assert not page.locator("#progress").is_visible()
    page.reload()
    expect(page.locator("#documents li")).to_have_count(1)
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 nothing of a kind")
    page.set_input_files("#file", broken)
    expect(page.locator("#upload-state")).to_contain_text("is damaged")
    assert page.inner_text("#upload-state").count("broken.pdf") == 1


def test_a_document_is_found_on_a_long_shelf(page: Page) -> None:
    """By a word of its title, once there are more than are seen at a glance."""
    assert not page.locator("#filter").is_visible()
    for number in range(8):
        page.fill("#pasted", f"Lease {number}\nThe rent is {number}00 euros.")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator("#documents li")).to_have_count(number + 2)
    page.get_by_label("Find a document").fill("lease 3")
    expect(page.locator("#documents li:visible")).to_have_count(1)


def test_a_pdf_opens_at_the_mark_as_the_reader_chose_last(page: Page, tmp_path: Path) -> None:
    """Its page as a picture, the marked words in view; one tap shows the text, and then texts are shown first. Once the
    document is removed, its footnote says so.
    """
    file = tmp_path / "timetable.pdf"
    file.write_bytes(pdf("The ferry to Tiree leaves Oban at seven.", "Dogs must be kept on a lead."))
    page.set_input_files("#file", file)
    expect(page.locator("#upload-state")).to_contain_text("is read")
    ask(page, "Must dogs be kept on a lead?")
    page.locator(".note").first.click()
    frame = reading(page)
    assert frame.locator("svg.looks").count() == 1
    assert "page 2" in frame.inner_text("main")
    assert in_view(frame, page)
    frame.get_by_role("link", name="Read the text").click()
    frame.wait_for_selector("mark#words")
    page.locator("#close").click()
    page.locator(".note").first.click()
    frame.wait_for_selector("mark#words")
    assert "Dogs must be kept on a lead" in frame.inner_text("mark#words")
    frame.get_by_role("link", name="See the page").wait_for()
    page.locator("#close").click()
    remove = page.locator("#documents li", has_text="timetable").locator("button")
    remove.click()
    remove.click()
    expect(page.locator("#documents li")).to_have_count(1)
    page.locator(".note").first.click()
    frame.get_by_text("It may have been removed").wait_for()
