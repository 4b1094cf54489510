"""Files written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from kg.errors import InputError


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file (text as UTF-8) whole or not at all; what is no regular file, such as a pipe or a device, is written through.

    Raises :class:`~kg.errors.InputError` when the place cannot be written.
    """
    target = Path(os.path.realpath(path))
    raw = content.encode("utf-8") if isinstance(content, str) else content
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(raw)
            return
        handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
            os.chmod(name, 0o644)
            os.replace(name, target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}; choose another place with -o") from error
