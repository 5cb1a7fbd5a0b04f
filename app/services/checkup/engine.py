"""The engine, and whether it tells one true story about itself."""

import asyncio
import os
import platform
from collections.abc import Iterator

from app.services.checkup.findings import Finding, Level, Means, failed
from browsers import identity, probe, story
from browsers.engine import find_engine
from browsers.errors import EngineMissing
from browsers.launch import sandboxed
from browsers.values import Launch


def engine(means: Means) -> Iterator[Finding]:
    """Which engine is used, and whether its sandbox is on."""
    try:
        found = find_engine(means.launch.executable)
    except EngineMissing as error:
        yield failed("engine", error)
        return
    says = f"{found.name} {found.version} at {found.path}"
    if sandboxed(means.launch.sandbox):
        yield Finding(name="engine", says=says)
        return
    fix = "run pwsync as an ordinary user (not root), with browser.sandbox unset"
    yield Finding(name="engine", says=f"{says}, sandbox OFF", level=Level.WARN, fix=fix)


def identity_of_engine(means: Means) -> Iterator[Finding]:
    """Ask the engine as a site could. Contradictions make it a finding that is not good."""
    told = asyncio.run(probe.ask(means.launch))
    who = story.summary(told)
    wrong = (*story.contradictions(told), *story.untruths(told, _machine(means.launch)))
    if wrong:
        says = f"{who}; but: {'; '.join(wrong)}"
        fix = "use a plain Chromium (browser.executable) and no flags of your own"
        yield Finding(name="identity", says=says, level=Level.FAIL, fix=fix)
        return
    one = "one story in page, frames, worker and headers"
    yield Finding(name="identity", says=f"{who}; {one}; true, with {identity.CHOSEN}")


def _machine(launch: Launch) -> story.Machine:
    return story.Machine(
        system=platform.system(),
        platform=f"{platform.system()} {platform.machine()}",
        processors=frozenset((os.cpu_count() or 0, len(os.sched_getaffinity(0)))),
        version=find_engine(launch.executable, headless=launch.headless).version,
    )
