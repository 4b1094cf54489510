"""The names of a graph in SQLite: equal names, names that contain a text, and names that may be similar.

The index returns candidates, and :mod:`kg.ask.search` scores them. A key is what the scoring compares: letters and digits of a
name, in lower case. The numbers of the names follow the length of the key, the kind of name and the label, so that a reader who
goes through them in their order meets the best matches first.

A store on disk has the file of its index beside it, with what finds candidates at any size:

- Names that contain a text are found by a full-text index (FTS5) of the pairs of letters: ``os`` is one pair, ``ras`` is the
  phrase ``ra as``, and one letter is the beginning of a pair.
- Names that may be similar share a number of these pairs, which follows from the two lengths.

For any other graph the index is made in memory when a name is first needed. SQLite then goes through the keys: to make the two
parts for one process takes longer than to do without.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any, Self

from rdflib import URIRef

from kg.errors import InputError, OutsideError

FILE = "names.sqlite"
RANK = {name: rank for rank, name in enumerate(
    ("label", "abbreviation", "alias", "brand name", "heading", "misprint", "identifier", "near identifier"), 1
)}  # fmt: skip
IDENTIFIERS = ("identifier", "near identifier")  # of exactly this entity in another database, or of something close to it
_PHRASE = 24  # pairs of a text that are looked up; the scoring compares the rest
_SHORT = {"wt": ("wild", "type"), "wildtype": ("wild", "type")}  # words that are written in several ways in the field
_BASE = """
CREATE TABLE iri (number INTEGER PRIMARY KEY, iri TEXT UNIQUE);
CREATE TABLE name (
  number INTEGER PRIMARY KEY, position INTEGER, entity INTEGER, label TEXT, kind TEXT, how TEXT, text TEXT, key TEXT
);
CREATE INDEX name_key ON name (key);
CREATE INDEX name_entity ON name (entity);
CREATE INDEX name_text ON name (text);
CREATE INDEX name_length ON name (LENGTH(key));
CREATE TABLE member (class INTEGER, entity INTEGER, PRIMARY KEY (class, entity)) WITHOUT ROWID;
"""
_PARTS = "CREATE VIRTUAL TABLE part USING fts5 (pairs, content = '', tokenize = 'ascii', prefix = '1')"
_PAIRS = "CREATE TABLE pair (pair TEXT, length INTEGER, name INTEGER, PRIMARY KEY (pair, length, name)) WITHOUT ROWID"
_MEMBER = """(:kind IS NULL OR kind = :kind) AND (:class IS NULL OR EXISTS (
  SELECT 1 FROM member WHERE class = (SELECT number FROM iri WHERE iri = :class) AND member.entity = name.entity
))"""
_NAMES = "SELECT position, iri, label, kind, how, text FROM"
_EQUAL = f"{_NAMES} name JOIN iri ON iri.number = entity WHERE key = :key AND {_MEMBER}"
_LABELS = f"""
SELECT iri, label FROM json_each(:entities) CROSS JOIN iri ON iri = value CROSS JOIN name ON entity = iri.number
WHERE {_MEMBER} ORDER BY position DESC
"""
_CALLED = f"""
{_NAMES} json_each(:texts) CROSS JOIN name ON text = value JOIN iri ON iri.number = entity
WHERE how IN ('label', 'abbreviation', 'heading') AND {_MEMBER} ORDER BY position
"""
_FIRST = f"""
SELECT iri, label, MIN(position) FROM name JOIN iri ON iri.number = entity
WHERE how IN ('label', 'heading') AND {_MEMBER} GROUP BY entity
ORDER BY label COLLATE NOCASE, label, iri LIMIT :most
"""
_CONTAINING = f"""
{_NAMES} part JOIN name ON name.number = part.rowid JOIN iri ON iri.number = entity
WHERE part MATCH :phrase AND {_MEMBER} ORDER BY part.rowid
"""
_CONTAINING_BY_READING = f"""
{_NAMES} name JOIN iri ON iri.number = entity
WHERE NOT EXISTS (SELECT 1 FROM json_each(:keys) WHERE NOT INSTR(name.key, value)) AND {_MEMBER} ORDER BY name.number
"""
_SHARING = """
SELECT key, shared FROM name JOIN (
  SELECT name AS found, COUNT(*) AS shared FROM pair
  WHERE length = :length AND pair IN (SELECT value FROM json_each(:pairs)) GROUP BY name HAVING COUNT(*) >= :least
) ON number = found
"""
_OF_LENGTH = "SELECT DISTINCT key, :length FROM name WHERE LENGTH(key) = :length AND how NOT IN ('identifier', 'near identifier')"
_KEYS = "SELECT MIN(number), key FROM name WHERE how NOT IN ('identifier', 'near identifier') AND key > '' GROUP BY key"
_BEGINNING = f"""
{_NAMES} name JOIN iri ON iri.number = entity
WHERE how = 'label' AND text BETWEEN :start AND :start || CHAR(1114111) AND {_MEMBER} ORDER BY text, position
"""


@dataclass(frozen=True)
class Name:
    """One name of one entity: the entity, its preferred label, its class, the kind of name, and the name."""

    entity: URIRef
    label: str
    kind: str
    how: str
    text: str


Found = dict[int, Name]  # names by their position in the answer to the question ``names``


def words(text: str) -> list[str]:
    """The runs of letters and digits of a text, in lower case; "wt" is two words.

    >>> words("KRAS wt"), words("KRAS wild-type")
    (['kras', 'wild', 'type'], ['kras', 'wild', 'type'])
    """
    found: list[str] = re.findall(r"[^\W_]+", text.lower())
    return found if _SHORT.keys().isdisjoint(found) else [part for one in found for part in _SHORT.get(one, (one,))]


def key(text: str) -> str:
    """Letters and digits of a text, in lower case: what is compared of a name.

    >>> key("FOLFOX-4 + Cetuximab")
    'folfox4cetuximab'
    """
    return "".join(words(text))


class NameIndex:
    """The names of a graph, or of the members of one class in it; from any thread.

    ``has_pairs`` says that the database has the pairs of letters.
    """

    def __init__(self, database: sqlite3.Connection, has_pairs: bool, of_class: URIRef | None = None) -> None:
        self._database = database
        self._has_pairs = has_pairs
        self._class = of_class
        self._kind: str | None = None
        self._lock = Lock()

    @classmethod
    def of(cls, rows: Iterable[Sequence[Any]]) -> Self:
        """An index in memory of the rows of the question ``names``."""
        database = sqlite3.connect(":memory:", check_same_thread=False)
        _fill(database, rows, ())
        return cls(database, has_pairs=False)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The index in a file, to read only; the file is open from now on, and never changes.

        Raises :class:`~kg.errors.InputError` when there is none, or when it is damaged.
        """
        try:
            address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            index = cls(sqlite3.connect(address, uri=True, check_same_thread=False), has_pairs=True)
            index._rows("SELECT number FROM name LIMIT 1")
        except sqlite3.Error as error:
            raise InputError(f"{path}: the names cannot be read: {error}; make the store again") from error
        return index

    def within(self, of_class: URIRef | None) -> NameIndex:
        """The names of the members of a class only."""
        narrowed = copy(self)
        narrowed._class = of_class
        return narrowed

    def of_kind(self, kind: str) -> NameIndex:
        """The names of the entities of one type only, as in their IRIs; "" is a term of the ontology."""
        narrowed = copy(self)
        narrowed._kind = kind
        return narrowed

    @property
    def longest(self) -> int:
        """The length of the longest key."""
        return int(self._rows("SELECT MAX(LENGTH(key)) FROM name")[0][0] or 0)

    def equal(self, wanted: str) -> Found:
        """The names with this key."""
        return dict(map(_name, self._rows(_EQUAL, key=wanted)))

    def label(self, entity: str) -> str | None:
        """The label of an entity, or None where the entity is not in this index."""
        return self.labels([entity]).get(str(entity))

    def labels(self, entities: Iterable[str]) -> dict[str, str]:
        """The labels of those of these entities that are in this index, by IRI."""
        return dict(self._rows(_LABELS, entities=json.dumps([*map(str, entities)])))

    def called(self, texts: Iterable[str]) -> list[Name]:
        """The labels and abbreviations that are exactly one of these texts, each of them different."""
        return [name for _, name in map(_name, self._rows(_CALLED, texts=json.dumps([*map(str, texts)])))]

    def first(self, most: int) -> list[tuple[URIRef, str]]:
        """The first entities in alphabetical order of their labels, each with its label."""
        return [(URIRef(iri), label) for iri, label, _ in self._rows(_FIRST, most=most)]

    def containing(self, parts: Sequence[str], fits: Callable[[Name], bool], enough: int) -> Found:
        """The names that contain each of some keys and fit, from the shortest on, until they name ``enough`` entities."""
        sql, values = _CONTAINING_BY_READING, {"keys": json.dumps(parts), **self._narrowed()}
        if self._has_pairs:
            sql, values["phrase"] = _CONTAINING, " AND ".join(map(_phrase, parts))
        found: Found = {}
        entities: set[URIRef] = set()
        with self._lock:
            for position, name in map(_name, self._database.execute(sql, values)):
                if fits(name):
                    found[position] = name
                    entities.add(name.entity)
                    if len(entities) >= enough:
                        break
        return found

    def sharing(self, wanted: str, length: int, least: int) -> list[tuple[str, int]]:
        """The keys of this length that share at least so many pairs of letters with a key, each before their number.

        Keys of identifiers are not among them. All keys of the length are returned for 0, and where the index has no pairs;
        the number is then the greatest that is possible.
        """
        if least < 1 or not self._has_pairs:
            return self._rows(_OF_LENGTH, length=length)
        return self._rows(_SHARING, length=length, pairs=json.dumps(list(_pairs(wanted))), least=least)

    def beginning(self, start: str) -> list[Name]:
        """The labels that begin with a text, in alphabetical order."""
        return [name for _, name in map(_name, self._rows(_BEGINNING, start=start))] if _is_text(start) else []

    def _rows(self, sql: str, **values: Any) -> list[Any]:
        with self._lock:
            return self._database.execute(sql, {**values, **self._narrowed()}).fetchall()

    def _narrowed(self) -> dict[str, str | None]:
        return {"class": self._class, "kind": self._kind}


