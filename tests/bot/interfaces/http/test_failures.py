"""What a client is told where the reader's files are damaged: come again, and nothing of the inside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.interfaces.http.problems import failed
from retrieval.models.calibration import calibration
from retrieval.models.reader import OnnxReader


@pytest.mark.parametrize("opened", [OnnxReader, calibration])
def test_a_damaged_reader_is_a_503(opened: Callable[[Path], object], tmp_path: Path) -> None:
    """The files are missing: 503, when to come again, and no path."""
    with pytest.raises(Exception, match="install footnote-bot") as raised:
        opened(tmp_path)
    problem = failed(raised.value)
    assert problem.status_code == 503
    assert problem.headers is not None and problem.headers["Retry-After"]
    assert "footnote doctor" in problem.detail
    assert str(tmp_path) not in problem.detail
