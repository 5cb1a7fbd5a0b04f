"""What this server is and who asks it."""

from importlib.metadata import version

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.deps import Asker

routes = APIRouter(tags=["about"])


class About(BaseModel):
    """The server, and what the token that was shown may do."""

    version: str = Field(examples=["1.0.0"])
    name: str = Field(description="Name of the token.", examples=["erp"])
    role: str = Field(description="viewer, operator or admin.", examples=["operator"])


@routes.get("/about", summary="Who am I here")
def about(asker: Asker) -> About:
    """Tell the version, and the name and role of the token."""
    return About(version=version("pwsync"), name=asker.name, role=asker.role)
