"""The index of names: it never loses what the scoring of all names finds, follows the data, and takes any text."""

import random
import shutil
import sqlite3
import string
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from adversarial import INPUTS
from hypothesis import given
from hypothesis import strategies as st
from linear import grows_linearly
from rdflib import RDF, RDFS, SKOS, Literal, URIRef

import kg
from kg.ask import name_index, search
from kg.ask.name_index import FILE, Name, NameIndex
from kg.ask.search import find, resolve
from kg.engine.disk_store import info_of
from kg.engine.store import Embedded
from kg.errors import InputError, NotFoundError, OutsideError
from kg.exports.store import writing
from kg.graph import KnowledgeGraph
from kg.namespaces import ID, expand

LETTERS = string.ascii_lowercase + string.digits + " -/é本"
CLASSES = [None, "mcrc:Drug", "mcrc:Study", "mcrc:Population", "owl:Class"]
SAMPLES = [20, pytest.param(100, marks=pytest.mark.complete)]
HOSTILE = [
    "",
    " ",
    "'",
    '"',
    '""',
    '"cetuximab"',
    "cetuximab*",
    "cet* OR pani*",
    "NEAR(cetuximab panitumumab, 3)",
    "pairs:ce",
    "-cetuximab",
    "^cetuximab",
    "%",
    "_",
    "'; DROP TABLE name; --",
    ":class",
    "\0",
    "cetuximab\0",
    "\ud800",
    "cetuximab\udcff",
    "https://w3id.org/mcrc-kg/id/drug/\ud800",
    "İ",
    "ß",
    "²",
    "\u0301",
    "\U0001d400",
    "cetuximab" * 1000,
    "a" * 100_000,
    "ab" * 100_000,
]


@pytest.fixture(scope="module")
def graph(review_graph):
    """The graph of the review: to score all names of a text takes as long as there are names."""
    return review_graph


@pytest.fixture(scope="module")
def stored(review_store):
    return kg.open(review_store)


@pytest.fixture(scope="module")
def every(graph):
    """All names, in the order of the question."""
    return [Name(row[0], *map(str, row[1:])) for row in graph.ask("names").rows]


def texts(names, number):
    """Names, parts of names, and names with misprints."""
    chance = random.Random(number)

    def place(text):
        return chance.randrange(len(text) + 1)

    def misprint(text):
        at = place(text)
        left, right = text[:at], text[at:]
        letter = chance.choice(LETTERS)
        swapped = right[1:2] + right[:1] + right[2:]
        return left + chance.choice([right[1:], letter + right[1:], letter + right, swapped])

    changes = [
        lambda text: text,
        str.upper,
        str.swapcase,
        misprint,
        misprint,
        lambda text: misprint(misprint(text)),
        lambda text: text[: place(text)],
        lambda text: text[place(text) :],
        lambda text: text[(at := place(text)) : at + chance.randrange(1, 5)],
        lambda text: text.replace("-", " ").replace(" ", "-"),
        lambda _: "".join(chance.choices(LETTERS, k=chance.randrange(1, 10))),
    ]
    return [chance.choice(changes)(chance.choice(names).text) for _ in range(number)]


def outcome(function, *words):
    try:
        return function(*words)
    except NotFoundError as error:
        return str(error)


@pytest.mark.complete
@pytest.mark.parametrize("number", SAMPLES)
@pytest.mark.parametrize("of_class", CLASSES)
@pytest.mark.parametrize("opened", ["graph", "stored"])
def test_the_index_loses_nothing_that_the_scoring_of_all_names_finds(request, every, opened, of_class, number):
    index = request.getfixturevalue(opened).names(None if of_class is None else expand(of_class))
    graph = request.getfixturevalue("graph")
    known = None if of_class is None else {row["member_iri"] for row in graph.ask("members", **{"class": expand(of_class)})}
    names = [name for name in every if known is None or str(name.entity) in known]
    for text in texts(every, number):
        scored = search._best(names, text)
        for limit in (1, 5, 20):
            assert find(index, text, limit) == scored[:limit], text
        exact = [name for name in scored if search.match(name, text) == "exact"]
        nearest = [name for name in exact if name.how == exact[0].how]  # "I/II" and "III" have one key; the very text goes first
        nearest = [name for name in nearest if name.text.lower() == text.strip().lower()] or nearest
        entities = {name.entity for name in nearest}
        found = outcome(resolve, index, text)
        assert (found in entities) == (len(entities) == 1) or str(found).rpartition("/")[2] == text, text


