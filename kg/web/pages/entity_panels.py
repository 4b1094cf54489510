"""The panels on the page of each type of entity, in a fixed order; each is one question about the entity."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rdflib import RDF

from kg.web.pages.panels import SHELF, Panel

_PLACE = ("document", "place")  # a place has its name in the document only
_COMPARED = (
    "trial",
    "population",
    "endpoint",
    "regimen",
    "against",
    "effect",
    "p",
    "authors_reading",
    "favours",
    "computed_level",
    *_PLACE,
)
_VALUES = ("trial", "population", "endpoint", "regimen", "printed", "unit", "n", *_PLACE)


def _without(columns: tuple[str, ...], *names: str) -> tuple[str, ...]:
    return tuple(name for name in columns if name not in names)


def _own(heading: str, question: str, *columns: str) -> Panel:
    return Panel(heading, question, "thing", columns, SHELF)


FACTS = Panel(
    "All statements about this entity",
    "facts",
    "thing",
    ("property", "value", "basis"),
    SHELF,
    ("", "property_iri", "value_text"),
)
LINKS = Panel("Identifiers in other databases", "links", "entity", ("identifier", "label_there", "relation", "identifier_iri"))


def _pointing(heading: str) -> Panel:
    return Panel(heading, "pointing", "thing", ("relation", "thing_there", "basis"), SHELF, first="pointing-first")


POINTING = _pointing("Statements that refer to this entity")
_SILENT = Panel("Looked for and not reported", "not-reported", "thing", ("reporting_item", "looked_for", "readers", "document"))
_WORDS = Panel("Statements in words", "statements-about", "thing", ("kind", "statement", "trial", "passage_iri"))

# the types of entities that have identifiers in other databases
LINKED = {
    *("design", "disease", "drug", "endpoint", "gene", "locus", "pathway", "regimen"),
    *("site", "state", "statistic", "target", "trial", "variant"),
}
# the parameters of the forest plot for each type of entity, from the name of the entity
DRAWN: Mapping[str, Callable[[str], Mapping[str, str]]] = {
    "drug": lambda name: {"endpoint": "OS", "drug": name},
    "trial": lambda name: {"trial": name},
}

PROFILES: Mapping[str, tuple[Panel, ...]] = {
    "drug": (
        Panel("Actions", "actions-of-drug", "drug", ("action", "target", "passage_iri")),
        Panel("Roles and kind of molecule", "drug-roles", "drug", ("role", "basis"), why=("", str(RDF.type), "role_iri")),
        Panel("Comparisons with this drug in the experimental arm", "comparisons-with-drug", "drug", _COMPARED),
        Panel("Comparisons with this drug in the reference arm", "comparisons-against-drug", "drug", _COMPARED),
        Panel("Mutations that confer resistance", "resistance", "drug",
              ("locus", "mutated_target", "pathways", "remark", "place")),
        Panel("Regimens with this drug, and their studies", "regimens-with-drug", "drug",
              ("regimen", "holds", "trial", "arm_iri")),
        _WORDS,
        _SILENT,
    ),
    "target": (
        Panel("Drugs that act on this target", "drugs-against-target", "target", ("drug", "action", "passage_iri")),
        Panel("Pathways of this target", "pathways-of-target", "target", ("pathway", "definition")),
        _WORDS,
        POINTING,
    ),
    "pathway": (
        Panel("Targets in this pathway, and their drugs", "targets-of-pathway", "pathway", ("target", "kind", "drug")),
        Panel("Drugs that act on this pathway", "drugs-against-pathway", "pathway",
              ("drug", "how", "action", "target", "passage_iri")),
        _WORDS,
    ),
    "trial": (
        Panel("Comparisons", "comparisons", "trial", _without(_COMPARED, "trial")),
        Panel("Values of each arm", "arm-values", "trial", _without(_VALUES, "trial")),
        Panel("Arms and numbers of participants", "arms-of-trial", "trial", ("regimen", "population", "n", "document", "place")),
        _own("Documents with results of this study", "reports", "document", "kind", "year", "results", "best"),
        Panel("Claims with this study as evidence", "claims-on-study", "trial", ("direction", "claim", "note", "passage_iri")),
        Panel("Discrepancies", "discrepancies", "trial", ()),
        Panel("Statements in words", "statements-of-study", "trial", ("topic", "statement", "document", "place")),
        _SILENT,
    ),
    "regimen": (
        Panel("Components", "components-of-regimen", "regimen", ("component", "how_given", "document", "passage_iri")),
        Panel("All drugs in this regimen", "drugs-of-regimen", "regimen", ("drug", "always")),
        Panel("Comparisons with this regimen in the experimental arm", "comparisons", "regimen", _without(_COMPARED, "regimen")),
        Panel("Comparisons with this regimen in the reference arm", "comparisons", "against", _without(_COMPARED, "against")),
        Panel("Values of arms with this regimen", "arm-values", "regimen", _without(_VALUES, "regimen")),
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
        Panel("Populations tested at this locus", "populations-at-locus", "locus", ("found", "trial", "population")),
        _WORDS,
        POINTING,
    ),
    "disease": (
        Panel("Studies of this disease", "studies-of-disease", "disease",
              ("trial", "stated_disease", "remark", "place", "passage_iri")),
        _WORDS,
        POINTING,
    ),
    "gene": (
        Panel("Variants in this gene", "variants", "gene", ("variant", "locus", "form_of")),
        Panel("Populations tested at this gene", "populations-at-locus", "locus", ("found", "trial", "population")),
        POINTING,
    ),
    "variant": (
        Panel("Drugs that lose their effect by this variant", "resistance-by-variant", "variant",
              ("drug", "locus", "remark", "place", "passage_iri")),
        Panel("Populations with this variant", "populations-with-variant", "variant", ("found", "trial", "population")),
        _WORDS,
        POINTING,
    ),
    "state": (
        Panel("Populations selected for this state", "populations-by-state", "state", ("trial", "population")),
        _WORDS,
        POINTING,
    ),
    "site": (_WORDS, POINTING),
    "endpoint": (
        Panel("Comparisons", "comparisons", "endpoint", _without(_COMPARED, "endpoint")),
        Panel("Values of each arm", "arm-values", "endpoint", _without(_VALUES, "endpoint")),
        _pointing("Statements that refer to this endpoint"),
    ),
    "item": (
        Panel("Studies and drugs without a report", "not-reported", "reporting_item", ("entity", "readers", "document")),
    ),
    "line": (
        Panel("Studies in this line", "studies", "line", ("trial", "kind", "phase", "design", "status", "passage_iri")),
        Panel("Claims for this line", "claims", "line", ("claim", "population", "evidence", "direction", "note", "passage_iri")),
    ),
    "claim": (
        _own("Lines of evidence", "evidence-for-claim", "direction", "trial", "results", "note", "evidence"),
        Panel("Results of the evidence", "evidence-of-claim", "claim",
              ("direction", "trial", "endpoint", "effect", "p_value", "document", "place")),
    ),
    "evidence": (_own("Results of this line of evidence", "results-of-evidence", "result", "authors_reading", "place"),),
    "result": (
        _own("Discrepancies", "discrepancies-of-result",
             "discrepancy", "kind", "value_a", "place_a", "value_b", "place_b", "note"),
        _own("Reasons for the level of evidence", "level",
             "level", "study", "feature", "stated", "stated_by"),
        _own("Other results for this population and endpoint, in all documents", "beside",
             "regimen", "against", "statistic", "printed", "unit", "p", "authors_reading", "precedence",
             "document", "place", "other"),
        _own("Claims with this result as evidence", "claims-on-result", "direction", "claim", "note", "evidence", "passage_iri"),
    ),
    "discrepancy": (_own("Both sides", "sides-of-discrepancy", "side", "value", "place"),),
    "passage": (_own("Facts from this passage", "rests-on-passage", "fact", "kind"),),
    "part": (_own("Passages with facts", "passages-of-part", "passage_iri", "printed", "table_column", "facts"),),
    "row": (_own("Cells with facts", "passages-of-part", "passage_iri", "printed", "table_column", "facts"),),
    "source": (
        _own("About this document", "document", "kind", "year", "registry_number", "identifier", "repeats"),
        _own("Results and counts of this document", "facts-of-document", "fact", "arm", "outranked_by", "place"),
        _own("Statements of this document", "statements-of-document", "entity", "property", "value", "place"),
        _own("Parts of this document", "parts-of-document", "part", "passages", "facts"),
    ),
}  # fmt: skip


def panels(kind: str) -> tuple[Panel, ...]:
    """The panels of a type of entity; for other types, the statements that refer to the entity."""
    return PROFILES.get(kind, (POINTING,))
