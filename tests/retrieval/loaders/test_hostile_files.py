"""Files that are broken, locked or made to harm: for every type that is an archive, each is one line that says so."""

from __future__ import annotations

import contextlib
import tracemalloc
import zipfile
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_files import MAIN, SAMPLES, WORDS, archive, changed, entry, with_main

from retrieval.loaders import zip_archive
from retrieval.loaders.loading import LoadingError, load_bytes
from retrieval.loaders.registry import OLD_OFFICE, SUFFIXES, by_content
from retrieval.loaders.sandbox import Extracted

ENTITIES = (
    '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY f SYSTEM "file:///etc/passwd">]>'
)
PASSWORD = OLD_OFFICE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
DAMAGED = "is damaged"


def refused(data: bytes, suffix: str, name: str | None = None) -> str:
    """The line with which a file is refused."""
    with pytest.raises(LoadingError) as caught:
        load_bytes(data, source="s", name=name or f"a{suffix}")
    line = str(caught.value)
    assert line.startswith(name or f"a{suffix} ") and line.isprintable()
    return line


def flagged(suffix: str, at: int, value: int) -> bytes:
    """The file with a byte of its main entry's record in the archive's directory set."""
    data = bytearray(SAMPLES[suffix])
    record = data.rindex(b"PK\x01\x02", 0, data.rindex(MAIN[suffix].encode()))
    data[record + at] = value
    return bytes(data)


def hostile(suffix: str) -> list[tuple[bytes, str]]:
    """Files of the type, and what their lines say."""
    whole = SAMPLES[suffix]
    root = root_of(suffix)
    return [
        (b"words", f"is no {suffix} file, whatever its name: only"),
        (archive({"a.bin": b"words"}), f"is no {suffix} file, whatever its name: only"),
        (b"PK\x03\x04 and no more", DAMAGED),
        (whole[:-50], DAMAGED),
        (whole[: len(whole) // 2], DAMAGED),
        (with_main(suffix, ""), DAMAGED),
        (with_main(suffix, root[: len(root) // 2]), DAMAGED),
        (with_main(suffix, ENTITIES + root.replace(WORDS, "&c;").replace("<spine>", "<spine>&c;")), DAMAGED),
        (with_main(suffix, ENTITIES + root.replace(WORDS, "&f;").replace("<spine>", "<spine>&f;")), DAMAGED),
        (
            changed(whole, {MAIN[suffix]: "<a>" + " " * (zip_archive.MOST_BYTES + 10) + "</a>"}),
            "unpacks to more than 100 MiB",
        ),
        (flagged(suffix, 8, 1), "is protected with a password: save a copy without it and add that"),
        (flagged(suffix, 10, zipfile.ZIP_LZMA), DAMAGED),
        (PASSWORD, "is protected with a password: save a copy without it and add that"),
        (OLD_OFFICE + bytes(600), f"is an old Office file: open it, save it as {suffix} and add that"),
    ]


def root_of(suffix: str) -> str:
    """The main entry without its XML declaration."""
    return entry(SAMPLES[suffix], MAIN[suffix]).rpartition("?>\n")[2]


CASES = [(suffix, data, line) for suffix in SAMPLES for data, line in hostile(suffix)]


@pytest.mark.parametrize(("suffix", "data", "line"), CASES, ids=[f"{suffix} {line[:20]}" for suffix, _, line in CASES])
def test_what_is_no_sound_file_is_refused_in_one_line(suffix: str, data: bytes, line: str) -> None:
    """Other content under the suffix, broken, locked and hostile files, old Office: one line that says what to do.

    Hostile are entities, of the file itself and of the system's files, and what unpacks to too much.
    """
    assert line in refused(data, suffix)


@pytest.mark.parametrize("suffix", SAMPLES)
def test_the_suffix_does_not_decide_what_an_archive_is(suffix: str) -> None:
    """A file is told by its content, without a name and with a wrong one, also as an archive's."""
    for name in (None, "a.txt", "a.pdf", "a.zip", "a.docx"):
        assert WORDS in load_bytes(SAMPLES[suffix], source="s", name=name).text


@pytest.mark.parametrize("name", ["a.doc", "a.xls", "a.ppt"])
def test_old_office_files_are_told_what_to_save_as(name: str) -> None:
    """The line names the new suffix; without a telling name, all of them."""
    assert f"is an old Office file: open it, save it as {name[1:]}x and add that." in refused(
        OLD_OFFICE + b"\0", "", name
    )
    assert "save it as .docx, .xlsx or .pptx" in refused(OLD_OFFICE + b"\0", "", "a.bin")


def test_a_bomb_that_states_a_small_size_is_refused() -> None:
    """What an archive says of its own sizes is not believed, nor is a number of entries without end."""
    bomb = changed(SAMPLES[".docx"], {"word/more.xml": "<a>" + " " * zip_archive.MOST_BYTES + "</a>"})
    lying = bomb.replace((zip_archive.MOST_BYTES + 7).to_bytes(4, "little"), (50).to_bytes(4, "little"))
    assert lying != bomb
    assert DAMAGED in refused(lying, ".docx")


def test_an_archive_of_very_many_entries_takes_nothing_outside_the_sandbox() -> None:
    """Its entries are not listed to tell what it is: a file of the largest size could list 400,000."""
    many = archive({f"word/document{number}.xml": "" for number in range(20_000)})
    assert "holds more than 10,000 files" in refused(many, ".docx")
    tracemalloc.start()
    try:
        by_content(many, ".docx")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("suffix", "tag"), [(".docx", "w:smartTag"), (".odt", "text:span")])
def test_markup_nested_without_end_is_refused(suffix: str, tag: str) -> None:
    """A document nested beyond reason is one line, not a crash."""
    deep = f"<{tag}>" * 20_000 + f"</{tag}>" * 20_000
    root = root_of(suffix)
    inside = root.replace("<w:p>", f"<w:p>{deep}").replace("<text:p>", f"<text:p>{deep}")
    assert inside != root
    line = refused(with_main(suffix, inside), suffix)
    assert "nested too deeply" in line or DAMAGED in line


@pytest.mark.parametrize("suffix", SAMPLES)
@settings(max_examples=20)
@given(data=st.data())
def test_a_file_changed_anyhow_is_read_or_refused(suffix: str, data: st.DataObject) -> None:
    """Whatever bytes are changed, there is a text with its boilerplate and pages in it, or an error.

    That any error is one line is claimed of the sandbox.
    """
    whole = bytearray(SAMPLES[suffix])
    for _ in range(data.draw(st.integers(1, 10))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    module, _, name = SUFFIXES[suffix].loader.partition(":")
    found = Extracted("")
    with contextlib.suppress(Exception):
        found = getattr(import_module(module), name)(bytes(whole))
    assert all(0 <= place <= len(found.text) for place in found.pages)
    assert all(0 <= span.start < span.end <= len(found.text) for span in found.boilerplate)
