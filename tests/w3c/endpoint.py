"""A server of the files of all tests, each a named graph; a test chooses by the protocol which of them make its dataset."""

import http.client
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import pyoxigraph as ox
from server import served

from w3c.manifests import BASE

ENDINGS = {".ttl": ox.RdfFormat.TURTLE, ".nt": ox.RdfFormat.N_TRIPLES, ".rdf": ox.RdfFormat.RDF_XML}
EMPTY = BASE + "empty"  # a graph that no file makes


def quads(folder: Path) -> Iterator[ox.Quad]:
    """The triples of every file of the suites that parses, in a graph named by the file's address."""
    for file in sorted(folder.glob("testcases-*/**/*")):
        if file.suffix in ENDINGS:
            graph = BASE + quote(file.relative_to(folder).as_posix())
            try:
                read = ox.parse(path=str(file), format=ENDINGS[file.suffix], base_iri=graph, rename_blank_nodes=True)
                found = [ox.Quad(one.subject, one.predicate, one.object, ox.NamedNode(graph)) for one in read]
            except SyntaxError:
                continue  # a test that needs this file then fails
            yield from found


@contextmanager
def endpoint(folder: Path, work: Path):
    """The server."""
    data = Path(work) / "suites.nq"
    with data.open("wb") as out:
        ox.serialize(quads(folder), out, ox.RdfFormat.N_QUADS)
    with served(work, "--graph", data) as server, closing(Client(server)) as client:
        yield client


class Client:
    """One connection to the server."""

    def __init__(self, server):
        self.server = server
        self._connection = http.client.HTTPConnection(*server.host, timeout=60)

    def post(self, **fields) -> tuple[int, bytes]:
        """Status and body of an answer to a form; the underscores of names are hyphens, a tuple is a field several times."""
        pairs = [
            (name.replace("_", "-"), value)
            for name, values in fields.items()
            for value in ((values,) if isinstance(values, str) else values)
        ]
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", "/sparql", urlencode(pairs, errors="surrogateescape"), kind)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        """End the connection."""
        self._connection.close()
