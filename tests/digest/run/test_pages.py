"""An edition of a feed whose pages are walls: it tells the feed's words and says so."""

from pathlib import Path

import pytest

from briefing.digest.run import run_digest
from briefing.digest.settings import DigestSettings
from tests.digest.feeds import body_of
from tests.digest.feeds_server import serving_feeds
from tests.digest.run.worlds import NOW
from tests.reading.pages import WALLS

pytestmark = pytest.mark.slow


def test_no_wall_is_told_and_the_edition_says_why(tmp_path: Path) -> None:
    with serving_feeds(hosts=1) as (url, _):
        settings = DigestSettings.model_validate(
            {
                "store": str(tmp_path / "store.sqlite"),
                "output": tmp_path / "editions",
                "sources": [{"name": "Walled", "feed": f"{url}/feed/walls"}],
                "edition": {"minutes": 200, "stories": 60, "formats": ["text"]},
                "fetch": {"delay": 0, "private": True, "ports": [int(url.rpartition(":")[2])]},
            }
        )
        outcome = run_digest(settings, now=NOW, extractive=True)
    told = [line for story in outcome.edition.stories for line in story.lines]
    feed = " ".join(body_of("walls", n)[0] for n in range(len(WALLS) + 2))
    page = " ".join(body_of("walls", len(WALLS) + 1))
    for line in told:
        for cited in line.evidence:
            assert cited.text.startswith("Council of") or cited.text in f"{feed} {page}"
    (why,) = outcome.edition.failed
    assert why.startswith("Walled, “Council of ")
    # After some of them in a row the host is asked no more.
    assert f"{len(WALLS) + 1} more of its pages" in why
    assert "went wrong" in outcome.files[0].read_text(encoding="utf-8").lower()
