"""The lists of entities with facets: what each list shows, its rows, and the counts of its facets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlencode

from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.errors import UsageError
from kg.web.pages.caches import Caches
from kg.web.pages.panels import SHELF

LISTS = f"{SHELF}/lists"
NOT_STATED = "not stated"  # the value of a facet for entities without one
_KNOWN = 12  # values that an error names


@dataclass(frozen=True)
class Facet:
    """One facet: its name in an address, its heading, and the attributes that its values are of."""

    name: str
    words: str
    attributes: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """One list: its name, which is its address and its query; its heading, its introduction, its facets and its columns.

    A column is an attribute; of an attribute in ``counted``, the cells have the number of values.
    """

    name: str
    title: str
    lead: str
    facets: tuple[Facet, ...]
    columns: tuple[str, ...]
    counted: tuple[str, ...] = ()

    def facet(self, name: str) -> Facet:
        """The facet with a name."""
        return next(one for one in self.facets if one.name == name)


@dataclass(frozen=True)
class Entity:
    """One entity in a list: its IRI, its label, and the values of each attribute."""

    iri: str
    label: str
    values: dict[str, list[str]] = field(default_factory=dict)

    def of(self, facet: Facet) -> list[str]:
        """The values of a facet."""
        found = dict.fromkeys(value for name in facet.attributes for value in self.values.get(name, ()))
        return list(found) or [NOT_STATED]


@dataclass(frozen=True)
class Choice:
    """One value of a facet: its text, the number of entities, the address of the list with it, and whether it is chosen."""

    text: str
    number: int
    href: str
    chosen: bool


def _facet(words: str, *attributes: str, name: str = "") -> Facet:
    """A facet of attributes; its name is that of the first one, if no other is given."""
    return Facet(name or attributes[0], words, attributes)


_LINES = ("line", "may be line")  # a line without a number includes others
_LOSES = "loses effect by mutation at"
LISTINGS = (
    Listing(
        "drugs",
        "Drugs",
        "The drugs in the regimens and statements of the documents.",
        (
            _facet("kind", "kind"),
            _facet("target", "target"),
            _facet("approval", "approval"),
            _facet(_LOSES, _LOSES, name="resistance"),
        ),
        ("brand name", "kind", "target", _LOSES, "approved", "study"),
        counted=("study",),
    ),
    Listing(
        "trials",
        "Trials",
        "The studies that the documents describe, with analyses of several trials.",
        (
            _facet("line of therapy", *_LINES),
            _facet("phase", "phase"),
            _facet("biomarker state of a population", "population"),
            _facet("class of a drug in an arm", "drug class", name="class"),
            _facet("drug in an arm", "drug"),
            _facet("results", "results"),
            _facet("design", "design"),
            _facet("primary endpoint", "primary endpoint", name="endpoint"),
            _facet("kind of study", "kind"),
            _facet("regimen of an arm", "regimen"),
        ),
        ("phase", "line", "regimen", "population", "primary endpoint"),
    ),
    Listing(
        "regimens",
        "Regimens",
        "The treatments that an arm of a study received, and their backbones.",
        (
            _facet("kind", "kind"),
            _facet("drug in every case", "drug"),
            _facet("added to", "backbone"),
            _facet("line of therapy of a study", *_LINES),
        ),
        ("drug", "kind", "backbone", "line", "study"),
    ),
    Listing(
        "biomarkers",
        "Biomarkers",
        "Biomarker states, the loci and genes that are tested, and single variants.",
        (
            _facet("kind", "kind"),
            _facet("protein of the gene", "protein"),
            _facet("drug that loses its effect by a mutation there", "drug"),
            _facet("form of", "form of", name="form-of"),
        ),
        ("kind", "locus", "protein", "drug", "study"),
        counted=("study",),
    ),
    Listing(
        "sources",
        "Sources",
        "The documents that the facts are from.",
        (
            _facet("kind", "kind"),
            _facet("year", "year"),
            _facet("results", "results"),
            _facet("study", "study"),
            _facet("status", "status"),
        ),
        ("short name", "kind", "year", "study", "identifier"),
    ),
)


def entities(listing: Listing, caches: Caches) -> list[Entity]:
    """All entities of a list, by label."""
    found: dict[str, Entity] = {}
    answer = caches.graph.answer(catalogue(LISTS)[listing.name].bind({}))
    assert isinstance(answer, Table)
    for row in answer.to_dicts():
        one = found.setdefault(row["thing_iri"], Entity(row["thing_iri"], row["label"]))
        known = one.values.setdefault(row["attribute"], []) if row["attribute"] else []
        if row["value"] is not None and row["value"] not in known:
            known.append(str(row["value"]))
    return sorted(found.values(), key=lambda one: (one.label.casefold(), one.iri))


# the reader of each list, called once for a graph
READ: Mapping[str, Callable[[Caches], list[Entity]]] = {one.name: partial(entities, one) for one in LISTINGS}


def chosen(listing: Listing, every: Sequence[Entity], given: Mapping[str, str]) -> dict[str, str]:
    """The values of the facets in an address, as the list has them.

    Raises :class:`~kg.errors.UsageError` for a value that no entity of the list has.
    """
    found = {}
    for name, text in given.items():
        facet = listing.facet(name)
        known = {value.casefold(): value for one in every for value in one.of(facet)}
        if text.casefold() not in known:
            near = ", ".join(sorted(known.values())[:_KNOWN]) + (" …" if len(known) > _KNOWN else "")
            raise UsageError(f"no {listing.name} have '{text}' as {facet.words}; its values: {near or 'none'}")
        found[name] = known[text.casefold()]
    return found


def narrowed(listing: Listing, every: Sequence[Entity], values: Mapping[str, str]) -> list[Entity]:
    """The entities that have each of these values."""
    return [one for one in every if all(value in one.of(listing.facet(name)) for name, value in values.items())]


def choices(
    listing: Listing, every: Sequence[Entity], values: Mapping[str, str], page: str, order: Mapping[str, str]
) -> list[tuple[Facet, list[Choice]]]:
    """The facets of a list, each with its values, the most frequent first; counts are of the list with all other choices.

    ``page`` is the address of the list, and ``order`` the parameter of its order, which the choices keep.
    """
    found = []
    for facet in listing.facets:
        others = {name: value for name, value in values.items() if name != facet.name}
        counts = Counter(value for one in narrowed(listing, every, others) for value in one.of(facet))
        made = []
        for value, number in sorted(counts.items(), key=lambda pair: (pair[0] == NOT_STATED, -pair[1], pair[0].casefold())):
            is_chosen = values.get(facet.name) == value
            query = urlencode({**others, **({} if is_chosen else {facet.name: value}), **order})
            made.append(Choice(value, number, page + (f"?{query}" if query else ""), is_chosen))
        if len(made) > 1 or any(one.chosen for one in made):
            found.append((facet, sorted(made, key=lambda one: not one.chosen)))
    return found
