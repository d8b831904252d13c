"""``briefing doctor`` in environments that lack something."""

import sys
from importlib import metadata

import pytest

from briefing.briefer import Briefer
from briefing.cli.models import Diagnosis, examine


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
