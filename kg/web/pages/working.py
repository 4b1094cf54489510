"""The working pages of the site: questions and answers, pictures, comparisons, the source, the files."""

from __future__ import annotations

from kg.web.pages import about, argued, compared, drawings, files, maps, printed, questions

routes = [
    *questions.routes,
    *drawings.routes,
    *compared.routes,
    *maps.routes,
    *printed.routes,
    *argued.routes,
    *files.routes,
    *about.routes,
]
