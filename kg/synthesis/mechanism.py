"""Mechanisms as paths in a network: from drugs to pathways, and the mutations that cut a path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import networkx as nx
from rdflib import Literal, URIRef
from rdflib.term import Node

from kg.ask.catalogue import catalogue
from kg.ask.results import Result, Table
from kg.errors import NotFoundError

# a drug acts on a pathway itself, or on a target that participates in it
_LONGEST = 2


@dataclass(frozen=True)
class Relation:
    """One step of a path: subject, relation, object, and the place in the source (membership is part of the ontology)."""

    source: str
    words: str
    target: str
    how: str
    place: str | None
    passage: str | None


@dataclass(frozen=True)
class Cut:
    """A mutation with which a drug loses its effect: the locus, the encoded protein, and the places in the source."""

    locus: str
    protein: str
    places: tuple[str, ...]
    passages: tuple[str, ...]


@dataclass(frozen=True)
class Path:
    """One path from a drug to a pathway (or to a target of no pathway), and the mutations that cut it."""

    steps: tuple[Relation, ...]
    cuts: tuple[Cut, ...]

    @property
    def drug(self) -> str:
        """The drug at the start of the path."""
        return self.steps[0].source

    @property
    def end(self) -> str:
        """The pathway or target at the end of the path."""
        return self.steps[-1].target

    @property
    def direct(self) -> bool:
        """Whether the drug acts on a target of the pathway itself."""
        return self.steps[0].how == "direct"

    def __str__(self) -> str:
        """The steps as text, then the mutations that cut the path."""
        words = self.drug + "".join(f" – {step.words} → {step.target}" for step in self.steps)
        loci = ", ".join(cut.locus for cut in self.cuts)
        return f"{words}; cut by mutation of {self.cuts[0].protein} at {loci}" if self.cuts else words


@dataclass(frozen=True)
class Mechanism:
    """The paths of some drugs, with forms as a table and as a network."""

    paths: tuple[Path, ...]
    things: Mapping[str, str] = field(default_factory=dict)  # the IRI of each drug, target, pathway and locus by label
    loci: tuple[str, ...] = ()  # the labels of all loci in the graph
    wholes: Mapping[str, frozenset[str]] = field(default_factory=dict)  # the loci that contain each locus, by label

    def __str__(self) -> str:
        """One line per path."""
        return "\n".join(map(str, self.paths))

    @cached_property
    def drugs(self) -> list[str]:
        """The drugs, in order."""
        return sorted({path.drug for path in self.paths})

    def to_table(self) -> Table:
        """One row per path: drug, direct or indirect, steps, pathway or target, and the loci whose mutation cuts the path."""
        columns = ("drug", "how", "steps", "pathway_or_target", "cut_by_mutation_at", "places", "passage_iri")
        return Table(columns, tuple(tuple(None if cell is None else cell for cell in _row(path)) for path in self.paths))

    def to_networkx(self) -> nx.MultiDiGraph:
        """The network of the paths; nodes have a ``layer`` (drug, target, pathway), edges their relation and place."""
        graph = nx.MultiDiGraph()
        for path in self.paths:
            for number, step in enumerate(path.steps):
                member = step.how == "member"
                graph.add_node(step.source, layer="target" if member else "drug")
                ends_pathway = member or step.words == "inhibits pathway"
                graph.add_node(step.target, layer="pathway" if ends_pathway else "target")
                graph.add_edge(step.source, step.target, key=step.words, relation=step.words, how=step.how, step=number)
        return graph

    def shared(self, one: str, other: str) -> list[str]:
        """The names of the targets and pathways that both drugs act on.

        Raises :class:`~kg.errors.NotFoundError` for a drug without a path.
        """
        graph = self.to_networkx()
        for drug in (one, other):
            if drug not in graph:
                raise NotFoundError(f"no path is stated for '{drug}'; there are paths for {', '.join(self.drugs)}")
        return sorted(nx.descendants(graph, one) & nx.descendants(graph, other))

    def why_not(self, locus: str) -> list[Path]:
        """The paths that a mutation at a locus, or at one that contains it, cuts; empty where the source states none.

        Raises :class:`~kg.errors.NotFoundError` for an unknown locus.
        """
        if locus not in self.loci:
            raise NotFoundError(f"no locus is called '{locus}'; the loci are {'; '.join(self.loci)}")
        mutated = {locus, *self.wholes.get(locus, ())}
        return [path for path in self.paths if any(cut.locus in mutated for cut in path.cuts)]

    def _repr_html_(self) -> str:
        return self.to_table()._repr_html_()


def _row(path: Path) -> tuple[Any, ...]:
    places = dict.fromkeys(step.place for step in path.steps if step.place)
    loci = ", ".join(cut.locus for cut in path.cuts)
    return (
        Literal(path.drug),
        Literal("direct" if path.direct else "indirect"),
        Literal("".join(f" – {step.words} → {step.target}" for step in path.steps).removeprefix(" – ")),
        Literal(path.end),
        Literal(loci) if loci else None,
        Literal("; ".join(places)),
        URIRef(path.steps[0].passage) if path.steps[0].passage else None,
    )


def mechanism(query: Callable[[str], Result], only: Iterable[str] = (), document: Node | None = None) -> Mechanism:
    """The paths of all drugs, or those that contain one of the entities in ``only`` (IRIs of drugs, targets or pathways).

    ``document`` is the document that states the actions of the drugs; without it, all do.

    A path is cut when the source says that the drug loses its effect by a mutation at a locus, and the protein of that gene
    participates in the pathway at the end of the path. The source does not say that this is the mechanism.

    Raises :class:`~kg.errors.NotFoundError` when there is no such path.
    """
    return _paths(_rows(query, {} if document is None else {"document": [document]}), set(only))


def shared(query: Callable[[str], Result], one: URIRef, other: URIRef) -> list[str]:
    """The names of the targets and pathways that two drugs act on; empty where one of them is not a drug with a path."""
    found = _rows(query, {"drug": [one, other], "target": []})
    found += _rows(query, {"drug": [], "target": sorted({URIRef(row["to"]) for row in found})})
    names = {row["from"]: row["from_label"] for row in found if row["how"] in ("direct", "indirect")}
    if not {str(one), str(other)} <= set(names):
        return []
    return _paths(found, set()).shared(names[str(one)], names[str(other)])


def _rows(query: Callable[[str], Result], values: Mapping[str, Sequence[Node]] = MappingProxyType({})) -> list[dict[str, Any]]:
    rows = query(catalogue("synthesis")["mechanism"].bind(values))
    assert isinstance(rows, Table)
    return list(rows)


def _paths(found: Sequence[dict[str, Any]], wanted: set[str]) -> Mechanism:
    graph = nx.MultiDiGraph()
    for row in found:
        if row["how"] in ("direct", "indirect", "member"):
            step = Relation(row["from_label"], row["relation_label"], row["to_label"], row["how"], row["place"], row["passage"])
            graph.add_edge(row["from"], row["to"], key=(row["relation"], row["passage"]), step=step)
    genes = _Genes.of(found)
    paths = [
        Path(tuple(graph.edges[edge]["step"] for edge in edges), genes.cuts(edges))
        for drug in _drugs(found)
        for edges in _ways(graph, drug)
        if not wanted or wanted & {node for edge in edges for node in edge[:2]}
    ]
    if not paths:
        raise NotFoundError(
            "no path from a drug to a pathway contains it; 'mcrc-kg plot mechanism' without a name draws all paths"
        )
    things = {row[f"{end}_label"]: row[end] for row in found for end in ("from", "to")}
    loci = tuple(sorted(row["from_label"] for row in found if row["how"] == "gene"))
    parts = [(row["from_label"], row["to_label"]) for row in found if row["how"] == "part"]
    wholes = {locus: frozenset(whole for part, whole in parts if part == locus) for locus in loci}
    return Mechanism(tuple(sorted(paths, key=lambda path: (path.drug, not path.direct, str(path)))), things, loci, wholes)


def _drugs(rows: Sequence[dict[str, Any]]) -> list[str]:
    return sorted({row["from"] for row in rows if row["how"] in ("direct", "indirect")})


def _ways(graph: nx.MultiDiGraph, drug: str) -> list[list[Any]]:
    ends = [node for node in nx.descendants(graph, drug) if graph.out_degree(node) == 0]
    return list(nx.all_simple_edge_paths(graph, drug, ends, cutoff=_LONGEST)) if ends else []


@dataclass(frozen=True)
class _Genes:
    """The genes in the rows of the query, and what is stated about their mutations."""

    genes: Sequence[dict[str, Any]]
    member: frozenset[tuple[str, str]]
    defeated: Mapping[tuple[str, str], Sequence[dict[str, Any]]]

    @classmethod
    def of(cls, rows: Sequence[dict[str, Any]]) -> _Genes:
        """The genes of these rows."""
        defeated: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in rows:
            if row["how"] == "defeated":
                defeated.setdefault((row["from"], row["to"]), []).append(row)
        member = frozenset((row["from"], row["to"]) for row in rows if row["how"] == "member")
        return cls([row for row in rows if row["how"] == "gene"], member, defeated)

    def cuts(self, edges: Sequence[Any]) -> tuple[Cut, ...]:
        """The mutations that cut a path."""
        drug, end = edges[0][0], edges[-1][1]
        cuts = []
        for gene in self.genes:
            if (gene["to"], end) in self.member and gene["to"] not in {edge[1] for edge in edges}:
                stated = self.defeated.get((drug, gene["from"]), [])
                if stated:
                    places = tuple(dict.fromkeys(row["place"] for row in stated))
                    cuts.append(Cut(gene["from_label"], gene["to_label"], places, tuple(row["passage"] for row in stated)))
        return tuple(cuts)
