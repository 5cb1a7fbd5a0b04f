"""The house's rules that a command checks."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_imports_go_down_only():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_room_is_larger_than_a_person_reads():
    rooms = [*ROOT.glob("app/**/*.py"), *ROOT.glob("browsers/*.py")]
    large = {str(room.relative_to(ROOT)): len(room.read_text().splitlines()) for room in rooms}
    assert {name: lines for name, lines in large.items() if lines > 350} == {}


def test_no_pinned_requirement_names_a_registry():
    for name in ("requirements.lock", "tests/requirements.lock", "tests/bench/requirements.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert "--index-url" not in text
        pins = [line for line in text.splitlines() if "==" in line]
        assert len(pins) > 20
        assert text.count("--hash=sha256:") >= len(pins)


def test_captures_of_other_peoples_pages_are_not_committed():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "captures/" not in listed
