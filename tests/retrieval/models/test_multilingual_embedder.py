"""The model of other languages: the same meaning is near in every language, and nothing that is typed breaks it."""

from __future__ import annotations

import shutil
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.models.embedder import MULTILINGUAL, WEIGHTS, Embedder, EmbeddingError, open_embedder
from retrieval.models.similarity_calibration import shipped

FILES = (
    f"{MULTILINGUAL}.onnx", f"{MULTILINGUAL}.bin", f"{MULTILINGUAL}.json", "multilingual-words.bin",
    "multilingual-tokenizer.json",
)  # fmt: skip  # a list to read, not a column
SAID = {
    "en": (
        "The bridge was opened in 1932.",
        "My cat sleeps on the roof.",
        "The price of bread has doubled.",
        "She studies medicine in Vienna.",
        "It will rain tomorrow.",
    ),
    "de": (
        "Die Brücke wurde 1932 eröffnet.",
        "Meine Katze schläft auf dem Dach.",
        "Der Brotpreis hat sich verdoppelt.",
        "Sie studiert Medizin in Wien.",
        "Morgen wird es regnen.",
    ),
    "ru": (
        "Мост был открыт в 1932 году.",
        "Моя кошка спит на крыше.",
        "Цена хлеба удвоилась.",
        "Она изучает медицину в Вене.",
        "Завтра будет дождь.",
    ),
    "zh": ("这座桥于1932年通车。", "我的猫睡在屋顶上。", "面包的价格翻了一番。", "她在维也纳学医。", "明天会下雨。"),
    "ar": (
        "افتتح الجسر عام 1932.",
        "قطتي تنام على السطح.",
        "تضاعف سعر الخبز.",
        "هي تدرس الطب في فيينا.",
        "سوف تمطر غدا.",
    ),
    "tr": (
        "Köprü 1932'de açıldı.",
        "Kedim çatıda uyuyor.",
        "Ekmek fiyatı iki katına çıktı.",
        "Viyana'da tıp okuyor.",
        "Yarın yağmur yağacak.",
    ),
}


@pytest.fixture(scope="module")
def multilingual() -> Embedder:
    """The model that ships."""
    return open_embedder(MULTILINGUAL)


def test_the_same_is_near_in_every_language(multilingual: Embedder) -> None:
    """Asked in one language and said in another, of five sentences the one that means the same is the nearest."""
    vectors = {language: multilingual.encode(said) for language, said in SAID.items()}
    asked = {language: [multilingual.encode_query(one) for one in said] for language, said in SAID.items()}
    right = [
        np.argmax(vectors[other] @ question) == number
        for one, other in permutations(SAID, 2)
        for number, question in enumerate(asked[one])
    ]
    assert np.mean(right) >= 0.95


@settings(max_examples=40)
@given(st.lists(st.text(st.characters(codec=None, exclude_categories=()), max_size=80), max_size=5))
def test_any_text_gives_a_unit_vector(multilingual: Embedder, texts: list[str]) -> None:
    """Whatever code points a text holds, lone surrogates too, its vector is finite and of unit length."""
    vectors = multilingual.encode(texts)
    assert vectors.shape == (len(texts), 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert all(count >= 0 for count in multilingual.count_tokens(texts))


def test_it_reads_to_its_limit_and_no_further(multilingual: Embedder) -> None:
    """The last token within max_tokens counts; a text of many times that length costs no more."""
    within = ["море"] * multilingual.max_tokens
    assert multilingual.count_tokens([" ".join(within)]) == [multilingual.max_tokens]
    base, longer, changed = multilingual.encode(
        [" ".join(words) for words in (within, [*within, *["железо"] * 50_000], [*within[:-1], "железо"])]
    )
    assert np.array_equal(base, longer)
    assert not np.array_equal(base, changed)


def test_a_vector_does_not_depend_on_its_batch(multilingual: Embedder) -> None:
    """A text's vector is the same to the bit alone and among others."""
    texts = [f"{number} Eulen" for number in range(40)]
    vectors = multilingual.encode(texts)
    assert np.array_equal(vectors[7], multilingual.encode([texts[7]])[0])


@pytest.mark.parametrize("name", FILES)
def test_missing_files_are_told_in_one_line(tmp_path: Path, name: str) -> None:
    """Each file that is missing raises EmbeddingError: one line that says what to do."""
    for one in FILES:
        if one != name:
            shutil.copyfile(WEIGHTS / one, tmp_path / one)
    opened = shipped if name.endswith(".json") and "tokenizer" not in name else open_embedder
    with pytest.raises(EmbeddingError, match=r"\A[^\n]*missing or damaged[^\n]*install[^\n]*\Z"):
        opened(MULTILINGUAL, tmp_path)


def test_the_files_stay_small() -> None:
    """50 MB, with their licence beside them."""
    assert sum((WEIGHTS / name).stat().st_size for name in FILES) <= 50e6
    assert "MIT License" in (WEIGHTS / "E5-LICENSE").read_text("utf-8")
