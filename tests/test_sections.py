"""One table has all that is known of a section: a row more is a section more, from end to end."""

import ast
import html
import json
import math
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import briefing
import briefing.api.app
from briefing.api.bodies import MEDIA_TYPES
from briefing.checking.quality import Quality, preference
from briefing.options import FORMATS, LENGTHS
from briefing.planning import _shared
from briefing.rendering import render, schema
from briefing.sections import LISTS, SECTIONS, Role, Section

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "briefing" / "sections.py"
CODE = [path for room in ("briefing", "api") for path in sorted((ROOT / room).rglob("*.py"))]


def test_each_section_is_a_field_or_later_and_part_of_the_contract() -> None:
    own = set(briefing.Brief.__dataclass_fields__)
    for section in Section:
        spec = SECTIONS[section]
        assert (section.key in own) == spec.original
        assert spec.original or section.key not in dir(briefing.Brief), "the name is taken"
        assert schema()["properties"][section.key]["description"] == spec.about
        assert Quality(1.0, 2.0, 3.0, np.zeros(1, np.float16)).odds(section)
        assert spec.judged_as in preference().bias
        assert set(spec.lines) == set(LENGTHS)


def test_each_list_is_chosen_by_something_and_has_its_numbers() -> None:
    for section in LISTS:
        spec = SECTIONS[section]
        assert spec.chosen_by in ("salience", "roles")
        assert spec.share
        assert spec.salience_weight
        assert spec.least_signed
        assert any(spec.weights)


@pytest.mark.parametrize("total", range(1, 61))
def test_the_lists_share_a_length(total: int) -> None:
    points = math.ceil(total * 0.6)
    assert _shared(total) == {Section.KEY_POINTS: points, Section.CONTEXT: total - points}


def test_the_schema_on_disk_is_of_the_original_sections() -> None:
    file = ROOT / "briefing" / "rendering" / "brief.schema.json"
    assert json.loads(file.read_text("utf-8")) == schema()


def tables(module: object) -> Iterator[tuple[str, dict[Section, object]]]:
    """The tables of a module that are keyed by section."""
    for name, value in vars(module).items():
        if isinstance(value, dict) and any(isinstance(key, Section) for key in value):
            yield name, value


def test_every_table_that_is_keyed_by_section_has_all() -> None:
    loaded = [module for name, module in sys.modules.items() if name.split(".")[0] == "briefing"]
    found = [(name, table) for module in loaded for name, table in tables(module)]
    assert ("SECTIONS", SECTIONS) in found
    for name, table in found:
        assert set(table) in ({*Section}, {*LISTS}), name


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_list_has_a_place_outside_of_the_table(path: Path) -> None:
    if path == TABLE:
        return
    named, quoted = set(), {section.value for section in LISTS} | {s.key for s in LISTS}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Section":
            named.add(node.attr)
        if isinstance(node, ast.Dict):
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
            assert quoted.isdisjoint(keys), "a table of sections by name"
    assert named <= {Section.HEADLINE.name}


def test_the_guard_sees_a_table_that_lacks_a_section() -> None:
    class Module:
        table = {Section.HEADLINE: 1}  # noqa: RUF012
        other = {"headline": 1}  # noqa: RUF012

    assert [name for name, _ in tables(Module)] == ["table"]


