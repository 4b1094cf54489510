"""Texts that are costly to read for code that goes back: each kind grows with the size that is asked for.

``INPUTS`` maps a name to a function from a size to a text of about so many characters.
"""

from collections.abc import Callable


def _repeated(head: str, part: str, tail: str = "") -> Callable[[int], str]:
    def text(size: int) -> str:
        return head + part * max(1, (size - len(head) - len(tail)) // len(part)) + tail

    return text


def _nested(opening: str, inner: str, closing: str) -> Callable[[int], str]:
    def text(size: int) -> str:
        deep = max(1, size // (len(opening) + len(closing)))
        return f"SELECT * {{ ?s ?p ?o {opening * deep}{inner}{closing * deep} }}"

    return text


_QUERY = "SELECT * { ?s ?p ?o "

INPUTS: dict[str, Callable[[int], str]] = {
    # strings that are never closed
    "unclosed-escapes": _repeated("#service\n", '"\\'),
    "unclosed-quotes": _repeated(_QUERY, '"a '),
    "unclosed-apostrophes": _repeated(_QUERY, "'\\"),
    "unclosed-long-quotes": _repeated(_QUERY, '"""'),
    "unclosed-long-apostrophes": _repeated(_QUERY, "'''\\"),
    "quotes-on-lines": _repeated(_QUERY, '"\n'),
    # comments
    "comments": _repeated("", "#\n", "ASK {}"),
    "one-comment": _repeated("#", "service ", "\nASK {}"),
    "comment-without-end": _repeated("ASK {} #", "#"),
    # brackets
    "open-braces": _repeated("SELECT * service ", "{"),
    "closed-braces": _repeated("ASK {} service ", "}"),
    "mixed-brackets": _repeated("ASK ", "{([ "),
    "nested-groups": _nested("{", "", "}"),
    "nested-filters": _nested("FILTER(", "?s", ")"),
    "nested-lists": _nested("( ", "1", ") "),
    "nested-optional": _nested("OPTIONAL { ?s ?p ?o ", "", "}"),
    "signs": _repeated(_QUERY + "FILTER(", "!", "?s) }"),
    # escapes
    "backslashes": _repeated("", "\\"),
    "unicode-escapes": _repeated(_QUERY, "\\u0022"),
    "local-escapes": _repeated(_QUERY + "ex:", "\\,"),
    # prefixes and names
    "prefixes": _repeated("", "PREFIX a:<u:> ", "ASK {}"),
    "prefix-spaces": _repeated("PREFIX", " "),
    "prefix-words": _repeated("", "PREFIX ", "ASK {}"),
    "undeclared-names": _repeated(_QUERY, "a:b "),
    "colons": _repeated("ASK {", ":", "}"),
    "one-long-word": _repeated("", "a"),
    "words": _repeated("", "a "),
    "dots": _repeated("service ", "a."),
    "dashes": _repeated("", "a-"),
    "languages": _repeated(_QUERY, "@a-"),
    # federation
    "services": _repeated("PREFIX a:<u:> SELECT * {", "SERVICE a:a{} ", "}"),
    "service-words": _repeated("", "SERVICE "),
    "glued-services": _repeated("SELECT * {", "1SERVICE", "}"),
    "service-names": _repeated("SELECT * {", "service:a{", "}"),
    # IRIs
    "one-long-iri": _repeated("ASK { <http://e/", "a", "> ?p ?o }"),
    "unclosed-iris": _repeated(_QUERY, "<a"),
    "less-than": _repeated("", "<"),
    "addresses": _repeated("", "http://"),
    # what forms, headers and addresses are made of
    "percents": _repeated("", "%"),
    "percent-codes": _repeated("", "%25"),
    "pluses": _repeated("", "+"),
    "fields": _repeated("", "query=a&"),
    "empty-fields": _repeated("", "&"),
    "equals": _repeated("", "="),
    "accept-list": _repeated("", "text/html;q=0.1,"),
    "accept-parameters": _repeated("text/html", ";q=0"),
    "commas": _repeated("", ","),
    "semicolons": _repeated("", ";"),
    "entity-tags": _repeated("", 'W/"a", '),
    "ranges": _repeated("bytes=", "0-1,"),
    "forwarded": _repeated("", 'for="[::1]", '),
    "addresses-forwarded": _repeated("", "10.0.0.1, "),
    "multipart": _repeated("", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\na\r\n"),
    "boundaries": _repeated("", "--"),
    # other texts
    "spaces": _repeated("", " ", "a"),
    "lines": _repeated("", "\n"),
    "digits": _repeated("", "1"),
    "decimals": _repeated("", "1."),
    "markup": _repeated("", "<a "),
    "umlauts": _repeated("", "ä"),
    "marks": _repeated("", "\ufeff"),
    "nulls": _repeated("ASK {", "\x00"),
    "json": _repeated("", '{"a":['),
}
