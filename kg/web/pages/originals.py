"""Links from a passage to its original: the article, the abstract or the record, at the place where this is possible.

All addresses follow from the identifiers of the document in the graph. The place is a text fragment, with which a browser goes to
the first text of this kind: https://wicg.github.io/scroll-to-text-fragment/ (draft of the WICG).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from kg.web.pages.source_text import Context

PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"
DOI = "https://doi.org/"
# the addresses of the records in registries, as in ontology/mappings
REGISTRIES = {"NCT": "https://www.clinicaltrials.gov/study/", "ISRCTN": "https://www.isrctn.com/"}
_BESIDE = 4  # words of the prefix and the suffix
_LONG = 12  # words from which a text is given by its beginning and its end


@dataclass(frozen=True)
class Original:
    """One address of the original: what it is, the address, and whether it goes to the place of the passage."""

    words: str
    href: str
    at_place: bool


def originals(
    identifiers: Sequence[str], registry_number: str, abstract: bool, printed: str, context: Context | None
) -> list[Original]:
    """The addresses of the original of a passage, the best first; none if the graph has no identifier of the document.

    ``abstract`` says that the document is the abstract of a paper, which PubMed shows.
    """
    place = text_fragment(printed, context)
    pubmed = [one for one in identifiers if one.startswith(PUBMED)]
    doi = [one for one in identifiers if one.startswith(DOI)]
    papers = [Original("the article, by its DOI", f"{one}{place}", bool(place)) for one in doi]
    if abstract:
        papers = [Original("the abstract in PubMed", f"{one}{place}", bool(place)) for one in pubmed] + [
            Original("the article, by its DOI", one, False) for one in doi
        ]
    else:
        papers += [Original("the record in PubMed", one, False) for one in pubmed]
    records = [
        Original(f"the record {registry_number}", f"{start}{registry_number}", False)
        for prefix, start in REGISTRIES.items()
        if registry_number.startswith(prefix) and registry_number.removeprefix(prefix).isdecimal()
    ]
    return papers + records


def text_fragment(printed: str, context: Context | None = None) -> str:
    """The text fragment of a passage, from its printed figure, or from its text and the words around it; else an empty text.

    >>> text_fragment("HR = 0.80, P = 0.0093")
    '#:~:text=HR%20%3D%200.80%2C%20P%20%3D%200.0093'
    >>> text_fragment("HR, 0.93 … 0.83-1.05")
    '#:~:text=HR%2C%200.93,0.83%2D1.05'
    >>> text_fragment("9.0", Context("PFS was ", "9.0", " mo & 8.1 mo"))
    '#:~:text=PFS%20was-,9.0,-mo%20%26%208.1%20mo'
    """
    parts = [" ".join(part.split()) for part in printed.split("…")]
    if context is not None:
        parts = _ends(context.span)
    parts = [part for part in parts if part]
    if not parts:
        return ""
    text = ",".join(map(_encoded, parts if len(parts) < 2 else (parts[0], parts[-1])))
    if context is None:
        return f"#:~:text={text}"
    before, after = _before(context.before), _after(context.after)
    return f"#:~:text={f'{_encoded(before)}-,' if before else ''}{text}{f',-{_encoded(after)}' if after else ''}"


def _ends(span: str) -> list[str]:
    """A text, or its beginning and its end if it is long."""
    words = span.split()
    return [" ".join(words)] if len(words) < _LONG else [" ".join(words[:_BESIDE]), " ".join(words[-_BESIDE:])]


def _before(text: str) -> str:
    """The last words before a passage, within its line and after a mark of a reference, which sites set in other ways."""
    line = text.rpartition("\n")[2].rpartition("[")[2].rpartition("]")[2].removeprefix("… ")
    return " ".join(line.split()[-_BESIDE:])


def _after(text: str) -> str:
    """The first words after a passage, within its line and before a mark of a reference."""
    line = text.partition("\n")[0].partition("[")[0].partition("]")[0].removesuffix(" …")
    return " ".join(line.split()[:_BESIDE])


def _encoded(text: str) -> str:
    """A text for a fragment: there, the dash, the comma and the ampersand separate its parts."""
    return quote(text, safe="").replace("-", "%2D")
