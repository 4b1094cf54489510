"""The network of comparisons: which treatments were compared, and by which studies.

Reference: Salanti, Research Synthesis Methods 3 (2012) 80-97 (the geometry of the network, transitivity).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from rdflib import Literal

from kg.ask.results import Table
from kg.errors import DataError, UsageError
from kg.synthesis.comparison import Arm, Comparison

if TYPE_CHECKING:
    import networkx as nx  # slow to load, and needed only for paths in the network

# the label of the node of an arm
NODES: dict[str, Callable[[Arm], str]] = {"drugs": lambda arm: arm.targeted, "regimens": lambda arm: arm.label}


@dataclass(frozen=True)
class Edge:
    """Two nodes of the network and the studies that compared them."""

    one: str
    other: str
    studies: tuple[str, ...]
    strata: tuple[str, ...]
    multi_arm: tuple[str, ...]


@dataclass(frozen=True)
class Network:
    """The compared treatments and their studies; comparisons of a node with itself are kept apart, in ``within``."""

    edges: tuple[Edge, ...]
    within: tuple[Edge, ...]
    things: Mapping[str, str] = field(default_factory=dict)  # the IRI of each node that is a single drug or regimen

    def to_networkx(self) -> nx.Graph:
        """The network; nodes are treatments, and each edge has ``studies``, ``strata`` and ``multi_arm``."""
        import networkx as nx

        graph = nx.Graph()
        for edge in self.edges:
            graph.add_edge(edge.one, edge.other, studies=edge.studies, strata=edge.strata, multi_arm=edge.multi_arm)
        return graph

    def to_table(self) -> Table:
        """One row per pair of treatments: compared directly (by which studies), only indirectly (through what), or not at all."""
        from networkx import all_shortest_paths, has_path

        graph = self.to_networkx()
        rows = []
        for one, other in combinations(sorted(graph), 2):
            link = graph.get_edge_data(one, other)
            if link:
                how, by, strata = "direct", "; ".join(link["studies"]), "; ".join(link["strata"])
            elif has_path(graph, one, other):
                ways = sorted(" – ".join(path[1:-1]) for path in all_shortest_paths(graph, one, other))
                how, by, strata = "indirect only", "through " + " or ".join(ways), None
            else:
                how, by, strata = "absent", None, None
            rows.append(tuple(None if cell is None else Literal(cell) for cell in (one, other, how, by, strata)))
        return Table(("treatment", "other_treatment", "compared", "by", "strata"), tuple(rows))

    def _repr_html_(self) -> str:
        return self.to_table()._repr_html_()


def network(found: Iterable[Comparison], by: str = "drugs", stratum: str | None = None, line: str | None = None) -> Network:
    """The network of the comparisons, in one stratum and line of therapy; both are IRIs, None for all.

    ``by`` is what a node represents: the targeted "drugs" of an arm, or its "regimens". A study that pools others is not
    counted.

    Raises :class:`~kg.errors.UsageError` for another ``by``, :class:`~kg.errors.DataError` when there is no comparison.
    """
    if by not in NODES:
        raise UsageError(f"a node cannot represent '{by}'; choose one of {', '.join(NODES)}")
    pairs: dict[tuple[str, str], list[Comparison]] = {}
    things: dict[str, str] = {}
    for one in found:
        if one.within(stratum, line) and not one.analyses:
            ends = sorted((NODES[by](one.experimental), NODES[by](one.reference)))
            pairs.setdefault((ends[0], ends[1]), []).append(one)
            things |= {NODES[by](arm): iri for arm in (one.experimental, one.reference) if (iri := _thing(arm, by))}
    if not pairs:
        raise DataError("there is no comparison in this stratum and line of therapy")
    edges = [_edge(ends, members) for ends, members in sorted(pairs.items())]
    return Network(tuple(e for e in edges if e.one != e.other), tuple(e for e in edges if e.one == e.other), things)


def _thing(arm: Arm, by: str) -> str | None:
    """The IRI of the drug or regimen that the node of an arm represents; None for several drugs, or for none."""
    if by == "regimens":
        return arm.regimen
    return arm.drugs[0].iri if len(arm.drugs) == 1 else None


def _edge(ends: tuple[str, str], members: Sequence[Comparison]) -> Edge:
    studies = tuple(sorted({one.trial for one in members}))
    return Edge(*ends, studies, tuple(sorted({one.stratum for one in members})),
                tuple(sorted({one.trial for one in members if one.arms_of_study > 2})))  # fmt: skip
