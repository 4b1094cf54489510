"""Check query files before a commit: the header is complete, its parameters are marked, the text is SPARQL 1.1.

python .ci/check_queries.py queries/hazard-ratios.rq …
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from rdflib.plugins.sparql import prepareQuery

from kg.ask.catalogue import catalogue
from kg.errors import KgError
from kg.resources import folder

BOUND_BY_CODE = ("rules", "why", "shacl")  # the program binds their parameters, so their headers do not name them
MARK = re.compile(r"# param: (\w+)\s*$", re.MULTILINE)


def faults(path: Path) -> list[str]:
    """What is wrong with one file, in sentences."""
    shelf = path.resolve().parent.relative_to(folder("queries").resolve())
    try:
        question = catalogue("" if shelf == Path() else shelf.as_posix())[path.stem]
    except KgError as error:
        return [str(error)]
    found = []
    marked, named = set(MARK.findall(question.sparql)), {parameter.name for parameter in question.parameters}
    if named - marked or (marked - named and shelf.as_posix() not in BOUND_BY_CODE):
        found.append(f"the header names the parameters {sorted(named)}, the query marks {sorted(marked)}")
    try:
        prepareQuery(question.sparql)
    except Exception as error:  # pyparsing and rdflib raise what they like
        found.append(f"no SPARQL 1.1: {error}")
    return found


def main(names: list[str]) -> int:
    """Print what is wrong with these files; 1 if anything is."""
    wrong = [f"{name}: {fault}" for name in names for fault in faults(Path(name))]
    sys.stdout.writelines(f"{line}\n" for line in wrong)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
