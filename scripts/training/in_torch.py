"""The trained network as a reader in 32 bits: what the shipped one is measured against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from retrieval.models.calibration import ENGLISH
from retrieval.models.onnx import open_tokenizer
from retrieval.models.reader import NETWORKS, OnnxReader
from scripts.training.model import ReaderAndJudge

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TorchReader(OnnxReader):
    """Reads as the shipped reader does, with the network that it was made from."""

    def __init__(self, model: ReaderAndJudge, tokenizer: Any = None, network: str = ENGLISH) -> None:
        """Reads with `model`, whose pairs of texts are those of `network`."""
        self._tokenizer = tokenizer or open_tokenizer()
        self._network = NETWORKS[network]
        self._model = model.eval()

    def run(self, first: Sequence[int], second: Sequence[int]) -> tuple[NDArray[np.float32], ...]:
        """As the shipped reader gives them."""
        ids = torch.tensor([self._pair(first, second)])
        texts = torch.zeros_like(ids)
        texts[0, len(first) + 2 : -1] = 1
        with torch.inference_mode():
            states = self._model.bert(ids, texts).float()
            spans, answer = self._model.read_states(states, texts)
            support = self._model.judge_states(states)
        return spans[0].numpy(), answer.numpy(), support.numpy()
