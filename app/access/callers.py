"""Who asks: what the guard found out about a request, for whoever answers it."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from app.access.guard import SCOPE, TOKEN
from app.access.tokens import Scope, Token

ROLES = {Scope.READ: "viewer", Scope.RUN: "operator", Scope.ADMIN: "admin"}
"""What a person with a token of this scope is called."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Somebody with a token."""

    name: str
    """The token's name, or the beginning of its hash."""
    scope: Scope

    @property
    def role(self) -> str:
        return ROLES[self.scope]

    @property
    def may_run(self) -> bool:
        """Whether it may open runs and act on them."""
        return self.scope >= Scope.RUN

    @property
    def is_admin(self) -> bool:
        return self.scope >= Scope.ADMIN


def caller_of(request: HTTPConnection) -> Caller:
    """Who asks. The guard lets nobody without a token come this far."""
    state = request.scope["state"]
    token: Token = state[TOKEN]
    return Caller(name=token.shown, scope=state[SCOPE])
