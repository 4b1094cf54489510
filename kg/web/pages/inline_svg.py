"""SVG for use inside a page: with unique identifiers, and with links to the pages of this site."""

from __future__ import annotations

import hashlib
import re
from html import escape

from kg.namespaces import BASE
from kg.web.pages.links import address

_BEFORE = re.compile(r"^.*?(?=<svg )", re.DOTALL)
_DROPPED = re.compile(r"\s*<(style|metadata)\b.*?</\1>|\s*<title>.*?</title>", re.DOTALL)
_NAMES = re.compile(r'(\bid="|url\(#|(?:xlink:)?href="#)')
_LINK = re.compile(r'xlink:href="(' + re.escape(BASE) + r'[^"]*)"(?: target="_blank")?')
_ROOT = re.compile(r"<svg [^>]*>")
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


def inline(svg: str, title: str, root: str = "") -> str:
    """The SVG of a figure, ready to be part of a page.

    The style rules are removed, because the page has its own. The width is that of the drawing, so that the page can shrink it.
    The SVG has the role of a named group, not of an image, because an image has no links. Its links open like other links.
    """
    key = f"p{hashlib.sha256(svg.encode()).hexdigest()[:8]}-"
    text = _DROPPED.sub("", _BEFORE.sub("", svg, count=1))
    text = _LINK.sub(lambda found: f'href="{escape(address(_unescaped(found[1]), root) or found[1])}"', text)
    text = _NAMES.sub(lambda found: f"{found[1]}{key}", text)
    size = _SIZE.search(text)
    assert size is not None, "matplotlib writes a viewBox"
    head = (
        f'<svg class="drawn" role="group" aria-label="{escape(title)}" viewBox="0 0 {size[1]} {size[2]}" '
        f'width="{float(size[1]):.0f}" height="{float(size[2]):.0f}" xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return _ROOT.sub(lambda _: head, text, count=1)


def _unescaped(text: str) -> str:
    return text.replace("&amp;", "&")
