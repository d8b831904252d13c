"""docs/digest.md tells every setting, command and template; what it shows is so."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from briefing.cli.digest import digest_app
from briefing.digest.settings import (
    DigestSettings,
    EditionTable,
    FetchTable,
    MailTable,
    PushTable,
    SourceTable,
    TopicTable,
    load_digest_settings,
)
from briefing.digest.sources import configured_sources

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/digest.md").read_text("utf-8")
ROWS = re.findall(r"^\| (`[^|]*)\|([^|]*)\|", DOCS, re.M)
TABLES: dict[str, type[BaseModel]] = {
    "": DigestSettings,
    "sources.": SourceTable,
    "topics.": TopicTable,
    "fetch.": FetchTable,
    "edition.": EditionTable,
    "mail.": MailTable,
    "push.": PushTable,
}
FIELDS = {
    prefix + name: field.default
    for prefix, table in TABLES.items()
    for name, field in table.model_fields.items()
}
PLAIN = {
    name: value for name, value in FIELDS.items() if isinstance(value, bool | int | float | str)
}


def test_every_setting_is_told_and_no_other() -> None:
    told = {
        name
        for names, _ in ROWS
        for name in re.findall(r"`([\w.]+)`", names)
        if "." in name or name in DigestSettings.model_fields
    }
    assert told == set(FIELDS)


@pytest.mark.parametrize(("name", "default"), PLAIN.items())
def test_its_default_is_told(name: str, default: bool | float | str) -> None:
    (said,) = [told for names, told in ROWS if f"`{name}`" in names]
    assert _shown(default) in said


def _shown(default: bool | float | str) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, float):
        return f"{default:g}"
    return f"{default:,}" if isinstance(default, int) else default


def test_every_command_is_told() -> None:
    for name in typer.main.get_group(digest_app).commands:
        assert re.search(rf"`{name}\b|, `{name}\b", DOCS), name


def test_every_template_is_told() -> None:
    folder = ROOT / "briefing/digest/rendering/templates"
    for path in folder.iterdir():
        assert f"`{path.name}`" in DOCS


def test_every_room_is_told() -> None:
    rooms = (ROOT / "briefing/digest").glob("*/__init__.py")
    for room in rooms:
        assert f"`{room.parent.name}/`" in DOCS


@pytest.mark.slow
def test_the_readmes_morning_runs_as_printed(command: str, tmp_path: Path, ferry: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (block,) = re.findall(r"^```sh\n(briefing digest init.*?)^```$", readme, re.M | re.S)
    row = {"id": "1", "text": ferry.read_text("utf-8")}
    (tmp_path / "articles.jsonl").write_text(json.dumps(row))
    clean = {k: v for k, v in os.environ.items() if not k.startswith("BRIEFING_")}
    path = f"{Path(command).parent}:{os.environ['PATH']}"
    for line in (line for line in block.splitlines() if "https:" not in line):
        done = subprocess.run(
            line,
            shell=True,
            cwd=tmp_path,
            env=clean | {"PATH": path, "BRIEFING_CONFIG": os.devnull},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert "The desk" in done.stdout.decode()


def _nightly(tmp_path: Path, ferry: Path) -> Path:
    """A folder ``digest`` with settings and an article."""
    folder = tmp_path / "digest"
    folder.mkdir()
    row = {"id": "1", "text": ferry.read_text("utf-8")}
    (folder / "articles.jsonl").write_text(json.dumps(row))
    (folder / "digest.toml").write_text('[[sources]]\njsonl = "articles.jsonl"\n')
    return folder


@pytest.mark.slow
def test_the_cron_line_runs_as_printed(command: str, tmp_path: Path, ferry: Path) -> None:
    """By sh, with the little that cron sets; nothing is printed, so that nothing is mailed."""
    folder = _nightly(tmp_path, ferry)
    (line,) = set(
        re.findall(r"^17 5.*digest run.*$", DOCS + (ROOT / "README.md").read_text(), re.M)
    )
    fields = re.fullmatch(
        r"((?:[\d,*]+ ){5})(cd /srv/digest && /opt/briefing/bin/briefing .*)", line
    )
    assert fields
    line = fields[2].replace("/srv/digest", str(folder))
    line = line.replace("/opt/briefing/bin/briefing", command)
    sparse = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": "x"}
    python = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    for _ in range(2):
        done = subprocess.run(
            ["/bin/sh", "-c", line], env=sparse | python, capture_output=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert list((folder / "editions").glob("*.html"))


def test_the_weekly_digest_is_what_is_printed(tmp_path: Path) -> None:
    """Its settings are valid, and its store and folder are not those of the daily one."""
    (block,) = re.findall(r"^```toml\n(store = \"weekly.*?)^```$", DOCS, re.M | re.S)
    (tmp_path / "weekly.toml").write_text(block)
    (tmp_path / "feeds.opml").write_text(
        '<opml version="2.0"><body><outline xmlUrl="https://a.example/f"/></body></opml>'
    )
    weekly = load_digest_settings(tmp_path / "weekly.toml")
    assert (weekly.edition.days, weekly.edition.title) == (7, "The week")
    assert [each.location for each in configured_sources(weekly)] == ["https://a.example/f"]
    daily = DigestSettings()
    assert Path(weekly.store).name != daily.store
    assert weekly.output.name != str(daily.output)
    (line,) = re.findall(r"^17 8 \* \* (\d) cd .*/briefing (digest run .*)$", DOCS, re.M)
    assert line == ("6", "digest run --quiet --config weekly.toml")


@pytest.mark.parametrize("unit", ["the unit of a machine", "the user's own"])
def test_systemd_tries_mail_again_and_not_wrong_settings(unit: str) -> None:
    own = re.findall(r"^cat > .*briefing-digest\.service <<UNIT\n(.*?)^UNIT$", DOCS, re.M | re.S)
    deployed = (ROOT / "scripts/deploy/briefing-digest.service").read_text("utf-8")
    text = deployed if unit == "the unit of a machine" else own[0]
    for setting in ("SuccessExitStatus=1", "Restart=on-failure", "RestartPreventExitStatus=2"):
        assert re.search(rf"^{setting}$", text, re.M)


@pytest.mark.slow
def test_the_users_timer_runs_as_printed(command: str, tmp_path: Path, ferry: Path) -> None:
    """What the shell writes is what systemd accepts, and what it starts makes an edition."""
    folder = _nightly(tmp_path, ferry)
    (block,) = re.findall(r"^```sh\n(mkdir -p ~/\.config/systemd.*?)^```$", DOCS, re.M | re.S)
    written = block.partition("systemctl")[0]
    path = f"{Path(command).parent}:{os.environ['PATH']}"
    home = {**os.environ, "HOME": str(tmp_path), "PATH": path}
    subprocess.run(["/bin/sh", "-c", written], env=home, check=True)
    units = tmp_path / ".config/systemd/user"
    service = (units / "briefing-digest.service").read_text()
    _verify(units / "briefing-digest.service", units / "briefing-digest.timer")
    settings = dict(line.split("=", 1) for line in service.splitlines() if "=" in line)
    assert settings["WorkingDirectory"] == str(folder)
    done = subprocess.run(
        settings["ExecStart"].split(), cwd=folder, env=home, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list((folder / "editions").glob("*.html"))


@pytest.mark.slow
def test_the_units_of_a_machine_are_what_systemd_accepts(tmp_path: Path) -> None:
    for name in ("briefing-digest.service", "briefing-digest.timer"):
        text = (ROOT / "scripts/deploy" / name).read_text()
        # Neither the program nor the user is there yet.
        text = text.replace("/opt/briefing/bin/briefing", "/bin/true")
        (tmp_path / name).write_text(text.replace("User=briefing-digest", "User=daemon"))
    _verify(tmp_path / "briefing-digest.service", tmp_path / "briefing-digest.timer")


def _verify(*units: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run([program, "verify", *units], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""


@pytest.mark.slow
def test_state_goes_where_systemd_says(command: str, tmp_path: Path, ferry: Path) -> None:
    """The settings' folder may not be written to; all may read the editions, but not the store."""
    folder, state = _nightly(tmp_path, ferry), tmp_path / "state"
    state.mkdir()
    run = [command, "digest", "run", "--config", folder / "digest.toml", "--quiet"]
    before = sorted(folder.iterdir())
    environment = {**os.environ, "STATE_DIRECTORY": f"{state}:{tmp_path}/other"}
    done = subprocess.run(run, cwd=state, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(folder.iterdir()) == before
    assert (state / "digest.sqlite").stat().st_mode & 0o777 == 0o600
    pages = list((state / "editions").glob("*.html"))
    assert pages
    assert all(page.stat().st_mode & 0o444 == 0o444 for page in pages)
    assert (state / "editions").stat().st_mode & 0o555 == 0o555
    # The command that asks the store, for its user.
    deploying = (ROOT / "scripts/deploy/README.md").read_text()
    (printed,) = re.findall(r"^runuser -u briefing-digest -- ((?:.*\\\n)+.*)$", deploying, re.M)
    for place, here in (
        ("/var/lib/briefing-digest", str(state)),
        ("/opt/briefing/bin/briefing", command),
        ("/etc/briefing/digest.toml", str(folder / "digest.toml")),
    ):
        assert place in printed
        printed = printed.replace(place, here)
    done = subprocess.run(["/bin/sh", "-c", printed], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"Sources" in done.stdout
    assert "User=briefing-digest" in (ROOT / "scripts/deploy/briefing-digest.service").read_text()
