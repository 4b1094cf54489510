"""A short description of the schema of the graph: what a program or a language model needs to write a query.

It is generated from the ontology in the graph and from the SHACL shapes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from rdflib import SH, Graph
from rdflib.collection import Collection
from rdflib.term import Node

from kg.ask.catalogue import Question, catalogue
from kg.ask.results import Result, Table
from kg.namespaces import ID, PREFIXES, TYPES, contract
from kg.resources import folder

EXAMPLES = ("effects",)  # of the queries of the schema
_INTRODUCED = ("AsPrinted", ":wasDerivedFrom", ":inScope")  # ends of properties that the introduction explains
_SHORT = 24  # characters; a longer example is a composed name, which nobody types
_MARKS = {(1, 1): "1", (0, 1): "?", (1, None): "+", (0, None): "*"}
_INTRODUCTION = """\
SPARQL 1.1; the default graph is the union of all graphs, with inferences. A name without a prefix is mcrc:NAME. After a
property: 1 exactly one, ? at most one, + at least one, * any number; ^ inverse; then the class or datatype of its values, unless
its name ends with it. Named entities have an rdfs:label, many a skos:notation (OS, HR, …).

Results, claims, statements, studies and components have prov:wasDerivedFrom, a Passage: printed is the figure, the rdfs:label
of its inPart the place in words, ofDocument of that the document. What documents state of studies, arms, populations and drugs
are plain triples; an owl:Axiom (owl:annotatedSource, owl:annotatedProperty, owl:annotatedTarget) has the document
(dcterms:source) and the passage. XAsPrinted has the printed digits of X. What is not printed is absent, never 0. A number in text
and table, or in two documents, is two results; of several documents, those with mcrc:inScope scope:best go first."""


@dataclass(frozen=True)
class Property:
    """One property of a class: its prefixed name, the number of values, their class or datatype, the allowed values."""

    name: str
    least: int
    most: int | None
    ranges: tuple[str, ...]
    choices: tuple[str, ...] = ()
    inverse: bool = False

    def __str__(self) -> str:
        """The property in the text of the schema."""
        mark = _MARKS.get((self.least, self.most)) or f"{self.least}..{self.most or '*'}"
        values = f'"{"|".join(self.choices)}"' if self.choices else "|".join(map(_bare, self.ranges))
        if _bare(self.name).lower().endswith(values.lower()):
            values = ""
        return f"{'^' * self.inverse}{_bare(self.name)} {mark} {values}".rstrip()


@dataclass(frozen=True)
class Class:
    """One class: its prefixed name, its parent, the number of members, an example, whether it is defined, its properties."""

    name: str
    parent: str
    members: int
    example: str
    defined: bool
    properties: tuple[Property, ...]

    def __str__(self) -> str:
        """The class in the text of the schema."""
        kind = f" < {_bare(self.parent)}" if self.parent.startswith("mcrc:") else ""
        properties = "; ".join(str(one) for one in self.properties if not one.name.endswith(_INTRODUCED))
        example = f", {self.example}" if len(self.example) <= _SHORT else ""
        return f"{_bare(self.name)}{kind} ({self.members}{example}): {properties}"


@dataclass(frozen=True)
class Schema:
    """The classes in alphabetical order, and queries as examples; ``str`` returns the text."""

    classes: tuple[Class, ...]
    examples: tuple[Question, ...]

    def __str__(self) -> str:
        """The schema as Markdown."""
        described = [one for one in self.classes if one.properties]
        kinds: dict[str, list[Class]] = defaultdict(list)
        for one in self.classes:
            if not one.properties:
                kinds[_bare(one.parent) if one.parent.startswith("mcrc:") else ""].append(one)
        parts = [
            _INTRODUCTION,
            "## Prefixes (no declaration needed)\n" + prefix_lines(),
            "## Classes (members, a short example): properties\n" + "\n".join(f"- {one}" for one in described),
            "## Further classes, for patterns with `a` (number of members; * inferred)\n" + "\n".join(_kinds(kinds)),
            *(f"## Example: {asked.summary}\n```sparql\n{body(asked)}\n```" for asked in self.examples),
        ]
        return "\n\n".join(parts) + "\n"


def schema(query: Callable[[str], Result]) -> Schema:
    """The schema of the graph behind a query function, such as :meth:`kg.graph.KnowledgeGraph.answer`."""
    shelf = catalogue("schema")
    demanded = _demanded()
    declared, domains = _declared(_rows(query, shelf["properties"]))
    classes = []
    for row in _rows(query, shelf["classes"]):
        name = _name(row["class_iri"])
        own = [one for one in declared.values() if name in domains[one.name]]
        asked = [replace(one, ranges=domains.get(one.name, ())) if one.inverse else one for one in demanded.get(name, ())]
        known = [declared[one.name] for one in asked if one.name in declared and not one.inverse]
        example = _name(row["example"]) if row["example"] else "no member"
        properties = _joined([*own, *known, *asked])
        classes.append(Class(name, _name(row["parent_iri"] or ""), row["members"], example, bool(row["defined"]), properties))
    return Schema(tuple(classes), tuple(shelf[name] for name in EXAMPLES))


def _declared(rows: Table) -> tuple[dict[str, Property], dict[str, tuple[str, ...]]]:
    """The declaration of each property in the ontology, with one or more ranges, and its domains."""
    declared: dict[str, Property] = {}
    domains: dict[str, tuple[str, ...]] = {}
    for row in rows:
        name, domain, reach = (_name(row[column]) for column in ("property_iri", "domain_iri", "range_iri"))
        ranges = dict.fromkeys((*(declared[name].ranges if name in declared else ()), reach))
        declared[name] = Property(name, 0, 1 if row["single"] else None, tuple(ranges))
        domains[name] = tuple(dict.fromkeys((*domains.get(name, ()), domain)))
    return declared, domains


def prefix_lines() -> str:
    """The prefixes, which queries need not declare; those of the entities of this graph in one line, W3C vocabularies by name."""
    return f"mcrc: <{PREFIXES['mcrc']}>\nT: <{ID}T/> for each T of: {' '.join(TYPES)}\nand owl, prov, rdfs, skos, xsd as usual"


def body(asked: Question) -> str:
    """The SPARQL of a question without its header and its PREFIX lines."""
    lines = (line for line in asked.sparql.splitlines() if not line.startswith(("#+", "PREFIX ")))
    return "\n".join(line.split(" # param:")[0] for line in lines)


def _kinds(kinds: dict[str, list[Class]]) -> Iterator[str]:
    for parent, members in sorted(kinds.items()):
        if parent:
            yield f"- {parent}: " + ", ".join(f"{_bare(one.name)}{'*' * one.defined} {one.members}" for one in members)
        else:
            yield "- without a parent: " + ", ".join(f"{_bare(one.name)} ({one.members}, {one.example})" for one in members)


def _demanded() -> dict[str, list[Property]]:
    """The constraints of the shapes on each class, one entry per property shape with a simple or inverse path."""
    shapes = Graph()
    for path in sorted(folder("shapes").glob("*.ttl")):
        shapes.parse(path)
    found: dict[str, list[Property]] = defaultdict(list)
    for shape, target in shapes.subject_objects(SH.targetClass):
        for constraint in shapes.objects(shape, SH.property):
            found[_name(target)].append(_constraint(shapes, constraint))
    return found


def _constraint(shapes: Graph, node: Node) -> Property:
    path = shapes.value(node, SH.path)
    inverse = None if path is None else shapes.value(path, SH.inversePath)
    allowed = shapes.value(node, SH["in"])
    ranges = [*shapes.objects(node, SH["class"]), *shapes.objects(node, SH.datatype)]
    most = shapes.value(node, SH.maxCount)
    return Property(
        name=_name(path if inverse is None else inverse),
        least=int(str(shapes.value(node, SH.minCount) or 0)),
        most=None if most is None else int(str(most)),
        ranges=tuple(map(_name, ranges)),
        choices=() if allowed is None else tuple(map(str, Collection(shapes, allowed))),
        inverse=inverse is not None,
    )


def _joined(parts: Iterable[Property]) -> tuple[Property, ...]:
    """One entry per property: the strictest statement of ontology and shapes; required properties come first."""
    groups: dict[tuple[str, bool], list[Property]] = defaultdict(list)
    for one in parts:
        groups[one.name, one.inverse].append(one)
    joined = []
    for (name, inverse), members in groups.items():
        most = [one.most for one in members if one.most is not None]
        ranges = next((one.ranges for one in reversed(members) if one.ranges), ())
        choices = next((one.choices for one in members if one.choices), ())
        joined.append(Property(name, max(one.least for one in members), min(most) if most else None, ranges, choices, inverse))
    return tuple(sorted(joined, key=lambda one: (one.least == 0, one.name)))


def _rows(query: Callable[[str], Result], asked: Question) -> Table:
    found = query(asked.bind({}))
    assert isinstance(found, Table)
    return found


def _name(iri: object) -> str:
    return contract(str(iri)) or str(iri)


def _bare(name: str) -> str:
    """A name without the prefixes ``mcrc:`` and ``xsd:``."""
    return name.removeprefix("mcrc:").removeprefix("xsd:")
