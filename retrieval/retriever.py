"""Search offered as a LangChain retriever: for the chain of this project and for anybody else's.

In a module of its own, since importing LangChain takes a third of a second that other commands need not wait.
"""

from __future__ import annotations

from collections.abc import Callable

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from retrieval.query import SearchQuery, Section
from retrieval.search import Search
from retrieval.types import Span


class LibraryRetriever(BaseRetriever):
    """The passages that `asker` may read, as LangChain documents.

    `page_content` is the passage's exact text; `metadata["passage"]` the RankedPassage it is made from. `documents`
    (ids) narrows the search, `prepare` makes the search query of what is asked, and `whole` (an id) gives the outline
    of that document instead, or of its `section`, or the passages in which some `places` of it stand.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    search: Search
    asker: str
    documents: tuple[str, ...] | None = None
    prepare: Callable[[str], SearchQuery | str] = str
    whole: str | None = None
    places: tuple[Span, ...] = ()
    section: Section | None = None
    limit: int = 5

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        if self.whole is not None and self.places:
            found = self.search.at(self.whole, self.asker, self.places)
        elif self.whole is not None:
            found = self.search.outline(self.whole, self.asker, self.section)
        else:
            found = self.search.search(self.prepare(query), self.asker, self.documents, self.limit)
        return [
            Document(
                page_content=passage.text,
                metadata={
                    "document": passage.origin.id,
                    "title": passage.origin.title,
                    "source": passage.origin.source,
                    "start": passage.passage.start,
                    "end": passage.passage.end,
                    "score": passage.score,
                    "passage": passage,
                },
            )
            for passage in found
        ]