def write(path: Path, rows: Iterable[Sequence[Any]], members: Iterable[Sequence[Any]]) -> None:
    """Write the index of a graph to a file: the rows of the question ``names``, and the class of each member.

    Raises :class:`~kg.errors.OutsideError` when the file cannot be written.
    """
    try:
        database = sqlite3.connect(path, isolation_level=None)
        try:
            # a writer that is killed leaves a version that nobody reads, so nothing has to be rolled back
            database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;")
            _fill(database, rows, members)
            _make_parts(database)
            _make_pairs(database)
            database.execute("COMMIT")
        finally:
            database.close()
    except sqlite3.Error as error:
        raise OutsideError(f"{path}: cannot be written: {error}") from error


def _fill(database: sqlite3.Connection, rows: Iterable[Sequence[Any]], members: Iterable[Sequence[Any]]) -> None:
    for statement in _BASE.split(";"):
        database.execute(statement)
    numbers: defaultdict[str, int] = defaultdict(count(1).__next__)
    names: list[tuple[Any, ...]] = []
    for position, (entity, label, kind, how, text) in enumerate(rows):
        names.append((position, numbers[str(entity)], str(label), str(kind), str(how), str(text), key(text)))
    names.sort(key=lambda name: (len(name[6]), RANK[name[4]], name[2].lower(), name[0]))
    named = set(numbers)
    belongs = sorted({(numbers[str(of_class)], numbers[str(entity)]) for entity, of_class in members if str(entity) in named})
    _insert(database, "name (position, entity, label, kind, how, text, key)", names)
    _insert(database, "member (class, entity)", belongs)
    _insert(database, "iri (iri, number)", numbers.items())


