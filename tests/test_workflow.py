"""The workflow on GitHub only calls the script that everybody may call, with no more rights than reading."""

import re

import pytest
import yaml
from paths import ROOT

TEXT = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
SCRIPT = ".ci/run"


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load(TEXT)


def test_it_runs_for_each_change(workflow):
    events = workflow[True]  # YAML 1.1 reads "on" as a truth value
    assert events["push"] == {"branches": ["main"]}
    assert "pull_request" in events
    assert "pull_request_target" not in TEXT, "that event would give a stranger's code the rights of the repository"


def test_it_may_only_read(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in workflow["jobs"].values())
    assert "secrets." not in TEXT


def test_its_one_command_is_the_script(workflow):
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [f"bash {SCRIPT}"]
    assert (ROOT / SCRIPT).read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")
    assert job["timeout-minutes"] <= 90


def test_its_actions_are_those_of_github_at_a_version(workflow):
    (job,) = workflow["jobs"].values()
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"]) for step in job["steps"] if "uses" in step)
    assert all("${{ github." not in step.get("run", "") for step in job["steps"]), "text of strangers is no part of a command"


def test_its_pythons_are_those_that_the_package_supports(workflow):
    (job,) = workflow["jobs"].values()
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    stated = re.findall(r"Python :: (3\.\d+)", settings)
    tried = job["strategy"]["matrix"]["python"]
    assert {tried[0], tried[-1]} == {stated[0], stated[-1]}, "the oldest and the newest"
    assert f'requires-python = ">={stated[0]}"' in settings
