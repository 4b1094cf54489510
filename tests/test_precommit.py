"""The hooks before a commit: the file is valid, each hook passes on the repository, and each finds a fault."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from paths import ROOT

CONFIGURATION = ROOT / ".pre-commit-config.yaml"
HOOKS = {
    hook["id"]: hook for repo in yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))["repos"] for hook in repo["hooks"]
}
QUERY = "queries/loci.rq"


def python(*words, folder=ROOT, **env):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, **env}
    return subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture
def repository(tmp_path):
    """A git repository of the files that the hooks read; the index holds them all."""
    if subprocess.run(["git", "rev-parse"], cwd=ROOT, capture_output=True).returncode:
        pytest.skip("the source is no git repository")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and Path(name).suffix in (".py", ".pyi", ".rq", ".toml", ".yaml", ".typed"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    for command in (["git", "init", "-q"], ["git", "add", "-A"]):
        subprocess.run(command, cwd=tmp_path, check=True)
    return tmp_path


def run_hook(name, folder, home, *files):
    chosen = ["--files", *files] if files else ["--all-files"]
    words = ["-m", "pre_commit", "run", name, *chosen, "--color", "never"]
    return python(
        *words, folder=folder, PRE_COMMIT_HOME=str(home), PYTHONPATH=str(folder), MYPY_CACHE_DIR=str(home.parent / "mypy")
    )


def test_the_file_is_valid_and_needs_no_network():
    pytest.importorskip("pre_commit")
    done = python("-m", "pre_commit", "validate-config", str(CONFIGURATION))
    assert done.returncode == 0, done.stdout + done.stderr
    repos = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))["repos"]
    assert {repo["repo"] for repo in repos} == {"local"}
    assert {hook["language"] for hook in HOOKS.values()} == {"system"}


@pytest.mark.parametrize("name", ["ruff", "ruff-format", "queries", pytest.param("mypy", marks=pytest.mark.complete)])
def test_a_hook_passes_on_the_repository(repository, tmp_path_factory, name):
    pytest.importorskip("pre_commit")
    done = run_hook(name, repository, tmp_path_factory.mktemp("hooks"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout, "a hook without files is skipped"


@pytest.mark.parametrize(
    ("name", "path", "text"),
    [
        ("ruff", "kg/spoilt.py", '"""A module."""\n\nimport os\n'),
        ("ruff-format", "kg/spoilt.py", '"""A module."""\n\nNAMES = [ "a" ]\n'),
        ("queries", "queries/spoilt.rq", "#+ summary: nothing\nSELCT ?a WHERE { ?a ?b ?c }\n"),
        pytest.param("mypy", "kg/spoilt.py", '"""A module."""\n\nNUMBER: int = "a"\n', marks=pytest.mark.complete),
    ],
)
def test_a_hook_finds_a_fault(repository, tmp_path_factory, name, path, text):
    pytest.importorskip("pre_commit")
    (repository / path).write_text(text, encoding="utf-8")
    subprocess.run(["git", "add", path], cwd=repository, check=True)
    done = run_hook(name, repository, tmp_path_factory.mktemp("hooks"), path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Failed" in done.stdout


def test_every_hook_is_tried():
    assert set(HOOKS) == {"ruff", "ruff-format", "mypy", "queries"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("#+ summary:", "#+ summry:", "its header does not parse"),
        ("SELECT", "SELCT", "no SPARQL 1.1"),
        ("rdfs:label", "rfs:label", "no SPARQL 1.1"),
    ],
)
def test_the_check_of_queries_says_what_is_wrong(repository, old, new, said):
    text = (repository / QUERY).read_text(encoding="utf-8")
    assert old in text
    (repository / QUERY).write_text(text.replace(old, new), encoding="utf-8")
    done = python(".ci/check_queries.py", QUERY, folder=repository, PYTHONPATH=str(repository))
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(f"{QUERY}: ")
    assert said in done.stdout


def test_a_parameter_that_is_not_marked_is_found(repository):
    path = repository / "queries" / "hazard-ratios.rq"
    path.write_text(path.read_text(encoding="utf-8").replace("# param: drug", "# drug"), encoding="utf-8")
    done = python(".ci/check_queries.py", "queries/hazard-ratios.rq", folder=repository, PYTHONPATH=str(repository))
    assert "the query marks ['document', 'endpoint', 'stratum']" in done.stdout
