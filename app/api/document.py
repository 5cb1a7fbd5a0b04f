"""What the OpenAPI document says of the API as a whole; of each route, the route says it."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

PREFIX = "/api/v1"
SUMMARY = "Offers of 1688.com as a local database keeps them, and the runs that keep them."
DESCRIPTION = """\
**Tokens.** Every request needs one: `Authorization: Bearer TOKEN`. HTTP basic with the token as the
password is taken too, and a browser that has logged in brings a cookie. `pwsync serve --new-token
--scope read|run|admin` makes a token and shows it once; only its hash is kept. `read` may ask for
everything that is shown, `run` may also change something, `admin` may also do what is marked so.
Requests that change something are refused when they come from a page of another site.

**Values.** Ids are strings. Money and other decimals are strings with a decimal point. Times are
ISO 8601 with a zone. What is not known is `null`, never 0 or an empty string. Fields may be added;
those that are here keep their names and meaning.

**Lists** come as `{"items": [...], "next": "..."}`. `limit` says how many at most, from 1 to 200.
`next` is where the list goes on: give it back as `cursor`, with all other parameters as they were.
It is `null` at the end. What a cursor looks like may change at any time.

**Parameters.** One that a route does not have is refused with 422, as a misspelt filter would
otherwise find too much without a word.

**Errors** are `application/problem+json` (RFC 9457) and always of one shape: `type`, `title` (a
word for programs), `status`, `detail` (a sentence for people). 422 also lists what is wrong with
which value in `errors`. 500 names the number under which the log has the fault in `request`. Every
answer has its number in `X-Request-Id`.

**Rates.** A token has so many reads and writes a minute (6,000 and 300 unless the server's
settings say otherwise). `RateLimit` tells how many are left (`r`) and for how many seconds (`t`),
`RateLimit-Policy` what the limit is. Beyond it the answer is 429, and `Retry-After` says how many
seconds to wait. Wrong tokens are counted by address: after 20 a minute no token from there is
looked at, right or wrong.

**Asking again.** JSON answers that come in one piece have an `ETag`. With `If-None-Match` the
answer is 304 without a body if nothing has changed. `HEAD` works wherever `GET` does. Answers are
compressed for who sends `Accept-Encoding: gzip`.

**Sizes.** A body may have 8 MiB, an address 8 KiB; beyond that the answer is 413 or 414.
"""
TAGS: Sequence[Mapping[str, str]] = (
    {"name": "about", "description": "The server, and who asks it."},
    {"name": "offers", "description": "Product pages as they are stored, with their history."},
    {"name": "suppliers", "description": "Who sells the offers."},
    {"name": "groups", "description": "Offers that show the same product."},
    {"name": "changes", "description": "What became different between two observations."},
    {"name": "runs", "description": "Work on a set of offers: opened, followed, acted upon."},
    {"name": "batches", "description": "Runs that recur by a timetable."},
    {"name": "profiles", "description": "As whom pages are asked for, and how they fare."},
    {"name": "quarantine", "description": "Pages whose values were refused, with the reason."},
    {"name": "quality", "description": "How often pages tell what they should, and drift."},
    {"name": "exports", "description": "Offers as files."},
    {"name": "stats", "description": "Numbers over all that is stored."},
    {"name": "logs", "description": "What the programs noted."},
    {"name": "audit", "description": "Who did what, and whether the books balance."},
)
"""Routes carry one of these tags."""
REF = "#/components/schemas/{model}"


class Wrong(BaseModel):
    """A value that was refused."""

    where: list[str | int] = Field(
        description="The way to it: `query`, `path` or `body`, then names and positions.",
        examples=[["query", "limit"]],
    )
    why: str = Field(examples=["Input should be less than or equal to 200"])


class ProblemTold(BaseModel):
    """Why a request was not answered as asked (RFC 9457)."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(description="`/problems/` and the word.", examples=["/problems/run-unknown"])
    title: str = Field(description="A word for programs.", examples=["run-unknown"])
    status: int = Field(description="The answer's status again.", examples=[404])
    detail: str = Field(description="A sentence for people.", examples=["there is no run 7"])
    errors: list[Wrong] | None = Field(default=None, description="With 422: each wrong value.")
    request: str | None = Field(
        default=None,
        description="With 500: the number that the log has it under.",
        examples=["9f86d081884c7d65"],
    )


SAID = {
    400: ("host", "The request cannot be understood: its host, filter, cursor or body."),
    401: ("token", "There is no token, or it is not known."),
    403: ("forbidden", "The token may not do this, or the request comes from another site."),
    404: ("unknown", "There is no such thing."),
    409: ("run-closed", "It is in a state in which this cannot be done."),
    413: ("body", "The body is too large."),
    414: ("url", "The address is too long."),
    422: ("invalid", "A parameter or value is not one that may stand there."),
    429: ("rate", "Too many requests; `Retry-After` says how long to wait."),
    503: ("database", "The database or Redis does not answer."),
}
"""Status: (a word that it comes with, what it means)"""


def _declared(status: int, word: str, meaning: str) -> dict[str, Any]:
    example = {"type": f"/problems/{word}", "title": word, "status": status, "detail": meaning}
    schema = {"$ref": REF.format(model="Problem")}
    content = {"application/problem+json": {"schema": schema, "example": example}}
    return {"description": meaning, "content": content}


RESPONSES: Mapping[int | str, dict[str, Any]] = {
    status: _declared(status, *said) for status, said in SAID.items()
}
"""What every route may answer besides its own."""


class Documented(FastAPI):
    """An application whose document has the shape of problems, and no tag without a route."""

    def openapi(self) -> dict[str, Any]:
        """The document; made once."""
        if self.openapi_schema is None:
            made = super().openapi()
            shape = ProblemTold.model_json_schema(ref_template=REF)
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            schemas |= shape.pop("$defs") | {"Problem": shape}
            operations = [one for path in made["paths"].values() for one in path.values()]
            used = {tag for one in operations for tag in one["tags"]}
            made["tags"] = [dict(tag) for tag in TAGS if tag["name"] in used]
        return dict(self.openapi_schema or {})
