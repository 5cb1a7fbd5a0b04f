"""The only job there is: "work on run N". Whoever can write to Redis can ring, and nothing else.

RQ imports and calls whatever name a job carries, and unpickles what it is told to; a SafeJob is
read as JSON, imports nothing, and is compared with the one form that is allowed.
"""

import logging
from collections.abc import Callable
from typing import Any

from redis import Redis
from rq.exceptions import DeserializationError, NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

DRAIN = "pwsync.drain"
"""The allow-list: its one name. Not a path, nothing is imported by it."""
RESULT_TTL = 600
FAILURE_TTL = 7 * 86_400
"""Seconds that a finished and a failed bell can be looked at in the dashboard."""
MOST_RUNS = 2**63

_log = logging.getLogger(__name__)


class Refused(Exception):
    """A job in Redis that is not ours: forged, damaged, or of another program."""


class SafeJob(Job):
    """A doorbell as it is read from Redis; what it may do is handed to it by the worker."""

    answer: Callable[[int], str] | None = None
    """Set by the worker that took the job; gets the run id, returns one line for people."""

    def __init__(
        self,
        id: str | None = None,  # noqa: A002 - RQ's name
        connection: "Redis | None" = None,
        serializer: Any = None,  # noqa: ARG002 - never another than JSON
    ) -> None:
        super().__init__(id, connection, JSONSerializer)

    def restore(self, raw_data: Any) -> None:
        """Read the hash; all that could call, post or repeat something is dropped."""
        try:
            super().restore(raw_data)
        except NoSuchJobError:
            raise
        except Exception as error:
            _log.warning("job %s is damaged: %s", self.id, type(error).__name__)
            raise NoSuchJobError(f"job {self.id} is damaged") from error
        self._success_callback_name = self._failure_callback_name = None
        self._stopped_callback_name = None
        self.webhooks = []
        self.retries_left = self.repeats_left = self.rate_limit_key = self.group_id = None
        self.result_ttl, self.failure_ttl = RESULT_TTL, FAILURE_TTL

    @property
    def run_id(self) -> int:
        """The run whose bell this is. Raises Refused unless the job is exactly a doorbell."""
        try:
            call = (self.func_name, self.instance, self.kwargs)
            args = self.args
        except DeserializationError:
            raise Refused("its content is not JSON") from None
        if call != (DRAIN, None, {}):
            raise Refused(f"it is not {DRAIN}(run)")
        match args:
            case [int(run_id)] if not isinstance(run_id, bool) and 0 < run_id < MOST_RUNS:
                return run_id
            case _:
                raise Refused(f"{DRAIN} takes one run id")

    def show(self, progress: str) -> None:
        """Write how far the run is, for the dashboard; keeps who rang and for what."""
        known = self.meta if isinstance(self.meta, dict) else {}
        self.meta = {"run": self.run_id, "label": known.get("label", ""), "progress": progress}
        self.save_meta()  # type: ignore[no-untyped-call]

    @property
    def func(self) -> Any:
        """RQ would import by name here; nothing is."""
        raise Refused("jobs are not looked up by name")

    def _execute(self) -> str:
        run_id = self.run_id
        if self.answer is None:
            raise Refused("only pwsync's own worker answers bells")
        return self.answer(run_id)
