"""From text to a query: the grammar is `grammar.lark`, what a field's values are is read here."""

from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, v_args
from lark.exceptions import VisitError

from app.filters import read
from app.filters.fields import BY_NAME, Field
from app.filters.values import (
    DEEPEST,
    EVERYTHING,
    LONGEST,
    MOST_TERMS,
    All,
    Comparison,
    FilterError,
    Not,
    OneOf,
    Op,
    Query,
    Words,
)
from app.store.words import needles

FOLDED = str.maketrans("：＝＜＞", ":=<>")
EXPECTED = (
    (frozenset({"OP"}), "a comparison"),
    (frozenset({"FIELD", "WORD"}), "a field with a comparison, or a word"),
    (frozenset({"STRING", "VALUE"}), "a value"),
    (frozenset({"_CLOSE"}), "and, or, or the closing bracket"),
)
"""Terminals of which one may come next, and how a person calls that; the first row that fits."""


def parse(text: str) -> Query:
    """The query that a text says; an empty one asks for everything. Raises FilterError."""
    if len(text) > LONGEST:
        raise FilterError(f"a filter has at most {LONGEST:,} characters")
    try:
        query: Query = _Reader().transform(_grammar().parse(text)) if text.strip() else EVERYTHING
    except UnexpectedInput as error:
        raise _unexpected(error, text) from None
    except VisitError as error:
        if isinstance(error.orig_exc, FilterError):
            told = error.orig_exc
            raise _placed(told.message, text, told.at) from None
        raise
    _bounded(query)
    return query


@cache
def _grammar() -> Lark:
    source = files("app.filters").joinpath("grammar.lark").read_text("utf-8")
    return Lark(source, start="query", parser="lalr", propagate_positions=True)


def _unexpected(error: UnexpectedInput, text: str) -> FilterError:
    token = getattr(error, "token", None)
    ended = token is not None and token.type == "$END"
    at = len(text) if ended or error.pos_in_stream is None else error.pos_in_stream
    allowed = error.allowed if isinstance(error, UnexpectedCharacters) else error.expected  # type: ignore[attr-defined]
    wanted = next(
        (word for kinds, word in EXPECTED if kinds & set(allowed or ())), "and, or or a word"
    )
    return _placed(f"{wanted} is expected" + (" here, but it ends" if ended else ""), text, at)


def _placed(message: str, text: str, at: int) -> FilterError:
    return FilterError(message, text=text, at=at)


def _bounded(query: Query) -> None:
    """Refuse what no person types and no database likes."""
    layer, terms, depth = [query], 0, 0
    while layer:
        depth += 1
        terms += sum(isinstance(part, Comparison | Words) for part in layer)
        layer = [below for part in layer for below in _below(part)]
    if terms > MOST_TERMS:
        raise FilterError(f"a filter has at most {MOST_TERMS} comparisons and words")
    if depth > DEEPEST:
        raise FilterError(f"a filter has brackets at most {DEEPEST} deep")


def _below(part: Query) -> tuple[Query, ...]:
    match part:
        case All() | OneOf():
            return part.parts
        case Not():
            return (part.part,)
    return ()


@v_args(inline=True)
class _Reader(Transformer[Token, Query]):
    """The rules of the grammar, one method each."""

    def either(self, *parts: Query) -> Query:
        return OneOf(parts=parts)

    def every(self, *parts: Query) -> Query:
        return All(parts=parts)

    def negation(self, part: Query) -> Query:
        return Not(part=part)

    def word(self, token: Token) -> Query:
        text = read.text(token)
        if not needles(text):
            raise FilterError("there is no letter in it to look for", at=_start(token))
        return Words(text=text)

    def values(self, *tokens: Token) -> tuple[Token, ...]:
        return tokens

    def comparison(self, name: Token, sign: Token, tokens: tuple[Token, ...]) -> Query:
        field = _field(name)
        op = Op(str(sign).translate(FOLDED))
        if op not in field.kind.ops:
            known = " ".join(field.kind.ops)
            message = f"{field.name} is {field.kind.word}, which is compared with {known}"
            raise FilterError(message, at=_start(sign))
        if len(tokens) > 1 and op not in {Op.HAS, Op.IS, Op.IS_NOT}:
            raise FilterError(f"{op} compares with one value", at=_start(tokens[1]))
        return read.comparison(field, op, tokens)


def _field(name: Token) -> Field:
    found = BY_NAME.get(str(name)) or BY_NAME.get(str(name).lower())
    if found is None:
        near = get_close_matches(str(name).lower(), BY_NAME, n=1)
        hint = f"; {near[0]} is one" if near else ""
        message = f"there is no field {name}{hint} (`pwsync search --fields` lists them)"
        raise FilterError(message, at=_start(name))
    return found


def _start(token: Any) -> int:
    return token.start_pos or 0
