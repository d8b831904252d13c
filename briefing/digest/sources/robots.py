"""robots.txt (RFC 9309): which pages of a site may be read by a program, and how fast."""

import asyncio
from urllib.parse import urlsplit

from protego import Protego

from briefing.digest.sources.errors import Transient
from briefing.digest.sources.hosts import origin
from briefing.digest.sources.web import Web
from briefing.errors import FetchError, FetchRefused

AGENT = "briefing"
"""The product token that a site's rules name us by."""
MAX_BYTES = 512_000
"""What is read of a robots.txt; RFC 9309 wants at least 500 KiB."""
_ALL = Protego.parse("")
_NONE = Protego.parse("User-agent: *\nDisallow: /")


class Robots:
    """The rules of the sites of one run, each asked for once."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._rules: dict[str, asyncio.Task[Protego]] = {}

    async def allow(self, url: str) -> bool:
        """Whether ``url`` may be read. The site's Crawl-delay is kept from then on.

        Raises `FetchRefused` for an address that the guard forbids.
        """
        key = f"{urlsplit(url).scheme}://{origin(url)}"
        if key not in self._rules:
            self._rules[key] = asyncio.create_task(self._load(url))
        # One caller that is cancelled must not take the rules from the others.
        rules = await asyncio.shield(self._rules[key])
        return bool(rules.can_fetch(url, AGENT))

    async def _load(self, url: str) -> Protego:
        parts = urlsplit(url)
        try:
            answer = await self._web.get(
                f"{parts.scheme}://{parts.netloc}/robots.txt", MAX_BYTES, cut=True
            )
        except FetchRefused:
            raise
        except Transient:
            return _NONE  # RFC 9309, 2.3.1.4: unreachable means that nothing is allowed
        except FetchError:
            return _ALL  # 2.3.1.3: unavailable means that everything is
        rules = Protego.parse(answer.content.decode("utf-8", "replace"))
        if delay := rules.crawl_delay(AGENT):
            self._web.hosts.slow_down(url, float(delay))
        return rules
