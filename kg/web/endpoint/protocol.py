"""The SPARQL 1.1 Protocol, query operation (W3C Recommendation 21 March 2013), read-only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import anyio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kg.engine.oxigraph import Document, Scope
from kg.engine.processes.queries import Run
from kg.errors import BusyError, InputError, RefusedError, UsageError
from kg.namespaces import BASE
from kg.web.endpoint.answers import evaluated
from kg.web.endpoint.service import Service
from kg.web.endpoint.service_description import base as address_of
from kg.web.endpoint.service_description import describe_service
from kg.web.http.addresses import root
from kg.web.http.error_responses import BODIES, CodingError, MediaTypeError
from kg.web.http.negotiation import GRAPHS, OFFERS, content_type, formats, prefers_html

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
ENDPOINT = ("/sparql", "/sparql/")  # the paths of the endpoint; many clients use the second
_UTF8 = {"utf-8", "utf8", "us-ascii"}


@dataclass(frozen=True)
class Operation:
    """One query operation: the query, and its dataset and format if given."""

    query: str
    scope: Scope | None
    form: str | None


async def sparql(request: Request) -> Response:
    """The endpoint: the answer to a query, or the service description if there is no query."""
    service: Service = request.app.state.service
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": ", ".join(METHODS)})
    operation = await _operation(request)
    if operation is None:
        return await _description(request, service)
    document = await answer(request, operation, formats(request, operation.form, OFFERS))
    return Response(document.body, headers={"Content-Type": content_type(document.form), "Vary": "Accept"})


async def answer(request: Request, operation: Operation, forms: Sequence[str]) -> Document:
    """The answer to an operation; the query is cancelled when the client disconnects."""
    service: Service = request.app.state.service
    run = Run()
    request.state.run = run
    request.state.query = hashlib.sha256(operation.query.encode()).hexdigest()[:12]
    base, cache = _base(request), service.answers
    key = cache.key(operation.query, forms, operation.scope, base)
    if (kept := cache.get(key)) is not None:
        run.queue = "cached"
        return kept
    await _admit(service, operation, run)
    document = await evaluated(request, operation.query, forms, operation.scope, run, base)
    cache.keep(key, document)
    return document


async def _admit(service: Service, operation: Operation, run: Run) -> None:
    """Return if the query is not refused at once; this check needs no thread.

    A refusal is delayed for a moment, because a client that ignores it would otherwise repeat its query as fast as this process
    can refuse it. A delayed refusal occupies a connection and one of the concurrent requests, so their number is limited.
    """
    try:
        service.workers.check(operation.query, operation.scope, run.client)
    except BusyError:
        if service.held.statistics().borrowed_tokens < service.held.total_tokens:
            async with service.held:
                await anyio.sleep(service.limits.refusal_time)
        raise


def _base(request: Request) -> str:
    """The base IRI for relative IRIs in a query: the address of the endpoint (RFC 3986 section 5.1.3)."""
    address = f"{address_of(request)}sparql"
    try:
        urlsplit(address).port  # noqa: B018 - raises an error if the host in the request is not valid
    except ValueError:
        return BASE
    return address


async def _description(request: Request, service: Service) -> Response:
    form = request.query_params.get("format") or None
    if service.pages.query and form is None and prefers_html(request):
        return RedirectResponse(f"{root(request)}{service.pages.query}", 303, {"Vary": "Accept"})
    return await describe_service(request, formats(request, form, GRAPHS)[0])


async def _operation(request: Request) -> Operation | None:
    """The operation in a request; None if it contains no query.

    Raises :class:`~kg.errors.UsageError` for a violation of the protocol, :class:`~kg.errors.RefusedError` for an update.
    """
    pairs = _pairs(request.scope["query_string"].decode("ascii", "replace"))
    if request.method == "POST":
        kind = _kind_of_body(request)
        body = await request.body()
        if kind == "application/x-www-form-urlencoded":
            pairs += _pairs(_decoded(body))
        elif kind == "application/sparql-query":
            pairs.append(("query", _decoded(body)))
        elif kind == "application/sparql-update":
            raise RefusedError("this endpoint is read-only; updates are not allowed")
        else:
            raise MediaTypeError(f"a body of type '{kind}' is not supported; send {' or '.join(BODIES)}")
    return _chosen(pairs, request.method)


def _kind_of_body(request: Request) -> str:
    """The media type of the body.

    Raises :class:`~kg.web.http.error_responses.MediaTypeError` for an unsupported content coding or charset.
    """
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", ""):
        raise CodingError(f"the content coding '{coding}' is not supported; send the body without a coding")
    lines = {line.strip().lower() for line in request.headers.getlist("content-type")}
    if len(lines) > 1:
        raise UsageError(f"the request has {len(lines)} different Content-Type headers; send one")
    kind, *parameters = (part.strip() for part in "".join(lines).split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in _UTF8:
            raise MediaTypeError(f"the charset {value.strip()} is not supported; send UTF-8")
    return kind


def _chosen(pairs: Sequence[tuple[str, str]], method: str) -> Operation | None:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if value or name in ("query", "update"):  # forms also send empty fields
            values.setdefault(name, []).append(value)
    if "update" in values:
        raise RefusedError("this endpoint is read-only; updates are not allowed")
    queries = values.get("query", [])
    if len(queries) > 1:
        raise UsageError(f"the request has {len(queries)} queries; send one")
    if queries and not queries[0].removeprefix("\ufeff").strip():
        raise UsageError("the query is empty; send a query, or omit the parameter to get the service description")
    if not queries:
        if method == "POST":
            raise UsageError("the request has no query; send the parameter 'query' or a body of type application/sparql-query")
        return None
    default, named = values.get("default-graph-uri", []), values.get("named-graph-uri", [])
    scope = Scope(tuple(default), tuple(named)) if default or named else None
    return Operation(queries[0], scope, values.get("format", [None])[0])


def _pairs(text: str) -> list[tuple[str, str]]:
    if text.count("%") * 3 > len(text):  # decoding each is slow, and so many percent signs cannot all begin a code
        raise UsageError("the parameters are not valid: write a percent sign as %25, unless two hexadecimal digits follow")
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100)
    except UnicodeDecodeError as error:
        raise InputError("the request is not UTF-8") from error
    except ValueError as error:
        raise UsageError(f"the parameters are not valid: {error}") from error


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"the body is not UTF-8: byte {error.start}") from error
