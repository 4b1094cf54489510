"""The W3C's SPARQL suites against a server of this package, over HTTP.

``python tests/w3c/fetch.py FOLDER && python tests/w3c/run.py FOLDER`` prints what was counted, and every test that does not end
as ``expected.tsv`` says. ``--write`` lists the present failures there; a person then adds the reason of each.
"""

import csv
import logging
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rdflib import Graph
from rdflib.compare import isomorphic

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from w3c.endpoint import EMPTY, endpoint
from w3c.manifests import EVALUATION, NEGATIVE, POSITIVE, SUITES, UPDATE, Case, cases, path
from w3c.solutions import READERS, as_terms, as_written, plain, read_json, read_result_set, same

EXPECTED = Path(__file__).with_name("expected.tsv")
PASSED = "passed"
GRAPHS = {"nt": "nt", "ttl": "turtle", "rdf": "xml", "jsonld": "json-ld"}  # our names, rdflib's
FROM = re.compile(r"\bFROM\b", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """How one check of a test ended; a check is a format of the answer, or what kind of test it is."""

    test: str
    check: str
    ending: str


def run(folder: Path, suite: str, client) -> Iterator[Outcome]:
    """Every test of a suite, one after the other."""
    for case in cases(folder, suite):
        if case.kind in EVALUATION:
            yield from evaluate(folder, case, client)
        elif case.kind in (*POSITIVE, *NEGATIVE):
            yield Outcome(case.iri, "syntax", syntax(folder, case, client))
        elif case.kind in UPDATE:
            yield Outcome(case.iri, "update", update(folder, case, client))
        else:
            raise ValueError(f"{case.iri}: '{case.kind}' is no kind of test known here")


def text(folder: Path, case: Case) -> str:
    """The query; relative IRIs are those of its file, which the protocol has no parameter for."""
    return f"BASE <{case.query}>\n" + path(folder, case.query).read_bytes().decode("utf-8", "surrogateescape")


def syntax(folder: Path, case: Case, client) -> str:
    """Whether a query parses: what parses is answered, over no data."""
    status, _ = client.post(query=text(folder, case), default_graph_uri=EMPTY)
    if case.kind in NEGATIVE:
        return PASSED if status == 400 else f"status {status}"
    return PASSED if status == 200 else f"status {status}"


def update(folder: Path, case: Case, client) -> str:
    """Whether an update is refused: the endpoint only reads."""
    status, _ = client.post(update=text(folder, case))
    return PASSED if status == 403 else f"status {status}"


def evaluate(folder: Path, case: Case, client) -> Iterator[Outcome]:
    """The answer in each format; the others are compared where the first is right."""
    query = text(folder, case)
    scope = {}
    if case.data or case.named or not FROM.search(query):
        scope = {"default_graph_uri": case.data or (EMPTY,), "named_graph_uri": case.named}
    expected = read(folder, case.result)
    graph = isinstance(expected, Graph)
    forms = list(GRAPHS if graph else READERS)
    if isinstance(expected, bool):
        forms = ["json", "xml"]
    if case.result.endswith(".csv"):
        forms = ["csv"]
    bodies = {}
    for form in forms:
        status, bodies[form] = client.post(query=query, format=form, **scope)
        if status != 200:
            ending = f"status {status}"
        elif graph:
            ending = PASSED if _same_graph(expected, bodies[form], GRAPHS[form]) else "another answer"
        elif form == "csv" and "json" in bodies:
            ending = _compare(plain(read_json(bodies["json"])), READERS["csv"](bodies[form]), case)
        else:
            ending = _compare(expected, READERS[form](bodies[form]), case)
        yield Outcome(case.iri, form, ending)
        if form == forms[0] and ending != PASSED:
            return


def read(folder: Path, address: str):
    """What is expected: solutions, a truth value or a graph."""
    file = path(folder, address)
    form = {".srj": "json", ".srx": "xml", ".tsv": "tsv", ".csv": "csv"}.get(file.suffix)
    if form:
        return READERS[form](file.read_bytes())
    with as_written():
        graph = Graph().parse(file, publicID=address)
    answer = read_result_set(graph)
    return graph if answer is None else answer


def _compare(expected, got, case: Case) -> str:
    return PASSED if same(expected, got, case.lax) else "another answer"


def _same_graph(expected: Graph, body: bytes, form: str) -> bool:
    with as_written():
        got = Graph().parse(data=body, format=form)
    return isomorphic(as_terms(expected), as_terms(got))


def listed() -> dict[tuple[str, str], tuple[str, str]]:
    """The checks that are known to fail: how they end, and why."""
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        return {(row["test"], row["check"]): (row["ending"], row["reason"]) for row in csv.DictReader(file, delimiter="\t")}


def surprises(outcomes: list[Outcome]) -> Iterator[str]:
    """Every check that does not end as listed: one that fails unlisted, or in another way, and a listed one that passes."""
    known = listed()
    for one in outcomes:
        wanted, _ = known.get((one.test, one.check), (PASSED, ""))
        if one.ending != wanted:
            yield f"{one.test} ({one.check}): {one.ending}; expected: {wanted}"


def main(folder: Path, write: bool) -> int:
    """The command; its exit status comes back."""
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)  # numbers that are none are part of the tests
    found, wrong = [], 0
    with tempfile.TemporaryDirectory() as work, endpoint(folder, Path(work)) as client:
        for suite in SUITES:
            outcomes = list(run(folder, suite, client))
            for kind in ("query", "syntax", "update"):
                of_kind = [one for one in outcomes if (one.check if one.check in ("syntax", "update") else "query") == kind]
                failed = {one.test for one in of_kind if one.ending != PASSED}
                tests = {one.test for one in of_kind}
                if tests:
                    print(f"{suite} {kind}: {len(tests) - len(failed)} of {len(tests)} tests passed")
            forms = Counter(one.check for one in outcomes if one.ending == PASSED)
            print(f"{suite} by check: " + ", ".join(f"{form} {number}" for form, number in sorted(forms.items())))
            for line in surprises(outcomes):
                wrong += 1
                print(line)
            found += outcomes
    if write:
        known = listed()
        with EXPECTED.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, delimiter="\t", lineterminator="\n")
            rows.writerow(["test", "check", "ending", "reason"])
            for one in found:
                if one.ending != PASSED:
                    rows.writerow([one.test, one.check, one.ending, known.get((one.test, one.check), ("", ""))[1]])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "--write" in sys.argv[2:]))
