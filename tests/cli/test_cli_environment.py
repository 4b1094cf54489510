"""The command line in the surroundings that shells, disks, locales, terminals and networks give it: none of them is a bug."""

import codecs
import contextlib
import csv
import fcntl
import io
import os
import pty
import resource
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
from collections import deque
from pathlib import Path

import pytest
from paths import TESTS
from server import until
from standin import StandIn, serving
from tiers import few

from kg.cli.commands import app
from kg.pipeline.build import write
from kg.resources import GRAPH_FILE

BAD = TESTS / "bad" / "comparison-interval-wrong-way-round.ttl"
COMMAND = [sys.executable, "-c", "from kg.cli import main; main()"]
EXOTIC = 'SELECT ("é€…א" AS ?x) {}'
# words for each command, short to run; where that is long or needs more than words, the help
WORDS = {
    "ask": ["ask", "passages"],
    "audit": ["audit", "--help"],
    "bench": ["bench", "--help"],
    "build": ["build", "--help"],
    "compare": ["compare", "cetuximab", "bevacizumab"],
    "evidence": ["evidence", "--biomarker", "RAS wild type", "--line", "first-line"],
    "curate": ["curate", "template"],
    "explain": ["explain", "cetuximab"],
    "export": ["export", "--help"],
    "find": ["find", "cetuximab"],
    "info": ["info", "--schema"],
    "link": ["link", "cetuximab"],
    "load": ["load", "--help"],
    "mcp": ["mcp", "--help"],
    "plot": ["plot", "--help"],
    "pool": ["pool", "--help"],
    "query": ["query", "SELECT * { ?s ?p ?o FILTER(!isBlank(?s) && !isBlank(?o)) } LIMIT 3000"],
    "reason": ["reason", "--help"],
    "serve": ["serve", "--help"],
    "show": ["show", "cetuximab"],
    "validate": ["validate", str(BAD)],
}
SHORT = ("ask", "validate")  # tried every time
HELP = [["--help"], ["--version"], ["ask", "--help"], ["ask", "review-table", "--help"], ["plot", "network", "--help"]]


def commands():
    """The names of all commands and groups, from the application itself."""
    one = {command.name or command.callback.__name__ for command in app.registered_commands}
    return sorted(one | {group.name for group in app.registered_groups})


def shell(words, redirections="", cwd=None, env=None, stdin=subprocess.DEVNULL):
    """Run the command with redirections of a shell; what it says, and its exit status."""
    line = f"{shlex.join([*COMMAND, *map(str, words)])} {redirections}"
    surroundings = {**os.environ, **(env or {})}
    return subprocess.run(["bash", "-c", line], stdin=stdin, capture_output=True, cwd=cwd, env=surroundings)


def one_line(result, code, *said):
    """Hold that a command ended with a code and one line of its own that says these things."""
    text = result.stderr.decode()
    lines = [line for line in text.splitlines() if line.startswith("mcrc-kg: ")]
    assert result.returncode == code, text
    assert len(lines) == 1, text
    for words in said:
        assert words in lines[0]
    assert "a bug" not in text
    assert "Traceback" not in text
    assert "Exception ignored" not in text


def test_every_command_is_tried():
    assert commands() == sorted(WORDS)


@pytest.mark.parametrize("name", few(sorted(WORDS), *SHORT))
def test_a_full_disk_behind_standard_output(name):
    one_line(shell(WORDS[name], ">/dev/full"), 5, "standard output cannot be written: No space left on device")


@pytest.mark.parametrize("name", few(sorted(WORDS), *SHORT))
def test_a_closed_standard_output(name, tmp_path):
    one_line(shell(WORDS[name], ">&-", tmp_path), 5, "standard output cannot be written")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", few(sorted(WORDS), *SHORT))
def test_a_reader_that_leaves_is_no_error(name):
    result = shell(WORDS[name], "| true; exit ${PIPESTATUS[0]}")
    assert result.returncode == (1 if name == "validate" else 0), "what the data say remains"
    assert "mcrc-kg: " not in result.stderr.decode()
    assert "Exception ignored" not in result.stderr.decode()


