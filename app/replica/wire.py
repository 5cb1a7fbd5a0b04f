"""A request as the local 1688 looks at it, and an answer as it is sent: shared by all that answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.replica.faults import Fault
from app.replica.picture_faults import PictureFault

HTML = "text/html; charset=utf-8"
HTML_GBK = "text/html; charset=GBK"
JSON = "application/json; charset=utf-8"
SCRIPT = "application/javascript; charset=utf-8"

KEPT = {"Cache-Control": "max-age=31536000", "Access-Control-Allow-Origin": "*"}
"""For scripts, styles and pictures, which never change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """The part of a request that an answer depends on."""

    host: str
    path: str
    query: Mapping[str, str]
    origin: str = ""
    method: str = "GET"
    cookies: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    """What a POST brought."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer to be sent; `fault` tells the server how to spoil the sending of it."""

    status: int = 200
    body: bytes = b""
    gzipped: bool = False
    content_type: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    """`Set-Cookie`, a line each."""
    fault: Fault | PictureFault | None = None
    offer_id: str | None = None
    visit: int | None = None
