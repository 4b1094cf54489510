"""Generates docs/terms.md and part of docs/ontology.md from the ontology: python docs/terms.py [FOLDER].

A table cell lists questions or shapes that use few terms first, because they show a term best.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from rdflib import OWL, RDF, RDFS, SKOS, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from kg.namespaces import MCRC, PREFIXES, contract, expand

HERE = Path(__file__).parent
ROOT = HERE.parent
DEFINITION = expand("obo:IAO_0000115")
# the top classes of the tree, all from PROV-O
ROOTS = tuple(URIRef(PREFIXES["prov"] + name) for name in ("Activity", "Entity"))
# the classes of the subjects and values of a property, as axioms or as documentation from which nothing is inferred
DOMAINS, RANGES = (RDFS.domain, expand("dcam:domainIncludes")), (RDFS.range, expand("dcam:rangeIncludes"))
SHOWN = 3
MOVED = re.compile(r"(?<=<!-- begin: made by docs/terms.py -->\n).*(?=<!-- end -->)", re.DOTALL)


class Vocabulary:
    """The ontology for readers: labels, definitions, the class tree, and the inferences of a reasoner."""

    def __init__(self) -> None:
        self.terms = Graph()
        for name in ("terms", "terminology"):
            self.terms.parse(ROOT / "ontology" / f"{name}.ttl")
        self.shown = Graph().parse(ROOT / "ontology" / "release" / "mcrc-kg.ttl")
        self.inferred = Graph().parse(ROOT / "ontology" / "inferred.ttl")

    def label(self, term: Node) -> str:
        """The label, or the name where it has none."""
        return str(self.shown.value(term, RDFS.label) or name(term))

    def definition(self, term: Node) -> str:
        """The definition in a sentence."""
        return str(self.terms.value(term, DEFINITION) or "")

    def text(self, term: Node, kind: Node) -> str:
        """One annotation of a term."""
        return str(self.terms.value(term, kind) or "")

    def conditions(self, term: Node) -> list[str]:
        """The necessary conditions of a class, in the words that an ontology editor uses."""
        return sorted(self._part(one) for one in self.terms.objects(term, RDFS.subClassOf) if not isinstance(one, URIRef))

    def sorted(self, terms: Iterable[Node]) -> list[Node]:
        """Terms in the order of their labels, each once."""
        return sorted(set(terms), key=lambda term: (self.label(term).casefold(), str(term)))

    def above(self, term: Node) -> Node | None:
        """The class stated to be directly above a class, apart from its necessary conditions."""
        return next((one for one in self.terms.objects(term, RDFS.subClassOf) if isinstance(one, URIRef)), None)

    def narrower(self, term: Node) -> list[Node]:
        """The classes stated to be directly below a class."""
        return self.sorted(self.terms.subjects(RDFS.subClassOf, term))

    def tree(self) -> Iterator[tuple[int, Node]]:
        """Every class with its depth, each after the one it lies under."""
        stack = [(0, root) for root in reversed(ROOTS)]
        while stack:
            depth, term = stack.pop()
            yield depth, term
            stack += [(depth + 1, below) for below in reversed(self.narrower(term))]

    def defined(self) -> list[Node]:
        """The defined classes, in the order of the tree."""
        return [term for _, term in self.tree() if (term, OWL.equivalentClass, None) in self.terms]

    def moved(self, term: Node) -> list[Node]:
        """The individuals that a reasoner classifies in a class."""
        return self.sorted(self.inferred.subjects(RDF.type, term))

    def expression(self, term: Node) -> str:
        """What a defined class is equivalent to, in the words that an ontology editor uses."""
        whole = self.terms.value(term, OWL.equivalentClass)
        parts = Collection(self.terms, self.terms.value(whole, OWL.intersectionOf))
        return " **and** ".join(self._part(part) for part in parts)

    def _part(self, part: Node) -> str:
        if isinstance(part, URIRef):
            return self.label(part)
        on = self.label(self.terms.value(part, OWL.onProperty))
        for kind, word in ((OWL.hasValue, "value"), (OWL.someValuesFrom, "some")):
            if (filler := self.terms.value(part, kind)) is not None:
                return f"({on} **{word}** {self.label(filler)})"
        raise ValueError(f"no text for {part}")

    def chains(self, term: Node) -> list[str]:
        """The property chains from which a property follows."""
        heads = self.terms.objects(term, OWL.propertyChainAxiom)
        return sorted(" then ".join(self.label(one) for one in Collection(self.terms, head)) for head in heads)


def name(term: Node) -> str:
    """The prefixed name of a term."""
    return contract(str(term)) or str(term)


def users(folder: str, ending: str) -> dict[str, list[str]]:
    """For each local name of a term, the files that use it as Markdown links, those that use the fewest terms first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for path in sorted((ROOT / folder).glob(f"*.{ending}")):
        used = set(re.findall(r"\bmcrc:(\w+)", path.read_text(encoding="utf-8")))
        for term in used:
            found.setdefault(term, []).append((len(used), f"[{path.stem}](../{folder}/{path.name})"))
    return {term: [link for _, link in sorted(links)] for term, links in found.items()}


