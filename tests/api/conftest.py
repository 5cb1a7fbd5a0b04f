"""The API as a person starts it, on a database as two rounds of syncs leave it."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from uvicorn import Config
from uvicorn import Server as Uvicorn

from app.access.allowance import Rates
from app.access.tokens import Scope, Token, Tokens, digest_of
from app.server.app import make_app
from app.store.engine import open_engine
from app.store.schema import migrate
from tests.filled import fill
from tests.server.conftest import Server, new_token, serving

OFFERS = 60
SECRET = "a token of the tests' own"


@pytest.fixture(scope="session")
def _filled_home(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    engine = open_engine(f"sqlite:///{folder / 'data' / 'pwsync.db'}")
    migrate(engine)
    for epoch in (1, 2):
        fill(engine, OFFERS, epoch=epoch)
    engine.dispose()
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory, _filled_home: Path) -> Path:
    """A folder with a filled database in it."""
    return shutil.copytree(_filled_home, tmp_path_factory.mktemp("api"), dirs_exist_ok=True)


@pytest.fixture(scope="module")
def tokens(home: Path) -> dict[str, str]:
    """A token of each scope."""
    return {scope: new_token(home, scope) for scope in ("read", "run", "admin")}


@pytest.fixture(scope="module")
def server(home: Path, tokens: dict[str, str]) -> Iterator[Server]:
    """Who is wrong often is a test here."""
    with serving(
        home, PWSYNC_API__WRONG_PER_MINUTE="100000", PWSYNC_API__READS_PER_MINUTE="1000000"
    ) as running:
        yield running


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a server of the test's own."""
    with ExitStack() as stack:
        yield lambda **more: stack.enter_context(serving(tmp_path, **more))


class Own(Server):
    """A server in this program."""

    def __init__(self, address: str) -> None:
        self.address, self.url = address, f"http://{address}"


@contextmanager
def own_server(add=None, **rates: int) -> Iterator[Own]:
    """The server with routes that `add` puts into it; SECRET is its admin."""
    token = Token(digest=digest_of(SECRET), scope=Scope.ADMIN, name="tests")
    app = make_app(
        tokens=Tokens(given=[token]),
        names=set(),
        probes={},
        dashboard=_mounted,
        desk=None,  # nothing here asks the database
        rates=Rates(**rates),
    )
    if add:
        add(app)
    program = Uvicorn(Config(app, port=0, log_level="critical", http="h11", lifespan="off"))
    started = threading.Event()
    startup = program.startup

    async def noted(sockets=None) -> None:
        await startup(sockets)
        started.set()

    program.startup = noted
    thread = threading.Thread(target=program.run)
    thread.start()
    assert started.wait(20)
    host, port = program.servers[0].sockets[0].getsockname()
    try:
        yield Own(f"{host}:{port}")
    finally:
        program.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


async def _mounted(scope, receive, send) -> None:
    """What is mounted reads the body to its end and knows none of our errors."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"read"})
