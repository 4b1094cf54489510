"""The tokens of a SPARQL text: what stands outside strings, comments and IRIs, in linear time."""

import pytest

from kg.engine.lexer import tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT?x{", [("word", "SELECT"), ("variable", "?x"), ("mark", "{")]),
        ("ex:a\\,b.", [("name", "ex:a\\,b.")]),
        ("<http://a#b> # c <d>\n?e", [("iri", "<http://a#b>"), ("variable", "?e")]),
        ("?a<?b", [("variable", "?a"), ("mark", "<"), ("variable", "?b")]),
        (""" "it's" 'a "b"' """, [("string", '"it\'s"'), ("string", "'a \"b\"'")]),
        ('"""a " "" b""" c', [("string", '"""a " "" b"""'), ("word", "c")]),
        (r'"a\" b" c', [("string", r'"a\" b"'), ("word", "c")]),
        ('"x"@en-GB.', [("string", '"x"'), ("language", "@en-GB"), ("mark", ".")]),
        ('"never closed\nASK', [("string", '"never closed'), ("word", "ASK")]),
        ("'''never closed\nASK", [("string", "'''never closed\nASK")]),
        ("_:b :x a:", [("name", "_:b"), ("name", ":x"), ("name", "a:")]),
        ("", []),
    ],
)
def test_a_text_is_split_as_the_grammar_says(text, expected):
    assert [(token.kind, token.text) for token in tokens(text)] == expected


@pytest.mark.parametrize("text", ["# only a comment", "'''", "\\", "\x00", "\ufeff ASK", "a" * 100 + "\\" * 100])
def test_each_character_is_white_space_a_comment_or_part_of_one_token(text):
    found = list(tokens(text))
    end = 0
    for token in found:
        assert token.start >= end
        assert text[token.start :].startswith(token.text)
        between = text[end : token.start]
        assert not between.strip() or "#" in between
        end = token.start + len(token.text)
