"""PowerPoint presentations (.pptx) to text: slide by slide; a slide is a page.

Knows no files. Titles are headings; lists, tables, grouped shapes and the speaker's notes are read. Pictures, charts
and what stands at the foot of each slide are not. A presentation is all text: nothing in it is boilerplate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from retrieval.loaders.about import about
from retrieval.loaders.formats.rows import rows_text
from retrieval.loaders.sandbox import Extracted
from retrieval.loaders.zip_archive import Archive, harmless

if TYPE_CHECKING:
    from pptx.shapes.base import BaseShape
    from pptx.slide import Slide
    from pptx.text.text import TextFrame


def read_pptx(data: bytes) -> Extracted:
    """The text, title and slides of a presentation."""
    from pptx import Presentation

    archive = Archive(data)
    presentation = Presentation(archive.repacked(archive.names, lambda _, content: harmless(content)))
    found = (_heading(slide) for slide in presentation.slides)
    headings = [heading.text_frame.text for heading in found if heading is not None]
    title = " ".join(presentation.core_properties.title.split())
    text, starts = "", list[int]()
    for words in ("\n\n".join(_slide(slide)) for slide in presentation.slides):
        # A slide may be a picture without a word.
        text += "\n\n" if text and words else ""
        starts.append(len(text))
        text += words
    if title.casefold() in ("", "powerpoint presentation"):
        title = next(filter(None, headings), "")
    properties = presentation.core_properties
    return Extracted(text, title, tuple(starts), about=about([properties.author], properties.created))


def _heading(slide: Slide) -> Any:
    """The shape of a slide that is its title in words; a title may be a picture."""
    title = slide.shapes.title
    return title if title is not None and title.has_text_frame else None


def _slide(slide: Slide) -> Iterator[str]:
    """The paragraphs, lists and tables of a slide."""
    heading = _heading(slide)
    if heading is not None and (words := _line(heading.text_frame.text)):
        yield f"# {words}"
    yield from _shapes(shape for shape in slide.shapes if heading is None or shape.shape_id != heading.shape_id)
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
        yield from _paragraphs(notes)


def _shapes(shapes: Iterable[BaseShape]) -> Iterator[str]:
    from pptx.enum.shapes import PP_PLACEHOLDER
    from pptx.shapes.autoshape import Shape
    from pptx.shapes.graphfrm import GraphicFrame
    from pptx.shapes.group import GroupShape

    feet = (PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.SLIDE_NUMBER)
    bodies = (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT)
    for shape in shapes:
        kind = shape.placeholder_format.type if shape.is_placeholder else None
        if isinstance(shape, GroupShape):
            yield from _shapes(shape.shapes)
        elif isinstance(shape, GraphicFrame) and shape.has_table:
            yield rows_text([_line(cell.text) for cell in row.cells] for row in shape.table.rows)
        elif isinstance(shape, Shape) and kind not in feet:
            points = list(_paragraphs(shape.text_frame))
            yield from ["\n".join(f"- {point}" for point in points)] if kind in bodies and len(points) > 1 else points


def _paragraphs(frame: TextFrame) -> Iterator[str]:
    yield from filter(None, (_line(paragraph.text) for paragraph in frame.paragraphs))


def _line(words: str) -> str:
    return " ".join(words.split())
