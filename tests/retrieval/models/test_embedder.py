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

REFERENCE = f"sentence-transformers/{DEFAULT}"
FILES = (f"{DEFAULT}.onnx", f"{DEFAULT}.bin", "tokenizer.json")

FACTS: dict[str, tuple[str, ...]] = {
    "Bees tell each other where flowers are by dancing: the angle of the dance gives the direction from the sun.": (
        "How do bees share the way to flowers?",
        "What does the angle of a bee's dance mean?",
    ),
    "A lighthouse lens made of stepped rings of glass bends the lamp's light into one narrow beam seen from far out.": (
        "Why can a lighthouse be seen from so far away?",
        "What shape is the glass in a lighthouse lens?",
    ),
    "Bread rises because yeast eats the sugar in the dough and gives off carbon dioxide, which the gluten holds in.": (
        "What makes bread rise?",
        "Which gas does yeast give off?",
    ),
    "The tides follow the moon: its pull raises the sea on the near side and leaves a second bulge on the far side.": (
        "What causes the tides?",
        "Why are there two bulges in the sea?",
    ),
    "Paper was made in China from bark, rags and hemp long before it reached the Arab world and then Europe.": (
        "Where was paper first made?",
        "Out of what was the earliest paper made?",
    ),
    "An octopus has three hearts: two send blood through the gills and one sends it through the rest of the body.": (
        "How many hearts does an octopus have?",
        "Which organ pumps blood to an octopus's gills?",
    ),
    "Steel is iron with a little carbon in it; more carbon makes it harder, and also more brittle.": (
        "What is steel made of?",
        "How does carbon change iron?",
    ),
    "The violin has four strings, tuned in fifths to G, D, A and E, and is played with a bow of horsehair.": (
        "To which notes is a violin tuned?",
        "What is a violin's bow strung with?",
    ),
    "Glaciers carve valleys with a round floor and steep walls, whereas rivers cut theirs into the shape of a V.": (
        "What shape is a valley made by a glacier?",
        "How do river valleys differ from glacial ones?",
    ),
    "Venice stands on millions of wooden piles driven through the mud of the lagoon into the firmer clay beneath.": (
        "What is Venice built on?",
        "Why did builders drive wood into the lagoon?",
    ),
    "Camels store fat in their humps, not water; they save water by letting their body grow warm during the day.": (
        "What is inside a camel's hump?",
        "How do camels save water?",
    ),
    "The printing press with movable metal type let one workshop make more books in a week than scribes in a year.": (
        "What invention replaced scribes?",
        "How did movable type change book making?",
    ),
    "Salt lowers the temperature at which water freezes, which is why it is spread on roads before a frost.": (
        "Why is salt put on roads in winter?",
        "What does salt do to the freezing point?",
    ),
    "Bats find moths in the dark by shouting at a pitch too high for us and listening for the echo.": (
        "How do bats hunt at night?",
        "Why can people not hear bats?",
    ),
    "A rainbow appears when the sun is behind you and drops of rain split its light into colours.": (
        "Where must the sun be to see a rainbow?",
        "What splits sunlight into colours in the sky?",
    ),
    "The heart of a blue whale weighs as much as a small car and beats only a few times a minute while it dives.": (
        "How heavy is a blue whale's heart?",
        "How fast does a whale's heart beat when diving?",
    ),
    "Concrete hardens by taking up water into crystals, not by drying, so that it sets even under the sea.": (
        "Can concrete set under water?",
        "How does concrete become hard?",
    ),
    "Potatoes came from the Andes, where farmers freeze and dry them on the cold high plains to keep them for years.": (
        "Where do potatoes come from?",
        "How do Andean farmers preserve potatoes?",
    ),
    "The compass needle points to the magnetic north pole, which wanders and is not where the earth's axis lies.": (
        "Where does a compass point?",
        "Does the magnetic pole move?",
    ),
    "Chess came from India to Persia, where its king was the shah; checkmate means that the king is helpless.": (
        "From which country did chess come?",
        "What does checkmate mean?",
    ),
    "Coffee was first drunk in Yemen by monks who wished to stay awake for their prayers at night.": (
        "Who first drank coffee?",
    ),
    "Leaves turn yellow and red in autumn when their green chlorophyll breaks down and other colours show.": (
        "Why do leaves change colour in autumn?",
    ),
    "Diamonds form under great heat and pressure far below the ground and are carried up by volcanoes.": (
        "How do diamonds reach the surface?",
    ),
    "Swallows fly from northern Europe to southern Africa each year and come back to the same nest.": (
        "Which birds travel from Europe to Africa?",
    ),
    "A steam engine pushes a piston with the pressure of boiling water in a closed vessel.": (
        "What moves the piston of a steam engine?",
    ),
    "Silk is spun by a caterpillar that feeds on mulberry leaves; one cocoon gives a thread a kilometre long.": (
        "Which animal makes silk?",
    ),
    "The Sahara was green with lakes and grass some thousands of years ago, and people painted cattle on its rocks.": (
        "Was the Sahara always a desert?",
    ),
    "Aspirin comes from a substance in the bark of the willow, long chewed against pain and fever.": (
        "From which tree does aspirin come?",
    ),
    "Saturn's rings are pieces of ice and rock, most no larger than a house, circling in a very thin sheet.": (
        "What are the rings of Saturn made of?",
    ),
    "Amber is the resin of ancient trees turned to stone, and sometimes holds insects that were caught in it.": (
        "Why are there insects in amber?",
    ),
    "The piano strikes its strings with felt hammers, and unlike the harpsichord can play both softly and loudly.": (
        "How is a piano different from a harpsichord?",
    ),
    "Lightning heats the air around it so suddenly that the air bursts outward, and that is the thunder.": (
        "What is the cause of thunder?",
    ),
    "Cork is the bark of an oak that grows around the western Mediterranean and may be peeled every nine years.": (
        "How often is cork harvested?",
    ),
    "The Dutch drained lakes with windmills, each lifting the water a little higher until it ran off to the sea.": (
        "What were windmills used for in the Netherlands?",
    ),
    "Vanilla is the pod of an orchid whose flowers open for one morning and have to be pollinated by hand.": (
        "Why is vanilla pollinated by hand?",
    ),
    "Sound travels about four times faster in water than in air, and faster still in iron.": (
        "Is sound faster in water or in air?",
    ),
    "The first maps of the stars on clay tablets were drawn in Babylon to foretell the fate of kings.": (
        "Who drew star maps on clay?",
    ),
    "Penguins huddle in the Antarctic winter and take turns standing at the cold edge of the crowd.": (
        "How do penguins keep warm?",
    ),
    "Rubber becomes tough and springy when heated with sulphur, which ties its long molecules together.": (
        "What is added to rubber to make it tough?",
    ),
    "A marathon is a little over forty-two kilometres and recalls a messenger who ran to Athens with news of a win.": (
        "How long is a marathon?",
    ),
}
PARAGRAPHS = list(FACTS)
QUESTIONS = [question for questions in FACTS.values() for question in questions]


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The default embedder, opened once."""
    return open_embedder()


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


def copied_weights(target: Path) -> Path:
    """A copy of the shipped files that a test may damage."""
    for name in FILES:
        shutil.copyfile(WEIGHTS / name, target / name)
    return target


def test_ranks_like_sentence_transformers(embedder: Embedder, reference: Embedder) -> None:
    """The 8-bit model puts the same paragraph first as the original for at least 95 % of 60 questions."""
    assert (len(QUESTIONS), len(PARAGRAPHS)) == (60, 40)
    same = np.mean(np.array(top(embedder)) == np.array(top(reference)))
    assert same >= 0.95


def test_vectors_agree_with_sentence_transformers(embedder: Embedder, reference: Embedder) -> None:
    """Over paragraphs and questions the mean cosine between 8-bit and original vectors is at least .99."""
    texts = PARAGRAPHS + QUESTIONS
    cosines = (embedder.encode(texts) * reference.encode(texts)).sum(axis=1)
    assert cosines.mean() >= 0.99
    assert cosines.min() >= 0.97


def test_finds_the_paragraph_that_answers(embedder: Embedder) -> None:
    """Nearly every question finds the paragraph it was written for: the vectors carry meaning, not just form."""
    own = [number for number, questions in enumerate(FACTS.values()) for _ in questions]
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


@settings(max_examples=60, deadline=None)
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
    """Texts that break tokenizers or hold nothing to read get unit vectors from both embedders."""
    for model in (embedder, reference):
        assert np.linalg.norm(model.encode([text])[0]) == pytest.approx(1, abs=1e-5)
        assert np.linalg.norm(model.encode_query(text)) == pytest.approx(1, abs=1e-5)


def test_no_texts_give_no_vectors(embedder: Embedder, reference: Embedder) -> None:
    """An empty list gives shape (0, dimensions) and no counts."""
    for model in (embedder, reference):
        assert model.encode([]).shape == (0, 384)
        assert model.encode([]).dtype == np.float32
        assert model.count_tokens([]) == []


def test_a_vector_does_not_depend_on_its_batch(embedder: Embedder) -> None:
    """A text's vector is the same to the bit alone, as a question, among others, and in any order."""
    together = embedder.encode(PARAGRAPHS)
    assert np.array_equal(together[::-1], embedder.encode(PARAGRAPHS[::-1]))
    for number in (0, 17, 39):
        assert np.array_equal(together[number], embedder.encode([PARAGRAPHS[number]])[0])
        assert np.array_equal(together[number], embedder.encode_query(PARAGRAPHS[number]))


