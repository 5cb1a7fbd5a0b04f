"""docs/cli.md says what --help says, and Tab completes through scripts/pwsync."""

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from app.cli.main import app

ROOT = Path(__file__).parents[2]


def test_the_page_of_the_commands_is_what_they_say():
    told = CliRunner().invoke(app, ["docs"], prog_name="pwsync").stdout
    assert told == (ROOT / "docs" / "cli.md").read_text(), "run scripts/docs"


def test_tab_completes_in_bash_through_a_link_to_the_script(tmp_path):
    link = tmp_path / "pwsync"
    link.symlink_to(ROOT / "scripts" / "pwsync")
    script = (
        'eval "$(_PWSYNC_COMPLETE=source_bash "$1")"; COMP_WORDS=(pwsync backup "") COMP_CWORD=2; '
        '_pwsync_completion "$1"; echo "${COMPREPLY[*]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", str(link)],
        env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("create list verify restore\n", "")
