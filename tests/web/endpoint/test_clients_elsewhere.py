"""The endpoint as clients on Node and Java ask it; each is a small program in ``tests/clients`` that prints what it got.

They run where ``.ci/run`` fetched the clients: ``MCRC_KG_COMUNICA`` names the folder of those of npm, ``MCRC_KG_JAVA`` of Maven.
"""

import os
import shutil
import subprocess

import pytest
from paths import TESTS

from kg.namespaces import PREFIXES

PROGRAMS = TESTS / "clients"
NODE, JAVA = os.environ.get("MCRC_KG_COMUNICA", ""), os.environ.get("MCRC_KG_JAVA", "")
PREFIX = "".join(f"PREFIX {name}: <{PREFIXES[name]}> " for name in ("mcrc", "rdfs"))
DRUGS = PREFIX + "SELECT DISTINCT ?drug WHERE { ?drug a mcrc:Drug }"
GRAPH = PREFIX + "CONSTRUCT { ?drug rdfs:label ?name } WHERE { ?drug a mcrc:Drug ; rdfs:label ?name }"


@pytest.fixture
def check(server, graph):
    """Run a client; what it prints is what this package finds."""
    drugs = [row["drug"] for row in graph.query(DRUGS)]
    wanted = sorted([*(f"row {drug}" for drug in drugs), "ask true", f"triples {len(graph.query(GRAPH))}", "refused 400"])

    def call(*command, **environment):
        path = os.pathsep.join(filter(None, (os.environ.get("MCRC_KG_NODE"), os.environ["PATH"])))
        words = [*map(str, command), server.address + "sparql", DRUGS, GRAPH]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, env={**os.environ, "PATH": path, **environment})
        assert done.returncode == 0, done.stderr
        assert sorted(done.stdout.splitlines()) == wanted

    return call


@pytest.mark.complete
@pytest.mark.skipif(not NODE, reason="MCRC_KG_COMUNICA names no folder with the clients of npm, as .ci/run makes")
@pytest.mark.parametrize("name", ["fetch-sparql-endpoint", "sparql-http-client"])
def test_node(check, name):
    check("node", PROGRAMS / f"{name}.mjs", CLIENTS=f"{NODE}/package.json")


@pytest.mark.complete
@pytest.mark.skipif(not JAVA, reason="MCRC_KG_JAVA names no folder with the clients of Maven, as .ci/run makes")
@pytest.mark.skipif(not shutil.which("java"), reason="Java is not here")
@pytest.mark.parametrize("name", ["Jena", "Rdf4j"])
def test_java(check, name):
    check("java", "-cp", f"{JAVA}/*", PROGRAMS / f"{name}.java")
