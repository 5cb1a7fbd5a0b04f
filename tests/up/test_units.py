"""The systemd units: systemd reads them, and they give a worker the time it needs."""

import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from tests.commands import flaw

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
LASTING = {
    "Restart": "always",
    "KillMode": "mixed",
    "RestartPreventExitStatus": "2",
}
EVERY = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "EnvironmentFile": "/etc/pwsync/pwsync.env",
    "User": "pwsync",
}


def read(unit: Path) -> dict[str, str]:
    parser = RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read(unit)
    return dict(parser["Service"])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_each_is_restarted_bounded_and_confined(unit):
    found = read(unit)
    wanted = EVERY if found.get("Type") == "oneshot" else EVERY | LASTING
    assert {name: found.get(name) for name in wanted} == wanted
    assert found["MemoryMax"]
    assert found["TasksMax"]
    assert found.get("Type") == "oneshot" or int(found["TimeoutStopSec"]) >= 90


def test_there_is_one_for_each_command():
    commands = [read(unit)["ExecStart"].split()[1:] for unit in UNITS]
    assert {words[0] for words in commands} == {"worker", "scheduler", "serve", "backup"}
    assert [flaw(words) for words in commands if flaw(words)] == []


def test_systemd_finds_no_fault(tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    for unit in [*UNITS, *FOLDER.glob("*.timer")]:
        # the commands are not installed where the units look for them
        text = unit.read_text().replace("/opt/pwsync/bin/pwsync", "/bin/true")
        (tmp_path / unit.name.replace("@", "@1")).write_text(text)
    done = subprocess.run(
        [program, "verify", "--man=no", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