def few(words: list[str], most: int = SHOWN, joint: str = ", ") -> str:
    """A shortened list with the number of omitted items; a single item is never omitted."""
    if len(words) <= most + 1:
        return joint.join(words)
    return f"{joint.join(words[:most])} and {len(words) - most} more"


def row(*cells: str) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |\n"


def table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    return row(*heads) + row(*["---"] * len(heads)) + "".join(row(*cells) for cells in rows)


def reference(words: Vocabulary) -> str:
    """The whole of docs/terms.md."""
    asked, checked = users("queries", "rq"), users("shapes", "ttl")

    def use(term: Node) -> tuple[str, str]:
        local = str(term).removeprefix(str(MCRC))
        return few(asked.get(local, [])), few(checked.get(local, []))

    def link(term: Node) -> str:
        return f"[{words.label(term)}](#{local(term)})"

    def local(term: Node) -> str:
        return name(term).replace(":", "-")

    def head(term: Node) -> str:
        return f'<a id="{local(term)}"></a>{words.label(term)} `{name(term)}`'

    def of_class(depth: int, term: Node) -> tuple[str, ...]:
        above = words.above(term)
        meaning = [words.definition(term), words.text(term, SKOS.scopeNote)]
        if (term, OWL.equivalentClass, None) in words.terms:
            meaning.append(f"≡ {words.expression(term)}.")
        if needed := words.conditions(term):
            meaning.append(f"Every member: {', '.join(needed)}.")
        meaning.append(f"Example: *{words.text(term, SKOS.example)}*.")
        return "· " * depth + head(term), " ".join(meaning), link(above) if above else "", *use(term)

    def of_property(term: Node) -> tuple[str, ...]:
        def classes(ends: Iterable[Node]) -> str:
            found = words.sorted(one for end in ends for one in words.terms.objects(term, end))
            return " or ".join(link(one) if (one, RDF.type, OWL.Class) in words.terms else f"`{name(one)}`" for one in found)

        more = [f"Under {link(wider)}." for wider in words.sorted(words.terms.objects(term, RDFS.subPropertyOf))]
        more += [f"Follows from {chain}." for chain in words.chains(term)]
        if (term, RDF.type, OWL.ObjectProperty) not in words.terms and (
            term,
            RDF.type,
            OWL.FunctionalProperty,
        ) not in words.terms:
            more.append("May have several values.")
        return head(term), f"{classes(DOMAINS)} → {classes(RANGES)}", " ".join([words.definition(term), *more]), *use(term)

    def properties(kind: Node) -> list[Node]:
        return words.sorted(term for term in words.terms.subjects(RDF.type, kind) if str(term).startswith(str(MCRC)))

    borrowed = words.sorted(words.terms.subjects(RDF.type, OWL.AnnotationProperty))
    ends = ("questions", "shapes")
    return "\n".join(
        [
            "# The terms\n",
            "Generated by `python docs/terms.py` from the ontology; do not edit. See also [the ontology](ontology.md).",
            f"`mcrc:` is `{MCRC}`. Questions and shapes that use few terms come first.\n",
            "## Classes\n",
            "In the order of the tree. A class with ≡ is a defined class: a reasoner classifies individuals in it.",
            "*Every member* introduces the necessary conditions of a class.\n",
            table(("class", "definition", "under", *ends), (of_class(*one) for one in words.tree())),
            "## Object properties\n",
            table(("property", "from → to", "definition", *ends), map(of_property, properties(OWL.ObjectProperty))),
            "## Datatype properties\n",
            "At most one value, unless stated otherwise.\n",
            table(("property", "from → to", "definition", *ends), map(of_property, properties(OWL.DatatypeProperty))),
            "## Annotation properties, from other vocabularies\n",
            table(("property", "definition"), ((head(term), words.definition(term)) for term in borrowed)),
        ]
    )


def moves(words: Vocabulary) -> str:
    """The inferences of a reasoner, as the generated part of docs/ontology.md."""
    filed = ((term, words.moved(term)) for term in words.defined())
    rows = (
        (words.label(term), words.expression(term), str(len(found)), few([words.label(one) for one in found], 4, "; "))
        for term, found in filed
    )
    below = [
        f"{words.label(s)} under {words.label(o)}"
        for s in words.defined()
        for o in words.sorted(words.inferred.objects(s, RDFS.subClassOf))
    ]
    relations = [
        f"{words.label(p)} ({sum(1 for _ in words.inferred.triples((None, p, None)))})"
        for p in words.sorted(set(words.inferred.predicates()) - {RDF.type, RDFS.subClassOf})
    ]
    return (
        table(("defined class", "equivalent to", "number", "inferred members"), rows)
        + f"\nInferred subclass relations: {'; '.join(below)}.\n\n"
        + f"Inferred relations between individuals: {', '.join(relations)}.\n"
    )


def main(folder: Path) -> None:
    """Write the two pages to a folder."""
    words = Vocabulary()
    (folder / "terms.md").write_text(reference(words), encoding="utf-8", newline="\n")
    page = (HERE / "ontology.md").read_text(encoding="utf-8")
    text, count = MOVED.subn(lambda _: moves(words), page)
    if count != 1:
        raise ValueError("docs/ontology.md has no markers for the generated part")
    (folder / "ontology.md").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
