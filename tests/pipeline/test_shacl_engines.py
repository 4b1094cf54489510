"""The shapes in SHACL engines of others: the same focus nodes, severities and messages as here, on failing examples.

pySHACL reads them in ``test_constraints.py``; Apache Jena, RDF4J and TopBraid run where ``.ci/run`` fetched them with Maven.
"""

import os
import re
import shutil
import subprocess

import pytest
from paths import TESTS
from rdflib import SH, BNode

from kg.engine.store import Embedded
from kg.pipeline.constraints import violations
from kg.pipeline.validate import complete, shapes

JAVA = os.environ.get("MCRC_KG_JAVA", "")
PROGRAM = TESTS / "clients" / "Validate.java"
EVERY = bool(os.environ.get("MCRC_KG_EVERY_EXAMPLE"))
# each example is read by one engine of others, for time: pySHACL reads every sixth in test_constraints.py
READERS = ("pyshacl", "jena", "rdf4j", "jena", "topbraid", "topbraid")
EXAMPLES = sorted((TESTS / "bad").glob("*.ttl"))
BAD = {
    engine: [one for at, one in enumerate(EXAMPLES) if EVERY or READERS[at % len(READERS)] == engine]
    for engine in ("jena", "rdf4j", "topbraid")
}
GOOD = ("good.nt", "reviewed.nt")
EVERYTHING = "CONSTRUCT WHERE { ?s ?p ?o }"

pytestmark = [
    pytest.mark.complete,
    pytest.mark.usefixtures("_files_are_read_once"),
    pytest.mark.skipif(not JAVA, reason="MCRC_KG_JAVA names no folder with the SHACL engines of Maven, as .ci/run makes"),
    pytest.mark.skipif(not shutil.which("java"), reason="Java is not here"),
]


@pytest.fixture(params=BAD)
def engine(request):
    return request.param


@pytest.fixture
def examples(engine, tmp_path, reviewed):
    """A folder with the shapes and the data of each example, completed as for validation, and what is found here."""
    folder = tmp_path
    (folder / "data").mkdir()
    required = shapes()
    required.serialize(folder / "shapes.ttl", format="turtle")
    found = set()
    for path in [*BAD[engine], TESTS / "good.ttl"]:
        data = Embedded.united()
        data.load_file(path)
        complete(data)
        (folder / "data" / f"{path.stem}.nt").write_bytes(data.document(EVERYTHING, ["nt"]).body)
        for one in violations(required, data):
            focus = "" if isinstance(one.focus, BNode) else str(one.focus)
            found.add((f"{path.stem}.nt", focus, one.severity.removeprefix(str(SH)), one.message))
    (folder / "data" / "reviewed.nt").write_bytes(reviewed.document(EVERYTHING, ["nt"]).body)
    return folder, found


def reports(engine, folder):
    """The files that an engine has validated, and its results: file, focus node, severity, message."""
    words = ["java", "-cp", f"{JAVA}/*", PROGRAM, engine, folder / "shapes.ttl", folder / "data"]
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    lines = [tuple(line.split("\t")) for line in done.stdout.splitlines()]
    return [line[0] for line in lines if len(line) == 1], {line for line in lines if len(line) == 4}


def fits(message, found):
    """Whether a message with placeholders such as ``{?value}`` is that of a result, where they are filled."""
    return re.fullmatch(".*".join(map(re.escape, re.split(r"\{\?\w+\}", message))), found)


def test_an_engine_reads_the_shapes_as_we_do(engine, examples):
    folder, ours = examples
    files, theirs = reports(engine, folder)
    assert files == sorted([*(f"{path.stem}.nt" for path in BAD[engine]), *GOOD])
    assert {file for file, *_ in theirs}.isdisjoint(GOOD)
    assert {file for file, *_ in theirs} == {f"{path.stem}.nt" for path in BAD[engine]}
    assert {one[:3] for one in theirs} == {one[:3] for one in ours}
    if engine == "rdf4j":  # it leaves placeholders as they are; the recommendation says that an engine should fill them
        assert [a for a in ours if not any(a[:3] == b[:3] and fits(b[3], a[3]) for b in theirs)] == []
        assert [b for b in theirs if not any(a[:3] == b[:3] and fits(b[3], a[3]) for a in ours)] == []
    else:
        assert theirs == ours