@given(st.text("ab", max_size=12), st.text("abc", max_size=12))
def test_similar_keys_share_as_many_pairs_as_are_looked_for(one, other):
    if 0 < abs(len(one) - len(other)) < 4 and search._similarity(one, other) > 0.75:
        shared = set(name_index._pairs(one)) & set(name_index._pairs(other))
        assert len(shared) >= search._shared(len(one), len(other))


def test_a_limit_below_zero_leaves_out_the_last(graph, every):
    scored = search._best(every, "panitumumab")
    assert graph.find("panitumumab", limit=-1) == scored[:-1]
    assert graph.find("panitumumab", limit=0) == []


@pytest.mark.parametrize("opened", ["graph", "stored"])
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:30])
def test_no_text_is_a_query(request, every, opened, text):
    asked = request.getfixturevalue(opened)
    assert asked.find(text) == search._best(every, text)[:20]
    with pytest.raises(NotFoundError):
        asked.resolve(f"{text} and no entity")
    assert asked.names().label(text) is None
    assert asked.names().beginning(f"{text}!") == []
    assert asked.resolve("cetuximab")


@pytest.mark.parametrize("kind", ["one-long-word", "words", "dashes", "unclosed-quotes"])
def test_the_time_grows_no_faster_than_the_text(stored, kind):
    def prepared(size):
        text = INPUTS[kind](size)
        return lambda: (stored.find(text), outcome(stored.resolve, text))

    grows_linearly(kind, prepared, 500_000)


def test_names_that_begin_with_a_text(graph, stored, every):
    for start in ("", "K", "KRAS ", "cetuximab", "zzz"):
        wanted = sorted(name.text for name in every if name.how == "label" and name.text.startswith(start))
        for opened in (graph, stored):
            assert [name.text for name in opened.names().beginning(start)] == wanted


def test_labels(graph, stored):
    for opened in (graph, stored):
        assert opened.label(str(expand("drug:cetuximab"))) == "cetuximab"
        assert opened.label("urn:none") is None


def small():
    """A graph with one drug, and what adds another to it."""
    engine = Embedded()
    add(engine, "one")
    return engine, KnowledgeGraph(engine)


def add(engine, name):
    entity = URIRef(f"{ID}drug/{name}")
    facts = {RDFS.label: Literal(name), RDF.type: expand("mcrc:Drug"), SKOS.altLabel: Literal(f"{name}mab")}
    engine.add(URIRef("urn:g"), [(entity, *fact) for fact in facts.items()])


def test_names_follow_data_that_are_added(tmp_path):
    engine, graph = small()
    parameter = graph.questions["drug-roles"].parameter("drug")
    assert [name.text for name in graph.find("one")] == ["one"]
    with pytest.raises(NotFoundError):
        graph.term(parameter, "twomab")
    add(engine, "two")
    assert graph.find("twomap")[0].text == "twomab"
    assert graph.term(parameter, "twomab") == URIRef(f"{ID}drug/two")
    file = tmp_path / "three.nq"
    file.write_text(f'<{ID}drug/three> <{RDFS.label}> "three" <urn:g> .\n', encoding="utf-8")
    engine.load_file(file)
    assert graph.resolve("three") == URIRef(f"{ID}drug/three")
    engine.load_text(f'<{ID}drug/four> <{RDFS.label}> "four" .', "urn:h")
    assert graph.label(f"{ID}drug/four") == "four"
    engine.derive(URIRef("urn:i"), f'CONSTRUCT {{ <{ID}drug/five> <{RDFS.label}> "five" }} {{}}')
    assert graph.resolve("five") == URIRef(f"{ID}drug/five")
    data = graph.as_rdflib()
    assert graph.resolve("one")
    for part in (data, data.graph(URIRef("urn:g"))):
        part.add((URIRef(f"{ID}drug/six"), RDFS.label, Literal("six")))
    assert graph.resolve("six") == URIRef(f"{ID}drug/six")


