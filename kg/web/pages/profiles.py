"""What the page of each type of thing shows: panels in a fixed order, each one question about the thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rdflib import RDF

from kg.web.pages.panels import SHELF, Panel

_COMPARED = ("trial", "population", "endpoint", "regimen", "against", "effect", "p", "authors_reading", "level", "place")
_VALUES = ("trial", "population", "endpoint", "regimen", "printed", "unit", "n", "place")


def _without(columns: tuple[str, ...], *names: str) -> tuple[str, ...]:
    return tuple(name for name in columns if name not in names)


def _own(heading: str, question: str, *columns: str) -> Panel:
    return Panel(heading, question, "thing", columns, SHELF)


FACTS = Panel(
    "All that the graph says of it", "facts", "thing", ("property", "value", "basis"), SHELF, ("", "property_iri", "value_text")
)
LINKS = Panel("Elsewhere", "links", "entity", ("identifier", "label_there", "relation", "identifier_iri"))
POINTING = _own("What points at it", "pointing", "relation", "thing_there", "basis")
_WORDS = Panel("Said in words", "statements-about", "thing", ("kind", "statement", "trial", "passage_iri"))

# types of things that have identifiers in other vocabularies
LINKED = {"design", "drug", "endpoint", "locus", "pathway", "regimen", "statistic", "target", "trial"}
# what the forest plot of a type of thing shows, by the name of the thing
DRAWN: Mapping[str, Callable[[str], Mapping[str, str]]] = {
    "drug": lambda name: {"endpoint": "OS", "drug": name},
    "trial": lambda name: {"trial": name},
}

PROFILES: Mapping[str, tuple[Panel, ...]] = {
    "drug": (
        Panel("What it does", "actions-of-drug", "drug", ("action", "target", "passage_iri")),
        Panel("What it is", "drug-roles", "drug", ("role", "basis"), why=("", str(RDF.type), "role_iri")),
        Panel("Comparisons that test it", "comparisons-with-drug", "drug", _COMPARED),
        Panel("Comparisons against it", "comparisons-against-drug", "drug", _COMPARED),
        Panel("Mutations that defeat it", "resistance", "drug", ("locus", "mutated_target", "pathways", "remark", "place")),
        Panel("Regimens with it, and studies", "regimens-with-drug", "drug", ("regimen", "holds", "trial", "arm_iri")),
        _WORDS,
    ),
    "target": (
        Panel("Drugs that act on it", "drugs-against-target", "target", ("drug", "action", "passage_iri")),
        Panel("Pathways that it takes part in", "pathways-of-target", "target", ("pathway", "definition")),
        _WORDS,
        POINTING,
    ),
    "pathway": (
        Panel("Targets in it, and their drugs", "targets-of-pathway", "pathway", ("target", "kind", "drug")),
        Panel("How drugs reach it", "drugs-against-pathway", "pathway", ("drug", "how", "action", "target", "passage_iri")),
        _WORDS,
    ),
    "trial": (
        Panel("Comparisons", "comparisons", "trial", _without(_COMPARED, "trial")),
        Panel("Values of each arm", "arm-values", "trial", _without(_VALUES, "trial")),
        Panel("Arms and numbers of participants", "arms-of-trial", "trial", ("regimen", "population", "n", "place")),
        Panel("Claims it is evidence for or against", "claims-on-study", "trial", ("direction", "claim", "note", "passage_iri")),
        Panel("Where the review disagrees with itself", "discrepancies", "trial", ()),
        Panel("Said in words", "statements-of-study", "trial", ("topic", "statement", "place")),
    ),
    "regimen": (
        Panel("Components", "components-of-regimen", "regimen", ("component", "how_given", "passage_iri")),
        Panel("All drugs in it", "drugs-of-regimen", "regimen", ("drug", "always")),
        Panel("Comparisons that test it", "comparisons", "regimen", _without(_COMPARED, "regimen")),
        Panel("Comparisons against it", "comparisons", "against", _without(_COMPARED, "against")),
        Panel("Values of its arms", "arm-values", "regimen", _without(_VALUES, "regimen")),
        _WORDS,
    ),
    "arm": (
        Panel("Values of this arm", "arm-values", "arm", _without(_VALUES, "trial", "regimen")),
        POINTING,
    ),
    "population": (
        Panel("Comparisons", "comparisons", "population", _without(_COMPARED, "trial", "population")),
        Panel("Values of each arm", "arm-values", "population", _without(_VALUES, "trial", "population")),
        POINTING,
    ),
    "locus": (
        Panel("Populations tested here", "populations-at-locus", "locus", ("found", "trial", "population")),
        _WORDS,
        POINTING,
    ),
    "endpoint": (
        Panel("Comparisons", "comparisons", "endpoint", _without(_COMPARED, "endpoint")),
        Panel("Values of each arm", "arm-values", "endpoint", _without(_VALUES, "endpoint")),
        _own("Statements and studies that name it", "pointing", "relation", "thing_there", "basis"),
    ),
    "line": (
        Panel("Studies in this line", "studies", "line", ("trial", "kind", "phase", "design", "status", "passage_iri")),
        Panel("Claims for this line", "claims", "line", ("claim", "population", "evidence", "direction", "note", "passage_iri")),
    ),
    "claim": (
        _own("Lines of evidence", "evidence-for-claim", "direction", "trial", "results", "note", "evidence"),
        Panel("Results behind them", "evidence-of-claim", "claim",
              ("direction", "trial", "endpoint", "effect", "p_comparator", "p_value", "place")),
    ),
    "evidence": (_own("Results that it points at", "results-of-evidence", "result", "authors_reading", "place"),),
    "result": (
        _own("Where the review disagrees with itself", "discrepancies-of-result",
             "discrepancy", "kind", "value_a", "place_a", "value_b", "place_b", "note"),
        _own("What set its level of evidence", "level",
             "level", "study", "phase", "randomised", "subset", "primary_endpoint", "smallest_arm"),
        _own("Other results of this population and endpoint", "beside",
             "regimen", "against", "statistic", "printed", "unit", "p", "authors_reading", "place", "other"),
        _own("Claims that rest on it", "claims-on-result", "direction", "claim", "note", "evidence", "passage_iri"),
    ),
    "discrepancy": (_own("Both sides", "sides-of-discrepancy", "side", "value", "place"),),
    "passage": (_own("What rests on it", "rests-on-passage", "fact", "kind"),),
    "part": (_own("Places in it that facts point at", "passages-of-part", "passage_iri", "printed", "table_column", "facts"),),
    "row": (_own("Cells that facts point at", "passages-of-part", "passage_iri", "printed", "table_column", "facts"),),
    "source": (Panel("Its parts", "coverage", "", ("part", "passages", "facts")),),
}  # fmt: skip


def panels(kind: str) -> tuple[Panel, ...]:
    """The panels of a type of thing: its own, or what points at it."""
    return PROFILES.get(kind, (POINTING,))
