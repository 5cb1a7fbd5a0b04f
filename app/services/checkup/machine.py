"""This machine: folders, disk, memory, and who may ask the server."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from app.services.checkup.findings import Finding, Level, Means, failed
from browsers.machine import groups_of

GROUPS = Path("/sys/fs/cgroup")
LEAST_GIB, FEW_GIB = 1.0, 5.0
BASE_MB = 350
"""Python, the driver and an engine with one blank page."""
PAGE_MB = {"lean": 40, "mixed": 150, "natural": 150}
"""Measured with eight pages at once, a page more."""


def folders(means: Means) -> Iterator[Finding]:
    """Whether what is kept can be written."""
    desk = means.desk
    places = {
        "data folder": desk.folder,
        "archive folder": desk.archive,
        "pictures folder": desk.shelf.folder,
    }
    for name, folder in places.items():
        yield _writable(name, folder)


def _writable(name: str, folder: Path) -> Finding:
    found = _existing(folder)
    if not found.is_dir():
        fix = f"move {found} away, or set another data_dir"
        return Finding(name=name, says=f"{found} is no folder", level=Level.FAIL, fix=fix)
    if os.access(found, os.W_OK | os.X_OK):
        later = "" if found == folder else ", made when it is needed"
        return Finding(name=name, says=f"{folder}{later}")
    fix = f"chown it to the user who runs pwsync: chown -R $USER {found}; or set another data_dir"
    return Finding(name=name, says=f"{found} is not writable", level=Level.FAIL, fix=fix)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(one for one in (folder, *folder.absolute().parents) if one.exists())


def disk(means: Means) -> Iterator[Finding]:
    """How much room the data folder has."""
    free = shutil.disk_usage(_existing(means.desk.folder)).free / 2**30
    says = f"{free:,.1f} GiB free"
    if free >= FEW_GIB:
        yield Finding(name="disk", says=says)
        return
    level = Level.WARN if free >= LEAST_GIB else Level.FAIL
    fix = "make room, set archive.max_mb, or set data_dir on another disk"
    yield Finding(name="disk", says=says, level=level, fix=fix)


def memory(means: Means) -> Iterator[Finding]:
    """Whether the pages loaded at once fit into what this process may use."""
    limit = memory_limit_mb(GROUPS, Path("/proc/self/cgroup"))
    page = PAGE_MB[means.desk.mode]
    need = BASE_MB + means.contexts * page
    says = f"{limit:,} MiB; {means.contexts} pages at once need about {need:,}"
    if need <= limit:
        yield Finding(name="memory", says=says)
        return
    fix = f"set browser.contexts = {max(1, (limit - BASE_MB) // page)}, or raise the limit"
    yield Finding(name="memory", says=says, level=Level.WARN, fix=fix)


def memory_limit_mb(groups: Path, own: Path) -> int:
    """MiB: the least of the machine's memory and the limits of the control groups we are in."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min((whole, *(group.limit for group in groups_of(groups, own)))) // 2**20


def tokens(means: Means) -> Iterator[Finding]:
    """Whether the server may listen where it is told to."""
    try:
        number = means.tokens()
    except Exception as error:  # noqa: BLE001 - of the door that counts them
        yield failed("tokens", error, "make the file yours alone (chmod 600), or remove it")
        return
    if number:
        yield Finding(name="tokens", says=f"{number:,} may ask the server at {means.host}")
    elif not means.is_reachable:
        yield Finding(name="tokens", says=f"none; the server at {means.host} is this machine's own")
    else:
        says = f"none, but api.host is {means.host}: the server will not start"
        fix = "pwsync serve --new-token --name YOU"
        yield Finding(name="tokens", says=says, level=Level.FAIL, fix=fix)
