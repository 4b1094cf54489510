"""The files from npm: in the wheel with their licences, left out where npm fails, never fetched twice, from no named host."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from browser import lacking
from paths import ROOT
from tiers import few

LISTED = ROOT / "kg" / "web" / "assets"
EDITOR = {"LICENCES.txt", "yasgui.min.css", "yasgui.min.js"}
BUILD = "import sys; from hatchling.build import build_{kind} as build; build(sys.argv[1])"


@pytest.fixture
def checkout(tmp_path):
    """A copy of what the build reads, without what earlier builds fetched."""
    copy = tmp_path / "checkout"
    skipped = shutil.ignore_patterns("vendor", "__pycache__", "facts", ".*")
    shutil.copytree(ROOT / "kg", copy / "kg", ignore=skipped)
    for folder in ("ontology", "queries", "shapes", "graph"):
        shutil.copytree(ROOT / folder, copy / folder)
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "LICENSE-DATA"):
        shutil.copy(ROOT / name, copy)
    return copy


@pytest.fixture
def build(checkout, tmp_path):
    """Build a wheel or sdist from the copy; the names in it with their sizes, and what the build said."""

    def call(kind="wheel", **environment):
        place = tmp_path / "dist"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", BUILD.format(kind=kind), place],
            cwd=checkout,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        (made,) = place.iterdir()
        return made, done.stdout + done.stderr

    return call


def npm_that(tmp_path, script):
    """A folder for the path whose npm runs this shell script."""
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "npm").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "npm").chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def vendored(wheel):
    """The files in the wheel that npm brought."""
    with zipfile.ZipFile(wheel) as archive:
        return {Path(one.filename).name: one.file_size for one in archive.infolist() if "static/vendor/" in one.filename}


def test_the_lock_names_no_host_and_pins_every_package():
    lock = json.loads((LISTED / "package-lock.json").read_text(encoding="utf-8"))
    packages = {place: entry for place, entry in lock["packages"].items() if place}
    assert all("resolved" not in entry and entry["integrity"].startswith("sha512-") for entry in packages.values())
    wanted = json.loads((LISTED / "package.json").read_text(encoding="utf-8"))
    assert all(version[0].isdigit() for kind in ("dependencies", "devDependencies") for version in wanted[kind].values())


@pytest.mark.complete
def test_the_editor_is_in_the_wheel_with_its_licences(build, checkout, tmp_path):
    if not (ROOT / "kg" / "web" / "static" / "vendor" / ".stamp").is_file():
        lacking("the SPARQL editor is not here", "'pip install -e .' brings it where npm reaches its registry")
    for place in ("kg/web/static/vendor", "tests/vendor"):
        shutil.copytree(ROOT / place, checkout / place)
    wheel, _ = build(PATH=npm_that(tmp_path, "echo asked again >&2; exit 1"))  # up to date: npm is not asked
    sizes = vendored(wheel)
    assert set(sizes) == EDITOR
    assert 500_000 < sizes["yasgui.min.js"] < 2_000_000
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if "axe" in name or "/assets/" in name or "hatch_build" in name]
        licences = archive.read("kg/web/static/vendor/LICENCES.txt").decode()
        script = archive.read("kg/web/static/vendor/yasgui.min.js").decode()
    lock = json.loads((LISTED / "package-lock.json").read_text(encoding="utf-8"))
    locked = {place: entry for place, entry in lock["packages"].items() if place}
    for place, entry in locked.items():
        assert (f"{place.rpartition('node_modules/')[2]} {entry['version']}, " in licences) == (not entry.get("dev")), place
    assert licences.count("Permission is hereby granted") > 30
    assert "Yasqe" in script


@pytest.mark.parametrize(
    "script",
    few(
        [
            "exit 127",
            "test $1 = --version && echo 6.14.0",
            "test $1 = --version && echo 10.0.0 || { echo no network >&2; exit 1; }",
        ],
        "exit 127",
    ),
    ids=["no npm", "old npm", "npm that reaches nothing"],
)
def test_a_build_without_npm_leaves_the_editor_out_and_says_so(build, tmp_path, script):
    wheel, said = build(PATH=npm_that(tmp_path, script))
    assert vendored(wheel) == {}
    (line,) = [line for line in said.splitlines() if "without the SPARQL editor" in line]
    assert "install again" in line
    with zipfile.ZipFile(wheel) as archive:
        assert "kg/web/static/sparql.js" in archive.namelist()


@pytest.mark.complete
def test_the_editor_can_be_declined(build, tmp_path):
    wheel, said = build(PATH=npm_that(tmp_path, "exit 1"), MCRC_KG_EDITOR="no")
    assert vendored(wheel) == {}
    assert "without the SPARQL editor" not in said


@pytest.mark.complete
def test_an_older_editor_does_not_pass_for_the_locked_one(build, checkout, tmp_path):
    old = checkout / "kg" / "web" / "static" / "vendor"
    old.mkdir()
    (old / ".stamp").write_text("another lock")
    (old / "yasgui.min.js").write_text("old")
    wheel, _ = build(PATH=npm_that(tmp_path, "exit 1"))
    assert vendored(wheel) == {}


def test_the_source_archive_holds_what_a_wheel_is_built_from(build, tmp_path):
    made, _ = build("sdist", PATH=npm_that(tmp_path, "exit 1"))
    with tarfile.open(made) as archive:
        inside = [path.partition("/")[2] for path in archive.getnames()]
    assert "hatch_build.py" in inside
    assets = "kg/web/assets/"
    assert {path.removeprefix(assets) for path in inside if path.startswith(assets)} == {
        "MIT.txt",
        "package.json",
        "package-lock.json",
    }
    assert not [path for path in inside if "vendor" in path.split("/")]


@pytest.mark.complete
def test_node_is_asked_for_only_where_npm_is_missing(checkout, tmp_path):
    ask = "from hatchling.build import get_requires_for_build_wheel as ask; print(ask())"

    def required(**environment):
        env = {**os.environ, **environment}
        return subprocess.run(
            [sys.executable, "-c", ask], cwd=checkout, env=env, capture_output=True, text=True, check=True
        ).stdout

    assert "nodejs" in required(PATH=npm_that(tmp_path, "exit 1"))
    assert "nodejs" not in required(PATH=npm_that(tmp_path, "exit 1"), MCRC_KG_EDITOR="no")
    assert "nodejs" not in required(PATH=npm_that(tmp_path, "echo 10.2.0"))
