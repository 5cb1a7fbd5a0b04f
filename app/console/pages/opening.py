"""Opening a run: the form for each kind of input, what it would come to, and the run itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Path, Request, UploadFile
from starlette.responses import Response

from app.access.callers import caller_of
from app.console.shell import desk_of, done, fragment, page
from app.lists import ListRefError
from app.profiles.values import GUEST, ProfileError
from app.refs import lines_of
from app.services import runs, trail
from app.services.trail import Deed
from app.services.wanted import Wanted
from app.services.wanting import NothingWanted, want

routes = APIRouter(prefix="/runs")
KINDS: Mapping[str, str] = {
    "refs": "Links",
    "file": "File",
    "keyword": "Keyword",
    "shop": "Shop",
    "category": "Category",
}
"""Kinds of input, and what their tabs say."""
PRIORITIES = ("high", "default", "low")
MOST_TEXT = 8_000_000
"""Characters of pasted links."""
LIMITS: Any = {"max_part_size": MOST_TEXT}
"""100,000 links are more than the framework lets a field have."""
MOST = 100_000
MOST_HOURS = 24 * 366
BIGGEST = 2**31 - 1
NO_TEXT = "the file is no text in UTF-8 or GB18030"
WRONG = (ListRefError, ProfileError, NothingWanted)


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What stands in the form."""

    kind: str = "refs"
    refs: str = ""
    value: str = ""
    first: int | None = None
    hours: int | None = None
    profile: str = ""
    priority: str = "default"


def given(
    *,
    kind: Annotated[str, Form(max_length=20)] = "refs",
    refs: Annotated[str, Form(max_length=MOST_TEXT)] = "",
    value: Annotated[str, Form(max_length=500)] = "",
    first: Annotated[int | None, Form(ge=1, le=MOST)] = None,
    hours: Annotated[int | None, Form(ge=1, le=MOST_HOURS)] = None,
    profile: Annotated[str, Form(max_length=64)] = "",
    priority: Annotated[str, Form(pattern=f"^({'|'.join(PRIORITIES)})$")] = "default",
    file: Annotated[UploadFile | None, File()] = None,
) -> Given:
    """What was filled in. Lines of a file become those of the text: they can be seen and mended."""
    found = Given(
        kind=kind if kind in KINDS else "refs",
        refs=refs,
        value=value,
        first=first,
        hours=hours,
        profile=profile,
        priority=priority,
    )
    if file is None:
        return found
    try:
        return replace(found, kind="refs", refs="\n".join(lines_of(file.file.read())))
    except UnicodeDecodeError:
        return replace(found, kind="file", refs="", value=NO_TEXT)


Filled = Annotated[Given, Depends(given)]


@routes.get("/new")
def new_run(request: Request, refs: str = "", kind: str = "", value: str = "") -> Response:
    """The form for a new run, filled in as a link has it."""
    known = kind if kind in KINDS else "refs"
    return _form(request, Given(kind=known, refs=refs[:MOST_TEXT], value=value[:500]))


@routes.post("/new", form_limits=LIMITS)
def open_run(request: Request, filled: Filled, act: Annotated[str, Form()] = "") -> Response:
    """Open a run, and go to its page; or only show what it would come to."""
    desk = desk_of(request)
    try:
        wanted = _wanted(filled)
        if act == "preview":
            plan = runs.plan(desk, wanted, profile=filled.profile or None)
            return _form(request, filled, plan=plan)
        opened = runs.open_run(
            desk, wanted, profile=filled.profile or None, priority=filled.priority
        )
    except WRONG as error:
        return _form(request, filled, wrong=str(error), status=400)
    _note(request, "open_run", opened.run.id)
    return done(f"/runs/{opened.run.id}", opened.next)


@routes.post("/preview", form_limits=LIMITS)
def preview(request: Request, filled: Filled) -> Response:
    """What the form would come to, as a part of its page; writes nothing."""
    plan, wrong = None, ""
    try:
        plan = runs.plan(desk_of(request), _wanted(filled), profile=filled.profile or None)
    except WRONG as error:
        wrong = str(error)
    text = fragment(request, "runs/preview.html", plan=plan, wrong=wrong)
    return Response(text, media_type="text/html")


@routes.post("/{run}/retry")
def retry(request: Request, run: Annotated[int, Path(ge=1, le=BIGGEST)]) -> Response:
    """Open a run over what failed or was blocked in another, and go to its page."""
    try:
        opened = runs.retry(desk_of(request), run)
    except NothingWanted as error:
        return done(f"/runs/{run}", str(error))
    _note(request, "retry", run)
    return done(f"/runs/{opened.run.id}", opened.next)


def _form(
    request: Request, filled: Given, *, wrong: str = "", plan: Any = None, status: int = 200
) -> Response:
    manners = desk_of(request).manners
    names = sorted({GUEST, *manners.profiles, *manners.jar.names()})
    chosen = filled.profile or str(desk_of(request).options.get("profile", GUEST))
    return page(
        request,
        "runs/new.html",
        status=status,
        given=asdict(filled) | {"profile": chosen},
        wrong=wrong,
        plan=plan,
        kinds=KINDS,
        priorities=PRIORITIES,
        profiles=names,
    )


def _wanted(filled: Given) -> Wanted:
    """What the form names. Raises NothingWanted, ListRefError."""
    if filled.kind == "refs":
        return want(filled.refs.splitlines(), skip_seen_hours=filled.hours)
    if filled.kind == "file":
        raise NothingWanted(filled.value or "choose a file")
    return want(
        keyword=filled.value if filled.kind == "keyword" else None,
        shop=filled.value if filled.kind == "shop" else None,
        category=filled.value if filled.kind == "category" else None,
        first=filled.first,
    )


def _note(request: Request, verb: str, run: int) -> None:
    caller = caller_of(request)
    deed = Deed(actor=caller.name, role=caller.role, door="console", verb=verb, target=f"run {run}")
    trail.note(desk_of(request).engine, deed)
