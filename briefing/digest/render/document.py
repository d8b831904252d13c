"""An edition as JSON, by the contract ``briefing.edition/1``, and back without loss.

Fields are only ever added within version 1, each with a default, so a reader ignores those it
does not know and old documents stay readable.
"""

import json
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from briefing.digest.records import Edition, StoryBrief
from briefing.errors import InputError
from briefing.render.document import inert

SCHEMA = "briefing.edition/1"
Record = TypeVar("Record", Edition, StoryBrief)


def to_document(edition: Edition) -> dict[str, Any]:
    """``edition`` as plain dictionaries and lists, ready for JSON."""
    return {"schema": SCHEMA, **_editions().dump_python(edition, mode="json")}


def from_document(document: Any) -> Edition:
    """The edition that ``document`` describes; raises InputError where it is malformed."""
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InputError(f"the document is not {SCHEMA!r}, the version that is read here")
    fields = {name: value for name, value in document.items() if name != "schema"}
    return _loaded(_editions(), fields)


def story_document(brief: StoryBrief) -> dict[str, Any]:
    """One story's brief, in the form that it has within an edition."""
    found: dict[str, Any] = _briefs().dump_python(brief, mode="json")
    return found


def story_from_document(document: Any) -> StoryBrief:
    """The brief that ``document`` describes; raises InputError where it is malformed."""
    return _loaded(_briefs(), document)


def to_json(edition: Edition, *, indent: int | None = 2) -> str:
    """``edition`` as JSON text, ending in a newline; characters that a terminal might act on are
    escaped.
    """
    text = json.dumps(to_document(edition), ensure_ascii=False, allow_nan=False, indent=indent)
    return inert(text) + "\n"


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the contract."""
    made = _editions().json_schema(mode="serialization")
    properties = {"schema": {"const": SCHEMA}, **made.pop("properties")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        **made,
        "properties": properties,
        "required": ["schema", *made["required"]],
    }


@cache
def _editions() -> TypeAdapter[Edition]:
    return TypeAdapter(Edition)


@cache
def _briefs() -> TypeAdapter[StoryBrief]:
    return TypeAdapter(StoryBrief)


def _loaded(adapter: TypeAdapter[Record], document: Any) -> Record:
    try:
        # From JSON text: only there are dates, times and tuples read from what JSON has for them.
        return adapter.validate_json(json.dumps(document), strict=True)
    except (ValidationError, TypeError, ValueError) as error:
        where = _place(error) if isinstance(error, ValidationError) else str(error)
        raise InputError(f"the document cannot be read as {SCHEMA}: {where}") from error


def _place(error: ValidationError) -> str:
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    return f"{path or 'document'}: {first['msg']}"
