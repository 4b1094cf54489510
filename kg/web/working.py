"""The working pages of the site: questions and answers, pictures, comparisons, the source, the files."""

from __future__ import annotations

from kg.web import drawings, questions

routes = [*questions.routes, *drawings.routes]
