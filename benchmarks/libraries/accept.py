"""Content negotiation here and by libraries: which media type each chooses, and how long each takes.

It needs ``werkzeug``, ``webob``, ``python-mimeparse`` and ``accept-types``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module

from kg.web.http.negotiation import order

JSON, XML, CSV = OFFERS = ["application/sparql-results+json", "application/sparql-results+xml", "text/csv"]
CASES = {  # what RFC 9110, sections 12.4 and 12.5.1, asks for; of equals the first offer, None for 406
    "": JSON,
    "*/*": JSON,
    "text/*": CSV,
    "text/csv": CSV,
    "TEXT/CSV": CSV,
    "image/png": None,
    "*/*;q=0.1, text/csv": CSV,
    "text/csv;q=0.2, application/sparql-results+xml;q=0.7": XML,
    "application/sparql-results+json;q=0, */*": XML,
    "application/*;q=0, */*": CSV,
    "*/*, application/*;q=0.2": CSV,
    "text/csv;q=0, text/*": None,
    "application/*;q=0.5, application/sparql-results+json;q=0.3, text/csv;q=0.4": XML,
    "text/csv;Q=0.2, application/sparql-results+xml;q=0.7": XML,
    "text/csv ; q=0.2 , application/sparql-results+xml ; q=0.7": XML,
    ",, text/csv ,,": CSV,
    "text/csv;header=present, application/sparql-results+xml;q=0.5": XML,
    'text/turtle;x="a,b";q=0.9, text/csv;q=0.5': CSV,
    'application/sparql-results+xml;x="a, text/csv";q=0.9': None,
    "text/csv;q=0.000": None,
    "text/csv;q=nonsense, application/sparql-results+xml;q=0.5": XML,
    "*": None,
}
LONG = 32768  # bytes of header that the server reads
HOSTILE: dict[str, Callable[[int], str]] = {
    "commas": lambda n: "," * n,
    "ranges": lambda n: "a/b," * (n // 4),
    "ranges with weights": lambda n: "a/b;q=0.1," * (n // 10),
    "semicolons": lambda n: "a/b" + ";" * n,
    "parameters": lambda n: "a/b" + ";a=b" * (n // 4),
    "quotes": lambda n: "a/b;c=" + '"' * n,
    "backslashes": lambda n: 'a/b;c="' + "\\" * n,
    "spaces": lambda n: "a/b" + " " * n + "x",
    "letters": lambda n: "a" * n,
    "slashes": lambda n: "/" * n,
    "digits": lambda n: "a/b;q=0." + "1" * n,
}


def ours(header: str) -> str | None:
    """What is chosen here."""
    return next(iter(order(header, [(kind, kind) for kind in OFFERS])), None)


def libraries() -> dict[str, Callable[[str], str | None]]:
    """What each chooses, by name."""
    http, accept = import_module("werkzeug.http"), import_module("werkzeug.datastructures").MIMEAccept
    webob, mimeparse, types = import_module("webob.acceptparse"), import_module("mimeparse"), import_module("accept_types")
    return {
        "here": ours,
        "werkzeug": lambda header: http.parse_accept_header(header, accept).best_match(OFFERS),
        "webob": lambda header: next((kind for kind, _ in webob.create_accept_header(header).acceptable_offers(OFFERS)), None),
        "python-mimeparse": lambda header: mimeparse.best_match(OFFERS[::-1], header) or None,
        "accept-types": lambda header: types.get_best_match(header, OFFERS),
    }


def chosen(choose: Callable[[str], str | None], header: str) -> str | None:
    """The media type that is chosen, or the name of the error."""
    try:
        return choose(header)
    except Exception as error:  # the libraries have no error in common, and its name is the result
        return type(error).__name__


def seconds(choose: Callable[[str], str | None], header: str) -> float:
    """How long it takes to choose."""
    start = time.perf_counter()
    chosen(choose, header)
    return time.perf_counter() - start


if __name__ == "__main__":
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
    for name, choose in libraries().items():
        wrong = [f"{header!r}: {found}" for header, right in CASES.items() if (found := chosen(choose, header)) != right]
        usual = min(seconds(choose, browser) for _ in range(2000))
        half, whole = ({kind: min(seconds(choose, header(n)) for _ in range(3)) for kind, header in HOSTILE.items()}
                       for n in (LONG // 2, LONG))  # fmt: skip
        worst = max(whole, key=lambda kind: whole[kind])
        print(f"{name}: {len(wrong)} of {len(CASES)} otherwise; a browser's header {usual * 1e6:.0f} µs")
        print(f"    32 KiB of {worst} {whole[worst] * 1e3:.1f} ms, 16 KiB {half[worst] * 1e3:.1f} ms")
        print(*(f"    {line}" for line in wrong), sep="\n")