def test_many_texts_keep_their_order(embedder: Embedder) -> None:
    """More texts than are tokenised at once come back in their order."""
    texts = [f"{number} owls" for number in range(600)]
    vectors = embedder.encode(texts)
    for number in (0, 255, 256, 511, 512, 599):
        assert np.array_equal(vectors[number], embedder.encode_query(texts[number]))


def test_threads_share_one_embedder(embedder: Embedder, reference: Embedder) -> None:
    """Four threads that embed and count at once all get what one thread gets."""
    for model in (embedder, reference):
        texts = [*PARAGRAPHS[:3], "word " * 150]
        counts = model.count_tokens(texts)
        vectors = model.encode(texts)

        def work(_: int, model: Embedder = model, texts: list[str] = texts) -> tuple[list[int], np.ndarray]:
            return model.count_tokens(texts), model.encode(texts)

        with ThreadPoolExecutor(4) as pool:
            for found_counts, found in pool.map(work, range(4)):
                assert found_counts == counts
                assert np.allclose(found, vectors, atol=1e-5)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "garbage"])
def test_damaged_weights_are_reported(tmp_path: Path, name: str, damage: str) -> None:
    """Each file missing, empty, cut short or overwritten raises EmbeddingError: one line that says what to do."""
    folder = copied_weights(tmp_path)
    whole = (folder / name).read_bytes()
    if damage == "missing":
        (folder / name).unlink()
    else:
        replacement = {"empty": b"", "cut": whole[: len(whole) // 2], "garbage": b"\xff\x00broken" * 100}
        (folder / name).write_bytes(replacement[damage])
    with pytest.raises(EmbeddingError, match=r"missing or damaged.*install") as raised:
        OnnxEmbedder(folder)
    assert "\n" not in str(raised.value)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A folder without a model raises EmbeddingError in one line that names it."""
    with pytest.raises(EmbeddingError, match="could not be loaded") as raised:
        open_embedder(str(tmp_path))
    assert str(tmp_path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_name_without_network_is_reported_quietly(tmp_path: Path) -> None:
    """A name that is not cached, with the hub out of reach, fails in seconds, in one line, and prints nothing else."""
    code = (
        "import time\n"
        "from retrieval.models.embedder import EmbeddingError, open_embedder\n"
        "import sentence_transformers\n"
        "for name in ('nobody/no-such-model', 'no-such-model', '/no/such/folder', ' '):\n"
        "    begun = time.monotonic()\n"
        "    try: open_embedder(name)\n"
        "    except EmbeddingError as error: print(error)\n"
        "    assert time.monotonic() - begun < 45\n"
    )
    done = _python(code, HF_ENDPOINT="http://127.0.0.1:9", HF_HOME=str(tmp_path))
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    for line, name in zip(lines, ("nobody/no-such-model", "no-such-model", "/no/such/folder", " "), strict=True):
        assert f"{name!r} could not be loaded" in line


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
