"""Inference with CONSTRUCT rules, which run until they add no new triple.

The rules in ``queries/rules/`` read the axioms of the ontology (subclasses, subproperties, property chains, defined classes), so
a new axiom needs no new rule, and facts that a user adds are classified without a reasoner. Rules of a stratum run after those of
the lower strata, as in stratified Datalog.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from rdflib import Graph, URIRef

from kg.engine.store import Embedded, embed
from kg.errors import DataError
from kg.namespaces import INFERRED_GRAPH
from kg.resources import folder

_ROUNDS = 20
# the header of a rule that needs all conclusions of the rules of lower strata, for example because it asks for what is missing;
# a stratum above 0 reads no conclusion of its own, and runs once
_STRATUM = "#+ stratum: "


def rules() -> dict[str, str]:
    """The rules by name, each a CONSTRUCT query."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((folder("queries") / "rules").glob("*.rq"))}


def infer(graphs: Mapping[URIRef, Graph]) -> Graph:
    """The triples that the rules add to these graphs."""
    engine = embed(graphs)
    conclude(engine)
    return engine.graph(INFERRED_GRAPH)


def conclude(data: Embedded) -> None:
    """Add what follows from the data by the rules to their graph of inferences.

    Raises :class:`~kg.errors.DataError` when there is no end to it.
    """
    strata: dict[int, list[str]] = defaultdict(list)
    for text in rules().values():
        strata[_stratum(text)].append(text)
    for _ in range(_ROUNDS):
        if not sum(data.derive(INFERRED_GRAPH, text) for text in strata[0]):
            break
    else:
        raise DataError(f"the rules still add triples after {_ROUNDS} rounds; one of them creates new terms without end")
    for number in sorted(strata.keys() - {0}):
        for text in strata[number]:
            data.derive(INFERRED_GRAPH, text)


def _stratum(text: str) -> int:
    """The stratum of a rule, 0 where its header does not name one."""
    return next((int(line.removeprefix(_STRATUM)) for line in text.splitlines() if line.startswith(_STRATUM)), 0)
