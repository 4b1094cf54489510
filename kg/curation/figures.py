"""Figures as journals print them: one spelling for all styles, with the place of each character in the text.

Journals print the same figure as ``0.844``, ``0·844`` or ``.844``, with any dash or the word "to" between limits, and with any
white space. Digits are never changed, and a white space between two digits always counts: ``1 234`` is not ``1234``.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

_MARKS = frozenset(".·‧∙⋅．")  # decimal marks
_SAME = str.maketrans(
    {**dict.fromkeys("‐‑‒–—−﹣－", "-"), "＝": "=", "＜": "<", "＞": ">", "⩽": "≤", "⩾": "≥", "％": "%", "（": "(", "）": ")"}
)
_LONGEST_BREAK = 8  # white space between a decimal mark at the end of a line and its digits on the next line


@dataclass(frozen=True)
class Folded:
    """A text in the one spelling, with the start and end of each of its characters in the original."""

    text: str
    starts: list[int]
    ends: list[int]


@dataclass
class _Fold:
    text: str
    characters: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    gap: bool = False  # white space since the last character

    def add(self, character: str, start: int, end: int, number: bool) -> None:
        """Add a character, and before it the white space that counts: between two digits, or between two letters."""
        before = self.characters[-1] if self.characters else ""
        digits = number and (before.isdecimal() or before in (".", ","))
        if self.gap and before and (digits or (before.isalpha() and character.isalpha())):
            self._append(" ", start, start)
        self._append(character, start, end)
        self.gap = False

    def _append(self, character: str, start: int, end: int) -> None:
        self.characters.append(character)
        self.starts.append(start)
        self.ends.append(end)

    def begins_number(self) -> bool:
        """Whether a digit here would be the first one of a number."""
        return self.gap or not self.characters or not (self.characters[-1].isdecimal() or self.characters[-1] == ".")

    def ends_number(self) -> bool:
        """Whether the last character can end the lower limit of a range."""
        return self.gap and bool(self.characters) and (self.characters[-1].isdecimal() or self.characters[-1] == "%")


def folded(text: str) -> Folded:
    """The text in the one spelling, in linear time.

    >>> folded("HR 0·75 (95% CI, 0.62\\u2009to\\u00a00.90)").text
    'hr.75(95%ci, .62-.90)'
    """
    made, here = _Fold(text), 0
    while here < len(text):
        character = text[here]
        if character.isspace():
            made.gap = True
            here += 1
        elif unicodedata.category(character) == "Cf":  # soft hyphens and other characters without a width
            here += 1
        else:
            here = _taken(made, here)
    return Folded("".join(made.characters), made.starts, made.ends)


def _taken(made: _Fold, here: int) -> int:
    """Add the character at an offset; where the next one begins."""
    text, character = made.text, made.text[here]
    if after := _fraction(text, here):
        made.add(".", here, here + 1, True)
        return after
    if character.isdecimal():
        if unicodedata.decimal(character) == 0 and made.begins_number() and (after := _fraction(text, here + 1)):
            made.add(".", here, here + 2, True)  # 0.75 and .75 are one figure
            return after
        made.add(str(unicodedata.decimal(character)), here, here + 1, True)
        return here + 1
    if character in "tT" and made.ends_number() and (after := _limit(text, here)):
        made.gap = False
        made.add("-", here, here + 2, False)
        return after
    if "Ⅰ" <= character <= "ⅿ":  # a Roman numeral that is one character
        for letter in unicodedata.normalize("NFKC", character).lower():
            made.add(letter, here, here + 1, False)
        return here + 1
    lower = character.lower()
    made.add(lower.translate(_SAME) if len(lower) == 1 else character, here, here + 1, False)
    return here + 1


def _fraction(text: str, mark: int) -> int:
    """Where the digits after a decimal mark begin, at once or on the next line; 0 if there is no decimal mark or no digit."""
    if text[mark : mark + 1] not in _MARKS or mark >= len(text):
        return 0
    after = mark + 1
    while after < len(text) and after - mark <= _LONGEST_BREAK and text[after].isspace():
        after += 1
    broken = after == mark + 1 or "\n" in text[mark:after] or "\r" in text[mark:after]
    return after if broken and text[after : after + 1].isdecimal() else 0


def _limit(text: str, here: int) -> int:
    """Where the number after the word "to" begins; 0 if it is another word, or no number follows."""
    after = here + 2
    if text[here:after].lower() != "to":
        return 0
    while after < len(text) and text[after].isspace():
        after += 1
    number = text[after : after + 1].isdecimal() or _fraction(text, after)
    return after if after > here + 2 and number else 0


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether a part of a text is a figure of its own, and not a part of a longer number, name or word.

    >>> is_whole("0.75", 2, 4), is_whole("IgG1", 3, 4), is_whole("8.3mo", 0, 3)
    (False, False, True)
    """
    before, after = text[max(0, start - 2) : start], text[end : end + 5]
    first, last = text[start], text[end - 1]
    if before[-1:].isalpha() and (first.isalnum() or first in _MARKS):
        return False
    if last.isalpha() and after[:1].isalnum():
        return False
    if (first.isdecimal() or first in _MARKS) and _continues_before(before, text[start : start + 4]):
        return False
    return not (last.isdecimal() and _continues_after(after))


def _continues_before(before: str, figure: str) -> bool:
    near = before[-1:]
    thousands = near == "," and before[:1].isdecimal() and figure[:3].isdecimal() and len(figure) > 2
    return bool(near) and (near.isdecimal() or near in _MARKS or (thousands and not figure[3:4].isdecimal()))


def _continues_after(after: str) -> bool:
    near, rest = after[:1], after[1:]
    if not near or near.isdecimal():
        return bool(near)
    thousands = near == "," and rest[:3].isdecimal() and len(rest) > 2 and not rest[3:4].isdecimal()
    return (near in _MARKS and rest[:1].isdecimal()) or thousands


def as_printed(text: str) -> str:
    """A part of a text as the column ``printed`` has it: white space as single spaces, compatibility characters resolved."""
    return " ".join(unicodedata.normalize("NFKC", text).split())
