"""The database: its migrations make the tables that the code knows, and a file's fault is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from looking_inside import Another, go_together

import retrieval
from retrieval.store.database import HEAD, OLDEST, DatabaseError, open_database, reading, writing
from retrieval.store.tables import metadata


def one_line(raised: pytest.ExceptionInfo[DatabaseError]) -> str:
    """The message, which is one line."""
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_the_first_and_the_newest_migration() -> None:
    """OLDEST and HEAD name them."""
    config = Config()
    config.set_main_option("script_location", str(Path(retrieval.__file__).parent / "store" / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert (scripts.get_bases(), scripts.get_heads()) == ([OLDEST], [HEAD])


def test_migrations_make_the_tables(tmp_path: Path) -> None:
    """A migrated database has exactly the tables, columns and indexes of the code, beside the full-text ones."""
    engine = open_database(tmp_path / "new" / "footnote.db")

    def compared(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        return not (kind == "table" and str(name).startswith("passage_tokens"))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": compared})
        assert compare_metadata(context, metadata) == []
        assert connection.execute(sa.text("SELECT count(*) FROM passage_tokens")).scalar() == 0
    engine.dispose()


@pytest.mark.parametrize("name", ["plain", "what? 100%", "a#b&c=d", "Grüße 他", "%(here)s", "with space"])
def test_folder_of_any_name(name: str, tmp_path: Path) -> None:
    """The file lies in the folder that was named, whatever its name, and opens a second time."""
    path = tmp_path / name / "footnote.db"
    for _ in range(2):
        open_database(path).dispose()
        assert path.exists()
    assert [found.name for found in tmp_path.iterdir()] == [name]


@pytest.fixture(params=["file", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path | str:
    """Where a database may be made, which the settings of this test's processes name."""
    if request.param == "file":
        return tmp_path / "data" / "footnote.db"
    url: str = request.getfixturevalue("postgres").empty_database()
    monkeypatch.setenv("FOOTNOTE_DATABASE_URL", url)
    return url


@pytest.mark.parametrize(("number", "writer"), [("9999", "newer Footnote"), ("0006", "before its first release")])
def test_unknown_version(where: Path | str, number: str, writer: str) -> None:
    """A database of a newer Footnote, or of one that was never released, is left alone."""
    engine = open_database(where)
    version = sa.text("SELECT version_num FROM alembic_version")
    with writing(engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :number"), {"number": number})
    with pytest.raises(DatabaseError) as raised:
        open_database(where)
    for words in (number, writer, "--data-dir", "FOOTNOTE_DATABASE_URL"):
        assert words in one_line(raised)
    with reading(engine) as connection:
        assert connection.execute(version).scalar() == number
    engine.dispose()


def test_several_processes_open_a_new_database(where: Path | str, tmp_path: Path) -> None:
    """Several processes that open an empty folder or database at once all succeed, and migrate it once."""
    processes = [Another("open", tmp_path / "data", warm=False) for _ in range(3)]
    go_together(processes)
    for process in processes:
        assert process.end() == (0, [{"opened": True}])
    engine = open_database(where)
    with reading(engine) as connection:
        libraries = connection.execute(sa.text("SELECT value FROM library_state WHERE name = 'library'")).scalars()
        assert len(libraries.all()) == 1
    engine.dispose()


def test_no_database(tmp_path: Path) -> None:
    """A file that is no database is refused and left as it is."""
    path = tmp_path / "footnote.db"
    path.write_bytes(b"My diary.\n" * 1000)
    with pytest.raises(DatabaseError) as raised:
        open_database(path)
    assert f"{path} (file is not a database)" in one_line(raised) and "--data-dir names another." in one_line(raised)
    assert path.read_bytes() == b"My diary.\n" * 1000


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Neither a file where the folder should be nor a folder where the file should be can be used."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder" / "footnote.db").mkdir(parents=True)
    for path in (
        tmp_path / "file" / "footnote.db",
        tmp_path / "folder" / "footnote.db",
        Path("/proc/none/footnote.db"),
    ):
        with pytest.raises(DatabaseError) as raised:
            open_database(path)
        assert str(path) in one_line(raised)


def test_reading_sees_one_state(tmp_path: Path) -> None:
    """What is read in one transaction is one state, though another writes meanwhile; a failed write leaves nothing."""
    engine = open_database(tmp_path / "footnote.db")
    count = sa.text("SELECT count(*) FROM library_state WHERE value = 'x'")
    insert = sa.text("INSERT INTO library_state VALUES (:name, 'x')")
    with reading(engine) as before:
        assert before.execute(count).scalar() == 0
        with writing(engine) as other:
            other.execute(insert, {"name": "a"})
        assert before.execute(count).scalar() == 0
    with pytest.raises(sa.exc.IntegrityError), writing(engine) as failing:
        failing.execute(insert, [{"name": "b"}, {"name": "a"}])
    with reading(engine) as after:
        assert after.execute(count).scalar() == 1
    engine.dispose()
