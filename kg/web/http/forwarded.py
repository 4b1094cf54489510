"""The original host, scheme, client and path prefix of a request, from the headers of a proxy.

Only the headers of proxies that the operator trusts are used. Specifications: RFC 9112 section 3.2 (request targets), RFC 7239
(``Forwarded``); ``X-Forwarded-*`` have no specification and are read in the form that common proxies write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from kg.web.http.addresses import is_host, is_port, is_prefix, split_port
from kg.web.http.log import log
from kg.web.http.proxies import Proxies, ip

_HOPS = 32  # proxies between client and server that are considered; the rest of a list is ignored


@dataclass(frozen=True)
class Forwarding:
    """The values of a request from the headers of a proxy; empty if missing or not valid."""

    client: str = ""
    scheme: str = ""
    host: str = ""
    prefix: str = ""


class Forwarded:
    """Middleware that restores the original path, host, scheme and client of a request."""

    def __init__(self, app: ASGIApp, proxies: Proxies, root_path: str = "") -> None:
        self._app = app
        self._proxies = proxies
        self._root_path = root_path
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            scope = _reduced(scope)
            peer = (scope.get("client") or ("", 0))[0]
            headers = Headers(scope=scope)
            said = said_by(headers, peer, self._proxies) if peer in self._proxies else self._ignored(headers, peer)
            scope = _below(_as_said(scope, said), said.prefix or self._root_path)
        await self._app(scope, receive, send)

    def _ignored(self, headers: Headers, peer: str) -> Forwarding:
        """No values; the log reports it once, because behind an unknown proxy all clients look like one."""
        if not self._warned and ("x-forwarded-for" in headers or "forwarded" in headers):
            self._warned = True
            told = f"forwarded headers from {peer} are ignored; if this is your proxy, add --trusted-proxy {peer}"
            log({"level": "warning", "said": told})
        return Forwarding()


def said_by(headers: Headers, peer: str, proxies: Proxies) -> Forwarding:
    """The values in the headers of a request from a trusted proxy.

    ``Forwarded`` is read only without ``X-Forwarded-*``: most proxies write the latter and pass on ``Forwarded`` from clients.
    """
    said = _usual(headers, peer, proxies) or _standard(headers, peer, proxies)
    port = _last(headers, "x-forwarded-port")
    host = said.host if is_host(said.host) else headers.get("host", "") if is_port(port) else ""
    scheme = said.scheme.lower() if said.scheme.lower() in ("http", "https") else ""
    parts = ",".join(headers.getlist("x-forwarded-prefix")).split(",", _HOPS)  # each of several proxies may have removed a part
    prefix = "".join(part.strip().removesuffix("/") for part in parts)
    return Forwarding(said.client, scheme, _with_port(host, port, scheme), prefix if is_prefix(prefix) else "")


def _usual(headers: Headers, peer: str, proxies: Proxies) -> Forwarding | None:
    """The values of ``X-Forwarded-*``, or None if there are none; of several values the last, from the nearest proxy."""
    if not any(f"x-forwarded-{name}" in headers for name in ("for", "proto", "host", "port")):
        return None
    client, _ = _origin(_listed(headers, "x-forwarded-for"), peer, proxies)
    return Forwarding(client, _last(headers, "x-forwarded-proto"), _last(headers, "x-forwarded-host"))


def _standard(headers: Headers, peer: str, proxies: Proxies) -> Forwarding:
    """The values of ``Forwarded``; scheme and host are those of the proxy that the client used."""
    elements = [dict(_pairs(text)) for text in _listed(headers, "forwarded")]
    client, place = _origin([element.get("for", "") for element in elements], peer, proxies)
    element = elements[place] if elements else {}
    return Forwarding(client, element.get("proto", ""), element.get("host", ""))


def _pairs(element: str) -> Iterable[tuple[str, str]]:
    for pair in element.split(";"):
        name, _, value = pair.partition("=")
        yield name.strip().lower(), value.strip().strip('"')


def _origin(hops: Sequence[str], peer: str, proxies: Proxies) -> tuple[str, int]:
    """The last of these addresses that is not a trusted proxy, with its index; else the first known address."""
    found, place = peer, -1
    for place in reversed(range(len(hops))):
        address = ip(hops[place])
        if address is None:
            break
        found = str(address)
        if found not in proxies:
            break
    return found, place


def _listed(headers: Headers, name: str) -> list[str]:
    """The last values of a list header, which may have several lines (RFC 9110 section 5.3)."""
    return [value.strip() for value in ",".join(headers.getlist(name)).rsplit(",", _HOPS) if value.strip()]


def _last(headers: Headers, name: str) -> str:
    return next(reversed(_listed(headers, name)), "")


def _with_port(host: str, port: str, scheme: str) -> str:
    usual = {"https": "443"}.get(scheme, "80")
    return f"{host}:{port}" if host and is_port(port) and port != usual and split_port(host)[1] is None else host


def _reduced(scope: Scope) -> Scope:
    """A request in absolute form, converted to origin form with its host (RFC 9112 section 3.2.2)."""
    raw: bytes = scope.get("raw_path", b"")
    if not raw[:8].lower().startswith((b"http://", b"https://")):
        return scope
    host, _, rest = raw.partition(b"//")[2].partition(b"/")
    if not is_host(host.decode("latin-1")):
        return scope
    return _at(scope, host) | {"path": "/" + unquote(rest.decode("latin-1")), "raw_path": b"/" + rest}


def _as_said(scope: Scope, said: Forwarding) -> Scope:
    changed = _at(scope, said.host.encode("latin-1")) if said.host else dict(scope)
    if said.client:
        changed["client"] = (said.client, 0)
    if said.scheme:
        changed["scheme"] = said.scheme
    return changed


def _at(scope: Scope, host: bytes) -> dict[str, Any]:
    return dict(scope) | {"headers": [(b"host", host), *(pair for pair in scope["headers"] if pair[0] != b"host")]}


def _below(scope: Scope, prefix: str) -> Scope:
    """A request below a path prefix, whether or not the proxy has removed the prefix."""
    path: str = scope["path"]
    if not prefix or not path.startswith("/"):
        return scope
    whole = path if path == prefix or path.startswith(f"{prefix}/") else prefix + path
    return dict(scope) | {"root_path": prefix, "path": whole}
