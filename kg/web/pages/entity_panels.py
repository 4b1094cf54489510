"""The panels on the page of each type of entity, in a fixed order; each is one question about the entity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from rdflib import RDF

from kg.web.pages.panels import SHELF, Panel

# the sections of a page that have several panels
EFFICACY, HARM, WORDS, MORE = "Efficacy", "Harm", "In words", "More"
ALWAYS = (EFFICACY, HARM)  # sections that say so if they are empty, where the page has them

_COMPARED = ("trial", "line_of_therapy", "population", "endpoint", "regimen", "against", "values", "effect", "p", "favours",
             "computed_level", "source")  # fmt: skip
_VALUES = ("trial", "line_of_therapy", "population", "endpoint", "regimen", "n", "value", "source")
_EVENTS = ("event", "trial", "treatment", "against", "reported", "fewer", "source")


def _without(columns: tuple[str, ...], *names: str) -> tuple[str, ...]:
    return tuple(name for name in columns if name not in names)


def _compared(heading: str, question: str, parameter: str, *without: str) -> Panel:
    return Panel(heading, question, parameter, _without(_COMPARED, *without), part=EFFICACY, outcomes="efficacy")


def _values(heading: str, parameter: str, *without: str) -> Panel:
    return Panel(heading, "arm-values", parameter, _without(_VALUES, *without), part=EFFICACY, outcomes="efficacy")


def _events(parameter: str, *without: str) -> Panel:
    return Panel("Adverse events", "safety", parameter, _without(_EVENTS, *without), part=HARM, outcomes="events")


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
    return Panel(heading, "pointing", "thing", ("relation", "thing_there", "basis"), SHELF, first="pointing-first", part=MORE)


POINTING = _pointing("Statements that refer to this entity")
_SILENT = Panel("Looked for and not reported", "not-reported", "thing",
                ("reporting_item", "looked_for", "readers", "document"), part=MORE)  # fmt: skip
_WORDS = Panel("Statements in words", "statements-about", "thing", ("kind", "statement", "trial", "passage_iri"), part=WORDS)

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
        _compared("Comparisons with this drug in the experimental arm", "comparisons-with-drug", "drug"),
        _compared("Comparisons with this drug in the reference arm", "comparisons-against-drug", "drug"),
        _events("drug"),
        _WORDS,
        Panel("Mutations that confer resistance", "resistance", "drug",
              ("locus", "mutated_target", "pathways", "remark", "place"), part=MORE),
        Panel("Actions", "actions-of-drug", "drug", ("action", "target", "passage_iri"), part=MORE),
        Panel("Roles and kind of molecule", "drug-roles", "drug", ("role", "basis"), part=MORE,
              why=("", str(RDF.type), "role_iri")),
        Panel("Regimens with this drug, and their studies", "regimens-with-drug", "drug",
              ("regimen", "holds", "trial", "arm_iri"), part=MORE),
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
        _compared("Comparisons", "comparisons", "trial", "trial", "line_of_therapy"),
        _values("Values of each arm", "trial", "trial", "line_of_therapy"),
        _events("trial", "trial"),
        Panel("Statements in words", "statements-of-study", "trial", ("topic", "statement", "document", "place"), part=WORDS),
        Panel("Claims with this study as evidence", "claims-on-study", "trial", ("direction", "claim", "note", "passage_iri"),
              part=MORE),
        Panel("Discrepancies", "discrepancies", "trial", part=MORE),
        Panel("Arms and numbers of participants", "arms-of-trial", "trial", ("regimen", "population", "n", "document", "place"),
              part=MORE),
        replace(_own("Documents with results of this study", "reports", "document", "kind", "year", "results", "best"),
                part=MORE),
        _SILENT,
    ),
    "regimen": (
        _compared("Comparisons with this regimen in the experimental arm", "comparisons", "regimen", "regimen"),
        _compared("Comparisons with this regimen in the reference arm", "comparisons", "against", "against"),
        _values("Values of arms with this regimen", "regimen", "regimen"),
        _events("regimen"),
        _WORDS,
        Panel("Components", "components-of-regimen", "regimen", ("component", "how_given", "document", "passage_iri"), part=MORE),
        Panel("All drugs in this regimen", "drugs-of-regimen", "regimen", ("drug", "always"), part=MORE),
    ),
    "arm": (
        _values("Values of this arm", "arm", "trial", "line_of_therapy", "regimen"),
        Panel("Adverse events in this arm", "arm-values", "arm", ("population", "endpoint", "n", "value", "source"), part=HARM,
              outcomes="harm"),
        POINTING,
    ),
    "population": (
        _compared("Comparisons", "comparisons", "population", "trial", "line_of_therapy", "population"),
        _values("Values of each arm", "population", "trial", "line_of_therapy", "population"),
        Panel("Comparisons of adverse events", "comparisons", "population",
              ("endpoint", "regimen", "against", "values", "effect", "p", "favours", "source"), part=HARM,
              outcomes="harm"),
        Panel("Adverse events of each arm", "arm-values", "population", ("endpoint", "regimen", "n", "value", "source"),
              part=HARM, outcomes="harm"),
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
        _compared("Comparisons", "comparisons", "endpoint", "endpoint"),
        _values("Values of each arm", "endpoint", "endpoint"),
        _events("event", "event"),
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
