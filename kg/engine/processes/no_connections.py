"""A process without connections: the kernel refuses every new socket, while files can still be opened.

For a worker that must open tables of a store later and therefore needs file handles (``seccomp(2)``, a filter of system calls).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

# by the machine: its number in audit messages, and that of the system call socket(2)
_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_IO_URING_SETUP = 425  # on every machine; it can also open connections
_OTHER_NUMBERS = 0x40000000  # the first of a second set of numbers for the same system calls (x32)
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # instructions of the filter
_NUMBER, _MACHINE = 0, 4  # offsets in struct seccomp_data
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
_NO_NEW_PRIVILEGES, _SET_FILTER, _FILTER = 38, 22, 2  # of prctl(2)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse_connections() -> bool:
    """Refuse every new socket from now on, also in threads that start later; return whether the system can do that."""
    known = _MACHINES.get(os.uname().machine)
    if sys.platform != "linux" or known is None or sys.maxsize < 1 << 32:
        return False
    machine, new_socket = known
    # each instruction: code, how many to skip if true, how many if false, operand
    lines = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 0, 5, machine),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 3, 0, _OTHER_NUMBERS),
        (_EQUAL, 2, 0, new_socket),
        (_EQUAL, 1, 0, _IO_URING_SETUP),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    program = _Program(len(lines), b"".join(struct.pack("=HBBI", *line) for line in lines))
    library = ctypes.CDLL(None)
    library.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return not library.prctl(_SET_FILTER, _FILTER, ctypes.addressof(program), 0, 0)
