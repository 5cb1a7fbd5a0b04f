"""Child processes that develop pictures, as many at once as there are benches.

A picture that takes its bench down costs that picture alone: the bench is replaced when the next
one comes. What a bench answers is not trusted further than its form.
"""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import app
from app.images.bench import LENGTH, SECONDS
from app.images.failures import Failure, PictureFailed
from app.images.picture import LONGEST_SIDE, Picture

PATIENCE = SECONDS + 5.0
"""Seconds; a bench ends itself before, unless it was stopped from outside."""
LONGEST_HEADER, LONGEST_FILE = 8 * 1024, 128 * 1024**2
FORMATS = frozenset({"jpeg", "png", "webp", "gif"})
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
"""Of the environment; the rest holds secrets."""


class _Died(Exception):
    """A bench ended, or answered what none of ours does."""


class _Bench:
    """One child process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    async def develop(self, original: bytes) -> Picture:
        """Raises PictureFailed, _Died, TimeoutError; after the last two it is of no use."""
        sink = self._process.stdin
        assert sink is not None
        with suppress(ConnectionError):  # its end is noticed where the answer is read
            sink.write(LENGTH.pack(len(original)))
            sink.write(original)
            await sink.drain()
        return await asyncio.wait_for(self._answer(), PATIENCE)

    async def _answer(self) -> Picture:
        told = await self._told()
        if "word" in told:
            word = told["word"]
            if word not in set(Failure):
                raise _Died("it answers nonsense")
            raise PictureFailed(Failure(word), str(told.get("detail", "")))
        body, thumb = [await self._read(told.get(name)) for name in ("body", "thumb")]
        return _picture(told, body, thumb)

    async def _told(self) -> dict[str, Any]:
        (length,) = LENGTH.unpack(await self._read(LENGTH.size))
        if length > LONGEST_HEADER:
            raise _Died("it answers nonsense")
        try:
            told = json.loads(await self._read(length))
        except ValueError as error:
            raise _Died("it answers nonsense") from error
        if not isinstance(told, dict):
            raise _Died("it answers nonsense")
        return told

    async def _read(self, length: Any) -> bytes:
        source = self._process.stdout
        assert source is not None
        if not isinstance(length, int) or not 0 <= length <= LONGEST_FILE:
            raise _Died("it answers nonsense")
        try:
            return await source.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise _Died("it ended") from error

    async def end(self) -> int:
        """Kill it and wait for it; what it ended with, negative for a signal."""
        with suppress(ProcessLookupError):
            self._process.kill()
        return await self._process.wait()


class Studio:
    """`async with Studio() as studio: await studio.develop(original)`."""

    def __init__(self, *, benches: int = 2, form: str = "webp", quality: int = 80) -> None:
        self._arguments = (form, str(quality))
        self._places: asyncio.LifoQueue[_Bench | None] = asyncio.LifoQueue()
        self._running: set[_Bench] = set()
        for _ in range(benches):
            self._places.put_nowait(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.gather(*(bench.end() for bench in self._running))
        self._running.clear()

    @property
    def pids(self) -> list[int]:
        """The benches that run now."""
        return [bench.pid for bench in self._running]

    async def develop(self, original: bytes) -> Picture:
        """The picture of these bytes, made in a child process. Raises PictureFailed."""
        bench = await self._places.get()
        try:
            bench = bench or await self._start()
            return await bench.develop(original)
        except PictureFailed:
            raise
        except TimeoutError:
            await self._end(bench)
            bench = None
            raise PictureFailed(Failure.TOO_SLOW) from None
        except _Died as error:
            code = await self._end(bench)
            bench = None
            raise _verdict(code, str(error)) from error
        except BaseException:  # cancelled in the middle: the answer would be the next one's
            await asyncio.shield(self._end(bench))
            bench = None
            raise
        finally:
            self._places.put_nowait(bench)

    async def _start(self) -> _Bench:
        root = str(Path(app.__path__[0]).parent)
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.images.bench", *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            env=environment | {"PYTHONPATH": root},
            start_new_session=True,  # a Ctrl-C of the terminal is not for it
        )  # fmt: skip
        bench = _Bench(process)
        self._running.add(bench)
        return bench

    async def _end(self, bench: _Bench | None) -> int:
        if bench is None:
            return 0
        self._running.discard(bench)
        return await bench.end()


def _verdict(code: int, said: str) -> PictureFailed:
    if code == -signal.SIGALRM:
        return PictureFailed(Failure.TOO_SLOW, f"more than {SECONDS} s")
    return PictureFailed(Failure.TOO_HEAVY, said)


def _picture(told: dict[str, Any], body: bytes, thumb: bytes) -> Picture:
    width, height = (_number(told, name, LONGEST_SIDE) for name in ("width", "height"))
    if told.get("format") not in FORMATS:
        raise _Died("it answers nonsense")
    return Picture(
        format=told["format"],
        width=width,
        height=height,
        dhash=_number(told, "dhash", 2**64 - 1),
        body=body,
        thumb=thumb,
    )


def _number(told: dict[str, Any], name: str, most: int) -> int:
    number = told.get(name)
    if not isinstance(number, int) or not 0 <= number <= most:
        raise _Died("it answers nonsense")
    return number
