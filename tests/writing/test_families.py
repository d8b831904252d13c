"""The user's own families beside the shipped ones, and the commands that show and check them."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from briefing.config import load_settings
from briefing.errors import PromptError
from briefing.writing import choose_source, prompt_sources
from briefing.writing.prompt_file import KEYS, SETTINGS, PromptFault, Prompts, read_family
from tests.commands import call_here
from tests.writing.families import GOOD, write

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Settings in a folder of their own."""
    (tmp_path / "conf").mkdir(exist_ok=True)
    (tmp_path / "conf" / "config.toml").touch()
    return {**os.environ, "BRIEFING_CONFIG": str(tmp_path / "conf" / "config.toml")}


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """``briefing prompts`` in this process."""

    def called(*arguments: object, **more: str) -> "subprocess.CompletedProcess[str]":
        done = call_here(*arguments, environment=environment | more)
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return called


@pytest.fixture
def run_installed(command: str, environment: dict[str, str]) -> Run:
    """``briefing prompts`` in a process of its own."""

    def called(*arguments: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [command, *map(str, arguments)],
            capture_output=True, text=True, check=False, env=environment,
        )  # fmt: skip

    return called


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The folder prompts beside the settings."""
    folder = tmp_path / "conf" / "prompts"
    folder.mkdir(parents=True)
    return folder


def test_a_file_of_the_same_name_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace('"mine"', '"nothing-like-it"'), "bundled")
    chosen = choose_source("bundled", "bart", tmp_path)
    assert chosen.source.name == "generic"
    names = [source.name for source in prompt_sources(tmp_path)]
    assert names.count("bundled") == 1
    assert prompt_sources(tmp_path)[0].hides


def test_the_users_own_wins_where_two_fit_as_well(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace('"mine"', '"*flan-t5*"'))
    chosen = choose_source("google/flan-t5-base", "t5", tmp_path)
    assert (chosen.source.name, chosen.pattern) == ("mine", "*flan-t5*")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="--prompts"):
        prompt_sources(tmp_path / "none")


def test_a_folder_without_prompt_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match=r"\*\.toml"):
        prompt_sources(tmp_path)


def test_the_folder_beside_the_settings_is_used(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf" / "config.toml").touch()
    monkeypatch.setenv("BRIEFING_CONFIG", str(tmp_path / "conf" / "config.toml"))
    assert load_settings().prompts_folder is None
    write(own, GOOD)
    assert load_settings().prompts_folder == own
    assert load_settings(prompts=tmp_path).prompts_folder == tmp_path
    (tmp_path / "elsewhere.toml").touch()
    monkeypatch.setenv("BRIEFING_CONFIG", str(tmp_path / "elsewhere.toml"))
    assert load_settings().prompts_folder is None


def test_list_names_where_each_family_is_from(run_installed: Run, own: Path) -> None:
    write(own, GOOD)
    write(own, GOOD.replace('"mine"', '"t5*"'), "t5")
    done = run_installed("prompts", "list")
    assert done.returncode == 0, done.stderr
    rows = {row.split("\t")[0]: row.split("\t")[1:3] for row in done.stdout.splitlines()}
    assert rows["mine"] == [str(own / "mine.toml"), "mine"]
    assert rows["t5"] == [f"{own / 't5.toml'} (instead of the shipped one)", "t5*"]
    assert rows["bundled"] == ["shipped", "bundled"]


def test_show_says_why_and_fills_an_example(run: Run, own: Path) -> None:
    write(own, GOOD)
    done = run("prompts", "show", "mine")
    assert done.returncode == 0, done.stderr
    assert f"family: mine, {own / 'mine.toml'}" in done.stdout
    assert "'p 12 The council of Port Alder" in done.stdout
    assert "beams 2, candidates 1" in done.stdout
    chosen = run("prompts", "show", "google/flan-t5-small")
    assert "family: flan-t5, shipped, since '*flan-t5*' fits" in chosen.stdout


def test_list_goes_past_a_file_that_is_wrong(run: Run, own: Path) -> None:
    write(own, GOOD.replace('"plan"', '"all"'))
    done = run("prompts", "list")
    assert done.returncode == 1
    first, *others = done.stdout.splitlines()
    assert first.endswith("invalid; run 'briefing prompts check'")
    assert {row.split("\t")[0] for row in others} >= {"bundled", "t5", "generic"}


def test_show_says_that_a_model_is_not_here(run: Run, own: Path) -> None:
    done = run("prompts", "show", "someone/something", HF_HOME=str(own))
    assert "family: generic, shipped, since '*' fits" in done.stdout
    assert "briefing models pull someone/something" in done.stderr
    assert run("prompts", "show", "someone/my-flan-t5", HF_HOME=str(own)).stderr == ""


def test_show_takes_a_models_architecture_from_its_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "some-model").mkdir()
    (tmp_path / "some-model" / "config.json").write_text('{"model_type": "pegasus"}')
    done = run("prompts", "show", tmp_path / "some-model")
    assert "family: pegasus, shipped, since 'type:pegasus' fits" in done.stdout


def test_check_tells_every_fault_of_every_file(run: Run, own: Path) -> None:
    good = run("prompts", "check")
    assert (good.returncode, good.stdout) == (0, "")
    assert "0 invalid" in good.stderr
    write(own, GOOD.replace("{words}", "{wrods}").replace('"plan"', '"all"'))
    done = run("prompts", "check")
    assert done.returncode == 1
    assert [row.split(": ")[0] for row in done.stdout.splitlines()] == [
        f"{own / 'mine.toml'}:{line}" for line in (3, 9)
    ]
    assert run("prompts", "check", own / "mine.toml").stdout == done.stdout
    assert run("prompts", "check", own).stdout == done.stdout
    assert run("prompts", "check", own / "none.toml").returncode == 2
    for name in ("mine", "twin"):
        write(own, GOOD, name)
    done = run("prompts", "check")
    assert done.stdout.startswith(f"{own / 'twin.toml'}:2: 'mine' is also in mine.toml")
    assert (done.returncode, "1 invalid" in done.stderr) == (1, True)
    (own / "twin.toml").unlink()
    (own / "mine.toml").unlink()
    assert run("prompts", "check", own).returncode == 3


def test_a_wrong_family_keeps_a_brief_from_starting(run: Run, own: Path, ferry: Path) -> None:
    write(own, GOOD.replace("{words}", "{wrods}"))
    done = run("brief", ferry)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"briefing: {own / 'mine.toml'}:9: ")
    assert done.stderr.count("\n") == 1


def test_a_family_of_the_users_own_is_what_the_model_is_asked(
    run: Run, own: Path, ferry: Path
) -> None:
    write(own, GOOD.replace('"mine"', '"bundled"').replace('["en", "de"]', '["de"]'), "bundled")
    done = run("brief", ferry)
    assert done.returncode == 1
    assert "this model writes de" in done.stderr


def test_the_example_of_the_readme_is_right(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "prompts" / "README.md").read_text("utf-8")
    example, form = (part.split("```")[0] for part in readme.split("```toml\n")[1:3])
    assert isinstance(read_family(write(tmp_path, example, "my-model")), Prompts)
    wrong = example.replace('"article"', '"all"').replace(
        '[key-points]\ntemplate = "{sources}"', '[key-points]\ntemplate = "{source}"'
    )
    told = [str(fault).removeprefix(f"{tmp_path}/") for fault in _faults(tmp_path, wrong)]
    assert "\n".join(told[:2]) in readme
    assert all(name in form for name in (*KEYS, *SETTINGS))


def _faults(folder: Path, text: str) -> list[PromptFault]:
    found = read_family(write(folder, text, "my-model"))
    assert isinstance(found, list)
    return found
