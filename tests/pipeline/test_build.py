"""Tables to file: bad input is named at its place, a failed build leaves the old one, the text is canonical."""

import shutil
from pathlib import Path

import pytest
from isomorphic import isomorphic
from rdflib import DCTERMS, OWL, PROV, Dataset, Graph

from kg.engine.store import embed
from kg.errors import DataError, InputError
from kg.graph import KnowledgeGraph
from kg.namespaces import MCRC, STATED_GRAPH, expand
from kg.pipeline import build
from kg.pipeline.build import assemble, is_current, write
from kg.pipeline.validate import check
from kg.resources import GRAPH_FILE, folder
from kg.turtle import to_trig, to_turtle

SOURCE = "ohhara-2016"


def test_the_packaged_graph_is_what_the_tables_give(built):
    assert is_current(built, folder("graph")), "run 'mcrc-kg build' in the checkout and commit graph/"


def test_two_builds_write_the_same_bytes(built_review, review, tmp_path):
    assert write(built_review, tmp_path / "a").read_bytes() == write(assemble(review), tmp_path / "b").read_bytes()


def test_what_is_written_is_what_was_built(built_review, tmp_path):
    read = Dataset()
    read.parse(write(built_review, tmp_path))
    for name, graph in built_review.graphs.items():
        assert isomorphic(graph, Graph() + read.graph(name)), name


@pytest.mark.complete
def test_turtle_does_not_depend_on_the_order_of_statements(built_review):
    for graph in built_review.graphs.values():
        again = Graph()
        for triple in sorted(graph, key=lambda t: str(t[::-1])):
            again.add(triple)
        assert to_turtle(again) == to_turtle(graph)


def test_trig_escapes_what_must_be_escaped():
    graph = Graph().parse(
        data='<urn:a> <urn:b> "a\\"b\\\\c\\nd\\te" , "x"@en , "1"^^<http://www.w3.org/2001/XMLSchema#decimal> .'
    )
    back = Dataset()
    back.parse(data=to_trig({next(graph.subjects()): graph}), format="trig")
    assert isomorphic(graph, Graph() + back.graph(next(graph.subjects())))


def spoil(facts, edit, what):
    source = facts / SOURCE
    if what == "unknown column":
        edit("arms.tsv", "\tlabel\t", "\tlable\t")
    elif what == "missing file":
        (source / "arms.tsv").unlink()
    elif what == "duplicate id":
        with open(source / "arms.tsv", "a", encoding="utf-8") as file:
            file.write(f"{SOURCE}\tCRYSTAL-FOLFIRI\tCRYSTAL\tagain\tFOLFIRI\t\n")
    elif what == "dangling reference":
        edit("arms.tsv", "\tCRYSTAL\t", "\tCRISTAL\t")
    elif what == "no number":
        edit("arm-results.tsv", "\t20.3\t", "\tabc\t")
    elif what == "interval wrong way round":
        edit("comparisons.tsv", "0.63\t0.95", "0.95\t0.63")
    elif what == "wrong encoding":
        path = source / "populations.tsv"
        path.write_bytes(path.read_bytes().replace(b"AVEX, all", b"AV\xc9X, all", 1))
    elif what == "empty table":
        (source / "arms.tsv").write_text("", encoding="utf-8")
    elif what == "header only":
        (source / "arms.tsv").write_text("document\tarm\tstudy\tlabel\tregimen\tpassage\n", encoding="utf-8")
    elif what == "short row":
        edit("arms.tsv", "\tCRYSTAL\t", "\t")
    elif what == "required cell empty":
        edit("arms.tsv", "\tCRYSTAL\tCRYSTAL, FOLFIRI + cetuximab arm\tFOLFIRI-cetuximab", "\tCRYSTAL\tx\t")
    elif what == "unknown choice":
        edit("arm-results.tsv", "\tmo\t", "\tmonths\t")
    elif what == "unknown regimen":
        edit("arms.tsv", "\tFOLFIRI-cetuximab", "\tFOLFIRY-cetuximab")
    elif what == "broken metadata":
        (facts / "csv-metadata.json").write_text("{", encoding="utf-8")
    elif what == "metadata without tables":
        (facts / "csv-metadata.json").write_text('{"@context": "http://www.w3.org/ns/csvw", "tables": []}', encoding="utf-8")
    elif what == "table not described":
        (source / "more.tsv").write_text("a\tb\n1\t2\n", encoding="utf-8")
    elif what == "batch without tables":
        (facts / "other-2020").mkdir()
    elif what == "description of its own":
        shutil.copy(facts / "csv-metadata.json", source)
    elif what == "unknown document":
        edit("arms.tsv", f"{SOURCE}\tAVEX", "ohara-2016\tAVEX")
    elif what == "no batch":
        for batch in filter(Path.is_dir, facts.iterdir()):
            shutil.rmtree(batch)
    elif what == "no folder":
        shutil.rmtree(facts)


