"""The command, run in forks of a process that has loaded it already: a fork is the command without the wait for its modules.

Run as a script, it reads a line of JSON for each command: the words, the folder, the environment, and a file for each of the
three standard streams; it writes the exit status of each.
"""

import gc
import io
import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def loaded():
    """A function that runs the command with words, in a folder; it returns what ``subprocess.run`` would."""
    # of the locale, as a command that is started afresh has it
    with subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def run(words, folder, stdin=None, env=None):
            with tempfile.TemporaryDirectory() as place:
                streams = [Path(place, name) for name in ("in", "out", "err")]
                streams[0].write_text(stdin or "", encoding="utf-8")
                asked = {
                    "words": words,
                    "folder": str(folder),
                    "env": {**os.environ, **(env or {})},
                    "streams": [*map(str, streams)],
                }
                process.stdin.write(json.dumps(asked) + "\n")
                process.stdin.flush()
                status = int(process.stdout.readline())
                out, err = (stream.read_text(encoding="utf-8") for stream in streams[1:])
                return subprocess.CompletedProcess(words, status, out, err)

        yield run
        process.stdin.close()


def become(words, folder, env, streams):
    """Turn this process into the command."""
    from kg.cli import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    for number, stream in enumerate(streams):
        opened = os.open(stream, (os.O_WRONLY | os.O_CREAT) if number else os.O_RDONLY)
        os.dup2(opened, number)
        os.close(opened)
    # the numbers stay open whatever becomes of these objects, as those of an interpreter do
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)))
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)))
    sys.stderr = io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, "w", closefd=False)), errors="backslashreplace")
    sys.argv = ["mcrc-kg", *words]
    main()


def serve():
    """Fork for each line that comes."""
    import pyshacl  # noqa: F401 - loaded before the forks

    gc.freeze()  # what is loaded is no garbage of any command
    answers = os.fdopen(os.dup(1), "w")
    for line in iter(sys.stdin.readline, ""):
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        if (process := os.fork()) == 0:
            answers.close()
            become(**json.loads(line))
            return
        answers.write(f"{os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])}\n")
        answers.flush()


if __name__ == "__main__":
    serve()
