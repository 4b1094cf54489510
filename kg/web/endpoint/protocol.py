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
from kg.engine.processes.pool import Run
from kg.errors import BusyError, InputError, KgError, RefusedError, UsageError
from kg.namespaces import BASE
from kg.web.endpoint.description import base, describe_service
from kg.web.endpoint.service import Service
from kg.web.http.addresses import root
from kg.web.http.error_responses import BODIES, CodingError, MediaTypeError
from kg.web.http.negotiation import GRAPHS, OFFERS, content_type, formats, prefers_html

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
ENDPOINT = ("/sparql", "/sparql/")  # the paths of the endpoint; many write the second
_UTF8 = {"utf-8", "utf8", "us-ascii"}


@dataclass(frozen=True)
class Operation:
    """One query operation: the query, the dataset that it names, and the format, if any."""

    query: str
    scope: Scope | None
    form: str | None


async def sparql(request: Request) -> Response:
    """The endpoint: the answer to a query, the description of the service where there is none."""
    service: Service = request.app.state.service
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": ", ".join(METHODS)})
    operation = await _operation(request)
    if operation is None:
        return await _description(request, service)
    document = await answer(request, operation, formats(request, operation.form, OFFERS))
    return Response(document.body, headers={"Content-Type": content_type(document.form), "Vary": "Accept"})


async def answer(request: Request, operation: Operation, forms: Sequence[str]) -> Document:
    """The answer to an operation; a client that goes away takes its query with it."""
    service: Service = request.app.state.service
    run = Run()
    request.state.run = run
    request.state.query = hashlib.sha256(operation.query.encode()).hexdigest()[:12]
    await _taken_in(service, operation, run)
    failure: KgError | None = None
    document = None

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        run.cancelled.set()

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        try:
            asked = (operation.query, forms, operation.scope, run, _base(request))
            document = await service.run(service.workers.document, *asked)
        except KgError as error:
            failure = error
        group.cancel_scope.cancel()
    if document is None:
        raise failure or KgError("the query gave neither an answer nor an error")
    return document


async def _taken_in(service: Service, operation: Operation, run: Run) -> None:
    """Return when a query is not refused at once, before it takes a thread.

    A refusal is held for a moment, since a client that does not heed it would else ask as fast as this process can refuse. That
    takes a connection and one of the requests that are handled at once, so only a part of these may be refusals that are held.
    """
    try:
        service.workers.check(operation.query, operation.scope, run.client)
    except BusyError:
        if service.held.statistics().borrowed_tokens < service.held.total_tokens:
            async with service.held:
                await anyio.sleep(service.limits.refusal_time)
        raise


def _base(request: Request) -> str:
    """The IRI that relative IRIs of a query resolve against: the address of the endpoint (RFC 3986 section 5.1.3)."""
    address = f"{base(request)}sparql"
    try:
        urlsplit(address).port  # noqa: B018 - raises where the client wrote a host that is none
    except ValueError:
        return BASE
    return address


async def _description(request: Request, service: Service) -> Response:
    form = request.query_params.get("format") or None
    if service.pages.query and form is None and prefers_html(request):
        return RedirectResponse(f"{root(request)}{service.pages.query}", 303, {"Vary": "Accept"})
    return await describe_service(request, formats(request, form, GRAPHS)[0])


async def _operation(request: Request) -> Operation | None:
    """What a request asks; None when it asks nothing.

    Raises :class:`~kg.errors.UsageError` for what the protocol does not allow, :class:`~kg.errors.RefusedError` for an update.
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
            raise RefusedError("this endpoint is read-only; it takes no update")
        else:
            raise MediaTypeError(f"a body of type '{kind}' is not read here; send {' or '.join(BODIES)}")
    return _chosen(pairs, request.method)


def _kind_of_body(request: Request) -> str:
    """The media type of the body.

    Raises :class:`~kg.web.http.error_responses.MediaTypeError` for a coding or a charset that is not read here.
    """
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", ""):
        raise CodingError(f"a body in the content coding '{coding}' is not read here; send it as it is")
    lines = {line.strip().lower() for line in request.headers.getlist("content-type")}
    if len(lines) > 1:
        raise UsageError(f"one Content-Type at a time; {len(lines)} different ones came")
    kind, *parameters = (part.strip() for part in "".join(lines).split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in _UTF8:
            raise MediaTypeError(f"a body in the charset {value.strip()} is not read here; send UTF-8")
    return kind


def _chosen(pairs: Sequence[tuple[str, str]], method: str) -> Operation | None:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if value or name in ("query", "update"):  # forms send what was left empty
            values.setdefault(name, []).append(value)
    if "update" in values:
        raise RefusedError("this endpoint is read-only; it takes no update")
    queries = values.get("query", [])
    if len(queries) > 1:
        raise UsageError(f"one query at a time; {len(queries)} came")
    if queries and not queries[0].removeprefix("\ufeff").strip():
        raise UsageError("the query is empty; write one, or leave out the parameter to read what the service says of itself")
    if not queries:
        if method == "POST":
            raise UsageError("no query came; send it as the parameter 'query', or as a body of type application/sparql-query")
        return None
    default, named = values.get("default-graph-uri", []), values.get("named-graph-uri", [])
    scope = Scope(tuple(default), tuple(named)) if default or named else None
    return Operation(queries[0], scope, values.get("format", [None])[0])


def _pairs(text: str) -> list[tuple[str, str]]:
    if text.count("%") * 3 > len(text):  # decoding takes a while for each, and these cannot all begin a code
        raise UsageError("the parameters do not parse: a percent sign comes before two hexadecimal digits, or is written %25")
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100)
    except UnicodeDecodeError as error:
        raise InputError("the request is not UTF-8") from error
    except ValueError as error:
        raise UsageError(f"the parameters do not parse: {error}") from error


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"the body is not UTF-8: byte {error.start}") from error