@pytest.mark.parametrize("name", few(sorted(WORDS), *SHORT))
def test_a_closed_standard_error(name):
    with_it, without = shell(WORDS[name]), shell(WORDS[name], "2>&-")
    assert (without.returncode, without.stdout) == (with_it.returncode, with_it.stdout)
    assert shell(WORDS[name], ">/dev/full 2>&-").returncode == 5
    assert shell(WORDS[name], ">/dev/full 2>/dev/full").returncode == 5


@pytest.mark.parametrize("words", few(HELP, ["--help"], ["ask", "--help"]), ids=" ".join)
def test_help_is_output_too(words):
    one_line(shell(words, ">/dev/full"), 5, "standard output")
    assert shell(words, "| true; exit ${PIPESTATUS[0]}").returncode == 0


def test_all_streams_closed_and_a_file_to_write(tmp_path):
    assert shell(["ask", "primary-endpoints", "-o", "out.csv"], "<&- >&- 2>&-", tmp_path).returncode == 0
    assert (tmp_path / "out.csv").read_bytes() == shell(["ask", "primary-endpoints"]).stdout
    assert shell(["nonsense"], "<&- >&- 2>&-", tmp_path).returncode == 2


def test_standard_input_that_cannot_be_read():
    one_line(shell(["query", "-"], "<&-"), 4, "standard input cannot be read")
    one_line(shell(["mcp"], "<&-"), 4, "standard input cannot be read")


def test_an_output_that_another_process_made_non_blocking():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with subprocess.Popen([*COMMAND, "ask", "passages"], stdout=writing, stderr=subprocess.PIPE) as process:
        os.close(writing)
        with os.fdopen(reading, "rb") as answer:
            assert until(lambda: fcntl.ioctl(answer, termios.FIONREAD, b"\0\0\0\0") != b"\0\0\0\0")
            text = answer.read()
        assert process.wait() == 0, process.stderr.read()
    assert text == shell(["ask", "passages"]).stdout


# locales and encodings


