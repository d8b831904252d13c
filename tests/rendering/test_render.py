import pytest

from briefing import rendering as render

from .samples import sample


@pytest.mark.parametrize("format", render.FORMATS)
def test_every_format_is_one_call(format):
    renderer = getattr(render, f"to_{format}")
    assert render.render(sample(), format) == renderer(sample())
    assert render.render(sample(), format).endswith("\n")


def test_options_are_passed_on():
    assert "Sources" in render.render(sample(), "text", sources=True)


def test_an_unknown_format_names_the_known_ones():
    with pytest.raises(ValueError, match="text, markdown, html, json"):
        render.render(sample(), "docx")
