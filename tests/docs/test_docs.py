"""Every command of the READMEs, as it stands there, before a local 1688 and a database of its own.

Those of docs/ have to exist, with their options; what they do has tests of its own.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.replica.cases import Standing
from app.replica.offers import catalog
from app.replica.serve import running
from app.settings import Settings
from tests.commands import commands, flaw
from tests.docs.blocks import CHECKED, ROOT, blocks, runnable

SEED, OFFERS, SECONDS = 1, 23, 200
PROGRAMS = Path(sys.executable).parent
SHELL = [*blocks("sh")]


@pytest.fixture(scope="module")
def site():
    with running(offers=OFFERS, seed=SEED, padded=False) as replica:
        yield replica


@pytest.fixture(scope="module")
def reader(tmp_path_factory, site) -> Path:
    """The folder of somebody who has cloned the project and types along."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "scripts").mkdir()
    (folder / "scripts" / "pwsync").symlink_to(PROGRAMS / "pwsync")
    urls = [offer["url"] for offer in site.listed()]
    (folder / "offers.txt").write_text("\n".join(urls[:8]))
    (folder / "watchlist.txt").write_text("\n".join(urls[:5]))
    return folder


@pytest.fixture(scope="module")
def environment(reader, site) -> dict[str, str]:
    kept = ("LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
    own = {
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        "HOME": str(reader),
        "PWSYNC_SITE__REPLICA": site.address,
        "PWSYNC_BROWSER__MODE": "lean",
        "PWSYNC_BROWSER__CONTEXTS": "4",
        "COLUMNS": "100",
    }
    return {name: os.environ[name] for name in kept if name in os.environ} | own


@pytest.fixture(scope="module")
def names(site, redis_server) -> dict[str, str]:
    """What only this reader's site and machine have, for what the files name."""
    known = [offer for offer in catalog(SEED, OFFERS) if offer.standing is Standing.LIVE]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return {
        "610947572360": known[0].offer_id,
        "620011223344": known[1].offer_id,
        "https://shop123abc.1688.com": f"https://{known[0].supplier.shop}",
        "redis://127.0.0.1:6379/0": redis_server.url,
        "127.0.0.1:8680": f"127.0.0.1:{port}",
        "pwsync serve &": f"pwsync serve --port {port} &",
    }


def told(text: str, names: dict[str, str]) -> str:
    for ours, theirs in names.items():
        text = text.replace(ours, theirs)
    return text


@pytest.mark.parametrize("block", runnable(), ids=str)
def test_it_does_what_it_says(block, reader, environment, names):
    (reader / "pwsync.toml").write_text(block.settings)
    said = reader / "said"
    with said.open("w") as output:
        shell = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", told(block.text, names)],
            cwd=reader,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            code = shell.wait(SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            with_all_of_it(shell.pid)
            shell.wait()
    assert code == 0, f"{block} ended with {code}:\n{said.read_text()}"
    assert "Traceback" not in said.read_text()


def with_all_of_it(group: int) -> None:
    """What it began in the background ends with it."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_it_is_shell_and_its_commands_exist(block):
    parsed = subprocess.run(
        ["bash", "-n"], input=block.text, capture_output=True, text=True, check=False
    )
    assert (parsed.returncode, parsed.stderr) == (0, "")
    found = [*commands(block.script)]
    assert [(words, flaw(words)) for words in found if flaw(words)] == []
    for script in re.findall(r"(?<![\w/])scripts/[\w-]+", block.script):
        assert (ROOT / script).is_file(), script


@pytest.mark.parametrize("block", [*blocks("toml")], ids=str)
def test_settings_are_settings(block, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pwsync.toml").write_text(block.text)
    tomllib.loads(block.text)
    Settings()


def test_every_block_is_of_a_known_kind_and_every_reason_a_sentence():
    for file in CHECKED:
        fences = re.findall(r"^```(\w*)$", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
        assert set(fences[::2]) <= {"sh", "toml", "text"}, file
        assert set(fences[1::2]) <= {""}, file
    assert all(len(one.unrun) > 10 for one in SHELL if one.unrun)


def test_links_and_anchors_lead_somewhere():
    for file in CHECKED:
        text = (ROOT / file).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
            path, _, anchor = target.partition("#")
            place = (ROOT / file).parent / path if path else ROOT / file
            assert place.exists(), f"{file}: {target}"
            assert not anchor or anchor in {*anchors(place)}, f"{file}: {target}"


def anchors(path: Path) -> Iterator[str]:
    """As GitHub makes them from headings."""
    for heading in re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
