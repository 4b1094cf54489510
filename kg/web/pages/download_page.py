"""The download page, and its files."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from kg.errors import NotFoundError
from kg.web.endpoint.service import Service
from kg.web.pages.about import DatasetMetadata, told_of
from kg.web.pages.caches import caches_of
from kg.web.pages.figures import words
from kg.web.pages.templating import page

SUMS = "SHA256SUMS"


async def downloads(request: Request) -> Response:
    """The page of all files with their sizes and checksums; files that are not ready are marked."""
    words(request, frozenset())
    caches, service = caches_of(request), request.app.state.service
    caches.downloads.start()
    told: DatasetMetadata = await service.run(told_of, caches.graph)
    listed = await service.run(caches.downloads.listed)
    waiting = not all(one.size for one in listed) and not caches.downloads.failed
    too_large = caches.downloads.too_large
    made = page(request, "downloads.html", files=listed, told=told, sums=SUMS, waiting=waiting, too_large=too_large)
    made.headers["Cache-Control"] = "no-store" if waiting else f"public, max-age={service.limits.cache_time}"
    return made


async def file(request: Request) -> Response:
    """One of the files, when it is ready."""
    words(request, frozenset())
    caches = caches_of(request)
    service: Service = request.app.state.service
    name = request.path_params["name"]
    caching = {"Cache-Control": f"public, max-age={service.limits.cache_time}"}
    if name == SUMS:
        return PlainTextResponse(await caches.downloads.sums(), headers=caching)
    one, path = await caches.downloads.wait(name)
    tag = f'"{one.sha256}"'
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={**caching, "ETag": tag})
    if not path.is_file():
        raise NotFoundError(f"the file '{name}' was deleted from the server; restart the server")
    headers = {**caching, "ETag": tag, "Content-Disposition": f'attachment; filename="{name}"'}
    return FileResponse(path, media_type=one.media_type, headers=headers)


routes = [Route("/downloads", downloads), Route("/downloads/{name}", file)]
