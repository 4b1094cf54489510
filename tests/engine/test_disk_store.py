"""Stores on disk: the same answers as in memory, and always a whole version to read, however a writer ends."""

import json
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import time

import pyoxigraph
import pytest
from paths import TESTS
from server import until

import kg
from kg.engine.disk_store import info_of
from kg.errors import DataError, InputError, OutsideError, UsageError
from kg.exports.store import load, writing
from kg.namespaces import INFERRED_GRAPH, ONTOLOGY_GRAPH
from kg.pipeline.build import ontology
from kg.pipeline.validate import check_files
from kg.resources import GRAPH_FILE, folder, is_store

LOAD = [sys.executable, "-c", "from kg.cli import main; main()", "load"]
BAD = TESTS / "bad" / "comparison-interval-wrong-way-round.ttl"
TRIPLE = "<urn:a> <urn:b> <urn:c> {} .\n"


def stored(place, *lines):
    """A store with these quads."""
    file = place.parent / "quads.nq"
    file.write_text("".join(lines), encoding="utf-8")
    with writing(place) as new:
        new.load_file(file)
    return kg.open(place)


@pytest.mark.parametrize("name", ["hazard-ratios", "reported-results", "drug-roles", "passages", "names"])
def test_a_question_has_the_same_answer_as_in_memory(review_store, review_graph, name):
    there = kg.open(review_store).ask(name)
    assert there.columns == review_graph.ask(name).columns
    assert sorted(map(str, there.rows)) == sorted(map(str, review_graph.ask(name).rows)) != []


def test_entities_are_found_and_explained_in_it(review_store, review_graph):
    there = kg.open(review_store)
    assert there.find("cetuximub")[0] == review_graph.find("cetuximub")[0]
    assert len(there.explain("cetuximab").steps) == len(review_graph.explain("cetuximab").steps)


def test_its_description_counts_what_it_holds(review_store, review_graph):
    info = info_of(review_store)
    assert info.union
    assert info.graphs == {str(name): len(one) for name, one in review_graph.graphs().items()}
    assert [one.name for one in info.sources] == [GRAPH_FILE]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("SELECT * { ?s ?p ?o }", 2),
        ("SELECT * FROM <urn:g> { ?s ?p ?o }", 1),
        ("SELECT * FROM NAMED <urn:g> { ?s ?p ?o }", 0),
        ("SELECT * FROM NAMED <urn:g> { GRAPH ?g { ?s ?p ?o } }", 1),
        ("SELECT * { ?from ?p 'FROM' }", 0),
        ("SELECT ?from { ?from <urn:from> <urn:c> }", 1),
    ],
)
@pytest.mark.parametrize("again", ["", TRIPLE.format("<urn:h>")], ids=["disjoint", "overlapping"])
def test_the_default_graph_is_the_union_unless_the_query_names_another(tmp_path, query, count, again):
    one = stored(tmp_path / "store", TRIPLE.format("<urn:g>"), "<urn:d> <urn:from> <urn:c> <urn:h> .\n", again)
    assert info_of(tmp_path / "store").union == (not again)
    assert len(one.query(query)) == count, "a triple that two graphs state occurs once"


def test_a_file_without_named_graphs_fills_the_default_graph(tmp_path):
    one = stored(tmp_path / "store", TRIPLE.format(""))
    assert one.query("ASK { <urn:a> <urn:b> <urn:c> }") is True


def test_it_is_opened_to_read_only(review_store):
    with pytest.raises(UsageError, match="read only"):
        kg.open(review_store).as_rdflib()


def test_a_new_version_replaces_the_old_one_while_it_is_read(tmp_path):
    old = stored(tmp_path / "store", TRIPLE.format("<urn:g>"))
    for number in range(3):  # also when the version that a reader has open is deleted
        new = stored(tmp_path / "store", f'<urn:new> <urn:b> "{number}" <urn:g> .\n')
        assert [str(row[0]) for row in new.query("SELECT ?o { <urn:new> ?p ?o }").rows] == [str(number)]
        assert old.query("ASK { <urn:a> ?p ?o }") is True
    assert len(list((tmp_path / "store").glob("version-*"))) == 2


