"""A check whether a document is well-formed XML, and which of its content is not allowed in XML.

Specification: XML 1.0 (Fifth Edition, W3C Recommendation 26 November 2008) section 2.2, and Namespaces in XML 1.0.
"""

from __future__ import annotations

from xml.parsers import expat

# the characters outside the production Char, in UTF-8; surrogates cannot occur in UTF-8
_NO_CHARACTERS = {
    **{bytes([code]): f"U+{code:04X}" for code in range(0x20) if code not in b"\t\n\r"},
    "\ufffe".encode(): "U+FFFE",
    "\uffff".encode(): "U+FFFF",
}


def fault(document: bytes) -> str | None:
    """Why a document is not well-formed XML; None when it is.

    >>> fault(b"<a>b</a>")
    >>> fault(b"<a>\\x01</a>")
    'the character U+0001, which is not allowed in XML'
    """
    for character, name in _NO_CHARACTERS.items():
        if character in document:
            return f"the character {name}, which is not allowed in XML"
    try:
        expat.ParserCreate(namespace_separator=" ").Parse(document, True)
    except expat.ExpatError:
        return "a property whose IRI does not end in an XML name, so that it cannot be the name of an element"
    return None