BAD_INPUT = {
    "unknown column": (4, "arms.tsv:1:lable: unknown column; rename it to 'label'"),
    "missing file": (1, "no entity is called 'arm:"),
    "duplicate id": (4, "arms.tsv:78:arm: 'CRYSTAL-FOLFIRI' is already the name of row"),
    "dangling reference": (1, ":study: no entity is called 'trial:CRISTAL'; did you mean 'CRYSTAL'?"),
    "no number": (4, "arm-results.tsv:2:value: 'abc' is not a valid decimal"),
    "interval wrong way round": (1, "the limits of the confidence interval are exchanged"),
    "wrong encoding": (4, "populations.tsv:9: byte 0xc9 is not UTF-8; save the file as UTF-8"),
    "empty table": (4, "arms.tsv: the file is empty"),
    "header only": (4, "arms.tsv: the table has a header but no rows"),
    "short row": (4, "the row has 5 cells but the header has 6"),
    "required cell empty": (4, ":regimen: the cell is empty but needs a value"),
    "unknown choice": (4, "arm-results.tsv:2:unit: 'months' is not allowed here; allowed: d, wk, mo, y, %"),
    "unknown regimen": (1, "did you mean 'FOLFIRI-cetuximab'?"),
    "broken metadata": (4, "is not valid CSVW metadata"),
    "metadata without tables": (4, "describes no table"),
    "table not described": (4, "more.tsv: the table is not described"),
    "batch without tables": (4, "other-2020: has no table; add documents.tsv"),
    "description of its own": (4, "ohhara-2016/csv-metadata.json: one description holds for all batches"),
    "unknown document": (4, "document: no document is called 'ohara-2016'; did you mean 'ohhara-2016'?"),
    "no batch": (4, "contains no batch"),
    "no folder": (4, "no such folder"),
}


@pytest.mark.parametrize("what", BAD_INPUT)
def test_bad_input_is_named_and_leaves_the_old_build(own_facts, run, tmp_path, what, edit):
    code, message = BAD_INPUT[what]
    old = tmp_path / "graph" / GRAPH_FILE
    old.parent.mkdir()
    old.write_text("the old build", encoding="utf-8")
    spoil(own_facts, edit, what)
    result = run("build", "--facts", own_facts)
    assert (result.returncode, result.stdout) == (code, ""), result.stderr
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert old.read_text(encoding="utf-8") == "the old build"
    assert sorted(path.name for path in old.parent.iterdir()) == [GRAPH_FILE]


@pytest.mark.parametrize("what", [what for what, (code, _) in BAD_INPUT.items() if code == 4])
def test_unreadable_tables_raise_input_errors(own_facts, what, edit):
    spoil(own_facts, edit, what)
    with pytest.raises(InputError):
        assemble(own_facts)


def test_all_problems_are_listed_at_once(own_facts, edit):
    edit("arm-results.tsv", "\t20.3\t", "\tabc\t")
    edit("arm-results.tsv", "\t15.6\t", "\txyz\t")
    edit("arms.tsv", "\tlabel\t", "\tlable\t")
    with pytest.raises(InputError) as caught:
        assemble(own_facts)
    assert len(str(caught.value).splitlines()) == 4  # two numbers, the unknown column, the column it should have been


def test_an_empty_table_is_one_problem_and_is_not_hidden_by_others(own_facts, edit):
    edit("arm-results.tsv", "\t20.3\t", "\tabc\t")
    (own_facts / SOURCE / "arms.tsv").write_text("", encoding="utf-8")
    (own_facts / SOURCE / "components.tsv").write_text(
        "document\tcomponent\tregimen\tdrug\tgiven\tlabel\tpassage\n", encoding="utf-8"
    )
    with pytest.raises(InputError) as caught:
        assemble(own_facts)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        f"{SOURCE}/{table}.tsv" for table in ("arm-results", "arms", "components")
    ]


def test_a_dangling_reference_names_row_and_column(own_facts, edit):
    edit("arm-results.tsv", "\tBICC-C-FOLFIRI-bevacizumab\t", "\tBICC-FOLFIRI-bevacizumab\t")
    with pytest.raises(
        DataError, match=r"arm-results\.tsv:8:arm: no entity is called 'arm:BICC-FOLFIRI-bevacizumab'; did you mean"
    ):
        assemble(own_facts)


def test_a_variant_without_a_gene_names_its_line_and_the_cure(review, tmp_path, monkeypatch):
    copy = shutil.copytree(folder("ontology"), tmp_path / "ontology")
    path = copy / "terminology.ttl"
    lines = path.read_text(encoding="utf-8").splitlines()
    start = lines.index("variant:KRAS-G12C")
    del lines[next(number for number in range(start, len(lines)) if "mcrc:atLocus" in lines[number])]
    path.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(build, "folder", lambda name: copy if name == "ontology" else folder(name))
    (found,) = check(assemble(review)).errors
    assert str(found).startswith(f"ontology/terminology.ttl:{start + 1}: error: variant:KRAS-G12C: the variant has no gene; ")
    assert "give it mcrc:atLocus with a gene, such as gene:KRAS" in found.message


