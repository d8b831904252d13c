"""The load of the benchmark: each article is sent once, and a failure ends it."""

import pytest

from scripts.bench_service import load
from tests.api.articles import BODY
from tests.api.test_lifecycle import slow
from tests.api.test_server import wait_ready


@pytest.mark.slow
def test_each_article_is_sent_once() -> None:
    rows = [{"title": f"Vote {n}", "text": BODY} for n in range(20)]
    with slow(0.02) as (_, client):
        wait_ready(client)
        base = str(client.base_url).rstrip("/")
        found = load(base, 4, rows)
        assert len(found["times"]) == len(rows)
        assert max(found["times"]) <= found["seconds"]
        counted = 'briefing_requests_total{method="POST",route="/v1/briefs",status="200"} 20.0'
        assert counted in client.get("/metrics").text
        with pytest.raises(SystemExit, match="1 requests failed"):
            load(base, 2, [*rows[:3], {"title": "", "text": ""}])
