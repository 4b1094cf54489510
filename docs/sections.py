"""The part of a page that a script of the documentation writes, between its two marks."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def fill(folder: Path, page: str, script: str, text: str) -> None:
    """Write a page to a folder, with this text in the part that is made by a script."""
    made = re.compile(rf"(?<=<!-- begin: made by docs/{re.escape(script)} -->\n).*(?=<!-- end -->)", re.DOTALL)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / page).write_text(made.sub(lambda _: text, (HERE / page).read_text(encoding="utf-8")), encoding="utf-8")
