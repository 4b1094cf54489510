"""The page of an entity: a summary, its panels, its identifiers in other databases, and all statements about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from rdflib import DCTERMS, RDF, RDFS, SKOS, URIRef
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.errors import BusyError, DataError, NoEstimateError, NotFoundError
from kg.namespaces import BASE, ID, MCRC, ONTOLOGY_GRAPH, contract
from kg.synthesis import cells
from kg.synthesis.comparisons import comparisons
from kg.web.endpoint.service import Service
from kg.web.http.addresses import here, root
from kg.web.pages import classes
from kg.web.pages.caches import caches_of
from kg.web.pages.cards import card
from kg.web.pages.entity_panels import ALWAYS, DRAWN, EFFICACY, FACTS, LINKED, LINKS, MORE, panels
from kg.web.pages.figures import Figure, figure
from kg.web.pages.links import address, in_form, why
from kg.web.pages.originals import Original, originals
from kg.web.pages.p_values import p_words
from kg.web.pages.panels import SHELF, PageContext, PanelView
from kg.web.pages.result_table import Names, names_of
from kg.web.pages.source_text import Context, SourceText
from kg.web.pages.templating import render

_DEFINITION = "http://purl.obolibrary.org/obo/IAO_0000115"
_ENDINGS = (("Turtle", ".ttl", "text/turtle"), ("JSON-LD", ".jsonld", "application/ld+json"),
            ("N-Triples", ".nt", "application/n-triples"), ("RDF/XML", ".rdf", "application/rdf+xml"))  # fmt: skip
_RATIOS = {"hazard ratio": "HR", "odds ratio": "OR"}
_AGREEING = {"equal", "rounds to"}  # of the answers of the question corroboration
_MARGIN = 130  # characters of the description in the head of a page; a longer one is cut


@dataclass(frozen=True)
class Head:
    """The head of the page of an entity: its names, classes, definition and remarks."""

    iri: str
    kind: str
    label: str
    classes: Sequence[tuple[str, str, str]]
    aliases: Sequence[tuple[str, str]]
    definition: str
    remarks: Sequence[str]


class EntityPages:
    """The pages of entities; with a copy of the source, passages are shown in their context."""

    def __init__(self, copy: SourceText | None = None) -> None:
        self._copy = copy

    async def page(self, request: Request, iri: URIRef) -> Response:
        """The page of an entity in the graph, or of the ontology."""
        if iri == ONTOLOGY_GRAPH:
            return await classes.ontology(request)
        service: Service = request.app.state.service
        caches = caches_of(request)
        key = ("entity", root(request), here(request), str(iri))
        searched = request.query_params.get("searched", "")  # what led here from the search
        if not searched and (kept := caches.answer(key)) is not None:
            return HTMLResponse(kept)
        context = PageContext(caches.graph, await names_of(request), root(request))
        picture = await _picture(request, _kind(iri), context.names.label(str(iri)))
        text = await service.run(self._page, context, str(iri), here(request), picture, searched)
        if not searched and not isinstance(picture, str):  # a message is for the moment
            caches.remember(key, text)
        return HTMLResponse(text)

    def _page(self, context: PageContext, iri: str, path: str, picture: Figure | str | None, searched: str = "") -> str:
        facts = context.rows("facts", iri)
        head = head_of(iri, facts, context.names, context.root)
        data = [context.show(LINKS, iri)] if head.kind in LINKED else []
        data.append(context.show(FACTS, iri, facts))
        shown = sections([context.show(panel, iri) for panel in panels(head.kind)])
        lines = card(context, head.kind, iri)
        sentence = _sentence(context, iri, head.kind)
        about = catalogue()["about"].bind({"entity": URIRef(iri)})
        values: dict[str, Any] = {
            "result": _result(context, iri) if head.kind == "result" else None,
            "passage": self._passage(context, facts) if head.kind == "passage" else None,
            "picture": picture,
            "differing": _differing(context, iri, head.kind),
            "searched": searched,
            "evidence": f"evidence?{urlencode({'biomarker': head.label})}" if head.kind in ("state", "variant") else "",
            "glossary": context.names.glossary,
            "files": [(words, f"{context.root}{path}{ending}", kind) for words, ending, kind in _ENDINGS],
        }
        return render(
            "entity.html",
            root=context.root,
            path=path,
            head=head,
            sentence=sentence,
            described=_short(sentence or head.definition or head.label),
            card=lines,
            sections=shown,
            data=data,
            always=ALWAYS,
            efficacy=EFFICACY,
            about=in_form(about, context.root),
            **values,
        )

    def _passage(self, context: PageContext, facts: Table) -> Mapping[str, Any]:
        row = {str(one["property_iri"]).removeprefix(str(MCRC)): str(one["value_text"]) for one in facts}
        part = row.get("inPart", "")
        source = next((str(one["value_iri"]) for one in context.rows("facts", part)
                       if one["property_iri"] == str(MCRC.ofDocument)), "") if part else ""  # fmt: skip
        around = None
        if self._copy is not None and row.get("startOffset", "").isdecimal() and row.get("endOffset", "").isdecimal():
            around = self._copy.context(source, int(row["startOffset"]), int(row["endOffset"]))
        return {
            "printed": row.get("printed"),
            "context": around,
            "served": self._copy is not None,
            "start": row.get("startOffset"),
            "end": row.get("endOffset"),
            "sentence": row.get("sentenceNumber"),
            "path": row.get("recordPath"),
            "column": row.get("column"),
            "article": (context.names.label(source), address(source, context.root)) if source else None,
            "originals": _originals(context, source, row.get("printed", ""), around) if source else (),
            "parts": [(words or context.names.label(row[name]), address(row[name], context.root))
                      for name, words in (("inPart", ""), ("inRow", "row of the table")) if name in row],
        }  # fmt: skip


@dataclass(frozen=True)
class Section:
    """A section of a page: the panel that stands open, the panels that are folded, and those that have no rows."""

    heading: str
    anchor: str
    open: PanelView | None
    folded: Sequence[PanelView]
    empty: Sequence[PanelView]

    def __len__(self) -> int:
        """The number of rows of all panels."""
        return sum(len(one.result_table) for one in (*self.folded, *([self.open] if self.open else [])))


def sections(shown: Sequence[PanelView]) -> list[Section]:
    """The sections of a page, from its panels in their order; the last one folds all its panels, unless it is the only one."""
    found: dict[str, list[PanelView]] = {}
    for panel in shown:
        found.setdefault(panel.part or panel.heading, []).append(panel)
    if MORE in found:
        found[MORE] = found.pop(MORE)
    made = []
    for heading, there in found.items():
        full = [one for one in there if len(one.result_table)]
        first = full[:1] if heading != MORE or len(found) == 1 else []
        anchor = "-".join(heading.lower().split())
        empty = [one for one in there if not len(one.result_table)]
        made.append(Section(heading, anchor, first[0] if first else None, full[len(first) :], empty))
    return made


def head_of(iri: str, facts: Table, names: Names, root: str) -> Head:
    """The head of the page, from all statements about an entity."""
    values: dict[str, list[str]] = {}
    for row in facts:
        known = values.setdefault(row["property_iri"], [])
        if row["value_text"] not in known:
            known.append(row["value_text"])
    own = {
        row["value_text"]: row["basis"]
        for row in facts
        if row["property_iri"] == str(RDF.type) and row["value_text"].startswith(MCRC)
    }
    ways = (("abbreviation:", SKOS.notation), ("also called", SKOS.altLabel), ("brand name:", MCRC.brandName),
            ("misprinted as", SKOS.hiddenLabel))  # fmt: skip
    label = next(iter(values.get(str(RDFS.label), [])), "") or contract(iri) or iri.removeprefix(BASE)
    return Head(
        iri=iri,
        kind=_kind(iri),
        label=label,
        classes=[
            (names.label(one), f"{root}/class/{one.removeprefix(str(MCRC))}", basis)
            for one, basis in sorted(own.items(), key=lambda pair: (pair[1] != "stated", pair[0]))
        ],
        aliases=[(way, text) for way, property in ways for text in values.get(str(property), [])],
        definition=next(iter(values.get(_DEFINITION, values.get(str(SKOS.definition), []))), ""),
        remarks=values.get(str(RDFS.comment), []),
    )


def _kind(iri: str) -> str:
    """The type of an entity in its IRI, or an empty text if the IRI has none."""
    return iri.removeprefix(ID).partition("/")[0] if iri.startswith(ID) else ""


async def _picture(request: Request, kind: str, name: str) -> Figure | str | None:
    """The forest plot of an entity; None if there is nothing to draw; or its results in words, or a message."""
    if kind not in DRAWN:
        return None
    try:
        return await figure(request, "forest", DRAWN[kind](name))
    except NoEstimateError as words:
        return f"{str(words)[0].upper()}{str(words)[1:]}"
    except (DataError, NotFoundError):  # another graph may have entities of this type without comparisons
        return None
    except BusyError:
        return "The server is drawing too many figures at the moment. Reload this page in a few seconds to see the forest plot."


def _originals(context: PageContext, source: str, printed: str, around: Context | None) -> Sequence[Original]:
    """The addresses of a document at a passage in it."""
    known: dict[str, list[str]] = {}
    for row in context.rows("facts", source):
        known.setdefault(str(row["property_iri"]), []).append(str(row["value_text"]))
    number = next(iter(known.get(str(MCRC.registryNumber), ())), "")
    is_abstract = f"{ID}kind/article-abstract" in known.get(str(MCRC.documentKind), ())
    return originals(sorted(known.get(str(DCTERMS.identifier), ())), number, is_abstract, printed, around)


def _sentence(context: PageContext, iri: str, kind: str) -> str:
    """A summary of an entity in a sentence, from the query for its type; empty if there is none."""
    shelf = f"{SHELF}/summaries"
    if kind not in catalogue(shelf):
        return ""
    found = context.rows(kind, iri, shelf).rows
    return str(found[0][0]) if found and found[0][0] is not None else ""


def _differing(context: PageContext, iri: str, kind: str) -> tuple[int, str] | None:
    """How many figures of other documents differ from those of the best results of a study, and the address of the comparison."""
    if kind != "trial" or len(context.rows("reports", iri)) < 2:
        return None
    found = context.graph.ask("corroboration", trial=iri, document="best")
    number = sum(str(row["agreement"]) not in _AGREEING for row in found)
    return (number, f"{context.root}/q/corroboration?{urlencode({'trial': contract(iri) or iri})}") if number else None


def _result(context: PageContext, iri: str) -> Mapping[str, Any] | None:
    """The values that the page of a result shows above its panels, or None if the result is unknown."""
    rows = context.rows("result", iri).to_dicts()
    if not rows:
        return None
    row = {name: "" if value is None else str(value) for name, value in rows[0].items()}
    level = row["interval"] or (f"{row['ci_level']}% CI" if row["ci_level"] else "interval")
    interval = f"{level} {row['lower']}–{row['upper']}" if row["lower"] and row["upper"] else ""
    chance = p_words(row["p"], row["comparator"]) if row["p"] else ""
    return {
        "row": row,
        "figure": _figure(row),
        "chance": chance,
        "beside": [text for text in (interval, chance) if text],
        "compared": bool(row["against"]),
        "computed": _computed(context, iri, row["population_iri"]) if row["against"] else {},
        "links": {
            name.removesuffix("_iri"): address(row[name], context.root) for name in row if name.endswith("_iri") and row[name]
        },
        "level_why": why(iri, str(MCRC.evidenceLevel), row["level"], context.root) if row["level"] else "",
    }


def _computed(context: PageContext, iri: str, population: str) -> Mapping[str, Any]:
    """The 95% interval of a comparison that no document prints and what it was computed from, or why it cannot be computed."""
    found = next((one for one in comparisons(context.graph.answer, {population}) if one.result == iri), None)
    if found is None:
        return {}
    if found.lack:
        return {"lack": found.lack}
    told = cells.computed(found)
    # rounded once, as in the figures
    limits = zip(("computed_lower", "computed_upper"), (f"{limit:.2f}" for limit in found.effect.interval()), strict=True)
    return told | (dict(limits) if told.get("computed_lower") else {})


def _figure(row: Mapping[str, str]) -> str:
    """The figure of a result as printed; empty if the result is stated in words only."""
    if row["printed"]:
        name = row["statistic"] if row["against"] else ""
        return " ".join(filter(None, (_RATIOS.get(name, name), row["printed"], row["unit"]))).replace(" %", "%")
    if row["participants"]:
        return f"{row['participants']} participant{'' if row['participants'] == '1' else 's'}"
    return f"{row['percentage'].removesuffix('.0')}%" if row["percentage"] else ""


def _short(text: str) -> str:
    return text if len(text) <= _MARGIN else text[:_MARGIN].rsplit(" ", 1)[0] + " …"
