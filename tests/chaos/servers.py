"""The private MariaDB and Redis of a storm, and how they are hit."""

import signal
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.plan import Blow
from tests.mariadb import MariaDB
from tests.redis_server import RedisServer

AWAY_SECONDS = {Blow.DATABASE_AWAY: 6.0, Blow.REDIS_AWAY: 5.0}
HOWS = {
    Blow.DATABASE_STOPS: signal.SIGTERM,
    Blow.DATABASE_DIES: signal.SIGKILL,
    Blow.DATABASE_AWAY: signal.SIGKILL,
    Blow.REDIS_STOPS: signal.SIGTERM,
    Blow.REDIS_DIES: signal.SIGKILL,
    Blow.REDIS_FORGETS: signal.SIGKILL,
    Blow.REDIS_AWAY: signal.SIGTERM,
}


@dataclass(frozen=True, kw_only=True)
class Servers:
    """Both servers; a blow to one that is away has to wait."""

    database: MariaDB
    redis: RedisServer
    later: Callable[[float, Callable[[], None]], None]

    def hit(self, blow: Blow) -> bool:
        """Deal a blow; False if the server is down already."""
        server = self.redis if blow.startswith("redis") else self.database
        if server.server is None:
            return False
        if blow is Blow.REDIS_FLUSHED:
            self.redis.flush()
            return True
        server.stop(HOWS[blow])
        if blow is Blow.REDIS_FORGETS:
            self.redis.forget()
        if blow in AWAY_SECONDS:
            self.later(AWAY_SECONDS[blow], server.start)
        else:
            server.start()
        return True
