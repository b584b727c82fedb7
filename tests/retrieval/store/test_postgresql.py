"""PostgreSQL in the place of the file: its migrations, its absence and its restart, and what it must not tell."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from looking_inside import check_in_step, facts
from patience import wait_until
from servers import Postgres, free_port

from retrieval.index import keyword_index
from retrieval.store import database
from retrieval.store.database import DatabaseError, open_database
from retrieval.store.tables import metadata
from retrieval.types import SHARED
from tests.conftest import Opener

PASSWORD = "s3cret-Pa55"


def refused(url: str) -> str:
    """The one line with which a database is refused; nowhere does it hold the password."""
    with pytest.raises(DatabaseError) as raised:
        open_database(url)
    said = str(raised.value)
    assert "\n" not in said
    assert PASSWORD not in said
    return said


@pytest.fixture
def on_postgresql(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty database, which the test's Footnotes use; their vectors are in the data folder."""
    url = postgres.empty_database()
    monkeypatch.setenv("FOOTNOTE_DATABASE_URL", url)
    return url


def columns(engine: sa.Engine) -> dict[str, list[tuple[str, bool]]]:
    """The columns of every table, and whether they may be empty."""
    found = sa.inspect(engine)
    return {
        name: [(column["name"], column["nullable"]) for column in found.get_columns(name)]
        for name in found.get_table_names()
    }