def test_the_names_of_unchanged_data_are_read_once(graph):
    assert graph.names() is graph.names()
    _, alone = small()
    assert alone.names(expand("mcrc:Drug")) is alone.names(expand("mcrc:Drug"))


def test_a_store_without_an_index_finds_the_same(tmp_path, review_store, stored):
    place = Path(shutil.copytree(review_store, tmp_path / "store"))
    (place / info_of(place).version / FILE).unlink()
    old = kg.open(place)
    for text in ("cetuximub", "OS", "wild type", "NCT00364013"):
        assert old.find(text) == stored.find(text)
    assert old.ask("drug-roles", drug="cetuximab").rows == stored.ask("drug-roles", drug="cetuximab").rows


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + bytes(100), b"names"], ids=["empty", "zeros", "text"])
def test_a_damaged_index_is_refused(tmp_path, content):
    file = tmp_path / "a b#?%41.sqlite"
    file.write_bytes(content)
    with pytest.raises(InputError, match="the names cannot be read"):
        NameIndex.open(file)


def test_an_index_that_cannot_be_written_leaves_the_old_version(tmp_path, monkeypatch):
    place, file = tmp_path / "store", tmp_path / "one.nq"
    file.write_text("<urn:a> <urn:b> <urn:c> <urn:g> .\n", encoding="utf-8")
    with writing(place) as new:
        new.load_file(file)
    before = info_of(place)
    monkeypatch.setattr(name_index, "FILE", "none/names.sqlite")
    with pytest.raises(OutsideError, match="cannot be written"), writing(place) as new:
        new.load_file(file)
    assert info_of(place) == before
    assert [one.name for one in place.glob("version-*")] == [before.version]


def test_a_reader_keeps_the_names_of_its_version(tmp_path):
    place, file = tmp_path / "store", tmp_path / "one.nq"
    readers = []
    for name in ("one", "two", "three", "four"):
        file.write_text(f'<{ID}drug/{name}> <{RDFS.label}> "{name}" <urn:g> .\n', encoding="utf-8")
        with writing(place) as new:
            new.load_file(file)
        readers.append((name, kg.open(place)))
    for name, reader in readers:  # also when the version that a reader has open is deleted
        assert [found.text for found in reader.find("o" if "o" in name else "three")] == [name]


def test_threads_share_an_index(stored):
    wanted = stored.find("cetuximub"), stored.resolve("OS")
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: (stored.find("cetuximub"), stored.resolve("OS")), range(64)):
            assert found == wanted


def test_the_index_is_a_plain_database(review_store):
    with sqlite3.connect(review_store / info_of(review_store).version / FILE) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("INSERT INTO part (part) VALUES ('integrity-check')").rowcount is not None


@pytest.mark.parametrize("made", ["stored", "graph"])
def test_sets_of_labels_and_of_names_are_looked_up(request, made):
    graph = request.getfixturevalue(made)
    rows = [tuple(map(str, row)) for row in graph.ask("names").rows]
    labels = {iri: label for iri, label, *_ in rows}
    index = graph.names()
    assert index.labels([*labels, "urn:none", *HOSTILE]) == labels
    assert index.labels([]) == {}
    texts = [*{text for *_, text in rows}, "no such name", *HOSTILE]
    found = {(str(name.entity), name.kind, name.how, name.text) for name in index.called(texts)}
    assert found == {(iri, kind, how, text) for iri, _, kind, how, text in rows if how in ("label", "abbreviation", "heading")}
    of_class = expand("mcrc:Drug")
    drugs = {str(row[0]) for row in graph.query(f"SELECT DISTINCT ?drug {{ ?drug a <{of_class}> }}").rows} & labels.keys()
    assert index.labels(labels) != graph.names(of_class).labels(labels) == {iri: labels[iri] for iri in drugs}


@pytest.mark.parametrize("made", ["stored", "graph"])
def test_the_first_labels_are_in_alphabetical_order(request, made):
    graph = request.getfixturevalue(made)
    drugs = graph.names(expand("mcrc:Drug"))
    every = drugs.first(10_000)
    assert {str(iri): label for iri, label in every} == drugs.labels(str(iri) for iri, _ in every)
    assert [label.lower() for _, label in every] == sorted(label.lower() for _, label in every)
    assert drugs.first(5) == every[:5] != every[5:]
