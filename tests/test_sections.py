"""Every section and format has its row in the tables of the library that are keyed by it."""

import numpy as np
import pytest

import briefing
from briefing import scoring, select
from briefing.api.bodies import MEDIA_TYPES
from briefing.checking.quality import Quality
from briefing.options import FORMATS, LENGTHS
from briefing.planning import coverage
from briefing.rendering import render, schema
from briefing.sections import SECTIONS, Section

LISTS = [section for section in Section if section is not Section.HEADLINE]
TABLES = [
    *((SECTIONS, Section), (scoring.OVERLAP_WEIGHT, Section), (coverage._EXPECTED, Section)),
    (select._SALIENCE_WEIGHT, LISTS),
]


@pytest.mark.parametrize(("table", "sections"), TABLES)
def test_each_section_has_its_row(table: dict[Section, object], sections: list[Section]) -> None:
    assert set(table) == set(sections)


def test_each_section_is_a_field_and_part_of_the_contract() -> None:
    for section in Section:
        assert section.key in briefing.Brief.__slots__
        assert section.key in schema()["properties"]
        assert Quality(1.0, 2.0, 3.0, np.zeros(1, np.float16)).odds(section)
        assert set(SECTIONS[section].lines) == set(LENGTHS)


def test_each_format_is_rendered_and_served() -> None:
    brief = briefing.brief("The council of Alder Bay voted on Monday to keep the pier open.")
    for format in FORMATS:
        assert render(brief, format)
        assert hasattr(brief, f"to_{format}")
    assert set(MEDIA_TYPES) == set(FORMATS)
