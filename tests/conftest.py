"""Parts that several tests share: real ones, on a folder of the test's own or on servers with a database of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from bot.bootstrap import Footnote
from bot.settings import Settings
from retrieval.models.embedder import Embedder, open_embedder

if TYPE_CHECKING:
    from loopback import Site
    from servers import Chroma, Postgres

Opener = Callable[..., Footnote]
_UNCHECKED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("tests", deadline=None, suppress_health_check=_UNCHECKED)
settings.load_profile("tests")


class Clock:
    """A clock that a test sets."""

    at = 1_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.at


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests marked `both_topologies` run with everything in files, and with PostgreSQL and a Chroma server.

    With `servers="long"` the latter belongs to the long run.
    """
    if mark := metafunc.definition.get_closest_marker("both_topologies"):
        marks = [pytest.mark.long] if mark.kwargs.get("servers") == "long" else []
        metafunc.parametrize("topology", ["files", pytest.param("servers", marks=marks)], indirect=True)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The default model."""
    return open_embedder()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    from servers import Postgres

    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chroma() -> Iterator[Chroma]:
    from servers import Chroma

    server = Chroma()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def topology(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the library lies: in files, or on servers, which the settings of this test's processes then name.

    TEST_TOPOLOGY=servers puts it on servers for the tests that are not marked, too.
    """
    kind: str = getattr(request, "param", os.environ.get("TEST_TOPOLOGY", "files"))
    if kind == "servers":
        url = request.getfixturevalue("postgres").database(_migrate)
        monkeypatch.setenv("FOOTNOTE_DATABASE_URL", url)
        monkeypatch.setenv("FOOTNOTE_CHROMA_URL", request.getfixturevalue("chroma").url)
    return kind


@pytest.fixture
def without_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network reads the passages: a third of the CPU, for tests of many answers, or of anything but answers."""
    monkeypatch.setenv("FOOTNOTE_READER", "off")


def _migrate(url: str) -> None:
    from retrieval.store.database import open_database

    open_database(url).dispose()


@pytest.fixture
def clock() -> Clock:
    """The time, which stands still until the test sets it."""
    return Clock()


@pytest.fixture
def new_site() -> Iterator[Callable[..., Site]]:
    """Starts web servers on loopback, which end with the test."""
    from loopback import Site

    with ExitStack() as started:
        yield lambda *about, **more: started.enter_context(closing(Site(*about, **more)))


@pytest.fixture
def site(new_site: Callable[..., Site]) -> Site:
    """A web server on 127.0.0.1."""
    return new_site()


@pytest.fixture
def open_footnote(tmp_path: Path, topology: str) -> Iterator[Opener]:
    """Opens a Footnote on the test's data folder (or another), built as the program builds it; closed at the end."""
    with ExitStack() as opened:
        yield lambda folder=None: opened.enter_context(
            closing(Footnote(Settings(data_dir=folder or tmp_path / "data")))
        )


@pytest.fixture(scope="module")
def module_footnote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Footnote]:
    """A Footnote that the tests of a module share, on an empty data folder."""
    with closing(Footnote(Settings(data_dir=tmp_path_factory.mktemp("module")))) as footnote:
        yield footnote


@pytest.fixture
def footnote(open_footnote: Opener) -> Footnote:
    """A Footnote on an empty data folder."""
    return open_footnote()
