"""What stands in deploy/, compose.yaml and the Dockerfile hangs together and asks for what there is."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from app.settings import Settings
from tests.commands import flaw

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
EXAMPLE = dict(
    line.split("=", 1)
    for line in (ROOT / ".env.example").read_text().splitlines()
    if line and not line.startswith("#")
)
SECRETS = {name: "x" * 48 for name, value in EXAMPLE.items() if not value}
OURS = {name: one for name, one in COMPOSE["services"].items() if one["image"] == "pwsync:local"}
MANIFESTS = [
    one
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for one in yaml.safe_load_all(path.read_text())
]


def filled(text: str) -> str:
    """As compose fills in its variables."""

    def value(found: re.Match[str]) -> str:
        name, default = found.group(1), found.group(2)
        assert name in EXAMPLE, f"{name} is not in .env.example"
        return (EXAMPLE | SECRETS)[name] or (default or "").removeprefix("-")

    return re.sub(r"\$\{(\w+)(?::([-?][^}]*))?\}", value, text)


def pods() -> dict[str, dict]:
    """The pods' specs, by the name of what makes them."""
    found = {}
    for one in MANIFESTS:
        spec = one.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            found[one["metadata"]["name"]] = template["spec"]
    return found


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.yaml")), ids=lambda path: path.name)
def test_every_document_is_read(path):
    assert all(yaml.safe_load_all(path.read_text()))


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_container_is_bounded_confined_and_looked_after(name):
    one = COMPOSE["services"][name]
    assert "no-new-privileges:true" in one["security_opt"]
    assert one["cap_drop"] == ["ALL"]
    assert one["mem_limit"]
    assert one["logging"]["options"]["max-size"]
    assert one.get("read_only") or name == "database"
    assert "healthcheck" in one or name in OURS, "ours have the image's"
    assert one["networks"]


def test_compose_names_only_what_there_is():
    used = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    assert used == set(EXAMPLE)
    named = re.findall(r"(?<![\w.])\./[\w./-]+", filled((ROOT / "compose.yaml").read_text()))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
    for one in COMPOSE["services"].values():
        for volume in one["volumes"]:
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or source.startswith("./")
        for other, condition in one.get("depends_on", {}).items():
            healthy = condition["condition"] == "service_healthy"
            assert not healthy or "healthcheck" in COMPOSE["services"][other]


@pytest.mark.parametrize("name", OURS)
def test_the_settings_of_our_containers_are_settings(name, monkeypatch):
    for variable in [one for one in os.environ if one.startswith("PWSYNC_")]:
        monkeypatch.delenv(variable)
    for variable, value in OURS[name]["environment"].items():
        monkeypatch.setenv(variable, filled(value))
    monkeypatch.setenv("PWSYNC_CONFIG", str(DEPLOY / "pwsync.toml"))
    found = Settings()
    assert found.database.startswith("mysql+pymysql://pwsync:xxx")
    assert found.browser.sandbox is None, "on, for who is not root"


def test_commands_exist():
    scripts = [one["command"] for one in OURS.values()] + [
        pod["containers"][0]["args"] for pod in pods().values()
    ]
    for words in scripts:
        found = re.findall(r"pwsync ([^;&>|]+)", words[0]) if len(words) == 1 else []
        for one in [text.split() for text in found] or [words]:
            assert flaw(one) is None, one
    assert flaw(["backup", "create", "--kept", "3"]) == "pwsync backup create has no option --kept"


def test_the_profile_opens_what_the_sandbox_needs_and_no_more():
    profile = json.loads((DEPLOY / "seccomp" / "chromium.json").read_text())
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    allowed = {name for rule in profile["syscalls"] for name in rule["names"]}
    assert {"clone", "unshare", "chroot", "seccomp"} <= allowed
    assert not allowed & {
        "mount", "umount2", "pivot_root", "setns", "bpf", "keyctl", "kexec_load", "init_module",
        "perf_event_open", "userfaultfd", "io_uring_setup", "open_by_handle_at", "clone3",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["worker", "scheduler", "serve", "backup"])
def test_every_pod_is_bounded_and_confined(name):
    pod = pods()[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    (one,) = pod["containers"]
    assert one["resources"]["limits"]["memory"]
    assert one["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {mount["name"] for mount in one["volumeMounts"]} == {v["name"] for v in pod["volumes"]}


def test_selectors_meet_their_pods_and_settings_are_settings():
    for one in MANIFESTS:
        spec = one.get("spec", {})
        if one["kind"] == "Deployment":
            wanted = spec["selector"]["matchLabels"]
            assert wanted.items() <= spec["template"]["metadata"]["labels"].items()
    maps = [one for one in MANIFESTS if one["kind"] == "ConfigMap"]
    Settings(**tomllib.loads(maps[0]["data"]["pwsync.toml"]))
    resources = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())
    there = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")}
    assert there - set(resources["resources"]) == {"kustomization.yaml", "autoscaling.yaml"}


def test_nginx_reads_its_file(tmp_path):
    places = (Path(sys.executable).parent, os.environ["PATH"], "/usr/sbin")
    program = shutil.which("nginx", path=os.pathsep.join(map(str, places)))
    if program is None:
        pytest.skip("nginx is not installed, and no Debian is here to fetch it from")
    text = (DEPLOY / "nginx" / "pwsync.conf").read_text()
    text = re.sub(r"\s+ssl_certificate.*;", "", text).replace("listen 443 ssl", "listen 443")
    text = re.sub(r"\s+listen \[::\].*;", "", text)
    own = "".join(
        f"{kind}_temp_path {tmp_path}/{kind}; "
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = (
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; {own}{text} }}"
    )
    (tmp_path / "nginx.conf").write_text(whole)
    done = subprocess.run(
        [program, "-t", "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "test is successful" in done.stderr, done.stderr
