"""`pwsync serve`: the server for a browser and for programs."""

import signal
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from types import FrameType

    from fastapi import FastAPI

    from app.access.invitation import Invitation
    from app.access.tokens import Tokens
    from app.settings import Settings

CLOSE_SECONDS = 5
"""How long an answer in the making is waited for at the end."""
BACKLOG = 128
HEADER_BYTES = 32_768
"""Of a request's line and headers together; longer ones are answered 400."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes a free one.")
    ] = None,
    new_token: Annotated[
        bool, typer.Option("--new-token", help="Make a token, print it once, and end.")
    ] = False,
    scope: Annotated[
        str, typer.Option(help="What the new token may do: read, run or admin.")
    ] = "admin",
    name: Annotated[str, typer.Option(help="Whose the new token is; stands in the trail.")] = "",
) -> None:
    """Serve the console (/), the API (/api/v1), the RQ dashboard (/rq) and /metrics.

    They ask for a token: as a bearer, as the password of HTTP basic, or in the login form;
    /healthz and /readyz ask for none. While there is no token, it listens to this machine alone,
    and prints a link that lets you in once, within ten minutes.
    """
    from app.settings import load

    settings = load({"api": {"host": host, "port": port}})
    if new_token:
        typer.echo(_make_token(settings, scope, name))
        return
    raise typer.Exit(_serve(settings))


def _make_token(settings: "Settings", scope: str, name: str) -> str:
    from app.access.tokens import Scope, TokenFile, TokensUnusable

    if scope not in (known := [one.name.lower() for one in Scope]):
        raise UsageError(f"--scope {scope}: choose one of {', '.join(known)}")
    try:
        return TokenFile(settings.data_dir).make(Scope[scope.upper()], name)
    except (TokensUnusable, OSError) as error:
        raise UsageError(f"no token was made: {error}") from error


def _serve(settings: "Settings") -> int:
    from uvicorn import Config, Server

    from app.noting import begin_log

    begin_log(settings, "server")
    tokens, invitation = _tokens(settings)
    app = _app(settings, tokens, invitation)
    listener = _listen(settings.api.host, settings.api.port)
    server = Server(
        Config(
            app,
            log_level="warning",
            log_config=None,  # as everything else is logged
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.api.proxies),
            forwarded_allow_ips=list(settings.api.proxies),  # uvicorn has its own default
            http="h11",  # whichever else is installed: its bound on headers is known
            h11_max_incomplete_event_size=HEADER_BYTES,
            timeout_graceful_shutdown=CLOSE_SECONDS,
        )
    )
    ended_by: list[int] = []
    with listener:
        _say_where(listener, invitation)
        _keep_signals(ended_by)
        server.run(sockets=[listener])
    app.state.desk.logins.close(within=CLOSE_SECONDS)
    app.state.desk.orders.close()
    return 130 if ended_by == [signal.SIGINT] else 0


def _tokens(settings: "Settings") -> "tuple[Tokens, Invitation | None]":
    """The tokens in force; while there are none, a way in for who sits at this machine.

    Raises UsageError if others could come in without any.
    """
    from app.access.invitation import Invitation
    from app.access.tokens import Scope, Token, TokenFile, Tokens, TokensUnusable, digest_of
    from app.access.uses import Uses
    from app.cli.desk import is_loopback

    own = settings.api.token
    given = []
    if own:
        digest = digest_of(own.get_secret_value())
        given.append(Token(digest=digest, scope=Scope.ADMIN, name="api.token"))
    file = TokenFile(settings.data_dir)
    try:
        some = bool(given or file.tokens())
    except (TokensUnusable, OSError) as error:
        raise UsageError(str(error)) from error
    if not some and not is_loopback(settings.api.host):
        raise UsageError(
            f"{settings.api.host} can be reached by others and there is no token: "
            "make one with `pwsync serve --new-token`, or listen on 127.0.0.1"
        )
    invitation = None if some else Invitation()
    if invitation:
        given.append(invitation.token)
    return Tokens(given=given, file=file, uses=Uses(settings.data_dir)), invitation


def _app(settings: "Settings", tokens: "Tokens", invitation: "Invitation | None") -> "FastAPI":
    from functools import partial

    from sqlalchemy import make_url, text

    from app.access.allowance import Rates
    from app.cli.desk import desk_of, means_of
    from app.cli.keys import key_of
    from app.jobs.doorbell import open_client
    from app.places import open_database
    from app.server.app import make_app
    from app.server.dashboard import make_dashboard
    from app.services.backups import Bench
    from app.services.checkup.collect import findings
    from app.store.engine import consult

    engine = open_database(settings)
    probes = {"database": lambda: consult(engine, lambda c: c.scalar(text("SELECT 1")), tries=1)}
    connection, shown = None, ""
    if settings.redis_url:
        connection = open_client(settings.redis_url)
        shown = make_url(settings.redis_url).set(query={}).render_as_string(hide_password=True)
        probes["redis"] = connection.ping
    desk = desk_of(settings, engine, connection)
    return make_app(
        tokens=tokens,
        names={settings.api.host.lower(), *map(str.lower, settings.api.hosts)},
        probes=probes,
        dashboard=make_dashboard(connection, shown=shown),
        desk=desk,
        examine=partial(findings, means_of(settings, desk), browser=False),
        bench=Bench(partial(key_of, settings)),
        invitation=invitation,
        rates=Rates(
            reads=settings.api.reads_per_minute,
            writes=settings.api.writes_per_minute,
            wrong=settings.api.wrong_per_minute,
        ),
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise UsageError(f"{host}:{port} cannot be listened on: {error.strerror}") from error
    # asyncio does so only where the socket names its protocol, which `create_server` does not:
    # the body of each answer would wait 40 ms for the receipt of its headers
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _say_where(listener: socket.socket, invitation: "Invitation | None") -> None:
    host, port, *_ = listener.getsockname()
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"pwsync: serving http://{shown}:{port}", err=True)
    if invitation:
        link = f"http://{shown}:{port}{invitation.path}"
        typer.echo(
            f"pwsync: no token yet; {link} lets you in, once; `pwsync serve --new-token` makes one",
            err=True,
        )


def _keep_signals(ended_by: list[int]) -> None:
    """uvicorn ends in order and then raises the signal again; here it is only remembered."""

    def remember(number: int, _: "FrameType | None") -> None:
        ended_by.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, remember)