MEMBER = '    CONTEXT = "context"\n'
ROW = """
    Section.NEXT_STEPS: SectionSpec(
        title="What comes next",
        line="next step",
        about="What is planned or expected.",
        empty="Nothing is announced.",
        words=(5, 40),
        asked_words=26,
        lines={"short": (1, 1, 1), "standard": (2, 2, 2), "long": (3, 3, 3)},
        share=0.2,
        least=0.5,
        chosen_by="roles",
        roles=(Role.EXPECTATION,),
        weights=(0.5, 0.9, 0.0),
        judged_as="context",
        worded_as="points",
        editors_words=12.0,
        overlap_weight=0.5,
        salience_weight=0.3,
        length_penalty=0.02,
        least_signed=0.2,
    ),
"""
PROMPT = """
[next-steps]
template = "<context>{length}{sources}"
"""
ARTICLE = tomllib.loads((ROOT / "tests/quality/articles/treaty.toml").read_text("utf-8"))["text"]
PROGRAM = """
import importlib.util, json, sys
table, folder = sys.argv[1:]
found = importlib.util.spec_from_file_location("briefing.sections", table)
module = sys.modules["briefing.sections"] = importlib.util.module_from_spec(found)
found.loader.exec_module(module)

import jsonschema
from briefing import Brief, Briefer
from briefing.api.routes.page import part_about, parts_of_brief
from briefing.rendering import schema
from briefing.rendering.text import summary_text

TEXT = sys.stdin.read()

def shown(briefer, **choices):
    brief = briefer.brief(TEXT, title="Five nations sign treaty on river", **choices)
    document = brief.to_dict()
    jsonschema.validate(document, schema())
    older = {name: value for name, value in document.items() if name != "next_steps"}
    older = Brief.from_dict({**older, "sections": document["sections"][:-1]})
    bare = {name: value for name, value in document.items() if name != "sections"}
    assert "next_steps" not in older.to_dict()["sections"] and hash(older) is not None
    assert Brief.from_dict(bare).sections == tuple(module.Section)
    assert brief.next_steps == brief.of("next-steps") == brief.more.get("next-steps", ())
    return {
        "document": document,
        "back": Brief.from_json(brief.to_json()).to_dict(),
        "sources": [line.sources[0].text for line in brief.next_steps],
        "older": [older.next_steps, older.to_text()],
        "claims": [summary_text(brief.to_json()), summary_text(brief.to_text())],
        "page": "".join(parts_of_brief(brief).values()) + part_about(brief, None),
        **{kind: getattr(brief, f"to_{kind}")() for kind in ("text", "markdown", "html", "json")},
    }

made = {}
for prompts in (folder, None):
    with Briefer(prompts=prompts) as briefer:
        asked = "next-steps" in briefer.writer.prompts.sections
        made["asked" if asked else "not asked"] = shown(briefer)
        made["200 words"] = shown(briefer, length="200 words", sections=["headline", "next-steps"])
print(json.dumps(made))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Briefs of a program whose table has a section more, with a prompt for it and without."""
    folder = tmp_path_factory.mktemp("prompts")
    own = (ROOT / "prompts" / "bundled.toml").read_text("utf-8")
    (folder / "bundled.toml").write_text(own + PROMPT, "utf-8")
    table = tmp_path_factory.mktemp("table") / "sections.py"
    text = TABLE.read_text("utf-8")
    for place, added in ((MEMBER, '    NEXT_STEPS = "next-steps"\n'), ("\n}\nLISTS", ROW.rstrip())):
        assert text.count(place) == 1
        before, after = text.split(place)
        text = before + (place + added if place == MEMBER else added + place) + after
    table.write_text(text, "utf-8")
    words = [sys.executable, "-c", PROGRAM, str(table), str(folder)]
    done = subprocess.run(words, input=ARTICLE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_a_row_more_is_a_section_more(made: dict[str, dict[str, Any]]) -> None:
    assert set(made) == {"asked", "not asked", "200 words"}
    for name, brief in made.items():
        lines = brief["document"]["next_steps"]
        assert lines, name
        assert all(line["role"] == Role.EXPECTATION for line in lines)
        for kind in ("text", "markdown", "html", "json", "page"):
            assert lines[0]["text"] in html.unescape(brief[kind]), (name, kind)
            assert kind == "json" or "What comes next" in brief[kind], (name, kind)


@pytest.mark.slow
def test_its_lines_are_checked_and_come_back(made: dict[str, dict[str, Any]]) -> None:
    for brief in made.values():
        document = brief["document"]
        assert brief["back"] == document
        assert list(document)[:5] == ["schema", "sections", "headline", "key_points", "context"]
        assert all(source in ARTICLE for source in brief["sources"])
        of_json, of_text = brief["claims"]
        assert of_json == of_text
        assert document["next_steps"][0]["text"] in of_text


@pytest.mark.slow
def test_a_document_without_a_later_section_has_it_empty(made: dict[str, dict[str, Any]]) -> None:
    for brief in made.values():
        lines, text = brief["older"]
        assert lines == []
        assert "What comes next" not in text


def test_each_format_is_rendered_and_served() -> None:
    brief = briefing.brief("The council of Alder Bay voted on Monday to keep the pier open.")
    for format in FORMATS:
        assert render(brief, format)
        assert hasattr(brief, f"to_{format}")
    assert set(MEDIA_TYPES) == set(FORMATS)
