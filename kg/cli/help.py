"""The help page of the program from a file, so that it is shown without loading Typer and the commands.

The file is what Typer makes of the commands. Write it again after a change of a command with::

    COLUMNS=80 mcrc-kg --help > kg/cli/help.txt
"""

from __future__ import annotations

import os

_WIDTH = 80  # columns that Typer fills, however wide the terminal
COMPLETION = "_MCRC_KG_COMPLETE"  # set by a shell that completes a line


def page(argv: list[str]) -> str | None:
    """The help page for a command line; None where Typer must make it.

    Typer makes the page of a command, and the page for a width that is narrow or set by ``COLUMNS``.
    """
    if argv[1:] != ["--help"] or "COLUMNS" in os.environ or COMPLETION in os.environ:
        return None
    try:
        if os.get_terminal_size(1).columns < _WIDTH:
            return None
    except OSError:  # not a terminal
        pass
    with open(os.path.join(os.path.dirname(__file__), "help.txt"), encoding="utf-8") as file:
        return file.read()
