"""The links of a figure in a page: to the pages of this site."""

from __future__ import annotations

import re
from html import escape, unescape

from kg.namespaces import BASE
from kg.web.pages.links import address

_LINK = re.compile(r'(?:xlink:)?href="(' + re.escape(BASE) + r'[^"]*)"(?: target="_blank")?')


def linked(svg: str, root: str = "") -> str:
    """The SVG of a figure whose links to entities lead to the pages below this path, and open like other links."""
    return _LINK.sub(lambda found: f'href="{escape(address(unescape(found[1]), root) or found[1])}"', svg)