def test_an_unknown_locus_of_a_variant_names_its_line_and_the_nearest(review, tmp_path, monkeypatch):
    copy = shutil.copytree(folder("ontology"), tmp_path / "ontology")
    path = copy / "terminology.ttl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("mcrc:atLocus locus:BRAF-codon-600", "mcrc:atLocus locus:BRAF-codon-601", 1), encoding="utf-8")
    monkeypatch.setattr(build, "folder", lambda name: copy if name == "ontology" else folder(name))
    with pytest.raises(
        DataError, match=r"ontology/terminology.ttl:\d+: no entity is called 'locus:BRAF-codon-601'.*BRAF-codon-600"
    ):
        assemble(review)


def test_a_stray_quotation_mark_swallows_nothing(built_review, own_facts, edit):
    edit("arms.tsv", "CAIRO2-CapeOX-bevacizumab\tCAIRO2\tCAIRO2,", 'CAIRO2-CapeOX-bevacizumab\tCAIRO2\t"CAIRO2,')
    assert len(assemble(own_facts)) == len(built_review)


@pytest.mark.complete
def test_a_second_source_stands_beside_the_first(built_review, own_facts):
    other = own_facts / "other-2020"
    shutil.copytree(own_facts / SOURCE, other)
    for path in other.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace(SOURCE, "other-2020"), encoding="utf-8")
    documents = other / "documents.tsv"
    text = documents.read_text(encoding="utf-8").replace("10.4251/wjgo.v8.i9.642\t27672422", "\t")
    documents.write_text(text, encoding="utf-8")
    both = assemble(own_facts)
    assert len(both.graphs) == len(built_review.graphs) + 1
    assert check(both).errors == ()
    one, two = (KnowledgeGraph(embed(built.graphs)) for built in (built_review, both))
    for name in ("citations", "arms-of-trial", "drug-roles", "components-of-regimen"):
        rows, once = two.ask(name).texts(), one.ask(name).texts()
        assert len(rows) == len({tuple(row) for row in rows}), f"{name}: what both sources state counts once"
        # the links lead from the references of the first only: a number of the second has one row, without a paper
        again = {tuple(row[:2]) for row in once} if name == "citations" else [row for row in once if SOURCE in row]
        assert len(rows) in (len(once), len(once) + len(again)), name


def test_a_document_is_in_one_batch(own_facts):
    shutil.copytree(own_facts / SOURCE, own_facts / "again")
    for path in (own_facts / "again").glob("*.tsv"):
        if path.name not in ("documents.tsv", "arms.tsv"):
            path.unlink()
    with pytest.raises(InputError) as caught:
        assemble(own_facts)
    said = str(caught.value).splitlines()
    assert f"{SOURCE}/documents.tsv:2:document: 'ohhara-2016' is already the name of again/documents.tsv, row 2" in said[-1]
    assert f"{SOURCE}/arms.tsv:2:arm: " in said[0]


@pytest.mark.complete
def test_documents_of_one_batch_may_state_the_same_study(own_facts):
    for name in ("documents", "references", "studies", "study-facts", "passages", "parts", "table-rows"):
        path = own_facts / SOURCE / f"{name}.tsv"
        header, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join([header, *lines, *(line.replace(SOURCE, "other-2020") for line in lines)]), encoding="utf-8")
    both = assemble(own_facts)
    assert both.disjoint
    phase = (expand("trial:CRYSTAL"), MCRC.phase, expand("phase:III"))
    assert [name for name, graph in both.graphs.items() if phase in graph] == [STATED_GRAPH]
    for document in (SOURCE, "other-2020"):
        graph = both.graphs[expand(f"source:{document}")]
        (stated,) = (
            axiom
            for axiom in graph.subjects(OWL.annotatedSource, phase[0])
            if (graph.value(axiom, OWL.annotatedProperty), graph.value(axiom, OWL.annotatedTarget)) == phase[1:]
        )
        assert graph.value(stated, DCTERMS.source) == expand(f"source:{document}")
        assert str(graph.value(stated, PROV.wasDerivedFrom)).startswith(f"https://w3id.org/mcrc-kg/id/passage/{document}.")


@pytest.mark.complete
def test_a_batch_may_have_any_name(built_review, own_facts):
    (own_facts / SOURCE).rename(own_facts / "reviews")
    (own_facts / "csv-metadata.json").unlink()  # the packaged description holds
    assert to_trig(assemble(own_facts).graphs) == to_trig(built_review.graphs)


def test_a_folder_that_cannot_be_written(built, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="choose another folder with -o"):
        write(built, tmp_path / "file" / "graph")
