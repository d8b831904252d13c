"""What ``import briefing`` gives: few names, found when asked for, with errors in words."""

import io
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import briefing
from briefing import Briefer, Section

TEXT = (
    "Alder Bay council keeps the pier\n\n"
    "The council of Alder Bay voted on Monday to keep the town's pier open. It had planned to "
    "close the pier in May.\n\nThe pier was built in 1911. Repairs will cost $2 million."
)


@pytest.fixture(scope="module")
def made() -> briefing.Brief:
    """A brief of the text."""
    return briefing.brief(TEXT)


def fresh(code: str, folder: Path, **environment: str) -> str:
    """What a new interpreter prints that runs ``code`` in ``folder``."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_public_name_is_there_and_in_the_listing() -> None:
    for name in briefing.__all__:
        assert getattr(briefing, name) is not None
        assert name in dir(briefing)
    with pytest.raises(AttributeError, match="nothing_like_it"):
        _ = briefing.nothing_like_it


def test_the_version_is_the_same_everywhere() -> None:
    root = Path(__file__).parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert (project["name"], project["version"]) == ("briefing-local", briefing.__version__)
    assert f"\n## [{briefing.__version__}] - " in (root / "CHANGELOG.md").read_text()


def test_importing_is_light_and_changes_nothing(tmp_path: Path) -> None:
    code = (
        "import os, sys; before = dict(os.environ); import briefing; "
        "heavy = {'numpy', 'pydantic', 'torch', 'spacy', 'ctranslate2', 'httpx'}; "
        "print(heavy & set(sys.modules), os.environ == before)"
    )
    assert fresh(code, tmp_path) == "set() True"


@pytest.mark.slow
def test_folders_of_the_same_names_beside_a_script_change_nothing(tmp_path: Path) -> None:
    for name in ("api", "prompts", "tests", "scripts"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('the wrong package')\n")
    code = (
        "import sys; sys.path.insert(0, '.'); import briefing, briefing.api; "
        f"print(briefing.brief({TEXT!r}).headline)"
    )
    assert fresh(code, tmp_path) == "Alder Bay council keeps the pier"


@pytest.mark.slow
def test_the_module_runs_as_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "briefing", "--version"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == briefing.__version__


def test_one_call_briefs_text_path_bytes_stream_and_article(tmp_path: Path) -> None:
    file = tmp_path / "pier"
    file.write_text(TEXT)
    sources = (TEXT, file, str(file), TEXT.encode(), io.BytesIO(TEXT.encode()), briefing.read(TEXT))
    told = {str(briefing.brief(source, sections=["headline"]).headline) for source in sources}
    assert told == {"Alder Bay council keeps the pier"}


@pytest.mark.parametrize("words", [20, 60, 200])
def test_a_text_of_one_long_line_is_no_path(words: int) -> None:
    text = "The council of Alder Bay voted on Monday to keep the pier open. " * (words // 12 + 1)
    assert briefing.read(text.strip()).body == text.strip()


def test_a_text_that_begins_with_an_address_is_a_text() -> None:
    text = f"https://news.example/pier\n\n{TEXT}"
    for read in (briefing.read, briefing.read_text):
        assert "voted on Monday" in read(text).body


def test_a_brief_is_read_back(made: briefing.Brief) -> None:
    for back in (
        briefing.Brief.from_dict(made.to_dict()),
        briefing.Brief.from_json(made.to_json()),
    ):
        assert back.to_dict() == made.to_dict()
        assert back.lines == made.lines
        assert back.of("key-points") == made.key_points


def test_an_extractive_brief_is_asked_for(made: briefing.Brief) -> None:
    found = briefing.brief(made.article, extractive=True)
    assert found.model.name == "none"
    assert found.lines


@pytest.mark.slow
def test_a_forked_process_loads_the_model_anew(tmp_path: Path) -> None:
    code = (
        "import multiprocessing, briefing\n"
        f"text = {TEXT!r}\n"
        "other = text.replace('1911', '1947').replace('Alder Bay', 'Kell Sound')\n"
        "def lines(text): return [str(line) for line in briefing.brief(text).lines]\n"
        "lines(text)\n"
        "with multiprocessing.get_context('fork').Pool(1) as pool:\n"
        "    there = pool.map_async(lines, [other]).get(120)\n"
        "print(there == [lines(other)])\n"
    )
    assert fresh(code, tmp_path, PYTHONWARNINGS="ignore") == "True"


def test_a_title_and_sections_may_be_given() -> None:
    body = TEXT.split("\n\n", 1)[1]
    title = "Alder Bay council votes to keep pier open"
    found = briefing.brief(body, title=title, sections=("context", "headline"))
    assert str(found.headline) == title
    assert found.sections == (Section.HEADLINE, Section.CONTEXT)
    assert found.key_points == ()


def test_every_line_knows_its_sentences(made: briefing.Brief) -> None:
    assert made.lines
    for line in made.lines:
        assert [s.text for s in line.sources] == made.article.texts(line.evidence)


def test_a_brief_renders_itself(made: briefing.Brief) -> None:
    assert made.to_dict()["headline"]["text"] == str(made.headline)
    for format in ("text", "markdown", "html", "json"):
        assert getattr(made, f"to_{format}")() == briefing.render(made, format)
    assert str(made) == made.to_text()
    shown = made._repr_html_()
    assert shown.startswith("<iframe")
    assert "<style" not in shown


def test_a_brief_is_supported_by_its_article(made: briefing.Brief) -> None:
    report = briefing.check(made, against=made.article)
    assert report.supported
    assert report.to_dict()["supported"]
    assert not briefing.check("Repairs will cost $3 million.", against=TEXT).supported


def test_a_briefer_lets_go_of_its_model_and_may_be_used_again() -> None:
    with Briefer() as briefer:
        assert briefer.brief(TEXT).headline
        assert briefer.writer
    assert briefer._writer is None
    assert briefer.brief(TEXT).headline


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: briefing.brief(TEXT, length="tiny"), ValueError, "short, standard, long"),
        (lambda: briefing.brief(TEXT, sections=["nope"]), ValueError, "key-points"),
        (lambda: briefing.brief(TEXT, sections="headline"), TypeError, "headline"),
        (lambda: briefing.brief(42), TypeError, "int"),
        (lambda: briefing.brief(None), TypeError, "NoneType"),
        (lambda: briefing.brief("nowhere/article.txt"), ValueError, "no file"),
        (lambda: briefing.brief(briefing.read(TEXT), title="A"), TypeError, "title"),
        (lambda: briefing.check("A claim.", "a string"), ValueError, "only 2 words"),
        (lambda: briefing.check(7, TEXT), TypeError, "int"),
        (lambda: briefing.check(" ", TEXT), ValueError, "empty"),
        (lambda: briefing.render(briefing.brief(TEXT), "pdf"), ValueError, "markdown"),
        (lambda: briefing.render(briefing.read(TEXT), "text"), TypeError, "Article"),
        (lambda: briefing.brief(TEXT, title=5), TypeError, "int"),
        (lambda: briefing.brief(TEXT, length=5), TypeError, "short"),
        (lambda: briefing.brief(TEXT, sections=None), TypeError, "list of names"),
        (lambda: briefing.brief("the long article that I want.docx"), ValueError, "no file"),
        (lambda: briefing.brief("/data/News Archive/the ferry.txt"), ValueError, "no file"),
        (lambda: briefing.brief("article.doc"), ValueError, "no file"),
        (lambda: briefing.brief("tests"), ValueError, "folder"),
        (lambda: briefing.read_text("/etc/hostname"), ValueError, "word"),
        (lambda: briefing.check("A claim.", TEXT, device="gpu"), ValueError, "cuda"),
        (lambda: Briefer(device="cuda:0"), ValueError, "cuda"),
        (lambda: Briefer(backend="onnx"), ValueError, "transformers"),
        (lambda: Briefer(threads=-1), ValueError, "positive"),
        (lambda: Briefer(endpoint="http://127.0.0.1:1/v1"), TypeError, "Endpoint"),
        (lambda: Briefer(verifier=None), TypeError, "NoneType"),
        (lambda: Briefer(extractive=True).brief_many(TEXT), TypeError, "briefing.read"),
        (lambda: Briefer(extractive=True).brief_many([], group=-1), ValueError, "positive"),
        (lambda: Briefer(extractive=True).brief_many([], length="no"), ValueError, "short"),
        (lambda: list(Briefer(extractive=True).brief_many([TEXT])), TypeError, "briefing.read"),
        (lambda: Briefer(verifier="nope").brief(TEXT), briefing.BriefingError, "nope"),
        (lambda: briefing.Brief.from_json("{}"), ValueError, "schema"),
        (lambda: briefing.Brief.from_json('{"schema"'), briefing.BriefingError, "no JSON.*to_json"),
        (lambda: briefing.Brief.from_json(b"\xff\xfe{"), briefing.BriefingError, "no JSON"),
        (lambda: briefing.Brief.from_json("[" * 9_000), ValueError, "no JSON|object"),
        (lambda: briefing.brief(TEXT, extractive=True).of("body"), ValueError, "key-points"),
        (lambda: briefing.brief(TEXT, sections=[]), ValueError, "headline, key-points, context"),
        (lambda: briefing.check("A claim.", TEXT, verifier=5), TypeError, "verifier.*int"),
        (lambda: Briefer(model=None), TypeError, "model.*NoneType"),
        (lambda: Briefer(model=b"bundled"), TypeError, "model.*bytes"),
        (lambda: Briefer(prompts=5), TypeError, "prompts.*int"),
        (lambda: Briefer(extractive=True).brief_many([], group="a"), TypeError, "group.*str"),
        (lambda: Briefer(extractive=True).brief_many(5), TypeError, "iterable of Articles.*int"),
    ],
)
def test_wrong_arguments_are_told_in_words(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()
