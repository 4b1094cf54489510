"""How the agent server is reached: standard input and output, HTTP on this machine, and what it says when it cannot start."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from mcp import Client
from paths import ROOT
from server import alive, children, until

MAIN = ["-c", "from kg.cli import main; main()", "mcp"]


def test_nothing_but_the_protocol_goes_to_standard_output(tmp_path):
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}),
        json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        "this is no message",
        '{"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "find", "arguments": {"text": "\\ud800"}}}',
        json.dumps(
            {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "find", "arguments": {"text": "EGFR"}}}
        ),
    ]
    with subprocess.Popen(
        [sys.executable, *MAIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        process.stdin.write("\n".join(lines) + "\n")
        process.stdin.flush()
        heard = []
        while not any(message.get("id") == 3 for message in heard):
            heard.append(json.loads(process.stdout.readline()))  # every line is a message
        (forkserver,) = children(process.pid)
        process.stdin.close()
        assert process.wait(20) == 0
        assert process.stdout.read() == ""
    assert all(message["jsonrpc"] == "2.0" for message in heard)
    assert "target:EGFR" in json.dumps(heard[-1]["result"])
    assert until(lambda: not alive(forkserver), 5)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_its_processes(tmp_path, told):
    words = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": tmp_path}
    with subprocess.Popen([sys.executable, *MAIN], **words) as process:
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        (forkserver,) = children(process.pid)
        process.send_signal(told)
        assert process.wait(5) == -told
        assert until(lambda: not alive(forkserver), 5)


def test_over_http_on_this_machine_only(tmp_path):
    with subprocess.Popen([sys.executable, *MAIN, "--http", "0"], stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        try:
            address = re.search(r"http://127\.0\.0\.1:(\d+)/mcp", process.stderr.readline())

            async def ask():
                async with Client(address[0]) as client:
                    assert {"ask", "sparql"} < {tool.name for tool in (await client.list_tools()).tools}
                    return await client.call_tool("ask", {"question": "approvals"})

            assert "bevacizumab" in anyio.run(ask).content[0].text
            with socket.create_connection(("127.0.0.1", int(address[1])), 10) as foreign:
                body = b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
                head = f"Host: evil.example\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
                foreign.sendall(f"POST /mcp HTTP/1.1\r\n{head}\r\n\r\n".encode() + body)
                assert foreign.recv(100).split()[1] in (b"421", b"403")
            with socket.create_server(("127.0.0.1", 0)) as taken:
                words = [sys.executable, *MAIN, "--http", str(taken.getsockname()[1])]
                ended = subprocess.run(words, capture_output=True, text=True, timeout=30)
            assert ended.returncode == 5
            assert "choose another port with --http" in ended.stderr
        finally:
            process.terminate()
            process.wait(20)


def test_the_page_shows_what_a_client_gets(tmp_path):
    page = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")
    (config,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert json.loads(config)["mcpServers"]["mcrc-kg"] == {"command": "mcrc-kg", "args": ["mcp"]}
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    path = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=path, check=True)
    (shown,) = re.findall(r"```\n(Hazard.*?)```", page, re.DOTALL)
    for line in shown.splitlines():
        assert line.removesuffix("…") in ended.stdout


def test_without_the_package_the_command_says_how_to_get_it(tmp_path):
    code = "import sys; sys.modules['mcp'] = None; from kg.cli import main; main()"
    ended = subprocess.run([sys.executable, "-c", code, "mcp"], capture_output=True, text=True, cwd=tmp_path)
    assert ended.returncode == 2
    assert "pip install '.[agents]'" in ended.stderr
    assert ended.stdout == ""


def test_without_forks_the_command_says_so():
    code = "import os; del os.fork; from kg.cli import main; main()"
    ended = subprocess.run([sys.executable, "-c", code, "mcp"], capture_output=True, text=True)
    assert ended.returncode == 2
    assert "cannot fork" in ended.stderr


def test_without_a_graph_the_command_says_so(run, tmp_path):
    ended = run("mcp", "--graph", tmp_path / "none", stdin="")
    assert ended.returncode == 4
    assert "mcrc-kg build" in ended.stderr
    assert ended.stdout == ""
