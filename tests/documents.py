"""Batches of other documents beside the review, made from rows: what several documents say of one trial."""

import shutil

from kg.curation.templates import header
from kg.engine.store import embed
from kg.graph import KnowledgeGraph
from kg.pipeline.build import assemble
from kg.pipeline.tables import METADATA
from kg.resources import facts

TRIBE = {
    "experimental_arm": "TRIBE-FOLFOXIRI-bevacizumab",
    "reference_arm": "TRIBE-FOLFIRI-bevacizumab",
    "population": "TRIBE-all",
}

# the abstract of TRIBE: other ratios than in the review, with intervals, and the primary endpoint
ABSTRACT = {
    "documents": [
        {
            "label": "Loupakis et al. 2014",
            "citation": "Loupakis F, et al. Initial therapy with FOLFOXIRI and bevacizumab. N Engl J Med 2014; 371: 1609-18.",
            "kind": "article-abstract",
            "year": "2014",
            "doi": "10.1056/NEJMoa1403108",
            "pmid": "25337750",
        }
    ],
    "parts": [
        {"part": "methods", "kind": "Paragraph", "label": "Abstract, Methods"},
        {"part": "results", "kind": "Paragraph", "label": "Abstract, Results"},
    ],
    "passages": [
        {"passage": "methods-1", "part": "methods", "sentence": "1", "printed": "We randomly assigned 508 patients"},
        {
            "passage": "methods-3",
            "part": "methods",
            "sentence": "3",
            "printed": "The primary end point was progression-free survival.",
        },
        {
            "passage": "results-1",
            "part": "results",
            "sentence": "1",
            "printed": "hazard ratio for progression, 0.75; 95% confidence interval [CI], 0.62 to 0.90; P=0.003",
        },
        {
            "passage": "results-3",
            "part": "results",
            "sentence": "3",
            "printed": "hazard ratio for death, 0.79; 95% CI, 0.63 to 1.00; P=0.054",
        },
    ],
    "study-facts": [
        {"study": "TRIBE", "property": "primaryEndpoint", "object": "endpoint/PFS", "passage": "methods-3"},
        {"study": "TRIBE", "property": "hasDesign", "object": "design/randomised", "passage": "methods-1"},
    ],
    "counts": [{"count": "TRIBE-all-n-abstract", "population": "TRIBE-all", "participants": "508", "passage": "methods-1"}],
    "comparisons": [
        {
            "result": f"TRIBE-all-{endpoint}-abstract",
            **TRIBE,
            "endpoint": endpoint,
            "statistic": "hazard-ratio",
            "value": value,
            "ci_lower": lower,
            "ci_upper": upper,
            "ci_level": "95",
            "p_comparator": "=",
            "p_value": p,
            "passage": passage,
        }
        for endpoint, value, lower, upper, p, passage in (
            ("PFS", "0.75", "0.62", "0.90", "0.003", "results-1"),
            ("OS", "0.79", "0.63", "1.00", "0.054", "results-3"),
        )
    ],
}


def write(folder, document, tables):
    """A batch of one document in a folder; the cells that a row does not name are empty."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        names = header(table)
        lines = [names, *([{"document": document, **row}.get(name, "") for name in names] for row in rows)]
        (folder / f"{table}.tsv").write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
    return folder


def review(folder):
    """A facts folder with the review alone."""
    shutil.copytree(facts() / "ohhara-2016", folder / "ohhara-2016")
    shutil.copy(facts() / METADATA, folder)
    return folder


def with_abstract(folder, more=None):
    """The build of the review and the abstract of TRIBE; ``more`` are rows that the abstract has too."""
    tables = {**ABSTRACT, **{name: [*ABSTRACT.get(name, []), *rows] for name, rows in (more or {}).items()}}
    return assemble(review(folder / "facts"), write(folder / "tribe", "loupakis-2014", tables))


def opened(build):
    """The graph of a build."""
    return KnowledgeGraph(embed(build.graphs))
