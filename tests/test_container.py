"""The Containerfile: built and run where there is an engine, and everywhere its steps one by one, in folders of a test."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest
from paths import ROOT

FILE = ROOT / "Containerfile"
ENGINES = ["podman", "docker"]
ANYBODY = 10001


def instructions(text):
    """The instructions in order, each with its words as one text; comments and line ends are gone."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


STEPS = instructions(FILE.read_text(encoding="utf-8"))
LAST_STAGE = STEPS[max(i for i, (word, _) in enumerate(STEPS) if word == "FROM") :]


def of(kind, steps=STEPS):
    return [words for word, words in steps if word == kind]


def sources():
    """What is copied from the checkout."""
    return [name for words in of("COPY") if not words.startswith("--from") for name in words.split()[:-1]]


def in_git(name):
    done = subprocess.run(["git", "ls-files", "-z", "--", name], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("the source is no git repository")
    return [path for path in done.stdout.split("\0") if path]


def test_only_known_instructions():
    known = ["FROM", "WORKDIR", "COPY", "ARG", "RUN", "LABEL", "ENV", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"]
    assert {word for word, _ in STEPS} <= set(known)
    assert STEPS[0][0] == "FROM"
    assert all("latest" not in image and ":" in image for image in of("FROM")), "each base image has a version"


@pytest.mark.parametrize("name", sources())
def test_what_is_copied_is_in_git_and_reaches_the_build(name):
    assert in_git(name)
    assert f"!{name}" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_what_a_wheel_needs_is_copied():
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    forced = re.search(r"wheel\.force-include\]\n((?:\w+ = .*\n)+)", settings)[1]
    assert set(re.findall(r"^(\w+) =", forced, re.MULTILINE)) <= set(sources())


def test_it_runs_as_nobody_in_particular():
    assert of("USER", LAST_STAGE) == [f"{ANYBODY}:{ANYBODY}"]
    assert "--host" in json.loads(of("CMD")[0]), "from outside, loopback of a container is not reached"
    assert "curl" not in of("HEALTHCHECK")[0], "the slim image has none"


def test_the_docs_lead_to_the_file():
    text = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    assert "(../Containerfile)" in text
    assert "FROM docker.io" not in text, "the file is the only place of the steps"


@contextmanager
def folders():
    """Folders that stand for those of the image; anybody may read them."""
    made = Path(tempfile.mkdtemp(prefix="mcrc-kg-container-"))
    made.chmod(0o755)
    try:
        yield {"/src": made / "src", "/wheels": made / "wheels", "/opt/mcrc-kg": made / "opt", "/tmp": made / "tmp"}
    finally:
        shutil.rmtree(made, ignore_errors=True)


def placed(text, places):
    """A text with the paths of the image as those of the test."""
    pattern = "|".join(rf"(?<![\w/.]){re.escape(name)}(?!\w)" for name in places)
    return re.sub(pattern, lambda found: str(places[found[0]]), text)


def settings(kind, steps, places):
    """The variables that instructions of this kind set."""
    pairs = (word.partition("=") for words in of(kind, steps) for word in shlex.split(words))
    return {name: placed(value, places) for name, _, value in pairs}


def copy(places):
    """What the COPY instructions bring, from the files that git knows."""
    for words in of("COPY"):
        if words.startswith("--from"):
            continue
        *names, target = words.split()
        for path in (path for name in names for path in in_git(name)):
            place = places["/src"] / (path if target == "./" else Path(target) / Path(path).relative_to(names[0]))
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, place)


def build(places):
    """The RUN instructions, with an interpreter of their own, as the base image has one."""
    base = places["/src"].parent / "base"
    subprocess.run([sys.executable, "-m", "venv", base], check=True)
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    env |= {"PATH": f"{base / 'bin'}{os.pathsep}{os.environ['PATH']}", **settings("ARG", STEPS, places)}
    for command in of("RUN"):
        words = ["sh", "-ec", placed(command, places)]
        done = subprocess.run(words, cwd=places["/src"], env=env, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def for_anybody(program):
    """Whether another user may run a program; an interpreter in the home of root is out of reach."""
    path = Path(program).resolve()
    return all(place.stat().st_mode & 0o001 for place in (path, *path.parents))


@contextmanager
def running(places):
    """What the image starts, on a free port of loopback, as its user where that can be; address, port and environment."""
    set_there = settings("ENV", LAST_STAGE, places)
    env = {**set_there, "PATH": set_there["PATH"].replace("$PATH", os.defpath)}
    command = [*json.loads(of("ENTRYPOINT")[0]), *json.loads(of("CMD")[0])]
    command = [word.replace("0.0.0.0", "127.0.0.1") for word in command] + ["--port", "0"]
    rights = {"user": ANYBODY, "group": ANYBODY, "extra_groups": []} if os.geteuid() == 0 and for_anybody(sys.executable) else {}
    log = places["/src"].parent / "log"
    command[0] = shutil.which(command[0], path=env["PATH"])
    with log.open("wb") as out, subprocess.Popen(command, cwd="/", env=env, stdout=out, stderr=out, **rights) as process:
        try:
            deadline = time.monotonic() + 60
            while not (found := re.search(r"http://[\d.]+:(\d+)", log.read_text())):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            yield found[0], int(found[1]), env
        finally:
            process.terminate()
            assert process.wait(60) == 0, log.read_text()


def healthy(command, env):
    """Whether a health check succeeds within a minute."""
    deadline = time.monotonic() + 60
    while subprocess.run(command, env=env, capture_output=True).returncode:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def answers(address):
    query = "/sparql?query=SELECT%20(COUNT(*)%20AS%20%3Fn)%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D&format=csv"
    for path, part in [("/-/health", "ok"), (query, "n\r\n"), ("/id/drug/cetuximab", "cetuximab")]:
        with urllib.request.urlopen(address + path, timeout=30) as answer:
            assert part in answer.read().decode(), path
    assert picture(address).startswith(b"<?xml") or b"<svg" in picture(address)


def picture(address):
    with urllib.request.urlopen(f"{address}/plot/timeline.svg", timeout=60) as answer:
        return answer.read()


@pytest.mark.complete
@pytest.mark.skipif(sys.platform != "linux", reason="the image is a Linux one")
def test_the_steps_one_by_one():
    with folders() as places:
        copy(places)
        build(places)
        assert not list(places["/opt/mcrc-kg"].glob("bin/pip*")), "the image cannot install anything"
        places["/tmp"].mkdir()
        places["/tmp"].chmod(0o777)
        check = json.loads(re.search(r"CMD (\[.*\])", of("HEALTHCHECK")[0])[1])
        with running(places) as (address, port, env):
            there = [shutil.which(check[0], path=env["PATH"]), *(word.replace("8000", str(port)) for word in check[1:])]
            assert healthy(there, env)
            answers(address)
        assert subprocess.run(there, env=env, capture_output=True).returncode, "a server that has ended is not healthy"


def engine():
    """A container engine that works here."""
    for name in filter(shutil.which, ENGINES):
        if subprocess.run([name, "info"], capture_output=True, timeout=60).returncode == 0:
            return name
    return None


@pytest.mark.complete
def test_the_image_is_built_and_answers():
    if (name := engine()) is None:
        pytest.skip("no container engine works here: neither podman nor docker")
    tag = f"mcrc-kg-test-{uuid.uuid4().hex[:12]}"

    def call(*words):
        done = subprocess.run([name, *words], cwd=ROOT, capture_output=True, text=True, timeout=1200)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    call("build", "-f", FILE.name, "-t", tag, ".")
    fences = ["--read-only", "--cap-drop", "ALL", "--tmpfs", "/tmp", "--memory", "4g"]
    try:
        call("run", "-d", "--rm", "--name", tag, *fences, "-p", "127.0.0.1::8000", tag)
        address = f"http://{call('port', tag, '8000').splitlines()[0]}"
        assert healthy(
            [sys.executable, "-c", f"import urllib.request as r; r.urlopen('{address}/-/health', timeout=3)"], os.environ
        )
        answers(address)
        assert call("exec", tag, "id", "-u") == str(ANYBODY)
    finally:
        subprocess.run([name, "rm", "-f", tag], capture_output=True)
        subprocess.run([name, "rmi", "-f", tag], capture_output=True)
