"""PostgreSQL in the place of the file: its migrations, its absence and its restart, and what it must not tell."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from looking_inside import Another, check_in_step, facts
from servers import Postgres, free_port

from bot.bootstrap import Footnote
from retrieval.store import database
from retrieval.store.database import DatabaseError, open_database, reading, writing
from retrieval.store.tables import metadata
from retrieval.types import SHARED, Document, Span

LONGEST = 30  # seconds until a failure is told: a hang, not a slow machine
PASSWORD = "s3cret-Pa55"


def refused(url: str) -> str:
    """The one line with which a database is refused, in time; nowhere does it hold the password."""
    began = time.monotonic()
    with pytest.raises(DatabaseError) as raised:
        open_database(url)
    assert time.monotonic() - began < LONGEST
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

        end = time.monotonic() + LONGEST
        while time.monotonic() < end:  # until the rule is in force
            try:
                psycopg.connect(string(guarded.set(password="wrong"))).close()
            except psycopg.OperationalError:
                break
        try:
            wrong = guarded.set(password=f"{PASSWORD}-wrong")
            assert "guarded" in refused(string(wrong))
            assert str(name) in refused(string(guarded))
            assert "no_such" in refused(string(with_password.set(database="no_such")))
            open_database(string(with_password)).dispose()
        finally:
            rules.write_text(before, "utf-8")
            connection.execute("SELECT pg_reload_conf()")


def test_newer_version(postgres: Postgres) -> None:
    """A database of a newer Footnote is left alone."""
    url = postgres.empty_database()
    engine = open_database(url)
    with writing(engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    said = refused(url)
    assert "9999" in said
    assert "FOOTNOTE_DATABASE_URL" in said
    with reading(engine) as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    engine.dispose()


def test_two_processes_open_an_empty_database(on_postgresql: str, tmp_path: Path) -> None:
    """Several processes that open an empty database at once all succeed, and migrate it once."""
    processes = [Another("open", tmp_path / "data", warm=False) for _ in range(3)]
    for process in processes:
        process.until_ready()
    for process in processes:
        process.go()
    for process in processes:
        assert process.end(60) == (0, [{"opened": True}])
    engine = open_database(on_postgresql)
    with reading(engine) as connection:
        libraries = connection.execute(sa.text("SELECT value FROM library_state WHERE name = 'library'")).scalars()
        assert len(libraries.all()) == 1
    engine.dispose()


def test_vectors_in_a_folder(on_postgresql: str, open_footnote: Callable[[], Footnote]) -> None:
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


@pytest.mark.parametrize(
    "letters",
    ["folder/", "über", "档案", "файл", "ملف", "📁", "a\u0301", "ꙮ'\"\\%_"],
    ids=["latin", "umlaut", "han", "cyrillic", "arabic", "emoji", "combining", "marks"],
)
def test_source_of_any_length(letters: str, on_postgresql: str, open_footnote: Callable[[], Footnote]) -> None:
    """A source of 5,000 characters of any script names its document, which is replaced, found and removed by it."""
    footnote = open_footnote()
    source = (letters * 5000)[:5000]
    first = footnote.library.add(facts("walruses", 2, source, title=source[:300]))
    other = footnote.library.add(facts("otters", 2, source[:-1] + "~"))
    again = footnote.library.add(facts("marmots", 2, source, title=source[:300]))
    assert (again.id, again.replaced) == (first.id, True)
    assert footnote.library.find(source, [SHARED]).id == first.id
    footnote.library.remove(other.id, [SHARED])
    assert [entry.source for entry in footnote.library.entries([SHARED])] == [source]
    assert footnote.search.search("marmots", "local")[0].origin.source == source
    check_in_step(footnote)


def test_long_sources_without_pattern(on_postgresql: str, open_footnote: Callable[[], Footnote]) -> None:
    """Long sources that no compression makes shorter are taken, too."""
    chance = random.Random(1)
    footnote = open_footnote()
    sources = ["".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(5000)) for _ in range(2)]
    for source in sources:
        footnote.library.add(facts("walruses", 1, source))
        assert not footnote.library.add(facts("marmots", 1, source)).unchanged
    assert [entry.source for entry in footnote.library.entries([SHARED])] == sources


def test_texts_read_back(on_postgresql: str, open_footnote: Callable[[], Footnote]) -> None:
    """A text of every kind of character reads back to the character, whole and by any span."""
    text = "First 😀 line.\r\n\r\nZweite Zeile: Grüße! 他来了。\ta\u0301\u200d\ufeff\u2028 \U0010ffff end\\n'%"
    footnote = open_footnote()
    added = footnote.library.add(Document("text", "Ünïcode 😀", text))
    assert footnote.library.words(added.id, [SHARED]) == text
    for start in range(len(text)):
        span = Span(start, start + 7)
        assert footnote.library.words(added.id, [SHARED], span) == span.of(text)


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """A server of this test's own."""
    server = Postgres()
    yield server
    server.stop()


def test_server_is_restarted(
    own_server: Postgres, open_footnote: Callable[[], Footnote], monkeypatch: pytest.MonkeyPatch
) -> None:
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
    own_server: Postgres, open_footnote: Callable[[], Footnote], monkeypatch: pytest.MonkeyPatch
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
