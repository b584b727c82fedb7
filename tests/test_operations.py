"""What docs/operations/ ships fits what the program tells: each rule, each panel and each line of the page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from bot_api import BotApi
from patience import CEILING, wait_until
from receiver import SECRET, Asker, Receiver
from server import Server
from telegram_process import TelegramProcess

pytestmark = pytest.mark.usefixtures("without_reader")

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "operations"
PAGE = (FOLDER / "README.md").read_text("utf-8")
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"] for rule in group["rules"]
]
JOBS = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [target["expr"] for panel in PANELS for target in panel["targets"]]
OF_PROMETHEUS = {"job", "instance"}  # labels that it adds itself
PROMTOOL = shutil.which("promtool")

Labels = dict[str, set[str]]
"""The values of each label."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Labels]]:
    """The labels of each metric of a server and a bot that have had something to do."""
    folder = tmp_path_factory.mktemp("operations")
    allowed = {"FOOTNOTE_OUTBOUND_ALLOWED": "127.0.0.1", "FOOTNOTE_READER": "off"}
    server, receiver = Server(folder / "data", FOOTNOTE_WEBHOOK_SECRETS=SECRET, **allowed), Receiver()
    try:
        with BotApi() as api, server.ready().client() as client:
            client.post("/v1/ask", json={"question": "Who is Mao Ning?"}).raise_for_status()
            asked = {"question": "Who is Mao Ning?", "reply_url": f"{receiver.url}/answers"}
            assert Asker(server.url).ask("msg_1", asked).status_code == 202
            wait_until(lambda: server.metric("footnote_deliveries_total"), server.process)
            bot = TelegramProcess(folder / "data", api, FOOTNOTE_READER="off").ready()
            try:
                anna, chat = api.meet("Anna")
                chat.ask(anna, "Who is Mao Ning?")
                yield read(f"{server.url}/metrics", f"{bot.url}/metrics")
            finally:
                bot.stop()
    finally:
        server.stop()
        receiver.close()


def read(*addresses: str) -> dict[str, Labels]:
    """The labels of the metrics that are told there."""
    found: dict[str, Labels] = {}
    for address in addresses:
        for line in httpx.get(address, timeout=CEILING).text.splitlines():
            if (sample := re.match(r"(footnote_\w+)(?:\{(.*)\})? ", line)) is not None:
                labels = found.setdefault(sample[1], defaultdict(set))
                for name, value in re.findall(r'(\w+)="([^"]*)"', sample[2] or ""):
                    labels[name].add(value)
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_asked_for_is_told(expression: str, told: dict[str, Labels]) -> None:
    """Each metric of a rule or a panel is told, with each label and each value by which it is chosen or grouped."""
    named: set[str] = set()
    for metric, selectors in re.findall(r"(footnote_\w+)(?:\{([^}]*)\})?", re.sub(r'job=~?"[^"]*"', "", expression)):
        assert metric in told
        named |= told[metric].keys()
        for label, how, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', selectors):
            assert label in told[metric]
            assert how != "=" or value in told[metric][label]
    for labels in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
        assert {one.strip() for one in labels.split(",")} <= named | OF_PROMETHEUS


def test_the_page_tells_of_every_metric_and_every_alert(told: dict[str, Labels]) -> None:
    """Those that are told, and no others, stand in its tables; the alerts in their order."""
    metrics = dict(re.findall(r"^\| `(footnote_\w+)` \| (.+) \|$", PAGE, re.MULTILINE))
    shown = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in told}
    assert {re.sub("_total$", "", name) for name in metrics} == {re.sub("_total$", "", name) for name in shown}
    alerts = re.findall(r"^\| `(Footnote\w+)` \|", PAGE, re.MULTILINE)
    assert alerts == [rule["alert"] for rule in RULES]