def writer(file, place):
    """A process that writes a store, forked from one that has loaded the modules: nearly all of its time is the writing."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["kg.exports.store"])
    process = forks.Process(target=load, args=(place, [file]))
    process.start()
    return process


@pytest.mark.parametrize("tries", [4, pytest.param(30, marks=pytest.mark.complete)])
def test_a_writer_that_is_killed_leaves_the_old_version(tmp_path, tries):
    place, file = tmp_path / "store", tmp_path / "new.nq"
    file.write_text("".join(f"{' '.join(term.n3() for term in one)} <urn:h> .\n" for one in ontology()), encoding="utf-8")
    for _ in range(2):  # the second has nothing to wait for but the writing
        started = time.monotonic()
        process = writer(file, place)
        process.join()
        assert process.exitcode == 0
    whole, all_quads = time.monotonic() - started, sum(info_of(place).graphs.values())
    chance = random.Random(7)
    sizes = set()
    for number in range(tries):
        stored(place, f'<urn:a> <urn:b> "{number}" <urn:g> .\n')
        process = writer(file, place)
        time.sleep(chance.uniform(0, whole))
        process.kill()
        process.join()
        quads = sum(info_of(place).graphs.values())
        sizes.add(quads)
        assert kg.open(place).query("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }").rows[0][0].toPython() == quads
    assert sizes <= {1, all_quads}, "the old version or the new one"
    stored(place, TRIPLE.format("<urn:g>"))
    assert len(list(place.glob("version-*"))) <= 2, "what killed writers left is deleted"


def test_two_writers_do_not_write_at_once(tmp_path, review_file):
    place = tmp_path / "store"
    stored(place, TRIPLE.format("<urn:g>"))
    with writing(place) as first:
        first.load_file(review_file)
        with pytest.raises(OutsideError, match="another process is writing"), writing(place):
            pass
    assert len(info_of(place).graphs) == len({quad.graph_name for quad in pyoxigraph.parse(path=review_file)})


def test_an_unreadable_file_leaves_the_old_version(tmp_path):
    place = tmp_path / "store"
    stored(place, TRIPLE.format("<urn:g>"))
    before = info_of(place)
    bad = tmp_path / "bad.ttl"
    bad.write_text("<urn:a> <urn:b> .", encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.ttl: does not parse"), writing(place) as new:
        new.load_file(bad)
    assert info_of(place) == before
    assert [one.name for one in place.glob("version-*")] == [before.version]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "has format 99"),
        ({"engine": "99.0.0"}, "update pyoxigraph"),
        ({"version": "version-none"}, "cannot be opened"),
        ({"graphs": None, "more": 1}, "does not describe a store"),
    ],
)
def test_another_store_is_refused(tmp_path, change, message):
    place = tmp_path / "store"
    stored(place, TRIPLE.format("<urn:g>"))
    told = json.loads((place / "store.json").read_text(encoding="utf-8"))
    (place / "store.json").write_text(json.dumps({**told, **change}), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        kg.open(place)
    made_again = stored(place, TRIPLE.format("<urn:h>"))  # the cure that the message names
    assert made_again.query("ASK { GRAPH <urn:h> { ?s ?p ?o } }") is True


def test_a_truncated_store_is_refused(tmp_path):
    place = tmp_path / "store"
    stored(place, TRIPLE.format("<urn:g>"))
    for file in (place / info_of(place).version).iterdir():
        if file.name.startswith(("MANIFEST", "CURRENT")):
            file.write_bytes(b"")
    with pytest.raises(InputError, match="cannot be opened"):
        kg.open(place)


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="contains other files"), writing(tmp_path):
        pass
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_full_disk_leaves_the_old_version(tmp_path):
    place = tmp_path / "store"
    stored(place, TRIPLE.format("<urn:g>"))
    before = info_of(place)

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    command = [*LOAD, str(folder("graph") / GRAPH_FILE), "--store", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited)
    assert done.returncode == 5, done.stderr
    assert "cannot be written" in done.stderr
    assert info_of(place) == before
    assert kg.open(place).query("ASK { <urn:a> ?p ?o }") is True


def test_any_number_of_processes_read_it(review_store):
    code = f"import kg; print(len(kg.open({str(review_store)!r}).ask('drug-roles')))"
    readers = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert len({reader.communicate()[0] for reader in readers}) == 1
    assert until(lambda: all(reader.poll() == 0 for reader in readers))


def test_the_commands(run, tmp_path, review_file):
    done = run("load", review_file, "--store", "store")
    graphs = [quad.graph_name for quad in pyoxigraph.parse(path=review_file)]
    assert (done.returncode, f"{len(graphs)} quads in {len({*graphs})} graphs" in done.stderr) == (0, True)
    asked = run("ask", "hazard-ratios", "--drug", "cetuximab", "--format", "csv", "--graph", "store")
    assert "CRYSTAL" in asked.stdout
    assert run("validate", "--help").returncode == 0
    refused = run("load", "nothing.ttl", "--store", "store")
    assert (refused.returncode, "nothing.ttl: cannot be read" in refused.stderr) == (4, True)
    assert os.path.isdir(tmp_path / "store")


@pytest.fixture
def without(tmp_path, built_review):
    """The graph of the review without some of its named graphs, as N-Quads."""

    def written(*graphs):
        lines = (
            f"{' '.join(term.n3() for term in triple)} <{name}> .\n"
            for name, graph in built_review.graphs.items()
            if name not in graphs
            for triple in graph
        )
        place = tmp_path / "facts.nq"
        place.write_text("".join(lines), encoding="utf-8")
        return place

    return written


def test_the_inferences_are_those_of_the_build(tmp_path, without, built_review):
    load(tmp_path / "store", [without(INFERRED_GRAPH)], infer=True, validate=True)
    info = info_of(tmp_path / "store")
    assert info.graphs == {str(name): len(one) for name, one in built_review.graphs.items()}
    assert info.union


def test_the_ontology_is_added_to_files_that_lack_it(tmp_path, without):
    facts = without(INFERRED_GRAPH, ONTOLOGY_GRAPH)
    load(tmp_path / "store", [facts], infer=True)
    counts = info_of(tmp_path / "store").graphs
    assert counts[str(ONTOLOGY_GRAPH)] == len(ontology())
    load(tmp_path / "store", [facts])
    assert counts.keys() - info_of(tmp_path / "store").graphs.keys() == {str(INFERRED_GRAPH), str(ONTOLOGY_GRAPH)}


def test_a_validated_file_is_stored_as_it_is(tmp_path):
    report = load(tmp_path / "store", [TESTS / "good.ttl"], validate=True)
    assert report.conforms
    load(tmp_path / "plain", [TESTS / "good.ttl"])
    assert info_of(tmp_path / "store").graphs == info_of(tmp_path / "plain").graphs
    assert not [one for one in (tmp_path / "store").iterdir() if one.name.startswith("version-copy")]


@pytest.mark.parametrize("infer", [True, False])
def test_errors_leave_the_old_version(tmp_path, infer):
    place = tmp_path / "store"
    stored(place, TRIPLE.format("<urn:g>"))
    before = info_of(place)
    with pytest.raises(DataError, match="the limits of the confidence interval are exchanged"):
        load(place, [BAD], infer=infer, validate=True)
    assert info_of(place) == before
    assert [one.name for one in place.iterdir() if one.is_dir()] == [before.version]


def test_a_new_store_with_errors_is_not_made(tmp_path):
    with pytest.raises(DataError):
        load(tmp_path / "store", [BAD], validate=True)
    assert not is_store(tmp_path / "store")
    load(tmp_path / "store", [BAD])
    assert is_store(tmp_path / "store"), "without --validate nothing is checked"


def test_a_store_validates_itself_and_stays_as_it_was(review_store, tmp_path):
    before = info_of(review_store)
    assert kg.open(review_store).validate().findings == ()
    assert info_of(review_store) == before
    load(tmp_path / "store", [BAD])
    found = kg.open(tmp_path / "store").validate().findings
    assert {str(one) for one in found} == {str(one) for one in check_files([BAD]).findings} != set()


def test_a_loader_that_is_killed_while_it_validates_leaves_the_old_version(tmp_path):
    place = tmp_path / "store"
    stored(place, TRIPLE.format("<urn:g>"))
    before = info_of(place)
    command = [*LOAD, str(folder("graph") / GRAPH_FILE), "--store", str(place), "--validate"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        assert until(lambda: any(one.name.startswith("version-copy") for one in place.iterdir()))
        process.send_signal(signal.SIGKILL)
    assert info_of(place) == before
    load(place, [TESTS / "good.ttl"], validate=True)
    assert {one.name for one in place.iterdir() if one.is_dir()} == {before.version, info_of(place).version}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((BAD, "--store", "store", "--validate"), 1, "error: the limits of the confidence interval are exchanged"),
        ((BAD, "--store", "store", "--infer"), 0, "in 3 graphs"),
        (("nothing.ttl", "--store", "store", "--infer", "--validate"), 4, "nothing.ttl: cannot be read"),
        ((BAD, "--validate"), 2, "--store"),
        ((TESTS / "good.ttl", "--store", "store", "--infer", "--validate"), 0, ", valid;"),
    ],
)
def test_the_options_of_load(run, words, code, said):
    done = run("load", *words)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("one", [TRIPLE.format(""), TRIPLE.format("<urn:g>")], ids=["default", "named"])
def test_graphs_that_share_a_triple_are_told_from_disjoint_ones(tmp_path, one):
    more = [f'<urn:a> <urn:b> "{number}" <urn:h> .\n' for number in range(9)]
    stored(tmp_path / "store", one, *more)
    assert info_of(tmp_path / "store").union
    stored(tmp_path / "store", one, TRIPLE.format("<urn:h>"), *more)
    assert not info_of(tmp_path / "store").union
    assert sum(info_of(tmp_path / "store").graphs.values()) == 11