def _insert(database: sqlite3.Connection, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """Add rows to a table; ``columns`` is the table with its columns in brackets."""
    marks = ", ".join("?" * (columns.count(",") + 1))
    database.executemany(f"INSERT INTO {columns} VALUES ({marks})", rows)


def _make_parts(database: sqlite3.Connection) -> None:
    database.execute(_PARTS)
    found = database.execute("SELECT number, key FROM name WHERE key > ''")
    rows = ((number, " ".join(one[at : at + 2] for at in range(len(one)))) for number, one in found)
    _insert(database, "part (rowid, pairs)", rows)


def _make_pairs(database: sqlite3.Connection) -> None:
    database.execute(_PAIRS)
    found = database.execute(_KEYS)
    rows = sorted((pair, len(one), number) for number, one in found for pair in _pairs(one))
    _insert(database, "pair (pair, length, name)", rows)


def _pairs(one: str) -> Iterator[str]:
    """The pairs of letters in a key; one that occurs again has its number, so that all are different."""
    seen: Counter[str] = Counter()
    for at in range(len(one) - 1):
        pair = one[at : at + 2]
        yield f"{pair}{seen[pair] or ''}"
        seen[pair] += 1


def _phrase(wanted: str) -> str:
    """What the full-text index looks up for a key."""
    pairs = [wanted[at : at + 2] for at in range(len(wanted) - 1)][:_PHRASE]
    return f'"{" ".join(pairs)}"' if pairs else f'"{wanted}"*'


def _name(row: tuple[Any, ...]) -> tuple[int, Name]:
    position, entity, *texts = row
    return position, Name(URIRef(entity), *texts)


def _is_text(text: str) -> bool:
    """Whether SQLite can compare a text: half of a surrogate pair is no character, and in no name."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