@pytest.fixture(scope="module")
def latin(tmp_path_factory):
    """The environment of a locale in ISO 8859-1, made here, since few systems have one."""
    made = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef") is None or not Path("/usr/share/i18n/charmaps").is_dir():
        pytest.skip("no localedef, or no definitions of locales")
    subprocess.run(["localedef", "-i", "en_US", "-f", "ISO-8859-1", made / "en_US.ISO-8859-1"], check=True, capture_output=True)
    return {"LOCPATH": str(made), "LC_ALL": "en_US.ISO-8859-1"}


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LOCALES = [{"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, ASCII, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "utf-16"}]


@pytest.mark.parametrize("locale", few(LOCALES, ASCII), ids=lambda one: " ".join(one.values()))
def test_data_are_utf8_in_every_locale(locale, tmp_path):
    held_utf8(locale, tmp_path)


@pytest.mark.complete
def test_data_are_utf8_in_a_latin_locale(latin, tmp_path):
    held_utf8(latin, tmp_path)
    shown = shell(["query", EXOTIC.encode("latin-1", "ignore").decode("latin-1")], env=latin)
    assert shown.returncode == 0


def held_utf8(locale, tmp_path):
    (tmp_path / "é.rq").write_text(EXOTIC, encoding="utf-8")
    expected = "x\né€…א\n".encode()
    assert shell(["query", "--file", "é.rq"], "", tmp_path, locale).stdout == expected
    assert shell(["query", "--file", "é.rq", "-o", "é.csv"], "", tmp_path, locale).returncode == 0
    assert (tmp_path / "é.csv").read_bytes() == expected
    with (tmp_path / "é.rq").open("rb") as query:
        assert shell(["query", "-"], "", tmp_path, locale, query).stdout == expected
    passages = shell(["ask", "passages"], "", tmp_path, locale)
    assert passages.returncode == 0
    assert "…" in passages.stdout.decode("utf-8")


@pytest.mark.parametrize("locale", few(LOCALES[:4], ASCII), ids=lambda one: " ".join(one.values()))
def test_arguments_are_text_where_python_cannot_decode_them(locale):
    assert shell(["query", EXOTIC], env=locale).stdout == "x\né€…א\n".encode()
    one_line(shell(["ask", "hazard-ratios", "--drug", "é"], env=locale), 3, "no drug is called")


def test_arguments_that_are_no_text(tmp_path):
    for words in (b"query 'SELECT (\"\xe9\" AS ?x) {}'", b"find caf\xe9", b"ask hazard-ratios --drug caf\xe9", b"show caf\xe9"):
        line = shlex.join(COMMAND).encode() + b" " + words
        one_line(subprocess.run([b"bash", b"-c", line], capture_output=True), 2, "is not UTF-8")
    line = shlex.join([*COMMAND, "ask", "primary-endpoints", "-o"]).encode() + b" caf\xe9.csv"
    assert subprocess.run([b"bash", b"-c", line], cwd=tmp_path, capture_output=True).returncode == 0
    assert os.listdir(os.fsencode(tmp_path)) == [b"caf\xe9.csv"], "a file may have any name"


def in_terminal(words, env, columns=80):
    """What the command shows on a terminal of so many columns."""
    mine, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    surroundings = {name: value for name, value in {**os.environ, **env}.items() if value is not None}
    with subprocess.Popen([*COMMAND, *words], stdin=its, stdout=its, stderr=its, env=surroundings) as process:
        os.close(its)
        shown = b""
        while True:
            part = b""
            with contextlib.suppress(OSError):  # what Linux says when the last writer is gone
                part = os.read(mine, 1 << 16)
            if not part:
                break
            shown += part
        os.close(mine)
        assert process.wait() == 0, shown
    return shown


@pytest.mark.parametrize(
    ("columns", "env"),
    few(
        [(0, {}), (1, {}), (5, {}), (1000, {})]
        + [(80, {"COLUMNS": value}) for value in ("abc", "-3", "0", "1")]
        + [(80, {"TERM": value}) for value in (None, "", "dumb", "nonsense")]
        + [(0, {"NO_COLOR": "1", "TERM": None})],
        (5, {}),
        (80, {"TERM": "dumb"}),
    ),
    ids=str,
)
def test_terminals_of_every_kind(columns, env):
    shown = in_terminal(["ask", "primary-endpoints"], env, columns)
    assert b"Traceback" not in shown
    assert b"row" in shown
    if env.get("TERM") == "dumb":
        assert b"\x1b[" not in shown


def test_a_terminal_of_another_encoding_shows_what_it_can():
    assert b"caf\xe9 ?" in in_terminal(["query", 'SELECT ("café €" AS ?x) {}'], {"PYTHONIOENCODING": "latin-1"})


def test_a_terminal_is_not_given_orders():
    shown = in_terminal(["query", r'SELECT ("a\u001B[31mred\u0007 [/bold] \\[x" AS ?x) {}'], {"NO_COLOR": "1", "TERM": "dumb"})
    assert rb"a\x1b[31mred\x07 [/bold] \[x" in shown


# files that are read


MARKS = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE, "utf-32-le": codecs.BOM_UTF32_LE}


def test_a_byte_order_mark_before_a_query(tmp_path, graph):
    query = "ASK { ?s ?p ?o }"
    (tmp_path / "q.rq").write_text(query, encoding="utf-8-sig")
    assert shell(["query", "--file", "q.rq"], "", tmp_path).stdout == b"answer\ntrue\n"
    with (tmp_path / "q.rq").open("rb") as text:
        assert shell(["query", "-"], "", tmp_path, stdin=text).stdout == b"answer\ntrue\n"
    assert graph.query("\ufeff" + query) is True


@pytest.mark.parametrize("encoding", few(["utf-16-le", "utf-16-be", "utf-32-le"], "utf-16-le"))
@pytest.mark.parametrize("marked", few([True, False], True))
def test_another_encoding_is_named(encoding, marked, tmp_path):
    if encoding == "utf-32-le" and not marked:
        pytest.skip("not to be told from UTF-8 by its first characters alone")
    raw = (MARKS[encoding] if marked else b"") + "ASK { ?s ?p ?o }".encode(encoding)
    name = "UTF-32" if "32" in encoding else "UTF-16"
    for file in ("q.rq", "x.ttl", "x.nt", "x.nq", "x.trig", "x.rdf", "x.jsonld"):
        (tmp_path / file).write_bytes(raw)
        words = ["query", "--file", file] if file == "q.rq" else ["validate", file]
        one_line(shell(words, "", tmp_path), 4, f"{file}: is {name}; save it as UTF-8")
    with (tmp_path / "q.rq").open("rb") as text:
        one_line(shell(["query", "-"], "", tmp_path, stdin=text), 4, f"standard input: is {name}")


def test_a_byte_that_is_not_utf8_is_placed(tmp_path):
    (tmp_path / "q.rq").write_bytes("SELECT *\n{ ?é ".encode() + b"\xe9 ?p ?o }")
    one_line(shell(["query", "--file", "q.rq"], "", tmp_path), 4, "q.rq:2:6: byte 0xe9 is not UTF-8; save it as UTF-8")


RDF = {
    "ttl": "<urn:s> <urn:p> 1 .",
    "nt": "<urn:s> <urn:p> <urn:o> .\n",
    "nq": "<urn:s> <urn:p> <urn:o> <urn:g> .\n",
    "trig": "<urn:g> { <urn:s> <urn:p> 1 }",
    "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:u="urn:u#"><rdf:Description rdf:about="urn:s">'
    '<u:p rdf:resource="urn:o"/></rdf:Description></rdf:RDF>',
    "jsonld": '{"@id": "urn:s", "urn:p": [{"@id": "urn:o"}]}',
}


def test_a_byte_order_mark_before_rdf_of_every_format(tmp_path):
    for ending, text in RDF.items():
        (tmp_path / f"x.{ending}").write_text(text, encoding="utf-8-sig")
    result = shell(["validate", *(f"x.{ending}" for ending in RDF)], "", tmp_path)
    assert result.returncode == 0, result.stderr


@pytest.mark.complete
def test_a_byte_order_mark_before_tables_and_their_description(built_review, own_facts, tmp_path):
    for path in [*own_facts.rglob("*.tsv"), *own_facts.rglob("*.json")]:
        path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
    assert shell(["build", "--facts", own_facts, "-o", tmp_path / "graph"]).returncode == 0
    assert (tmp_path / "graph" / GRAPH_FILE).read_bytes() == write(built_review, tmp_path / "again").read_bytes()


@pytest.mark.parametrize("name", ["arms.tsv", "csv-metadata.json"])
def test_tables_in_another_encoding_are_named(own_facts, name):
    path = next(iter(sorted(own_facts.rglob(name))))
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    one_line(shell(["validate", "--facts", own_facts]), 4, f"{name}: is UTF-16; save ")


@pytest.mark.parametrize(
    "words", [["query", "--file"], ["validate"], ["validate", "--facts"], ["audit", "--source"], ["ask", "passages", "--graph"]]
)
@pytest.mark.parametrize("place", few([".", "loop", "x" * 300 + ".ttl", "file/below", "gone.ttl"], "loop"))
def test_places_that_cannot_be_read(words, place, tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_bytes(b"")
    assert_code(shell([*words, place], "", tmp_path), 4)


def assert_code(result, code):
    text = result.stderr.decode()
    assert result.returncode == code, text
    assert "a bug" not in text
    assert "Traceback" not in text
    assert "mcrc-kg: " in text


# files that are written


WRITING = [
    ["ask", "primary-endpoints"],
    ["query", "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 5"],
    ["info", "--schema"],
    ["export", "--format", "graphml"],
]


@pytest.mark.parametrize("words", few(WRITING, WRITING[0]), ids=lambda words: words[0])
def test_places_that_cannot_be_written(words, tmp_path):
    for place, code in (("nowhere/x", 4), (".", 4), ("/dev/full", 5), ("x" * 300, 4)):
        assert_code(shell([*words, "-o", place], "", tmp_path), code)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file(tmp_path):
    (tmp_path / "out.csv").write_text("old", encoding="utf-8")

    def small():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    words = [*COMMAND, "ask", "passages", "-o", "out.csv"]
    result = subprocess.run(words, cwd=tmp_path, capture_output=True, preexec_fn=small)
    one_line(result, 5, "out.csv: cannot be written: File too large")
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("out.csv", "old")]


def test_output_goes_through_a_pipe_by_its_name():
    assert shell(["ask", "passages", "-o", "/dev/stdout"], "| cat").stdout == shell(["ask", "passages"]).stdout
    assert shell(["ask", "passages", "-o", "/dev/stdout"], "| true; exit ${PIPESTATUS[0]}").returncode == 0


@pytest.mark.parametrize(
    "env",
    few([{"HOME": "/nonexistent"}, {"HOME": "/proc"}, {"TMPDIR": "/nonexistent"}, {"HOME": ""}], {"TMPDIR": "/nonexistent"}),
    ids=str,
)
def test_no_home_and_no_folder_for_temporary_files(env, review, tmp_path):
    build = ["build", "--facts", review, "-o", "graph"]
    for words in (["ask", "passages", "-o", "x.csv"], ["plot", "timeline", "-o", "x.svg"], build):
        result = shell(words, "", tmp_path, env)
        assert result.returncode == 0, result.stderr


# what takes too much


@pytest.mark.complete
@pytest.mark.parametrize(
    "query",
    [
        f"SELECT * {'{' * 20000}{'}' * 20000}",
        f"ASK {{ FILTER({'(' * 20000}1{')' * 20000}) }}",
        f"ASK {{ FILTER({'!' * 20000}true) }}",
        "ASK { " + "MINUS {} " * 5000 + "}",
        "CONSTRUCT { " + " ".join(f"_:a{n} <urn:p> _:a{n + 1} ." for n in range(2000)) + " } WHERE {}",
    ],
    ids=["braces", "parentheses", "operators", "patterns", "chain"],
)
def test_what_is_nested_deep(query, tmp_path):
    (tmp_path / "deep.rq").write_text(query, encoding="utf-8")
    result = shell(["query", "--file", "deep.rq"], "", tmp_path)
    assert result.returncode == 0, result.stderr[-500:]


def test_too_little_memory():
    words = ["query", "SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?d))) AS ?x) { ?a ?b ?c . ?d ?e ?f }"]
    code = "import kg.graph\ndef no(*_): raise MemoryError\nkg.graph.open_graph = no\nfrom kg.cli import main; main()"
    result = subprocess.run([sys.executable, "-c", code, *words], capture_output=True)
    one_line(result, 5, "not enough memory")


def test_an_interrupt_during_the_output():
    with subprocess.Popen(
        [*COMMAND, "query", "SELECT * { ?s ?p ?o }"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert until(lambda: fcntl.ioctl(process.stdout, termios.FIONREAD, b"\0\0\0\0") != b"\0\0\0\0"), "the pipe fills"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert b"a bug" not in process.stderr.read()


# endpoints elsewhere


class Elsewhere(StandIn):
    """An endpoint that answers by its path: right, after a redirect, or wrong in one of many ways."""

    timeout = 2  # seconds for a request, which a client that begins with TLS never ends
    asked = deque()  # noqa: RUF012 - the handler is made anew for each request

    def do_GET(self):  # noqa: N802 - named by the standard library
        self.reply("text/html", b"<p>a page</p>")

    def answer(self):
        query = self.body()
        match self.path.rstrip("/").split("/")[1:]:
            case ["moved", status]:
                self.send_response(int(status))
                self.send_header("Location", "/sparql")
                self.send_header("Content-Length", "0")
                self.end_headers()
            case ["circle"]:
                self.send_response(307)
                self.send_header("Location", "/circle")
                self.send_header("Content-Length", "0")
                self.end_headers()
            case ["page"]:
                self.reply("text/html", b"<p>a page</p>")
            case ["broken"]:
                self.reply("text/html", b"<p>out\nof order</p>\n" * 500, 503)
            case ["cut"]:
                self.reply("application/sparql-results+json", b'{"head": {"vars": ["x"]}, "resu')
            case ["short"]:
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"{")
                self.close_connection = True
            case ["reset"]:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
            case ["terms"]:
                triple = (
                    '{"type":"triple","value":{"subject":{"type":"uri","value":"urn:s"},"predicate":{"type":"uri","value":"urn:p"},'
                    '"object":{"type":"literal","value":"x","xml:lang":"ar","its:dir":"rtl"}}}'
                )
                body = f'{{"head":{{"vars":["x"]}},"results":{{"bindings":[{{"x":{triple}}}]}}}}'
                self.reply("application/sparql-results+json", body.encode())
            case _:
                self.asked.append(query)
                self.reply("application/sparql-results+json", b'{"head": {}, "boolean": true}')


@pytest.fixture(scope="module")
def elsewhere():
    with serving(Elsewhere) as address:
        yield address


def asked(address, query="ASK {}", **env):
    return shell(["query", query, "--graph", address], env=env)


@pytest.mark.parametrize("path", few(["/page", "/broken", "/cut", "/short", "/reset", "/circle", "/moved/303"], "/cut"))
def test_an_endpoint_that_misbehaves_is_named(elsewhere, path):
    one_line(asked(elsewhere + path), 5, f"{elsewhere}{path}: ")


@pytest.mark.complete
def test_no_endpoint_at_an_address(elsewhere):
    for address in (
        "http://127.0.0.1:9/",
        "HTTPS" + elsewhere[4:],
        "http://127.0.0.1:0/",
        "http://[::1",
        "http://",
        "https://é/",
    ):
        one_line(asked(address), 5, address)


@pytest.mark.parametrize("status", few([301, 302, 307, 308], 307))
def test_a_redirect_keeps_the_query(elsewhere, status):
    Elsewhere.asked.clear()
    result = asked(f"{elsewhere}/moved/{status}")
    assert (result.returncode, result.stdout) == (0, b"answer\ntrue\n"), result.stderr
    assert list(Elsewhere.asked) == ["query=ASK+%7B%7D"]


@pytest.mark.parametrize("path", few(["/sparql", "/sparql/"], "/sparql"))
def test_a_scheme_in_capitals_is_one(elsewhere, path):
    for scheme in ("HTTP", "Http"):
        assert asked(scheme + elsewhere[4:] + path).stdout == b"answer\ntrue\n"
    assert shell(["query", "ASK {}"], env={"MCRC_KG_GRAPH": "HTTP" + elsewhere[4:] + path}).stdout == b"answer\ntrue\n"
    one_line(shell(["serve", "--graph", "HTTP" + elsewhere[4:]]), 2, "cannot use another endpoint")


# terms that rdflib does not have


TRIPLE = "<<( <urn:s> <urn:p> <<( <urn:a> <urn:b> 'x'@ar--rtl )>> )>>"
SHOWN = '<<( <urn:s> <urn:p> <<( <urn:a> <urn:b> "x"@ar--rtl )>> )>>'


@pytest.mark.parametrize("form", few(["table", "csv", "tsv", "json", "md"], "csv"))
def test_triple_terms_are_shown_as_the_specification_writes_them(form):
    result = shell(["query", f"SELECT ?t {{ VALUES ?t {{ {TRIPLE} }} }}", "--format", form])
    assert result.returncode == 0, result.stderr
    text = result.stdout.decode()
    if form in ("csv", "tsv"):
        text = next(csv.DictReader(io.StringIO(text)))["t"]
    assert SHOWN in text.replace('\\"', '"')


def test_triple_terms_from_an_endpoint(elsewhere):
    assert '"<<( <urn:s> <urn:p> ""x""@ar--rtl )>>"' in asked(f"{elsewhere}/terms", "SELECT * {}").stdout.decode()


def test_triple_terms_in_what_is_validated(tmp_path):
    text = f"_:r <http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies> {TRIPLE} ; <urn:p> 'x'@en--ltr ."
    (tmp_path / "x.ttl").write_text(text, encoding="utf-8")
    result = shell(["validate", "x.ttl"], "", tmp_path)
    assert result.returncode == 0, result.stderr
