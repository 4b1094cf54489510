"""Two documents beside the review, made from rows: the report of a trial that the review knows, and its later update.

Their figures are invented. Passages are located by sentence, as in a text that cannot be kept.
"""

import json
from pathlib import Path

TRIAL, FIRST, UPDATE = "TRIBE", "first-2014", "update-2015"
ARMS = ("TRIBE-FOLFOXIRI-bevacizumab", "TRIBE-FOLFIRI-bevacizumab")
PAIR = "FOLFOXIRI-vs-FOLFIRI"
DISEASE = "disease/metastatic-colorectal-cancer"


def _document(name, year, label):
    return {"document": name, "label": label, "citation": f"{label}. Invented.", "kind": "article-abstract", "year": year}


def _passages(document, **printed):
    """Passages by name; the number before the dash of a name is that of the sentence."""
    return [
        {"document": document, "passage": f"results-{name[1:]}", "part": "results", "sentence": name[1], "printed": figure}
        for name, figure in printed.items()
    ]


def _value(document, arm, endpoint, value, unit, passage, **more):
    return {
        "document": document, "result": f"{endpoint}-{arm}", "arm": ARMS[arm], "population": "TRIBE-all", "endpoint": endpoint,
        "statistic": "proportion" if unit == "%" else "median", "value": value, "unit": unit, "passage": f"results-{passage}",
    } | more  # fmt: skip


def _comparison(document, endpoint, statistic, value, interval, p, passage, **more):
    lower, upper = interval or ("", "")
    return {
        "document": document, "result": f"{endpoint}-{PAIR}", "experimental_arm": ARMS[0], "reference_arm": ARMS[1],
        "experimental_result": f"{endpoint}-0", "reference_result": f"{endpoint}-1", "population": "TRIBE-all",
        "endpoint": endpoint, "statistic": statistic, "value": value, "ci_lower": lower, "ci_upper": upper,
        "ci_level": "95" if interval else "", "p_comparator": "=", "p_value": p, "passage": f"results-{passage}",
    } | more  # fmt: skip


def _fact(document, property, object, passage="results-1"):
    return {"document": document, "study": TRIAL, "property": property, "object": object, "passage": passage}


BATCHES = {
    "first": {
        "documents": [_document(FIRST, "2014", "First report, 2014")],
        "parts": [{"document": FIRST, "part": "results", "kind": "Paragraph", "label": "Abstract, Results"}],
        "passages": _passages(
            FIRST, _1="", _2a="12.14 months", _2b="9.7 months", _2c="HR, 0.75; 95% CI, 0.62 to 0.90; P=0.003",
            _3a="31.0 months", _3b="25.8 months", _3c="HR, 0.79; 95% CI, 0.63 to 1.00; P=0.054", _4="",
        ),
        "studies": [{"document": FIRST, "study": TRIAL, "label": TRIAL, "kind": "ClinicalTrial", "passage": "results-1"}],
        "study-facts": [
            _fact(FIRST, "phase", "phase/III"),
            _fact(FIRST, "hasDesign", "design/randomised"),
            _fact(FIRST, "inLine", "line/first-line"),
            _fact(FIRST, "hasCondition", DISEASE),
            _fact(FIRST, "primaryEndpoint", "endpoint/PFS"),
            _fact(FIRST, "metPrimaryEndpoint", "endpoint/PFS", "results-2c"),
        ],
        "arms": [
            {"document": FIRST, "arm": f"TRIBE-{regimen}", "study": TRIAL, "regimen": regimen,
             "label": f"TRIBE, {regimen.replace('-', ' + ')} arm"}
            for regimen in ("FOLFOXIRI-bevacizumab", "FOLFIRI-bevacizumab")
        ],
        "populations": [
            {
                "document": FIRST, "population": "TRIBE-all", "study": TRIAL, "label": "TRIBE, all patients",
                "criterion": "all patients", "condition": "metastatic-colorectal-cancer",
            }
        ],
        "analyses": [
            {
                "document": FIRST, "analysis": "TRIBE-primary", "study": TRIAL, "label": "TRIBE, primary analysis",
                "kind": "primary", "passage": "results-1",
            }
        ],
        "arm-results": [
            _value(FIRST, 0, "PFS", "12.14", "mo", "2a", analysis="TRIBE-primary"),
            _value(FIRST, 1, "PFS", "9.7", "mo", "2b", analysis="TRIBE-primary"),
            _value(FIRST, 0, "OS", "31.0", "mo", "3a", analysis="TRIBE-primary"),
            _value(FIRST, 1, "OS", "25.8", "mo", "3b", analysis="TRIBE-primary"),
        ],
        "comparisons": [
            _comparison(FIRST, "PFS", "hazard-ratio", "0.75", ("0.62", "0.90"), "0.003", "2c", analysis="TRIBE-primary",
                        authors_reading="significant"),
            _comparison(FIRST, "OS", "hazard-ratio", "0.79", ("0.63", "1.00"), "0.054", "3c", analysis="TRIBE-primary",
                        authors_reading="not-significant"),
        ],
        "statements": [
            {
                "document": FIRST, "statement": "centres", "topic": "design", "label": "TRIBE had several centres",
                "study": TRIAL, "passage": "results-4",
            }
        ],
    },
    "update": {
        "documents": [_document(UPDATE, "2015", "Update, 2015")],
        "parts": [{"document": UPDATE, "part": "results", "kind": "Paragraph", "label": "Abstract, Results"}],
        "passages": _passages(
            UPDATE, _1="", _2a="29.8 months", _2b="25.8 months", _2c="HR, 0.80; 95% CI, 0.65 to 0.98; P=0.03",
        ),
        "studies": [{"document": UPDATE, "study": TRIAL, "label": TRIAL, "kind": "ClinicalTrial", "passage": "results-1"}],
        "study-facts": [_fact(UPDATE, "primaryEndpoint", "endpoint/OS"), _fact(UPDATE, "inLine", "line/first-line")],
        "analyses": [
            {
                "document": UPDATE, "analysis": "TRIBE-update", "study": TRIAL, "label": "TRIBE, update", "kind": "update",
                "cutoff": "2014-06", "follow_up": "48.1", "follow_up_unit": "mo", "passage": "results-1",
            }
        ],
        "arm-results": [
            _value(UPDATE, 0, "OS", "29.8", "mo", "2a", analysis="TRIBE-update"),
            _value(UPDATE, 1, "OS", "25.8", "mo", "2b", analysis="TRIBE-update"),
        ],
        "comparisons": [
            _comparison(UPDATE, "OS", "hazard-ratio", "0.80", ("0.65", "0.98"), "0.03", "2c", analysis="TRIBE-update",
                        authors_reading="significant"),
        ],
    },
}  # fmt: skip


def add_documents(facts: Path) -> None:
    """Write the batches into a folder of facts."""
    described = json.loads((facts / "csv-metadata.json").read_text(encoding="utf-8"))["tables"]
    columns = {
        table["url"]: [column["name"] for column in table["tableSchema"]["columns"] if not column.get("virtual")]
        for table in described
    }
    for batch, tables in BATCHES.items():
        (facts / batch).mkdir()
        for name, rows in tables.items():
            header = columns[f"{name}.tsv"]
            lines = [header, *([row.get(column, "") for column in header] for row in rows)]
            (facts / batch / f"{name}.tsv").write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
