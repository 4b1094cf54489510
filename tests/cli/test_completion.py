"""Completion at the Tab key: what is offered by the protocol of each shell, and by real shells that source the script."""

import os
import shlex
import shutil
import subprocess
import sys

import pytest
from rdflib import RDFS

from kg.ask.catalogue import questions
from kg.cli.ask import option

PLACES = {"bash": ".bash_completions/mcrc-kg.sh", "zsh": ".zfunc/_mcrc-kg", "fish": ".config/fish/completions/mcrc-kg.fish"}
RATIOS = questions()["hazard-ratios"]
ONE_ENTITY = ["show", "find", "explain", "link"]


@pytest.fixture
def home(tmp_path):
    """An empty home directory with the command on the path of its shells."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "mcrc-kg"
    call = shlex.join([sys.executable, "-c", "from kg.cli import main; main()"])
    command.write_text(f'#!/bin/sh\nexec {call} "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return tmp_path


@pytest.fixture
def in_shell(home):
    """Run a script in a shell with this home; its standard output."""

    def call(shell, script):
        if (found := shutil.which(shell)) is None:
            pytest.skip(f"{shell} is not installed")
        env = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ZDOTDIR", "BASH_ENV"))}
        env |= {"HOME": str(home), "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}", "TERM": "dumb"}
        done = subprocess.run([found, "-c", script], capture_output=True, text=True, cwd=home, env=env, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return call


@pytest.fixture
def offered(run):
    """What a shell is offered for a line whose last word is incomplete, by the protocol of that shell."""

    def call(*line, shell="bash", env=None):
        words = {
            "bash": {"COMP_WORDS": "\n".join(line), "COMP_CWORD": str(len(line) - 1)},
            "zsh": {"_TYPER_COMPLETE_ARGS": " ".join(line)},
            "fish": {"_TYPER_COMPLETE_ARGS": " ".join(line), "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
        }[shell]
        done = run(env={"_MCRC_KG_COMPLETE": f"complete_{shell}", **words, **(env or {})})
        assert (done.returncode, done.stderr) == (0, ""), done
        return list(filter(None, done.stdout.splitlines()))

    return call


def test_commands_and_options(offered):
    assert offered("mcrc-kg", "va") == ["validate"]
    assert offered("mcrc-kg", "validate", "--fac") == ["--facts"]
    assert offered("mcrc-kg", "curate", "off") == ["offsets"]
    assert offered("mcrc-kg", "query", "--format", "j") == ["json"]


def test_names_of_questions(offered):
    assert set(offered("mcrc-kg", "ask", "")) == set(questions())
    wanted = {name for name in questions() if name.startswith("haz")}
    assert set(offered("mcrc-kg", "ask", "haz")) == wanted
    assert offered("mcrc-kg", "ask", "no-such-question", "") == []


def test_parameters_of_the_question(offered):
    own = {option(parameter) for parameter in RATIOS.options}
    all_options = set(offered("mcrc-kg", "ask", "hazard-ratios", "--"))
    assert own < all_options
    assert all_options - own == set(offered("mcrc-kg", "ask", "no-such-question", "--"))
    rest = set(offered("mcrc-kg", "ask", "hazard-ratios", "--drug", "cetuximab", "--"))
    assert all_options - rest == {"--drug"}, "a parameter that was given is not offered again"


def test_values_of_parameters(offered, graph):
    assert offered("mcrc-kg", "ask", "hazard-ratios", "--drug", "cet") == ["cetuximab"]
    assert offered("mcrc-kg", "ask", "hazard-ratios", "--drug", "=", "cet") == ["cetuximab"]
    assert offered("mcrc-kg", "ask", "review-table", "--table", "") == ["1", "2", "3", "4"]
    assert offered("mcrc-kg", "ask", "hazard-ratios", "--place", "") == ["text", "table"]
    for drug in offered("mcrc-kg", "ask", "hazard-ratios", "--drug", "pani"):
        assert graph.resolve(drug)


def test_a_value_of_any_entity(offered):
    (about,) = (p for p in questions()["about"].parameters if p.of_class == RDFS.Resource)
    assert "cetuximab" in offered("mcrc-kg", "ask", "about", f"--{about.name}", "cetux")


@pytest.mark.parametrize("command", ONE_ENTITY)
def test_entities(offered, command):
    assert "cetuximab" in offered("mcrc-kg", command, "cetux")


def test_every_entity_offered_is_found_again(offered, graph):
    """Also after the shell took the quotation off."""
    for word in offered("mcrc-kg", "show", ""):
        (name,) = shlex.split(word)
        assert graph.resolve(name)


def test_a_name_with_spaces_is_one_word_in_bash(offered):
    quoted = [r"KRAS\ wild-type\ population"]
    assert offered("mcrc-kg", "ask", "hazard-ratios", "--stratum", r"KRAS\ wild-type") == quoted
    assert offered("mcrc-kg", "ask", "hazard-ratios", "--stratum", '"KRAS wild-type') == ["KRAS wild-type population"]


def test_nothing_is_offered_that_is_elsewhere_or_cannot_be_read(offered, tmp_path):
    assert "cetuximab" not in offered("mcrc-kg", "show", "--graph", "http://127.0.0.1:9/sparql", "cetux")
    assert offered("mcrc-kg", "show", "--graph", str(tmp_path / "none"), "cetux") == []
    assert offered("mcrc-kg", "show", "cetux", env={"MCRC_KG_GRAPH": "http://127.0.0.1:9/sparql"}) == []


def test_zsh_and_fish_get_the_summary_too(offered):
    assert f"hazard-ratios\t{RATIOS.summary}" in offered("mcrc-kg", "ask", "hazard-r", shell="fish")
    assert any(RATIOS.summary in line for line in offered("mcrc-kg", "ask", "hazard-r", shell="zsh"))
    assert offered("mcrc-kg", "ask", "hazard-ratios", "--drug", "cetux", shell="fish")[0].startswith("cetuximab\t")


@pytest.mark.parametrize("shell", PLACES)
def test_the_script_is_installed_for_the_shell_that_runs(in_shell, home, shell):
    said = in_shell(shell, "mcrc-kg --install-completion; mcrc-kg --show-completion > shown; true")
    place = home / PLACES[shell]
    assert f"{shell} completion installed in {place}" in said
    assert place.read_text(encoding="utf-8").strip() == (home / "shown").read_text(encoding="utf-8").strip()


def test_a_real_bash_completes(in_shell):
    in_shell("bash", "mcrc-kg --install-completion; true")
    line = "COMP_WORDS=(mcrc-kg show 'irinotecan\\ +\\ panitu'); COMP_CWORD=2; _mcrc_kg_completion mcrc-kg"
    script = f'source ~/.bashrc; complete -p mcrc-kg; {line}; printf \'%s\\n\' "${{#COMPREPLY[@]}}" "${{COMPREPLY[@]}}"'
    said, number, word = in_shell("bash", script).splitlines()
    assert said == "complete -o default -F _mcrc_kg_completion mcrc-kg"
    assert (number, word) == ("1", r"irinotecan\ +\ panitumumab")


def test_a_real_zsh_reads_the_offer(in_shell):
    """Its own function _arguments, which shows the offer, is replaced by one that prints it."""
    script = """
      compdef() { true }
      eval "$(mcrc-kg --show-completion)"
      words=(mcrc-kg ask hazard-ratios --stratum 'KRAS\\ wild'); CURRENT=5
      _arguments() { print -r -- "$@" }
      _mcrc_kg_completion
    """
    assert in_shell("zsh", script).startswith('*: :(("KRAS wild-type population":"')


def test_a_real_fish_completes(in_shell):
    script = "mcrc-kg --show-completion | source; complete --do-complete 'mcrc-kg ask hazard-ratios --stratum KRAS\\ wild'"
    (line,) = in_shell("fish", script).splitlines()
    assert line.startswith("KRAS\\ wild-type\\ population\t") or line.startswith("KRAS wild-type population\t")
