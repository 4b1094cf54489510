"""The network of comparisons: which treatments were compared, and by which studies.

Reference: Salanti, Research Synthesis Methods 3 (2012) 80-97 (the geometry of the network, transitivity).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

from kg.ask.results import Table
from kg.errors import DataError, UsageError
from kg.synthesis import cells
from kg.synthesis.comparison import Arm, Comparison, Side
from kg.synthesis.contrasts import Contrast
from kg.synthesis.indirect import between

if TYPE_CHECKING:
    import networkx as nx  # slow to load

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
    sides: Mapping[str, Side]  # the regimens of each node
    things: Mapping[str, str] = field(default_factory=dict)  # the IRI of each node that is a single drug or regimen
    results: Callable[[], Sequence[Comparison]] = tuple  # all comparisons with their results, for indirect estimates
    stratum: str | None = None
    line: str | None = None

    def to_networkx(self) -> nx.Graph:
        """The network; nodes are treatments, and each edge has ``studies``, ``strata`` and ``multi_arm``."""
        import networkx as nx

        graph = nx.Graph()
        for edge in self.edges:
            graph.add_edge(edge.one, edge.other, studies=edge.studies, strata=edge.strata, multi_arm=edge.multi_arm)
        return graph

    def to_table(self) -> Table:
        """One row per pair of treatments: compared directly, or else indirectly, or neither ("absent").

        The three words mean the same as in :func:`kg.synthesis.indirect.compare`: a pair is indirect where an estimate can be
        computed through one common regimen. A path in the network alone is no comparison.
        """
        return self._pairs

    @cached_property
    def _pairs(self) -> Table:
        return cells.table(("treatment", "other_treatment", "compared", "by", "strata"), self._rows())

    def _rows(self) -> Iterator[cells.Row]:
        links = {(edge.one, edge.other): edge for edge in self.edges}
        arms = _Arms(self.results())
        near = {node: arms.partners(side) for node, side in self.sides.items()}
        for one, other in combinations(sorted({end for pair in links for end in pair}), 2):
            pair: cells.Row = {"treatment": one, "other_treatment": other}
            if edge := links.get((one, other)):
                yield {**pair, "compared": "direct", "by": "; ".join(edge.studies), "strata": "; ".join(edge.strata)}
                continue
            asked = Contrast(self.sides[one], self.sides[other], self.stratum, self.line)
            ways = () if near[one].isdisjoint(near[other]) else between(arms.of(asked), asked).indirect
            by = "; ".join(dict.fromkeys(f"{way.studies}, through {way.via}" for way in ways))
            strata = "; ".join(dict.fromkeys(way.stratum for way in ways))
            yield {**pair, "compared": "indirect" if ways else "absent", "by": by, "strata": strata}

    def _repr_html_(self) -> str:
        return self.to_table()._repr_html_()


class _Arms:
    """The comparisons by the regimens of their arms, so that each pair of treatments only reads its own."""

    def __init__(self, found: Iterable[Comparison]) -> None:
        self._own: dict[str, list[Comparison]] = defaultdict(list)
        self._partners: dict[str, set[str]] = defaultdict(set)
        for one in found:
            for here, there in (one.pair, one.pair[::-1]):
                self._own[here].append(one)
                self._partners[here].add(there)

    def partners(self, side: Side) -> set[str]:
        """The regimens that a side was compared with."""
        return set().union(*(self._partners[each] for each in side.regimens))

    def of(self, asked: Contrast) -> list[Comparison]:
        """The comparisons with an arm of either side, each once."""
        either = sorted(asked.experimental.regimens | asked.reference.regimens)
        return [*{id(one): one for each in either for one in self._own[each]}.values()]


def network(
    found: Iterable[Comparison],
    by: str = "drugs",
    stratum: str | None = None,
    line: str | None = None,
    results: Callable[[], Sequence[Comparison]] = tuple,
) -> Network:
    """The network of the comparisons, in one stratum and line of therapy; both are IRIs, None for all.

    ``by`` is what a node represents: the targeted "drugs" of an arm, or its "regimens". A study that pools others is not
    counted. ``results`` gives the comparisons with their results, from which indirect estimates can be computed.

    Raises :class:`~kg.errors.UsageError` for another ``by``, :class:`~kg.errors.DataError` when there is no comparison.
    """
    if by not in NODES:
        raise UsageError(f"a node cannot represent '{by}'; choose one of {', '.join(NODES)}")
    pairs: dict[tuple[str, str], list[Comparison]] = {}
    things: dict[str, str] = {}
    regimens: dict[str, set[str]] = defaultdict(set)
    for one in found:
        if one.within(stratum, line) and not one.analyses:
            ends = sorted((NODES[by](one.experimental), NODES[by](one.reference)))
            pairs.setdefault((ends[0], ends[1]), []).append(one)
            for arm in (one.experimental, one.reference):
                regimens[NODES[by](arm)].add(arm.regimen)
            things |= {NODES[by](arm): iri for arm in (one.experimental, one.reference) if (iri := _thing(arm, by))}
    if not pairs:
        raise DataError("there is no comparison in this stratum and line of therapy")
    edges = [_edge(ends, members) for ends, members in sorted(pairs.items())]
    between_nodes, inside = (tuple(e for e in edges if (e.one != e.other) is apart) for apart in (True, False))
    sides = {node: Side(node, frozenset(own)) for node, own in regimens.items()}
    return Network(between_nodes, inside, sides, things, results, stratum, line)


def _thing(arm: Arm, by: str) -> str | None:
    """The IRI of the drug or regimen that the node of an arm represents; None for several drugs, or for none."""
    if by == "regimens":
        return arm.regimen
    if arm.choice and not arm.drugs:
        return arm.regimen
    return arm.drugs[0].iri if len(arm.drugs) == 1 else None


def _edge(ends: tuple[str, str], members: Sequence[Comparison]) -> Edge:
    studies = tuple(sorted({one.trial for one in members}))
    return Edge(*ends, studies, tuple(sorted({one.stratum for one in members})),
                tuple(sorted({one.trial for one in members if one.arms_of_study > 2})))  # fmt: skip
