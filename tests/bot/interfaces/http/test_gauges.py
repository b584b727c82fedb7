"""The gauges of what waits in the database: right when it is asked, and none when it cannot be."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

from bot.bootstrap import Footnote
from bot.interfaces.http.service import Service
from bot.settings import Settings
from tests.conftest import Opener


def gauges(service: Service) -> dict[str, float]:
    """What is told of webhooks and deliveries."""
    found = re.findall(r"^footnote_((?:webhook|deliveries)_\w+) (\S+)$", service.metrics.text().decode(), re.MULTILINE)
    return {name: float(value) for name, value in found}


def test_what_waits_is_told_once_the_database_is_open(tmp_path: Path) -> None:
    """Before, there is nothing to tell, and a look does not open it; then each look counts anew."""
    with closing(Footnote(Settings(data_dir=tmp_path / "data"))) as footnote:
        service = Service(footnote)
        assert gauges(service) == {}
        assert not (tmp_path / "data").exists()
        assert footnote.engine
        none = dict.fromkeys(("webhook_questions_waiting", "deliveries_waiting", "deliveries_failed"), 0.0)
        assert gauges(service) == none
        footnote.webhook_questions.store("webhook:a", "msg_1", "", {}, "https://hooks.example.org/")
        assert gauges(service) == none | {"webhook_questions_waiting": 1.0}


def test_a_database_that_does_not_answer_takes_the_gauges_alone(open_footnote: Opener) -> None:
    """What cannot be counted is left out; everything else is told all the same."""
    service = Service(open_footnote())
    with service.bot.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE deliveries RENAME TO lost")
    assert gauges(service) == {}
    assert b'footnote_work_admitted{kind="turns"} 0.0' in service.metrics.text()
