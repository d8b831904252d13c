"""What ships for deployment: well-formed, and about metrics and settings that there are."""

import json
import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest
import yaml

from briefing.api.metrics import Metrics
from briefing.config import Settings

DEPLOY = Path(__file__).parents[2] / "scripts/deploy"
PROMETHEUS = {"up"}
"""Made by Prometheus itself."""
METRIC = re.compile(r"\b(?:briefing|process|python)_[a-z_]+|\bup\b")


@pytest.fixture(scope="module")
def names() -> set[str]:
    """Every time series that the service exposes."""
    metrics = Metrics(Settings())
    metrics.stage("read", 1)
    metrics.began()
    metrics.request(route="/", method="GET", status=200, seconds=1, received=0, sent=0)
    families = metrics.registry.collect()
    return {sample.name for family in families for sample in family.samples} | PROMETHEUS


@pytest.fixture(scope="module")
def rules() -> list[dict]:
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.fixture(scope="module")
def dashboard() -> dict:
    return json.loads((DEPLOY / "dashboard.json").read_text("utf-8"))


def test_alerts_are_about_metrics_that_there_are(rules, names: set[str]) -> None:
    for rule in rules:
        found = set(METRIC.findall(rule["expr"]))
        assert found, rule["alert"]
        assert found <= names, rule["alert"]


def test_alerts_say_how_bad_it_is_and_what_to_do(rules) -> None:
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 5
    for rule in rules:
        assert re.fullmatch(r"\d+[smh]", rule["for"])
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert set(rule["annotations"]) == {"summary", "action"}
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_the_dashboard_shows_metrics_that_there_are(dashboard, names: set[str]) -> None:
    shown: set[str] = set()
    for panel in dashboard["panels"]:
        assert panel["title"]
        for target in panel["targets"]:
            found = set(METRIC.findall(target["expr"]))
            assert found, panel["title"]
            assert target["expr"].count("(") == target["expr"].count(")")
            shown |= found
    assert shown <= names
    own = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown if "briefing" in name}
    kept = {re.sub(r"_(bucket|sum|count)$", "", name) for name in names if "briefing" in name}
    kept = {name for name in kept if not name.endswith("_created")}
    assert own == kept, "each of the service's own metrics has its place on it"


def test_the_dashboards_panels_do_not_overlap(dashboard) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        columns = range(place["x"], place["x"] + place["w"])
        assert columns.stop <= 24
        cells = {(x, y) for x in columns for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("name", ["Dockerfile", "briefing.service"])
def test_variables_are_settings(name: str) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    known = {f"BRIEFING_{field.upper()}" for field in Settings.model_fields} | {"BRIEFING_CONFIG"}
    found = set(re.findall(r"BRIEFING_[A-Z_]+", text))
    assert found
    assert found <= known


@pytest.mark.parametrize("name", ["Dockerfile", "briefing.service", "compose.yml", "README.md"])
def test_trusted_proxies_are_named_everywhere(name: str) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    values = re.findall(r"BRIEFING_TRUSTED_PROXIES(?:=|: )'?(\[[^\]]*\])", text)
    assert values
    for value in values:
        assert Settings(trusted_proxies=json.loads(value)).trusted_proxies == json.loads(value)


@pytest.mark.parametrize("name", ["briefing.service", "briefing-digest.service"])
def test_readers_may_bound_themselves(name: str) -> None:
    """They set limits and a priority, which the unit's filter of system calls must let them."""
    lines = (DEPLOY / name).read_text("utf-8").splitlines()
    filters = [line.partition("=")[2] for line in lines if line.startswith("SystemCallFilter=")]
    allowed = " ".join(filters[filters.index("~@privileged @resources") + 1 :]).split()
    assert {"setrlimit", "prlimit64", "setpriority"} <= set(allowed)


def test_the_image_is_not_roots_and_has_a_health() -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert len(re.findall(r"^FROM ", text, re.M)) == 2
    assert re.findall(r"^USER (\d+)", text, re.M) == ["10001"]
    assert text.index("USER 10001") < text.index("CMD [")
    assert "HEALTHCHECK" in text
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M):
        for source in copied.split():
            assert (DEPLOY.parents[1] / source).exists(), source


def test_the_unit_is_hardened(tmp_path: Path) -> None:
    unit = RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read(DEPLOY / "briefing.service")
    service = unit["Service"]
    for name in ("DynamicUser", "NoNewPrivileges", "PrivateDevices", "ProtectHome", "PrivateUsers"):
        assert service[name] == "yes", name
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert "MemoryDenyWriteExecute" not in service, "the model's kernels are compiled as needed"
    if systemd := shutil.which("systemd-analyze"):
        done = subprocess.run(
            [systemd, "security", "--offline=true", "--no-pager", DEPLOY / "briefing.service"],
            capture_output=True,
            text=True,
            check=False,
        )
        (score,) = re.findall(r"exposure level for briefing\.service: ([\d.]+)", done.stdout)
        assert float(score) < 2
        version = subprocess.run([systemd, "--version"], capture_output=True, text=True, check=True)
        if version.stdout.startswith("systemd 252 "):  # each version counts in its own way
            assert f"**{score} OK**" in (DEPLOY / "README.md").read_text("utf-8")
