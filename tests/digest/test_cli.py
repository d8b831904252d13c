"""``briefing digest``: from no settings to an edition, and every wrong turn.

Calls are in this process, but for those of the edition that is made as it is installed.
"""

import email
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from pathlib import Path

import feedparser
import pytest

from briefing.digest.rendering import edition_from_document
from briefing.digest.run import run_lock
from briefing.digest.settings import load_digest_settings
from briefing.digest.store import Store
from tests.commands import call_here
from tests.reading.pages import WALLS

pytestmark = pytest.mark.slow

TOPICS = '\n[[topics]]\nname = "Sea"\nwords = ["ferry"]\n'
MAIL = """
[mail]
host = "127.0.0.1"
port = 9
security = "none"
sender = "digest@news.example"
recipients = ["reader@news.example"]
"""
OPML = """<opml version="2.0"><head/><body><outline text="Sea">
<outline type="rss" text="Harbour Times" xmlUrl="https://harbour.example/feed.xml"/>
</outline></body></opml>"""


class Digest:
    """The command in an empty folder of its own; ``installed``: in processes of its own."""

    def __init__(self, folder: Path, installed: str | None = None) -> None:
        self.folder, self.installed = folder, installed
        clean = {k: v for k, v in os.environ.items() if not k.startswith("BRIEFING_")}
        self.environment = clean | {"BRIEFING_CONFIG": os.devnull, "NO_COLOR": "1"}

    def __call__(self, *arguments: str, code: int = 0, stdin: bytes = b"") -> str:
        """Run a command that ends with ``code``; what it prints."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == code, done.stderr
        return done.stdout.decode()

    def refused(self, *arguments: str, code: int) -> str:
        """Run a command that ends with ``code`` and no traceback; what it says."""
        done = self.run(*arguments)
        assert done.returncode == code, done.stderr
        assert done.stdout == b""
        return done.stderr.decode()

    def run(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        if self.installed:
            done = subprocess.run(
                [self.installed, "digest", *arguments],
                cwd=self.folder,
                env=self.environment,
                input=stdin,
                capture_output=True,
                check=False,
                timeout=120,
            )
        else:
            done = call_here(
                "digest", *arguments, folder=self.folder, environment=self.environment, stdin=stdin
            )
        assert b"Traceback" not in done.stderr
        return done

    def add(self, text: str) -> None:
        with (self.folder / "digest.toml").open("a") as file:
            file.write(text)


@pytest.fixture
def digest(tmp_path: Path) -> Digest:
    made = Digest(tmp_path)
    made("init")
    return made


@pytest.fixture(scope="module")
def edition(command: str, tmp_path_factory: pytest.TempPathFactory, ferry: Path) -> Digest:
    """A digest that has one edition, of the ferry."""
    made = Digest(tmp_path_factory.mktemp("digest"), command)
    title, _, text = ferry.read_text("utf-8").partition("\n")
    row = {"id": "1", "title": title, "text": text.strip(), "url": "https://news.example/ferry"}
    (made.folder / "articles.jsonl").write_text(json.dumps(row) + "\n")
    made("init")
    made.add(TOPICS + MAIL)
    made("sources", "add", "articles.jsonl", "--name", "Alder Gazette")
    made("run", "--extractive", "--dry-run", "--output", "tried")
    assert not (made.folder / "editions").exists()
    made("run", "--extractive", code=3)  # nobody listens at the mail server's port
    made.installed = None
    return made


def test_init_writes_settings_that_can_be_read_and_keeps_those_there(digest: Digest) -> None:
    path = digest.folder / "digest.toml"
    before = path.read_text()
    settings = load_digest_settings(path)
    assert settings.sources == ()
    assert "already exists" in digest.refused("init", code=2)
    assert path.read_text() == before


def test_everything_that_is_commented_out_is_right(digest: Digest) -> None:
    """Without the marks it is a valid file: nobody copies a mistake out of it."""
    path = digest.folder / "digest.toml"
    lines = []
    for line in path.read_text().splitlines():
        bare = line.removeprefix("# ")
        setting = bare.startswith("[") or bare.partition(" = ")[0].isidentifier()
        lines.append(bare if setting else line)
    # What is above the first table.
    (digest.folder / "templates").mkdir()
    path.write_text("\n".join(lines))
    settings = load_digest_settings(path)
    assert settings.mail
    assert settings.topics[0].weight == 1.5
    assert settings.fetch == type(settings.fetch)()
    assert settings.sources[0].topic == "Politics"


def test_an_edition_in_every_format(edition: Digest) -> None:
    day = edition("list").split()[0]
    document = json.loads(edition("show", day, "--format", "json"))
    made = edition_from_document(document)
    (story,) = made.stories
    assert story.topic == "Sea"
    assert all(line.evidence for line in story.lines)
    head = story.headline.text
    assert head in edition("show", "latest")
    for form in ("text", "markdown", "html", "atom"):
        assert "Alder Gazette" in edition("show", day, "--format", form)
    edition("show", "latest", "--format", "epub", "--output", "a.epub")
    assert (edition.folder / "a.epub").read_bytes().startswith(b"PK")


def test_the_files_of_a_run(edition: Digest) -> None:
    names = sorted(path.suffix for path in (edition.folder / "editions").iterdir())
    assert names == [".atom", ".html", ".html", ".json", ".md"]
    assert not feedparser.parse((edition.folder / "editions/digest.atom").read_bytes()).bozo


def test_a_dry_run_writes_letters_and_keeps_nothing(edition: Digest) -> None:
    (path,) = (edition.folder / "tried").glob("*.eml")
    message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    assert message["To"] == "reader@news.example"
    assert "ferry" in message.get_body(("plain",)).get_content()


def test_a_letter_that_cannot_be_sent_is_tried_again(edition: Digest) -> None:
    said = edition.refused("send", "latest", code=3)
    assert "127.0.0.1 port 9" in said
    assert "0 messages sent, 1 not sent" in said
    assert "1 letter written" in edition.run("send", "latest", "--dry-run").stderr.decode()


def test_the_log_is_one_object_a_line(edition: Digest) -> None:
    done = edition.run("run", "--extractive")
    assert done.returncode == 3
    events = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert events[-1] == "done"


def test_export_and_prune(edition: Digest) -> None:
    rows = [json.loads(line) for line in edition("export").splitlines()]
    tables = {row["table"] for row in rows}
    assert {
        "sources",
        "fetches",
        "articles",
        "stories",
        "briefs",
        "editions",
        "deliveries",
    } <= tables
    edition("export", "-o", "all.jsonl")
    assert len((edition.folder / "all.jsonl").read_text().splitlines()) == len(rows)
    assert "0 editions" in edition.run("prune").stderr.decode()


@pytest.mark.parametrize(
    "arguments",
    ["show latest", "show latest --format epub", "export", "sources export",
     "run --dry-run --extractive"],
)  # fmt: skip
def test_a_closed_output_is_told(edition: Digest, command: str, arguments: str) -> None:
    call = ["sh", "-c", f"{command} digest {arguments} >&-"]
    done = subprocess.run(
        call, cwd=edition.folder, env=edition.environment, stderr=subprocess.PIPE, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(b"briefing: standard output is closed")


def test_sources(digest: Digest) -> None:
    alder = ("https://alder.example/feed.xml", "--name", "Alder", "--topic", "Sea", "--no-check")
    digest("sources", "add", *alder)
    digest("sources", "add", ".", "--name", "Here")
    outline = digest.folder / "feeds.opml"
    outline.write_text(OPML)
    digest("sources", "import", "feeds.opml")
    lines = [line.split("\t") for line in digest("sources", "list").splitlines()]
    assert lines == [
        ["Alder", "feed", "https://alder.example/feed.xml", "Sea"],
        ["Here", "folder", str(digest.folder)],
        ["Harbour Times", "feed", "https://harbour.example/feed.xml", "Sea"],
    ]
    assert "harbour.example" in digest("sources", "export")
    digest("sources", "export", "out.opml")
    assert "alder.example" in (digest.folder / "out.opml").read_text()
    digest("sources", "remove", "Alder")
    assert "Alder" not in digest("sources", "list")
    assert "# Sections, in this order." in (digest.folder / "digest.toml").read_text()


@pytest.mark.parametrize(
    ("bare", "url"),
    [
        ("example.org/feed.xml", "https://example.org/feed.xml"),
        ("127.0.0.1:9/feed.xml", "http://127.0.0.1:9/feed.xml"),
        ("news.example.org:8443/rss", "https://news.example.org:8443/rss"),
    ],
)
def test_an_address_needs_no_scheme(digest: Digest, bare: str, url: str) -> None:
    """By the command as in the file."""
    digest("sources", "add", bare, "--no-check")
    by_hand = digest.folder / "own.toml"
    by_hand.write_text(f'[[sources]]\nfeed = "{bare}"\n')
    added = digest("sources", "list").split("\t")
    assert added == digest("sources", "list", "--config", "own.toml").split("\t")
    assert (added[0], added[2].strip()) == (bare, url)


@pytest.mark.parametrize("name", ["feed.xml", "story.HTML", "feeds.opml"])
def test_a_file_that_is_no_list_of_articles_is_no_source(digest: Digest, name: str) -> None:
    (digest.folder / name).write_text("<rss/>")
    digest("sources", "add", name, code=2)
    assert digest("sources", "list") == ""


def test_a_source_that_gives_nothing(digest: Digest) -> None:
    digest("sources", "add", "none.jsonl", "--name", "Gone", "--no-check")
    assert digest("sources", "check", code=1).startswith("BAD Gone: ")


def test_standard_input(digest: Digest, ferry: Path) -> None:
    digest("sources", "add", "-", "--name", "Desk")
    row = {"id": "1", "text": ferry.read_text("utf-8")}
    out = digest("run", "--extractive", "--dry-run", stdin=json.dumps(row).encode())
    assert "Desk" in out
    assert digest("list") == ""


def test_an_edition_of_nothing(digest: Digest) -> None:
    assert "digest sources add" in digest.refused("run", code=2)
    assert "briefing digest run" in digest.refused("show", "latest", code=1)
    (digest.folder / "desk").mkdir()
    digest("sources", "add", "desk")
    digest("run", "--date", "2026-03-02")
    assert "No articles since" in digest("show", "2026-03-02")


def test_an_edition_is_made_again_when_that_is_asked_for(digest: Digest) -> None:
    (digest.folder / "desk").mkdir()
    digest("sources", "add", "desk")
    digest("run", "--extractive")
    (digest.folder / "desk" / "ferry.txt").write_text("The ferry stays\n\nThe ferry is kept. " * 9)
    said = digest.run("run", "--extractive").stderr.decode()
    assert "briefing digest run --again" in said
    assert "The ferry" not in digest("show", "latest")
    digest("run", "--extractive", "--again")
    assert "The ferry" in digest("show", "latest")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "--since", "soon"], 2, "24h"),
        (["run", "--since", "0h"], 2, "24h"),
        (["run", "--date", "monday"], 2, "2026-03-02"),
        (["run", "--since", "1d", "--date", "2026-03-02"], 2, "not both"),
        (["run", "--config", "none.toml"], 2, "briefing digest init"),
        (["show", "latest"], 1, "briefing digest run"),
        (["show", "2026-03-02"], 1, "2026-03-02"),
        (["show", "monday"], 2, "2026-03-02"),
        (["show", "latest", "--format", "word"], 2, "epub"),
        (["send", "latest"], 1, "briefing digest run"),
        (["sources", "add", "x.jsonl", "--name", "", "--no-check"], 2, "at least 1 character"),
        (["sources", "add", "feed.xml"], 1, "begin a web address with https://"),
        (["sources", "add", "nowhere.jsonl"], 1, "--no-check"),
        (["sources", "add", "localhost:1/feed.xml"], 1, "fetch.ports"),
        (["sources", "add", "127.0.0.1:1/feed.xml"], 1, "fetch.ports"),
        (["sources", "remove", "Nobody"], 2, "Nobody"),
        (["sources", "check", "Nobody"], 1, "sources list"),
        (["sources", "import", "none.opml"], 1, "none.opml"),
        (["init", "--config", "no/such/folder.toml"], 2, "folder.toml"),
    ],
)
def test_wrong_turns(digest: Digest, arguments: list[str], code: int, said: str) -> None:
    assert said in digest.refused(*arguments, code=code)


def test_a_setting_that_is_wrong_is_named(digest: Digest) -> None:
    digest.add('\n[fetch]\ntimeout = "long"\n')
    assert "fetch.timeout" in digest.refused("list", code=2)


def test_all_that_is_wrong_with_the_settings_is_said_in_words_at_once(digest: Digest) -> None:
    text = (digest.folder / "digest.toml").read_text()
    (digest.folder / "digest.toml").write_text(
        "minutes = 5\n" + text.replace("minutes = 10", "minuts = 10\nreadng = 3")
    )
    digest.add('\n[fetch]\ntimeout = "long"\nmost_entris = 3\n\n[[sources]]\nfed = "https://a"\n')
    digest.add('\n[mail]\nhost = "h"\nsender = "a@a.example"\n')
    said = digest.refused("list", code=2)
    for words in (
        "there is no setting edition.minuts; did you mean edition.minutes?",
        "there is no setting edition.readng;",
        "there is no setting minutes; did you mean edition.minutes?",
        "fetch.timeout: should be a valid number, unable to parse string as a number, not 'long'",
        "there is no setting fetch.most_entris; did you mean fetch.most_entries?",
        "there is no setting sources.0.fed; did you mean sources.feed?",
        "mail.recipients is missing",
        "docs/digest.md",
    ):
        assert words in said
    assert "extra" not in said.lower()


def test_an_address_that_is_wrong_is_named_before_anything_is_made(digest: Digest) -> None:
    digest.add(MAIL.replace("reader@news.example", "reader@"))
    assert "mail.recipients.0" in digest.refused("run", code=2)
    assert not (digest.folder / "digest.sqlite").exists()


def test_a_template_that_is_wrong_is_named(edition: Digest) -> None:
    path = edition.folder / "templates" / "edition.txt"
    path.parent.mkdir()
    path.write_text("{{ nothing }}")
    own = (edition.folder / "digest.toml").read_text()
    text = own.replace("[edition]", '[edition]\ntemplates = "templates"')
    (edition.folder / "own.toml").write_text(text)
    assert "edition.txt" in edition.refused("show", "latest", "--config", "own.toml", code=2)


EXITS = re.search(
    r"Exit codes: (.*?)\.\n\n", (Path(__file__).parents[2] / "docs/digest.md").read_text(), re.S
)


def meaning(code: int) -> str:
    """What docs/digest.md says of an exit code."""
    assert EXITS
    parts = (part.split(" ", 1) for part in " ".join(EXITS[1].split()).split("; "))
    return dict(parts)[str(code)]


def test_the_exit_codes_are_those_that_are_told(digest: Digest, ferry: Path) -> None:
    assert meaning(0) == "ok"
    assert "settings" in meaning(2)
    assert "there is no such edition" in meaning(1)
    assert "a letter was not accepted" in meaning(3)
    assert "cannot start" in meaning(3)
    digest.refused("run", code=2)  # no source
    digest.refused("send", "latest", code=1)
    (digest.folder / "desk").mkdir()
    (digest.folder / "desk" / "ferry.txt").write_text(ferry.read_text("utf-8"))
    digest("sources", "add", "desk", "--name", "Desk")
    digest("run", "--extractive", "--date", "2026-03-02")
    digest.refused("send", "2026-03-02", code=2)  # no [mail]
    digest("sources", "add", "gone.jsonl", "--name", "Gone", "--no-check")
    digest("run", "--extractive", "--date", "2026-03-03", code=1)  # a source failed
    digest.add(MAIL)
    digest("run", "--extractive", "--date", "2026-03-04", code=3)  # nobody takes the letter
    digest.refused("send", "2026-03-04", code=3)
    path = digest.folder / "digest.toml"
    path.write_text('store = "desk"\n' + path.read_text())
    digest.refused("run", "--extractive", code=3)  # the store is a folder


def test_two_digests_side_by_side_do_not_disturb_each_other(digest: Digest, ferry: Path) -> None:
    for name in ("one", "two"):
        (digest.folder / name).mkdir()
        (digest.folder / name / "ferry.txt").write_text(f"Of {name}\n\n{ferry.read_text('utf-8')}")
        (digest.folder / f"{name}.toml").write_text(
            f'store = "{name}.sqlite"\noutput = "{name} out"\n[edition]\ntitle = "The {name}"\n'
            f'[[sources]]\nname = "Desk {name}"\nfolder = "{name}"\n'
        )
    made = {}
    for name in ("one", "two"):
        digest("run", "--extractive", "--config", f"{name}.toml")
        made[name] = digest("show", "latest", "--config", f"{name}.toml")
    for name, other in (("one", "two"), ("two", "one")):
        # Each has its own, and what the other did changed nothing.
        assert digest("show", "latest", "--config", f"{name}.toml") == made[name]
        assert f"The {name}" in made[name]
        assert f"Desk {name}" in made[name]
        assert f"Desk {other}" not in made[name]
        pages = [path.read_text() for path in (digest.folder / f"{name} out").glob("2*.html")]
        assert len(pages) == 1
        assert f"Desk {other}" not in pages[0]
    with run_lock_of(digest.folder / "one.toml"):
        assert "another run" in digest.refused("run", "--config", "one.toml", code=3)
        digest("run", "--extractive", "--again", "--config", "two.toml")


@contextmanager
def run_lock_of(config: Path) -> Iterator[None]:
    with Store.open(load_digest_settings(config).store) as store, run_lock(store):
        yield


def test_a_wall_is_no_article_to_the_command(tmp_path: Path) -> None:
    """As it is none to the digest: the judge is one."""
    path = tmp_path / "page.html"
    path.write_text(WALLS["cookie consent"], encoding="utf-8")
    environment = {**os.environ, "BRIEFING_CONFIG": os.devnull}
    done = call_here("brief", path, "--extractive", folder=tmp_path, environment=environment)
    assert done.returncode == 1
    assert done.stdout == b""
    said = done.stderr.decode()
    assert "asks for consent to cookies instead of showing an article" in said
    assert "save the page or its text" in said
