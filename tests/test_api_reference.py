"""docs/api.md is what the docstrings say."""

from scripts.api_reference import PAGE, reference


def test_the_reference_is_up_to_date() -> None:
    shown = PAGE.read_text(encoding="utf-8")
    assert shown == reference(), "run python -m scripts.api_reference"
    assert shown.count("\n## briefing.") == 13
