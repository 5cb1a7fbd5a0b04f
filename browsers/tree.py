"""The operating system's view of a browser: who belongs to it, what it weighs, how it ends.

Read from /proc (Linux). Nothing here knows Playwright or asks a browser anything, so all of it
still works when the browser hangs, is stopped, or has lost its driver.
"""

import contextlib
import os
import signal
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_ENDED = frozenset("ZX")
_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One process. `born` (clock ticks since boot) tells it from a later one with the same pid."""

    pid: int
    born: int
    parent: int
    session: int

    @property
    def is_alive(self) -> bool:
        """False for a zombie: it holds nothing any more and only waits to be reaped."""
        now = _read(self.pid)
        return now is not None and now.born == self.born

    def kill(self) -> None:
        """SIGKILL, which ends a stopped process too."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def command(self) -> str:
        """Program and arguments in one line; forked renderers rewrite theirs to be one anyway."""
        return " ".join(_words(self.pid, "cmdline")).rstrip()

    def has_environment(self, entry: str) -> bool:
        return entry in _words(self.pid, "environ")

    def private_kib(self) -> int:
        """Resident minus shared memory; cheap, and readable for sandboxed renderers too."""
        try:
            fields = (_PROC / str(self.pid) / "statm").read_text().split()
        except OSError:
            return 0
        return (int(fields[1]) - int(fields[2])) * _PAGE_KIB

    def pss_kib(self) -> int:
        """Proportional set size; private memory where the kernel does not show it to us."""
        try:
            text = (_PROC / str(self.pid) / "smaps_rollup").read_text()
        except OSError:
            return self.private_kib()
        return next((int(line.split()[1]) for line in text.splitlines() if "Pss:" in line[:4]), 0)


def census() -> dict[int, Member]:
    """Every living process of this machine."""
    return {member.pid: member for member in _all()}


def family(roots: Collection[Member]) -> tuple[Member, ...]:
    """The living among `roots`, their descendants, and who shares a session that a root leads.

    Chromium leads a session of its own, so its children are found even when it died before them.
    """
    known = {root.pid: root for root in roots}
    led = {root.pid for root in roots if root.session == root.pid}
    everybody = census()
    kin = {pid for pid, root in known.items() if everybody.get(pid) == root}
    kin |= {pid for pid, member in everybody.items() if member.session in led}
    grew = True
    while grew:
        children = {pid for pid, member in everybody.items() if member.parent in kin} - kin
        kin |= children
        grew = bool(children)
    return tuple(everybody[pid] for pid in sorted(kin))


def zombies() -> tuple[Member, ...]:
    """Who has ended, and whose parent has not asked how."""
    return tuple(member for member, state in _everybody() if state == "Z")


def with_environment(entry: str) -> tuple[Member, ...]:
    """Living processes that were started with `NAME=value` in their environment."""
    return tuple(member for member in _all() if member.has_environment(entry))


def pss_mib(members: Collection[Member]) -> int:
    return sum(member.pss_kib() for member in members) // 1024


class Scale:
    """Weighs one tree again and again, without spending more than a share of the time on it.

    The kernel walks all pages of a process to tell its PSS, which takes long (0.3 s a look for 50
    contexts). In between what is private, told at once, is taken for all that has changed.
    """

    SHARE = 0.02

    def __init__(self) -> None:
        self._shared = 0
        """KiB by which PSS was more than what is private; perhaps less than none."""
        self._again = 0.0

    def weigh(self, members: Collection[Member]) -> int:
        """PSS in MiB."""
        private = sum(member.private_kib() for member in members)
        began = time.monotonic()
        if began >= self._again:
            self._shared = sum(member.pss_kib() for member in members) - private
            ended = time.monotonic()
            self._again = ended + (ended - began) / self.SHARE
        return max(0, private + self._shared) // 1024


def _all() -> Iterator[Member]:
    return (member for member, state in _everybody() if state not in _ENDED)


def _everybody() -> Iterator[tuple[Member, str]]:
    for name in os.listdir(_PROC):  # noqa: PTH208 - names only, of a folder that changes
        if name.isdecimal() and (found := _stat(int(name))) is not None:
            yield found


def _read(pid: int) -> Member | None:
    found = _stat(pid)
    return None if found is None or found[1] in _ENDED else found[0]


def _stat(pid: int) -> tuple[Member, str] | None:
    """A process and its state, one letter."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The second field is the name in parentheses and may itself hold spaces and parentheses.
    state, parent, _, session, *rest = text.rpartition(")")[2].split()
    born, above, led_by = int(rest[15]), int(parent), int(session)
    return Member(pid=pid, born=born, parent=above, session=led_by), state


def _words(pid: int, name: str) -> list[str]:
    try:
        return (_PROC / str(pid) / name).read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []
