"""Whether a document that is meant to be XML is XML, and what in it no XML document can hold.

Specification: XML 1.0 (Fifth Edition, W3C Recommendation 26 November 2008) section 2.2, and Namespaces in XML 1.0.
"""

from __future__ import annotations

from xml.parsers import expat

# the characters outside the production Char, as they stand in UTF-8; a surrogate cannot stand there at all
_NO_CHARACTERS = {
    **{bytes([code]): f"U+{code:04X}" for code in range(0x20) if code not in b"\t\n\r"},
    "\ufffe".encode(): "U+FFFE",
    "\uffff".encode(): "U+FFFF",
}


def fault(document: bytes) -> str | None:
    """What keeps a parser from reading a document in XML; None where nothing does.

    >>> fault(b"<a>b</a>")
    >>> fault(b"<a>\\x01</a>")
    'the character U+0001, which no XML document can hold'
    """
    for character, name in _NO_CHARACTERS.items():
        if character in document:
            return f"the character {name}, which no XML document can hold"
    try:
        expat.ParserCreate(namespace_separator=" ").Parse(document, True)
    except expat.ExpatError:
        return "a property whose IRI does not end in a name of XML, so that it cannot be the name of an element"
    return None
