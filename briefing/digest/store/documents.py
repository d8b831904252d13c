"""Records as the store's JSON and back, without loss."""

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

_Record = TypeVar("_Record")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dump(kind: type[_Record], record: _Record) -> str:
    """A dataclass of `briefing.digest.records` as JSON; the same record gives the same text."""
    return _adapter(cast(Hashable, kind)).dump_json(record).decode()


def load(kind: type[_Record], text: str) -> _Record:
    """The record that `dump` wrote; fields added since have their defaults."""
    record: _Record = _adapter(cast(Hashable, kind)).validate_json(text)
    return record