def test_migrations_make_the_tables(postgres: Postgres, tmp_path: Path) -> None:
    """A migrated database has exactly the tables, columns and indexes of the code, and the columns of a file's.

    Only that names of any length are unique is said in another way.
    """
    engine = open_database(postgres.empty_database())

    def compared(thing: Any, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        if kind in ("index", "unique_constraint"):
            return thing.table.name not in ("documents", "conversations")
        return not (kind == "table" and name == "passage_tokens")

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": compared})
        assert compare_metadata(context, metadata) == []
    file = open_database(tmp_path / "footnote.db")
    of_file = {name: some for name, some in columns(file).items() if not name.startswith("passage_tokens")}
    for table in ("documents", "conversations"):
        (unique,) = (index for index in sa.inspect(engine).get_indexes(table) if index["unique"])
        assert unique["name"] == f"{table}_unique"
    here = columns(engine)
    assert [name for name, _ in here.pop("passage_tokens")] == ["rowid", "tokens", "terms"]
    assert here == of_file
    engine.dispose()
    file.dispose()


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server that is not there is refused with its place and what to do."""
    monkeypatch.setattr(database, "_PATIENCE", 2)
    port = free_port()
    said = refused(f"postgresql://someone:{PASSWORD}@127.0.0.1:{port}/library")
    assert f"library at 127.0.0.1:{port}" in said
    assert "FOOTNOTE_DATABASE_URL" in said
    assert "library at" in refused(f"postgresql://someone:{PASSWORD}@/library?host={tmp_path}")
    refused(f"postgresql://someone:{PASSWORD}@no-such-host.invalid/library")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://someone:{}@localhost:port/library",
        "postgresql://someone:{}@localhost:99999999/library",
        "postgresql://someone:{}@[::1/library",
        "postgresql://someone:{}@127.0.0.1:1/library?connect_timeout=soon",
        "postgresql://someone:{}@127.0.0.1:1/library?no_such_option=1",
        "postgresql://127.0.0.1:1/library?user=someone&password={}",
    ],
)
def test_malformed_address(url: str) -> None:
    """An address that cannot be read is refused, too, and what is secret in it is not told."""
    refused(url.format(PASSWORD))


def test_wrong_password_and_wrong_database(postgres: Postgres) -> None:
    """Who is not let in is told so, and so is who names a database that is not there."""
    url = postgres.empty_database()
    name = sa.make_url(url).database
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE guarded LOGIN SUPERUSER PASSWORD '{PASSWORD}'".encode())
        row = connection.execute("SELECT setting FROM pg_settings WHERE name = 'hba_file'").fetchone()
        assert row is not None
        rules = Path(row[0])
        before = rules.read_text("utf-8")
        rules.write_text(f"local all guarded scram-sha-256\n{before}", "utf-8")
        connection.execute("SELECT pg_reload_conf()")
        guarded = sa.make_url(url).set(username="guarded")
        with_password = guarded.set(password=PASSWORD)

        def string(address: sa.URL) -> str:
            return address.render_as_string(hide_password=False)

        def in_force() -> bool:
            try:
                psycopg.connect(string(guarded.set(password="wrong"))).close()
            except psycopg.OperationalError:
                return True
            return False

        wait_until(in_force, says="the rule is not in force")
        try:
            wrong = guarded.set(password=f"{PASSWORD}-wrong")
            assert "guarded" in refused(string(wrong))
            assert str(name) in refused(string(guarded))
            assert "no_such" in refused(string(with_password.set(database="no_such")))
            open_database(string(with_password)).dispose()
        finally:
            rules.write_text(before, "utf-8")
            connection.execute("SELECT pg_reload_conf()")


def test_vectors_in_a_folder(on_postgresql: str, open_footnote: Opener) -> None:
    """A library may have its database on a server and its vectors in a folder."""
    footnote, reader = open_footnote(), open_footnote()
    footnote.library.add(facts("walruses", 3))
    footnote.library.add(facts("marmots", 3), "local")
    assert (footnote.settings.data_dir / "chroma" / "chroma.sqlite3").exists()
    assert not (footnote.settings.data_dir / "footnote.db").exists()
    found = reader.search.search("sea mammals with tusks", "local", limit=50)
    assert len(found) == 6
    assert found[0].text.endswith("walruses.")
    footnote.library.remove(footnote.library.entries([SHARED])[0].id, [SHARED])
    assert len(reader.search.search("sea mammals with tusks", "local", limit=50)) == 3
    check_in_step(footnote)


def test_source_of_any_length(on_postgresql: str, open_footnote: Opener) -> None:
    """A source of 5,000 characters of any script names its document, which is replaced, found and removed by it, also
    where no compression makes it shorter.
    """
    footnote, chance = open_footnote(), random.Random(1)
    sources = [
        (letters * 5000)[:5000] for letters in ("folder/", "über", "档案", "файл", "ملف", "📁", "a\u0301", "ꙮ'\"\\%_")
    ]
    sources += ["".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(5000)) for _ in range(2)]
    for source in sources:
        first = footnote.library.add(facts("walruses", 1, source, title=source[:300]))
        other = footnote.library.add(facts("otters", 1, source[:-1] + "~"))
        again = footnote.library.add(facts("marmots", 1, source, title=source[:300]))
        assert (again.id, again.replaced) == (first.id, True)
        assert footnote.library.find(source, [SHARED]).id == first.id
        footnote.library.remove(other.id, [SHARED])
    assert [entry.source for entry in footnote.library.entries([SHARED])] == sources
    assert {one.origin.source for one in footnote.search.search("marmots", "local", limit=50)} == set(sources)
    check_in_step(footnote)


@pytest.fixture(scope="module")
def own_server() -> Iterator[Postgres]:
    """A server that a test may halt, so long as it resumes it."""
    server = Postgres()
    yield server
    server.stop()


def test_server_is_restarted(own_server: Postgres, open_footnote: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two questions the server is restarted: the second is answered like the first; while it is away, one line
    says so.
    """
    monkeypatch.setattr(database, "_PATIENCE", 2)
    url = own_server.empty_database()
    monkeypatch.setenv("FOOTNOTE_DATABASE_URL", url)
    footnote, reader = open_footnote(), open_footnote()
    footnote.library.add(facts("walruses", 3))
    before = [(one.text, one.score) for one in reader.search.search("tusks", "local")]
    own_server.halt()
    with pytest.raises(sa.exc.OperationalError) as raised:
        reader.search.search("tusks", "local")
    assert re.search("connection|connect", database.cause(raised.value))
    assert "\n" not in database.cause(raised.value)
    refused(url)
    own_server.resume()
    assert [(one.text, one.score) for one in reader.search.search("tusks", "local")] == before
    footnote.library.add(facts("otters", 3, "late"))
    assert len(reader.search.search("otters", "local", limit=50)) == 6
    check_in_step(reader)


def test_server_is_restarted_in_the_midst_of_an_add(
    own_server: Postgres, open_footnote: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An add goes on over a restart of the server between two of its transactions."""
    monkeypatch.setenv("FOOTNOTE_DATABASE_URL", own_server.empty_database())
    footnote = open_footnote()

    def progress(step: str, done: int, total: int) -> None:
        if step == "embedded" and done == 64:
            own_server.halt()
            own_server.resume()

    footnote.library.add(facts("walruses", 70), progress=progress)
    check_in_step(footnote)
    assert len(footnote.search.search("walruses", "local", limit=50)) == 50


def test_statements_are_planned_for_the_words_they_get(postgres: Postgres) -> None:
    """One plan for all words alike would read every passage for each question, however few have its words."""
    engine = open_database(postgres.empty_database())
    with engine.connect() as connection:
        for number in range(12):
            keyword_index.search(connection, f"How many lighthouses has island {number}?", [SHARED])
        plans = sa.text("SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements")
        generic, custom = connection.execute(plans).one()
    engine.dispose()
    assert generic == 0
    assert custom > 0
