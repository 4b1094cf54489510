"""Generates the counts of docs/linking.md from the mapping tables: python docs/links.py [FOLDER]."""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from pathlib import Path

from sections import HERE, fill

MAPPINGS = HERE.parent / "ontology" / "mappings"
KINDS = ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch", "isReferencedBy")


def rows() -> list[dict[str, str]]:
    """The rows of all tables."""
    found = []
    for path in sorted(MAPPINGS.glob("*.sssom.tsv")):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        found += csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    return found


def counts() -> str:
    """How many pairs there are, by kind of entity and by vocabulary."""
    found = rows()
    pairs = {(row["subject_id"], row["object_id"]) for row in found}
    of_kind: dict[str, set[str]] = defaultdict(set)
    per_kind: Counter[str] = Counter()
    for row in found:
        kind = row["subject_id"].partition(":")[0]
        of_kind[kind].add(row["subject_id"])
        per_kind[kind] += 1
    vocabularies: dict[str, Counter[str]] = defaultdict(Counter)
    for row in found:
        vocabularies[row["object_id"].partition(":")[0]][row["predicate_id"].partition(":")[2]] += 1
    entities = len({entity for entity, _ in pairs})
    kinds = sorted(of_kind, key=lambda kind: (-per_kind[kind], kind))
    lines = [
        f"{len(pairs):,} pairs of an entity and an identifier, of {entities} entities and {len(vocabularies)} vocabularies.",
        "",
        "| kind of entity | linked entities | pairs |",
        "| --- | --- | --- |",
        *(f"| `{kind}:` | {len(of_kind[kind])} | {per_kind[kind]} |" for kind in kinds),
        "",
        f"| prefix | pairs | {' | '.join(KINDS)} |",
        f"| --- | --- |{' --- |' * len(KINDS)}",
    ]
    for prefix in sorted(vocabularies):
        of = vocabularies[prefix]
        lines.append(f"| `{prefix}` | {of.total()} | {' | '.join(str(of[kind] or '') for kind in KINDS)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    fill(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE, "linking.md", "links.py", counts())