def test_prometheus_asks_the_services_of_the_compose_file() -> None:
    """The rules go by jobs that are there, and the jobs by the services that Footnote runs in, at their ports."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    targets = {one["job_name"]: one["static_configs"][0]["targets"] for one in JOBS}
    ours = {name: one["command"][-1] for name, one in services.items() if one["image"] == "footnote"}
    assert sorted(target for each in targets.values() for target in each) == sorted(
        f"{name}:{port}" for name, port in ours.items()
    )
    jobs = {job for one in EXPRESSIONS for jobs in re.findall(r'job=~?"([^"]*)"', one) for job in jobs.split("|")}
    assert jobs == targets.keys()


def test_every_rule_says_what_happened() -> None:
    """Each has a name of its own, how bad it is, and a line for whoever is called."""
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"].endswith(".")


def test_the_dashboard_can_be_imported_anywhere() -> None:
    """It asks which Prometheus to take, and no panel lies upon another."""
    (choice,) = DASHBOARD["templating"]["list"]
    assert (choice["type"], choice["query"]) == ("datasource", "prometheus")
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert cells.isdisjoint(taken) and max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    for panel in PANELS:
        assert panel["title"]
        assert {one["datasource"]["uid"] for one in (panel, *panel["targets"])} == {"${datasource}"}


# An hour in minutes; `ill` is what a rule is for, and `well` what must not set it off.
WELL = {
    'up{job="footnote"}': "1x60",
    'up{job="footnote-telegram"}': "1x60",
    'footnote_requests_total{job="footnote",route="/v1/ask",status="200"}': "0+60x60",
    'footnote_requests_total{job="footnote",route="/v1/ask",status="500"}': "0+1x60",
    'footnote_requests_total{job="footnote",route="/readyz",status="503"}': "0+60x60",
    'footnote_request_seconds_bucket{job="footnote",route="/v1/ask",le="5"}': "0+60x60",
    'footnote_request_seconds_bucket{job="footnote",route="/v1/ask",le="+Inf"}': "0+60x60",
    'footnote_work_admitted{job="footnote",kind="turns"}': "64x60",
    'footnote_webhook_questions_waiting{job="footnote"}': "0x35 5x15 0x10",
    'footnote_deliveries_waiting{job="footnote"}': "50x60",
    'footnote_deliveries_failed{job="footnote"}': "3x60",
    'footnote_inbox_waiting{job="footnote-telegram"}': "0x35 5x15 0x10",
    'footnote_outbox_waiting{job="footnote-telegram"}': "0x20 5x30 0x10",
    'footnote_telegram_polled_timestamp_seconds{job="footnote-telegram"}': "0+60x60",
}
ILL = {
    'up{job="footnote-telegram"}': "1x10 0x50",
    'footnote_requests_total{job="footnote",route="/v1/ask",status="500"}': "0+6x60",
    'footnote_request_seconds_bucket{job="footnote",route="/v1/ask",le="5"}': "0+10x60",
    'footnote_request_seconds_bucket{job="footnote",route="/v1/ask",le="10"}': "0+60x60",
    'footnote_work_admitted{job="footnote",kind="turns"}': "70x60",
    'footnote_webhook_questions_waiting{job="footnote"}': "3x60",
    'footnote_deliveries_waiting{job="footnote"}': "_x60",
    'footnote_deliveries_failed{job="footnote"}': "0x30 1x30",
    'footnote_inbox_waiting{job="footnote-telegram"}': "1x60",
    'footnote_outbox_waiting{job="footnote-telegram"}': "1x60",
    'footnote_telegram_polled_timestamp_seconds{job="footnote-telegram"}': "0x60",
}


@pytest.mark.skipif(PROMTOOL is None, reason="needs Prometheus' checker: apt-get install promtool")
@pytest.mark.parametrize(("series", "fired"), [(WELL, set()), ({**WELL, **ILL}, {rule["alert"] for rule in RULES})])
def test_rules_fire_when_they_should(series: dict[str, str], fired: set[str], tmp_path: Path) -> None:
    """Prometheus understands the files; of an hour in which all is well no rule says anything, of a bad one each."""
    for kind, name in (("config", "prometheus.yml"), ("rules", "alerts.yml")):
        checked = subprocess.run([str(PROMTOOL), "check", kind, FOLDER / name], capture_output=True, encoding="utf-8")
        assert checked.returncode == 0, checked.stderr
    case = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        # Promtool tells what fired only where something else was expected.
        "alert_rule_test": [{"eval_time": "50m", "alertname": rule["alert"], "exp_alerts": []} for rule in RULES],
    }
    (tmp_path / "test.yml").write_text(
        yaml.safe_dump({"rule_files": [str(FOLDER / "alerts.yml")], "evaluation_interval": "1m", "tests": [case]})
    )
    tried = subprocess.run([str(PROMTOOL), "test", "rules", tmp_path / "test.yml"], capture_output=True, text=True)
    assert set(re.findall(r"Labels:\{alertname=\"(\w+)\"", tried.stdout + tried.stderr)) == fired
