"""The API's OpenAPI document as rows that a page can show. Pure."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

REF = "#/components/schemas/"
JSON = "application/json"
JOINED = {"anyOf": " or ", "oneOf": " or ", "allOf": " and "}
DEEPEST = 6
"""Examples of nested values are made no deeper than this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A parameter, or a field of a shape."""

    name: str
    place: str
    """`path`, `query`, `header`; of fields, "" ."""
    kind: str
    refers: tuple[str, ...]
    """Shapes that it is made of."""
    needed: bool
    meaning: str
    example: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One thing that can be asked."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: Sequence[Row]
    takes: tuple[str, ...]
    """Shapes of the body."""
    answers: Sequence[tuple[str, str, tuple[str, ...]]]
    """(status, meaning, shapes)"""
    curl: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """A named schema."""

    name: str
    meaning: str
    fields: Sequence[Row]
    kind: str


def operations(document: Mapping[str, Any], tag: str, base: str) -> list[Operation]:
    """What carries the tag, in the document's order. `base`: scheme and host of the server."""
    return [
        _operation(document, path, method, told, base)
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        if tag in told["tags"]
    ]


def shapes(document: Mapping[str, Any]) -> Iterator[Shape]:
    """All named schemas by name."""
    for name, schema in sorted(document["components"]["schemas"].items()):
        needed = schema.get("required", ())
        fields = [
            _row(field, "", told, needed=field in needed, document=document)
            for field, told in schema.get("properties", {}).items()
        ]
        meaning = schema.get("description", "")
        yield Shape(name=name, meaning=meaning, fields=fields, kind=kind_of(schema))


def prose(text: str) -> Markup:
    """Paragraphs with **strong** words and `code`; everything else is text."""
    paragraphs = (str(escape(one)) for one in text.strip().split("\n\n") if one)
    marked = (_between(_between(one, "`", "code"), "**", "strong") for one in paragraphs)
    return Markup("").join(Markup(f"<p>{one}</p>\n") for one in marked)  # noqa: S704 - escaped above


def _between(text: str, mark: str, element: str) -> str:
    parts = text.split(mark)
    if len(parts) % 2 == 0:
        return text  # a mark that is not closed is one of the text's own
    around = (f"<{element}>{one}</{element}>" if n % 2 else one for n, one in enumerate(parts))
    return "".join(around)


def _operation(
    document: Mapping[str, Any], path: str, method: str, told: Mapping[str, Any], base: str
) -> Operation:
    answers = [
        (status, one["description"], _refers(one.get("content", {})))
        for status, one in told["responses"].items()
    ]
    parameters = [
        _row(
            one["name"],
            one["in"],
            {**one["schema"], **_kept(one)},
            needed=one.get("required", False),
            document=document,
        )
        for one in told.get("parameters", ())
    ]
    return Operation(
        anchor=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told.get("summary", ""),
        description=told.get("description", ""),
        parameters=parameters,
        takes=_refers(told.get("requestBody", {})),
        answers=answers,
        curl=_curl(document, path, method, told, base),
    )


def _kept(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside a parameter's schema and belongs to it."""
    return {
        key: parameter[key] for key in ("description", "example", "examples") if key in parameter
    }


def _row(
    name: str, place: str, schema: Mapping[str, Any], *, needed: bool, document: Mapping[str, Any]
) -> Row:
    example = example_of(document, schema) if "example" in schema or "examples" in schema else None
    return Row(
        name=name,
        place=place,
        kind=kind_of(schema),
        refers=_refers(schema),
        needed=needed,
        meaning=schema.get("description", ""),
        example="" if example is None else json.dumps(example, ensure_ascii=False),
    )


def kind_of(schema: Mapping[str, Any]) -> str:
    """A schema in a few words: `integer, 1 to 200`, `list of Offer`, `string or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REF)
    for key, between in JOINED.items():
        if key in schema:
            return between.join(map(kind_of, schema[key]))
    if "enum" in schema or "const" in schema:
        return " | ".join(map(str, schema.get("enum", [schema.get("const")])))
    word = schema.get("type", "any")
    if word == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    return f"{schema.get('format', word)}{_bounds(schema)}"


def _bounds(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f", {least:,} to {most:,}"
    if least is not None:
        return f", at least {least:,}"
    return "" if most is None else f", at most {most:,}"


def _refers(schema: Any) -> tuple[str, ...]:
    """Names of the shapes in a schema, wherever they stand in it, each once."""
    if isinstance(schema, Mapping):
        here = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
        found = [one.removeprefix(REF) for one in here]
        inner = [
            name for key, value in schema.items() if key != "example" for name in _refers(value)
        ]
    else:
        found, inner = [], []
        if isinstance(schema, list):
            inner = [name for value in schema for name in _refers(value)]
    return tuple(dict.fromkeys([*found, *inner]))


def example_of(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> Any:
    """A value as the schema shows one, or one made of its fields' examples."""
    if "$ref" in schema:
        named = document["components"]["schemas"][str(schema["$ref"]).removeprefix(REF)]
        return example_of(document, named, depth + 1)
    if "example" in schema:
        return schema["example"]
    if shown := schema.get("examples"):
        # of a parameter they are named, of a schema they are a list
        return next(iter(shown.values()))["value"] if isinstance(shown, Mapping) else shown[0]
    if several := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return example_of(document, several[0], depth + 1)
    if "default" in schema:
        return schema["default"]
    return _made(document, schema, depth)


def _made(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> Any:
    if "enum" in schema or "const" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    word = schema.get("type")
    if word == "object" and depth < DEEPEST:
        fields = schema.get("properties", {}).items()
        return {name: example_of(document, told, depth + 1) for name, told in fields}
    if word == "array":
        return [example_of(document, schema.get("items", {}), depth + 1)] if depth < DEEPEST else []
    return {"string": "…", "integer": 1, "number": 1, "boolean": True, "object": {}}.get(str(word))


def _curl(
    document: Mapping[str, Any], path: str, method: str, told: Mapping[str, Any], base: str
) -> str:
    for one in told.get("parameters", ()):
        if one["in"] == "path":
            value = str(example_of(document, {**one["schema"], **_kept(one)}))
            path = path.replace("{" + one["name"] + "}", quote(value, safe=""))
    words = ["curl", *([] if method == "get" else ["-X", method.upper()])]
    content = told.get("requestBody", {}).get("content", {})
    if JSON in content:
        body = json.dumps(example_of(document, content[JSON].get("schema", {})), ensure_ascii=False)
        words += ["-H", f"Content-Type: {JSON}", "-d", body]
    line = " ".join(map(shlex.quote, [*words, base + path]))
    return line.replace("curl", 'curl -H "Authorization: Bearer $TOKEN"', 1)
