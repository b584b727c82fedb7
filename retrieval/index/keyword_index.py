"""Full-text search in the same database as the documents, ranked by BM25.

The database finds candidates; this module scores them, with document frequencies kept per owner, so that nobody's
ranking depends on documents they may not read. In a question that is not in English, the beginning of a word is a term
as well, which every word holds that begins so: other languages change the ends of words much. It knows no vectors.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from retrieval.index.tokenizer import CHANGED, VERSION, tokens
from retrieval.models.language import is_english
from retrieval.store.database import reading
from retrieval.store.state import number_of, set_state
from retrieval.store.tables import among, insert, owner_statistics, passage_tokens, passages, revisions, term_statistics

# Robertson's usual constants; on the development sets other values moved hit@1 by less than its error.
_K1 = 1.2
_B = 0.75
_PRIOR = 50
_PRIOR_SHARE = 0.01
_CANDIDATES = 2000
"""Passages looked at for one question: those that hold its rarest words."""
_TERMS_AT_ONCE = 10_000  # a statement takes 32,766 parameters
_BEGINNINGS = 4, 6  # letters; docs/languages.md compares others, and stemmers
_BEGINNINGS_OF = 64  # words: a longer question says enough by its words themselves
_AND_SO_ON = "*"  # ends a beginning; no token holds it
_LAST = "\U0010ffff"

_HOLDS = {
    "sqlite": "passage_tokens MATCH :match",
    # Cast, not parsed: PostgreSQL's parser would cut our tokens once more, and in its own way.
    "postgresql": "passage_tokens.terms @@ CAST(:match AS tsquery)",
}
_SUMS = sa.select(*(sa.func.coalesce(sa.func.sum(c), 0) for c in owner_statistics.c["passages", "tokens"])).where(
    among(owner_statistics.c.owner, "owners")
)
_FREQUENCIES = (
    sa.select(term_statistics.c.term, sa.func.sum(term_statistics.c.passages))
    .where(among(term_statistics.c.owner, "owners"), among(term_statistics.c.term, "terms"))
    .group_by(term_statistics.c.term)
)


def index_passages(connection: sa.Connection, owner: str, rows: Sequence[tuple[int, Sequence[str]]]) -> None:
    """Take in passages as (row id in `passages`, their tokens)."""
    connection.execute(
        sa.insert(passage_tokens), [{"rowid": passage_id, "tokens": " ".join(found)} for passage_id, found in rows]
    )
    _count(connection, owner, [found for _, found in rows], 1)


def forget_revision(connection: sa.Connection, owner: str, document_id: str, revision: int) -> None:
    """Take out every passage of one revision of a document."""
    of_revision = sa.select(passages.c.id).where(passages.c.document_id == document_id, passages.c.revision == revision)
    kept = connection.execute(sa.select(passage_tokens.c.tokens).where(passage_tokens.c.rowid.in_(of_revision)))
    rows = [found.split() for (found,) in kept]
    connection.execute(sa.delete(passage_tokens).where(passage_tokens.c.rowid.in_(of_revision)))
    _count(connection, owner, rows, -1)


def count_indexed(engine: sa.Engine) -> int:
    """How many passages the index holds."""
    with reading(engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(passage_tokens)).scalar_one()


def rebuild(connection: sa.Connection) -> None:
    """Make the whole index anew from the texts, as the tokenizer reads them now."""
    for table in (passage_tokens, term_statistics, owner_statistics):
        connection.execute(sa.delete(table))
    for document_id, revision in connection.execute(sa.select(revisions.c.document_id, revisions.c.revision)).all():
        _index_revision(connection, document_id, revision)
    set_state(connection, "tokenizer", str(VERSION))


def is_outdated(connection: sa.Connection) -> bool:
    """Whether an earlier version of the tokenizer read some texts."""
    return number_of(connection, "tokenizer") != VERSION


def update(connection: sa.Connection) -> None:
    """Index those texts anew that the tokenizer reads otherwise than its version before, unless that was done."""
    if not is_outdated(connection):
        return
    for document_id, revision in connection.execute(sa.select(revisions.c.document_id, revisions.c.revision)).all():
        of_passages = passages.c.document_id == document_id, passages.c.revision == revision
        owner = connection.scalar(sa.select(passages.c.owner).where(*of_passages).limit(1))
        if owner is not None and CHANGED.search(" ".join(_title_and_text(connection, document_id, revision))):
            forget_revision(connection, owner, document_id, revision)
            _index_revision(connection, document_id, revision)
    set_state(connection, "tokenizer", str(VERSION))


def _index_revision(connection: sa.Connection, document_id: str, revision: int) -> None:
    title, text = _title_and_text(connection, document_id, revision)
    head = tokens(title)
    columns = sa.select(passages.c.id, passages.c.owner, passages.c.start, passages.c.end)
    of_revision = passages.c.document_id == document_id, passages.c.revision == revision
    if rows := connection.execute(columns.where(*of_revision)).all():
        found = [(row.id, head + tokens(text[row.start : row.end])) for row in rows]
        index_passages(connection, rows[0].owner, found)
        words_of = sa.update(passages).where(passages.c.id == sa.bindparam("row")).values(length=sa.bindparam("words"))
        connection.execute(words_of, [{"row": passage_id, "words": len(words)} for passage_id, words in found])


def _title_and_text(connection: sa.Connection, document_id: str, revision: int) -> tuple[str, str]:
    of_revision = revisions.c.document_id == document_id, revisions.c.revision == revision
    title, text = connection.execute(sa.select(revisions.c.title, revisions.c.text).where(*of_revision)).one()
    return title, text


def sums(connection: sa.Connection, owners: Collection[str]) -> tuple[int, int]:
    """How many passages `owners` have together, and how many tokens these have."""
    passages_there, length = connection.execute(_SUMS, {"owners": list(owners)}).one()
    return int(passages_there), int(length)


def _count(connection: sa.Connection, owner: str, rows: Sequence[Sequence[str]], sign: Literal[1, -1]) -> None:
    """Count passages, by their tokens, in (`sign` 1) or out (-1): all of the owner's, and those that hold each term."""
    if not rows:
        return
    of_owner = {"owner": owner, "passages": sign * len(rows), "tokens": sign * sum(map(len, rows))}
    _increase(connection, owner_statistics, [of_owner])
    terms = Counter(term for found in rows for term in set(found))
    of_terms = [{"owner": owner, "term": term, "passages": sign * number} for term, number in terms.items()]
    _increase(connection, term_statistics, of_terms)
    if sign < 0:
        connection.execute(
            sa.delete(term_statistics).where(term_statistics.c.owner == owner, term_statistics.c.passages <= 0)
        )


