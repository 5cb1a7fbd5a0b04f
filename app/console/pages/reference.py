"""The API's reference as a page of ours: no script from elsewhere draws it."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.console.reference import operations, prose, shapes
from app.console.shell import page

routes = APIRouter()


@routes.get("/api/v1/docs")
def reference(request: Request) -> Response:
    """All routes of the API with parameters, answers and an example, made from its document."""
    document = request.app.openapi()
    base = f"{request.url.scheme}://{request.url.netloc}"
    chapters = [
        (tag["name"], tag["description"], operations(document, tag["name"], base))
        for tag in document["tags"]
    ]
    return page(
        request,
        "reference/reference.html",
        about=document["info"],
        introduction=prose(document["info"]["description"]),
        chapters=chapters,
        shapes=list(shapes(document)),
        prose=prose,
        address=request.app.openapi_url,
    )
