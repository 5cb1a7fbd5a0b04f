"""Alert rules and dashboard: Prometheus's own tool reads them, and the layout holds."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "pwsync.rules.yml"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "pwsync.json"
PANELS = json.loads(DASHBOARD.read_text())["panels"]
PROVISIONING = DEPLOY / "grafana" / "provisioning"


def expressions() -> Iterator[str]:
    """All that the dashboard asks."""
    for panel in PANELS:
        for target in panel.get("targets", ()):
            yield target["expr"]


@pytest.fixture
def promtool():
    """Prometheus's tool, which scripts/prepare fetches from Debian."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    program = shutil.which("promtool", path=path)
    if program is None:
        pytest.skip("promtool is not installed, and no Debian is here to fetch it from")

    def run(*words: str | Path) -> None:
        done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def test_the_rules_fire_when_they_should(promtool):
    promtool("check", "rules", RULES)
    promtool("test", "rules", Path(__file__).with_name("rules_test.yml"))


def test_the_configuration_is_read(promtool, tmp_path):
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    credentials = config["scrape_configs"][0]["authorization"]["credentials_file"]
    (tmp_path / "token").write_text("x")
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    (tmp_path / "prometheus.yml").write_text(text.replace(credentials, str(tmp_path / "token")))
    shutil.copy(RULES, tmp_path)
    promtool("check", "config", tmp_path / "prometheus.yml")


def test_every_question_of_the_dashboard_is_promql(promtool, tmp_path):
    rules = [{"record": f"panel:{n}", "expr": one} for n, one in enumerate(expressions())]
    assert len(rules) > 20
    (tmp_path / "rules.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]})
    )
    promtool("check", "rules", tmp_path / "rules.yml")


def test_panels_do_not_overlap_and_know_their_source():
    places = []
    for panel in PANELS:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        places += [(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])]
    assert len(places) == len(set(places))
    assert all(one["id"] != other["id"] for one, other in combinations(PANELS, 2))
    source = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yaml").read_text())
    (uid,) = (one["uid"] for one in source["datasources"])
    asked = {target["datasource"]["uid"] for one in PANELS for target in one.get("targets", ())}
    assert asked == {uid}


def test_every_alert_says_what_it_is():
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in {"warning", "critical"}
            assert rule["annotations"]["summary"]
