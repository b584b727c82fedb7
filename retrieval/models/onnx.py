"""ONNX Runtime and tokenizers: opening files, and running texts side by side. Knows no model."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

WEIGHTS = Path(__file__).parent / "weights"
CLS, SEP = 101, 102

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_THREADS = 8


def open_tokenizer(folder: Path = WEIGHTS, name: str = "tokenizer.json") -> Any:
    """A tokenizer that models share. Raises whatever the libraries raise for a missing or damaged file."""
    from tokenizers import Tokenizer

    return Tokenizer.from_str((folder / name).read_text(encoding="utf-8"))


def open_session(path: Path) -> Any:
    """A session on the graph in `path`. Raises whatever ONNX Runtime raises for a missing or damaged file."""
    # Its import already notes an identifier of the user and sends word of the process, unless told before.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    # The graph was written as it is to run, and optimising it again is most of the time that opening takes.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # Texts run side by side instead of sharing cores within one; a single question is too short to gain from sharing.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Every text has its own length, so that a remembered allocation plan only costs memory.
    options.enable_mem_pattern = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path.resolve()), options, providers=["CPUExecutionProvider"])


class Threads:
    """`map` over as many threads as there are cores for `texts` texts, in order; for one thread, the builtin one."""

    def __init__(self, texts: int, least_each: int = 1) -> None:
        """`least_each`: texts from which a thread is worth its start."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        threads = min(cores, texts // least_each, _MOST_THREADS)
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def __enter__(self) -> Callable[..., Any]:
        return self._pool.map if self._pool else map

    def __exit__(self, *raised: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)


def encodable(text: str) -> str:
    """The text with lone surrogates replaced one for one, since no tokenizer takes them."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)
