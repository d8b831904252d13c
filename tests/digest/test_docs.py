"""docs/digest.md tells every setting, command and template; what it shows is so."""

import json
import os
import re
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
    SourceTable,
    TopicTable,
)

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