def _increase(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Add numbers to those in `table`, where rows with the same primary key are there."""
    if not rows:
        return
    statement = insert(connection, table)
    sums = {name: table.c[name] + statement.excluded[name] for name in rows[0] if not table.c[name].primary_key}
    keys = [column.name for column in table.primary_key]
    if connection.dialect.name == "postgresql":  # all in one statement: a document has thousands of terms
        arrays = [sa.cast([row[name] for row in rows], ARRAY(table.c[name].type)) for name in rows[0]]
        given = sa.func.unnest(*arrays).table_valued(*rows[0]).render_derived()
        statement = statement.from_select(list(rows[0]), sa.select(given))
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=sums))
    else:
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=sums), rows)


def search(
    connection: sa.Connection,
    question: str,
    owners: Collection[str],
    documents: Collection[str] | None = None,
    also: Collection[int] = (),
) -> dict[int, float]:
    """Passages of `owners` (of `documents` only, where given) that share words with `question`: their row ids and BM25
    scores, best first. `also` names row ids to score besides, however low they rank.
    """
    asked = set(tokens(question))
    frequencies, total, mean_length = _statistics(connection, asked, owners)
    counted = {term: [term] for term in frequencies}  # what a word of a passage counts as
    if not is_english(question) and len(asked) <= _BEGINNINGS_OF:
        for beginning, alike in _beginning_alike(connection, asked, owners).items():
            frequencies[beginning] = min(total, sum(alike.values()))  # fewer, where a passage has several of them
            for term in alike:
                counted.setdefault(term, []).append(beginning)
    if not frequencies:
        return {}
    weights = {term: _weight(n, total) for term, n in frequencies.items()}
    visible: dict[str, Any] = {"owners": list(owners)}
    if documents is not None:
        visible["documents"] = list(documents)
    narrowed, dialect = documents is not None, connection.dialect.name
    holding = {"match": _match(dialect, _rarest(frequencies)), "most": _CANDIDATES}
    rows = [
        *connection.execute(_candidates(dialect, narrowed=narrowed), visible | holding),
        *connection.execute(_chosen(narrowed=narrowed), visible | {"rows": list(also)}),
    ]
    scores = {row_id: _score(found.split(), length / mean_length, weights, counted) for row_id, length, found in rows}
    return dict(sorted((hit for hit in scores.items() if hit[1] > 0), key=lambda hit: (-hit[1], hit[0])))


@cache
def _visible(*, narrowed: bool) -> sa.Select[Any]:
    """What is scored of the passages of `owners`, of `documents` alone where `narrowed`."""
    query = (
        sa.select(passages.c.id, passages.c.length, passage_tokens.c.tokens)
        .join(passage_tokens, passage_tokens.c.rowid == passages.c.id)
        .where(among(passages.c.owner, "owners"))
    )
    return query.where(among(passages.c.document_id, "documents")) if narrowed else query


@cache
def _candidates(dialect: str, *, narrowed: bool) -> sa.Select[Any]:
    holding = _visible(narrowed=narrowed).where(sa.text(_HOLDS[dialect]))
    return holding.order_by(passages.c.id).limit(sa.bindparam("most", type_=sa.Integer))


@cache
def _chosen(*, narrowed: bool) -> sa.Select[Any]:
    return _visible(narrowed=narrowed).where(among(passages.c.id, "rows"))


def term_weights(connection: sa.Connection, question: str, owners: Collection[str]) -> tuple[dict[str, float], int]:
    """The inverse document frequency of each token of `question` among the passages of `owners`; how many these are."""
    terms = set(tokens(question))
    frequencies, total, _ = _statistics(connection, terms, owners)
    return {term: _weight(frequencies.get(term, 0), total) for term in terms}, total


def _weight(having: float, total: float) -> float:
    """A term's inverse document frequency, as in a library larger by _PRIOR passages of which few have it: counts over
    the handful of passages of a single article say little about which words tell.
    """
    having, total = having + _PRIOR * _PRIOR_SHARE, total + _PRIOR
    return math.log(1 + (total - having + 0.5) / (having + 0.5))


def _statistics(
    connection: sa.Connection, terms: Collection[str], owners: Collection[str]
) -> tuple[dict[str, int], int, float]:
    """Passages that hold each term, passages in all, and their mean length in tokens."""
    total, length = sums(connection, owners)
    wanted = sorted(terms)
    frequencies: dict[str, int] = {}
    for at in range(0, len(wanted), _TERMS_AT_ONCE):
        some = {"owners": list(owners), "terms": wanted[at : at + _TERMS_AT_ONCE]}
        for term, number in connection.execute(_FREQUENCIES, some):
            frequencies[term] = int(number)
    return frequencies, total, max(1.0, length / max(1, total))


def _beginning_alike(
    connection: sa.Connection, asked: Collection[str], owners: Collection[str]
) -> dict[str, dict[str, int]]:
    """The beginnings of words asked for, each with the terms that begin so and the passages that hold these."""
    wanted = {beginning for term in asked for beginning in _beginnings(term)}
    shortest = {term[: _BEGINNINGS[0]] for term in asked if len(term) >= _BEGINNINGS[0]}
    found: dict[str, dict[str, int]] = {}
    if shortest:
        term, number = term_statistics.c.term, sa.func.sum(term_statistics.c.passages)
        begins_so = sa.or_(*(term.between(beginning, beginning + _LAST) for beginning in sorted(shortest)))
        query = sa.select(term, number).where(term_statistics.c.owner.in_(owners), begins_so).group_by(term)
        for other, having_it in connection.execute(query):
            for beginning in wanted.intersection(_beginnings(other)):
                found.setdefault(beginning, {})[other] = int(having_it)
    return found


def _beginnings(term: str) -> list[str]:
    return [term[:length] + _AND_SO_ON for length in _BEGINNINGS if len(term) >= length]


def _rarest(frequencies: dict[str, int]) -> list[str]:
    """The rarest terms, as many as keep the candidates few; always one."""
    chosen: list[str] = []
    expected = 0
    for term, number in sorted(frequencies.items(), key=lambda item: (item[1], item[0])):
        expected += number
        if chosen and expected > _CANDIDATES:
            break
        chosen.append(term)
    return chosen


def having(connection: sa.Connection, terms: Sequence[str]) -> sa.TextClause:
    """The condition on `passage_tokens` that a passage holds one of `terms`: tokens or beginnings."""
    dialect = connection.dialect.name
    return sa.text(_HOLDS[dialect]).bindparams(match=_match(dialect, terms))


def _match(dialect: str, terms: Sequence[str]) -> str:
    words = [(term.removesuffix(_AND_SO_ON), term.endswith(_AND_SO_ON)) for term in terms]
    if dialect == "postgresql":
        return " | ".join(f"'{word}'{':*' if begins else ''}" for word, begins in words)
    return " OR ".join(f'"{word}"{"*" if begins else ""}' for word, begins in words)


def _score(
    found: Sequence[str], relative_length: float, weights: dict[str, float], counted: dict[str, list[str]]
) -> float:
    counts: dict[str, int] = {}
    for term in filter(counted.__contains__, found):  # most of a passage is not asked for
        for one in counted[term]:
            counts[one] = counts.get(one, 0) + 1
    norm = _K1 * (1 - _B + _B * relative_length)
    return sum(weights[term] * count * (_K1 + 1) / (count + norm) for term, count in counts.items())
