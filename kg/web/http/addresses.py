"""The addresses of this server: the path prefix behind a proxy, and the checks of hosts, ports and prefixes.

All input from outside (options, ``Host``, headers of a proxy) is checked in this module. Each check takes time linear in the
length of the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any

from kg.errors import UsageError

if TYPE_CHECKING:
    from starlette.requests import Request  # the settings are read before the web framework is loaded

_ALNUM = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_SEGMENT = _ALNUM | set("-._~")
_LONGEST_PREFIX = 200
_LONGEST_HOST = 253  # RFC 1035 section 2.3.4


def root(request: Request) -> str:
    """The path below which the site is served, without a trailing slash; empty at the top of a host."""
    # a mounted application, such as that of the static files, has a root path of its own
    return str(request.scope.get("app_root_path", request.scope.get("root_path", "")))


def here(request: Request) -> str:
    """The path of a request within the site."""
    return request.url.path.removeprefix(root(request)) or "/"


def route_path(scope: Mapping[str, Any]) -> str:
    """The path within the site, from an ASGI scope before routing."""
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


def is_prefix(text: str) -> bool:
    """Whether a text is a valid path prefix of a site: segments of RFC 3986 without escapes and without a trailing slash.

    >>> [is_prefix(text) for text in ("/kg", "/a/b.c", "/", "kg", "/kg/", "//kg", "/..", "/k g")]
    [True, True, False, False, False, False, False, False]
    """
    if not text.startswith("/") or len(text) > _LONGEST_PREFIX:
        return False
    return all(segment.strip(".") and _SEGMENT.issuperset(segment) for segment in text[1:].split("/"))


def prefix_of(text: str) -> str:
    """The path prefix of a site from an option; empty for the top of a host.

    Raises :class:`~kg.errors.UsageError` for a text that is not a valid prefix.
    """
    if text and not is_prefix(text):
        raise UsageError(
            f"--root-path must be a path such as /kg, not '{text}': it begins with a slash, does not end with one, and has only "
            f"letters, digits, '-', '.', '_' and '~' between its slashes. Omit the option at the top of a host"
        )
    return text


def is_host(text: str) -> bool:
    """Whether a text is a host with an optional port (RFC 9110 section 7.2): a name, an IPv4 address, or IPv6 in brackets.

    >>> [is_host(text) for text in ("kg.example.org", "127.0.0.1:80", "[::1]:8000", "x:99999", "a b", "javascript:alert(1)")]
    [True, True, True, False, False, False]
    """
    name, port = split_port(text)
    if not name or len(name) > _LONGEST_HOST or not (port is None or is_port(port)):
        return False
    if name.startswith("["):
        return name.endswith("]") and _is_ipv6(name[1:-1])
    return (_SEGMENT - {"~"}).issuperset(name) and bool(name.strip("."))


def is_port(text: str) -> bool:
    """Whether a text is a port number.

    >>> [is_port(text) for text in ("443", "0", "65536", "+1", "")]
    [True, False, False, False, False]
    """
    return len(text) <= 5 and text.isascii() and text.isdecimal() and 0 < int(text) < 65536


def split_port(text: str) -> tuple[str, str | None]:
    """The host and the optional port in a text; an IPv6 address keeps its brackets.

    >>> split_port("[::1]:80"), split_port("127.0.0.1"), split_port("x:")
    (('[::1]', '80'), ('127.0.0.1', None), ('x', ''))
    """
    name, colon, port = text.rpartition(":")
    if not colon or (text.startswith("[") and text.endswith("]")):
        return text, None
    return name, port


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text
