"""Files: text is read as UTF-8, and errors name the row and column; files are written completely or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from kg.errors import InputError, KgError, OutsideError, Place, Problem

# Byte order marks of other encodings, the longer ones first: the mark of UTF-32 begins with the mark of UTF-16.
_OTHER_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_CURE = "save it as UTF-8"
UTF8_MARK = b"\xef\xbb\xbf"
# Errors in the name of a path; all other errors are failures of the system that should store the file.
_BAD_NAMES = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EEXIST, errno.EINVAL}


class NotUtf8Error(InputError):
    """A text is not in UTF-8; ``problem`` says where, and how to correct it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, without a byte order mark.

    Raises :class:`~kg.errors.InputError` when it cannot be read, or, with row and column, when it is not UTF-8.
    """
    try:
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {reason(error)}") from error
    return decoded(raw, str(path))


def decoded(raw: bytes, name: str) -> str:
    """Bytes in UTF-8 as text, without a byte order mark; ``name`` is the origin of the bytes in error messages.

    Raises :class:`NotUtf8Error` when they are in another encoding.
    """
    refuse_other_encoding(raw[:4], name)
    try:
        return raw.removeprefix(UTF8_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        row, column = _place(error)
        bad = error.object[error.start]
        raise NotUtf8Error(Problem(Place(name, row, str(column)), f"byte {bad:#04x} is not UTF-8", _CURE)) from error


def refuse_other_encoding(head: bytes, name: str) -> None:
    """Raise :class:`NotUtf8Error` when the first bytes of a text are those of UTF-16 or UTF-32."""
    found = next((encoding for mark, encoding in _OTHER_MARKS.items() if head.startswith(mark)), None)
    if found is None and len(head) > 1 and (head[0] == 0) != (head[1] == 0):  # in UTF-16 one byte of an ASCII character is 0
        found = "UTF-16"
    if found is not None:
        raise NotUtf8Error(Problem(Place(name), f"is {found}", _CURE))


def _place(error: UnicodeDecodeError) -> tuple[int, int]:
    """Row and column, both from 1, of the byte that is not UTF-8; the column counts characters."""
    before = error.object[: error.start]
    line = before[before.rfind(b"\n") + 1 :]
    return before.count(b"\n") + 1, len(line.decode("utf-8")) + 1


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file (text as UTF-8) completely or not at all; pipes and devices are written to directly.

    Raises :class:`~kg.errors.InputError` when the path does not exist, :class:`~kg.errors.OutsideError` when the system cannot
    store the file: no permission, no space.
    """
    import tempfile  # slow to load, and a process that only reads does not need it

    raw = content.encode("utf-8") if isinstance(content, str) else content
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(raw)
            return
        target = Path(os.path.realpath(path))
        handle, name = tempfile.mkstemp(prefix=".mcrc-kg-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
            os.chmod(name, 0o644)
            os.replace(name, target)
        finally:
            Path(name).unlink(missing_ok=True)
    except BrokenPipeError:
        raise  # the reader closed the pipe, which is not an error of the path
    except (OSError, ValueError) as error:
        raise _unwritable(f"{path}: cannot be written", error, "another path with -o") from error


def make_folder(path: Path, cure: str = "another folder with -o") -> None:
    """Create a folder and its parents, unless it exists; the errors are those of :func:`write_whole`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _unwritable(f"{path}: cannot be created", error, cure) from error


def _unwritable(what: str, error: OSError | ValueError, cure: str) -> KgError:
    bad_name = isinstance(error, ValueError) or error.errno in _BAD_NAMES
    return (InputError if bad_name else OutsideError)(f"{what}: {reason(error)}; choose {cure}")


def reason(error: Exception) -> str:
    """The error message of the operating system, without its number and the name of the file."""
    return str(getattr(error, "strerror", None) or error)
