"""``briefing doctor`` in environments that lack something and of models that are of no use."""

import json
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from briefing import Article, Brief
from briefing.briefer import Briefer
from briefing.cli.models import Diagnosis, examine
from tests.commands import call_here
from tests.models.tiny import make


def lacking(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[Diagnosis]:
    """What the doctor finds where these packages are not installed."""
    version = metadata.version

    def found(name: str) -> str:
        if name in names:
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", found)
    monkeypatch.delitem(sys.modules, "torch", raising=False)  # other tests of this process need it
    return list(examine(Briefer()))


def test_an_environment_without_torch_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    found = lacking(monkeypatch, "torch", "transformers")
    assert not [one for one in found if one.ok is False]
    assert sum("only custom models" in one.value for one in found) == 2


def test_what_the_bundled_model_needs_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    (wrong,) = [one for one in lacking(monkeypatch, "tokenizers") if one.ok is False]
    assert "pip install briefing-local" in wrong.value


class Stub:
    """A briefer whose briefs have a sentence of the article and a warning."""

    trouble, verifier = "", "bundled"

    def __init__(self, *warnings: str) -> None:
        self._warnings = warnings

    def brief(self, article: Article) -> Brief:
        assert article.title is None  # else the title is the headline, whatever the model writes
        brief = Briefer(extractive=True).brief(article)
        return replace(brief, warnings=self._warnings)


@pytest.mark.parametrize(
    ("warning", "good"),
    [
        ("12 of the 12 lines that the model wrote did not pass the checks.", False),
        ("The model wrote no lines: the brief has only sentences of the article.", False),
        ("1 of the 12 lines that the model wrote did not pass the checks.", True),
        ("No background was found that stands by itself.", True),
    ],
)
def test_a_model_whose_lines_all_fail_is_bad(warning: str, good: bool) -> None:
    *_, found = examine(Stub(warning))  # type: ignore[arg-type]
    assert found.name == "self-test"
    assert found.ok is good
    assert good or "briefing models info" in found.value


@pytest.mark.slow
def test_a_model_with_random_weights_is_bad(tmp_path: Path) -> None:
    done = call_here("doctor", "--model", make("bart", tmp_path / "random"), "--device", "cpu")
    assert done.returncode == 3
    assert b"BAD self-test: none of the" in done.stdout


def test_a_model_is_shown_with_its_prompt_family(tmp_path: Path) -> None:
    shown = json.loads(call_here("models", "info").stdout)
    assert (shown["name"], shown["prompts"]) == ("bundled", "bundled")
    shipped = Path(__file__).parents[1] / "prompts" / "bundled.toml"
    (tmp_path / "mine.toml").write_bytes(shipped.read_bytes())
    shown = json.loads(call_here("models", "info", "--prompts", tmp_path).stdout)
    assert shown["prompts"] == "mine"


def test_a_converted_model_is_not_converted_again(tmp_path: Path) -> None:
    done = call_here("models", "convert", "bundled", "-o", tmp_path / "x")
    assert done.returncode == 3
    assert b"CPU back end's form already; use it as it is" in done.stderr
    assert not (tmp_path / "x").exists()
