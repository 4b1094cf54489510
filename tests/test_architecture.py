"""The rules of the house: layers, small files, no SPARQL outside the query files, every term used, the wheel complete."""

import ast
import re
import subprocess
import sys
import venv

import pytest
from paths import ROOT

CODE = sorted((ROOT / "kg").rglob("*.py"))
# from below: the folder or file is the layer, and imports only from those before it
LAYERS = [
    "errors files namespaces resources terms turtle",
    "engine engine.processes",
    "ask",
    "pipeline",
    "synthesis",
    "plots",
    "analyses drawings graph",
    "curation audit exports bench",
    "agents web.http web.endpoint web.pages web",
    "cli",
]
DOORS = LAYERS[-2].split() + LAYERS[-1].split()
ORDER = [layer for floor in LAYERS for layer in floor.split()]


def named(path):
    """The dotted name of a file below the package; that of a folder for its ``__init__``."""
    return ".".join(path.relative_to(ROOT / "kg").with_suffix("").parts).removesuffix("__init__").removesuffix(".")


def layer(module):
    """The layer of a module: the longest name in the list that it is, or lies in."""
    found = [one for one in ORDER if module == one or module.startswith(f"{one}.")]
    return max(found, key=len, default=None)


def imported(path):
    """The modules of this package that a file imports when it is loaded or runs, types aside."""
    known = {named(one) for one in CODE}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "kg":
            base = node.module.partition(".")[2]
            for alias in node.names:
                full = f"{base}.{alias.name}".strip(".")
                yield full if full in known else base


@pytest.mark.parametrize("path", CODE, ids=named)
def test_a_module_imports_only_from_layers_below_its_own(path):
    own = layer(named(path))
    for module in imported(path):
        if module and own and layer(module) != own:
            assert ORDER.index(layer(module)) < ORDER.index(own), f"kg.{named(path)} imports kg.{module}"


def test_every_module_lies_in_a_layer():
    assert [named(path) for path in CODE if layer(named(path)) is None] == [""], "only the package itself lies in none"


@pytest.mark.parametrize("path", CODE, ids=named)
def test_files_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 330
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 60, f"{path.name}: {node.name}"


@pytest.mark.parametrize("path", CODE, ids=named)
def test_only_the_doors_catch_everything(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler) and (node.type is None or getattr(node.type, "id", "") == "Exception"):
            assert named(path).startswith(("cli", "web")) or path.name == "supervisor.py", (
                "and the thread that restarts the engine"
            )


@pytest.mark.parametrize("path", CODE, ids=named)
def test_no_sparql_in_python(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            assert not re.search(r"\b(SELECT|CONSTRUCT|ASK|DESCRIBE)\b.*[{?]", node.value), node.value


@pytest.mark.parametrize("path", CODE, ids=named)
def test_only_the_layer_of_the_engine_touches_it(path):
    if layer(named(path)) != "engine":
        assert not re.search(r"import (pyoxigraph|oxrdflib)|from (pyoxigraph|oxrdflib)", path.read_text(encoding="utf-8"))


def test_every_term_is_used_by_a_question_or_a_shape():
    terms = set(re.findall(r"^mcrc:(\w+)$", (ROOT / "ontology" / "terms.ttl").read_text(encoding="utf-8"), re.M))
    used = set()
    for path in [*(ROOT / "queries").glob("*.rq"), *(ROOT / "shapes").glob("*.ttl")]:
        used |= set(re.findall(r"mcrc:(\w+)", path.read_text(encoding="utf-8")))
    assert terms - used == set()


def test_the_ontology_files_are_canonical():
    from rdflib import Graph

    from kg.turtle import to_turtle

    for path in (ROOT / "ontology").glob("*.ttl"):
        assert to_turtle(Graph().parse(path)) == path.read_text(encoding="utf-8"), path.name


def test_ruff_and_mypy_are_content():
    for command in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]):
        result = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.complete
def test_the_wheel_works_in_an_empty_environment(tmp_path):
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "empty", with_pip=True)
    binaries = tmp_path / "empty" / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run([binaries / "python", "-m", "pip", "install", "-q", wheel], check=True)
    command = [binaries / "mcrc-kg", "ask", "hazard-ratios", "--drug", "cetuximab"]
    answer = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True).stdout
    assert "CRYSTAL" in answer
    subprocess.run([binaries / "mcrc-kg", "validate"], cwd="/", capture_output=True, check=True)


def regular_expressions():
    """Every call of the module re in the package: the file, the function, the pattern as it is written."""
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module in ("re", "regex"):
                yield str(path.relative_to(ROOT)), "from re import", ""
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and ast.unparse(called.value) == "re" and called.attr != "escape":
                yield str(path.relative_to(ROOT)), called.attr, ast.unparse(node.args[0])


def test_each_regular_expression_has_a_reason():
    """Text of clients passes only code of linear time; a pattern is listed with what it reads, or why it does not go back."""
    lines = (ROOT / "tests" / "regular_expressions.tsv").read_text(encoding="utf-8").splitlines()[1:]
    listed = {tuple(line.split("\t")[:3]): line.split("\t")[3] for line in lines}
    assert set(regular_expressions()) == set(listed)
    assert all(listed.values())
