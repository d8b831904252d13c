"""Content negotiation by the Accept header (RFC 9110, 12.5.1)."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_RANGE = re.compile(r"\s*([\w!#$&^.+*-]+)/([\w!#$&^.+*-]+)\s*(?:;(.*))?", re.S)
_QUALITY = re.compile(r"(?:^|;)\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*(?:;|$)", re.I)


class _Range(NamedTuple):
    type: str
    subtype: str
    quality: float

    def fits(self, name: str) -> int:
        """How exactly this range names a media type: 0 not at all, 3 by its full name."""
        kind, _, subtype = name.partition("/")
        if self.type == "*" and self.subtype == "*":
            return 1
        if self.type != kind:
            return 0
        return {"*": 2, subtype: 3}.get(self.subtype, 0)


def choose(accept: str, offered: Sequence[str]) -> str | None:
    """The media type of ``offered`` that a client prefers, the first one in doubt.

    None where it accepts none. A header without any media type accepts all.
    """
    ranges = list(_ranges(accept)) or [_Range("*", "*", 1.0)]
    qualities = {name: _quality(name, ranges) for name in offered}
    best = max(offered, key=lambda name: qualities[name])
    return best if qualities[best] > 0 else None


def _quality(name: str, ranges: Sequence[_Range]) -> float:
    """What the range that names the type most exactly says."""
    best = max(ranges, key=lambda each: (each.fits(name), each.quality))
    return best.quality if best.fits(name) else 0.0


def _ranges(accept: str) -> Iterator[_Range]:
    for part in accept.lower().split(","):
        if found := _RANGE.fullmatch(part):
            quality = _QUALITY.search(found[3] or "")
            yield _Range(found[1], found[2], min(float(quality[1]), 1.0) if quality else 1.0)
