"""The quality gates over ontology files, in Oxigraph: rows found by each rule, and their number by level.

python tests/gates/run.py ontology/terms.ttl ontology/terminology.ttl
python tests/gates/run.py --published other-ontology.owl    (without the rules of this house)
"""

import sys
from collections import Counter
from pathlib import Path

import yaml

from kg.engine.store import Embedded

HERE = Path(__file__).parent
LEVELS = ("ERROR", "WARN", "INFO")


def rules():
    """Each rule by name: its header and its query."""
    found = {}
    for path in sorted((HERE / "rules").glob("*.rq")):
        text = path.read_text(encoding="utf-8")
        header = yaml.safe_load("\n".join(line[3:] for line in text.splitlines() if line.startswith("#+ ")))
        found[path.stem] = (header, text)
    return found


def load(paths):
    engine = Embedded()
    for path in paths:
        engine.load_file(path)
    return engine


def main(words):
    published = "--published" in words
    engine = load([Path(word) for word in words if word != "--published"])
    totals = Counter()
    for name, (header, text) in rules().items():
        if published and name.startswith("house-"):
            continue
        rows = engine.query(text).rows
        totals[header["level"]] += len(rows)
        for row in rows if not published else ():
            print(header["level"], name, *(str(term) for term in row), sep="\t")
    print(", ".join(f"{totals[level]} {level}" for level in LEVELS))
    return int(totals["ERROR"] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
