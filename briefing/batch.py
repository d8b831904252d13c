"""Batch processing of JSON Lines: one object per line, in order, resumable.

The output is the record of progress: a killed run leaves at most one partial line at its end, which
``resume`` truncates before it continues with the next input line.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from briefing.article import Article
from briefing.briefer import Briefer
from briefing.briefs import Brief
from briefing.checker import check_sentences, verifier_for
from briefing.errors import BriefingError, EmptyInput, InputError, NotFound, OutputError
from briefing.options import Device, Length
from briefing.reading import (
    article_from_html,
    read_string,
    read_url,
    sentence_texts,
)
from briefing.rendering import to_document

_Progress = Callable[[int], None]
_TEXT_FIELDS = ("title", "subtitle", "text", "html", "url")


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of a run: all lines in the output, errors among them, and lines of earlier runs."""

    written: int
    failed: int
    resumed: int


class BadLine(InputError):
    """An input line is not a valid JSON object."""

    code = "bad-line"


def brief_file(
    briefer: Briefer,
    source: Path,
    output: Path,
    *,
    resume: bool = False,
    length: Length = "standard",
    progress: _Progress | None = None,
) -> Tally:
    """Brief every line of ``source``: ``{"id", "title", "subtitle", "text" | "html" | "url"}``.

    Raises:
        NotFound: there is no such input.
        OutputError: the output exists, or is that of another input.
        ModelError, DeviceError: the model cannot be used.
    """

    def results(rows: Iterator["Row"]) -> Iterator[dict[str, Any]]:
        return brief_rows(briefer, rows, length)

    return _run(source, output, results, resume, progress)


def check_file(
    source: Path,
    output: Path,
    *,
    resume: bool = False,
    progress: _Progress | None = None,
    verifier: str = "bundled",
    device: Device = "auto",
) -> Tally:
    """Check every line of ``source``: ``{"id", "text", "claim"}``.

    An output line is ``{"id", "supported", "score", "claims"}`` or an error.

    Raises:
        NotFound: there is no such input.
        OutputError: the output exists, or is that of another input.
        ModelError, DeviceError: the verifier cannot be used.
    """
    verifier_for("en", verifier, device)  # raise before anything is written

    def results(rows: Iterator["Row"]) -> Iterator[dict[str, Any]]:
        for row in rows:
            try:
                yield {"id": row.name, **_checked(row, verifier, device)}
            except BriefingError as error:
                yield {"id": row.name, **error_object(error)}

    return _run(source, output, results, resume, progress)


@dataclass(frozen=True, slots=True)
class Row:
    """An input line: its number from 1, its id (by default the number), and its object."""

    number: int
    name: Any
    data: dict[str, Any] | BadLine

    def need(self) -> dict[str, Any]:
        """Return the object. Raises `BadLine` if the line is invalid."""
        if isinstance(self.data, BadLine):
            raise self.data
        return self.data


def brief_rows(
    briefer: Briefer, rows: Iterable[Row], length: Length = "standard"
) -> Iterator[dict[str, Any]]:
    """Yield the output object of each row, in order: the brief's document, or an error.

    Raises:
        ModelError, DeviceError: the model cannot be used.
    """
    names: deque[Any] = deque()
    for result in briefer.brief_many(_articles(rows, names), length=length):
        name = names.popleft()
        if isinstance(result, Brief):
            yield {"id": name, **to_document(result)}
        else:
            yield {"id": name, **error_object(result)}


def encode_line(result: dict[str, Any]) -> bytes:
    """Encode a result as an output line."""
    return json.dumps(result, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def error_object(error: BriefingError) -> dict[str, Any]:
    """Return the output object of an error."""
    return {"error": {"code": error.code, "message": str(error)}}


def read_rows(lines: Iterable[bytes], first: int = 1) -> Iterator[Row]:
    """Parse input lines, numbered from ``first``; an invalid line gives a row with an error."""
    for number, line in enumerate(lines, first):
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            yield Row(number, number, BadLine(f"line {number} is not valid JSON"))
            continue
        if not isinstance(data, dict):
            yield Row(number, number, BadLine(f"line {number} is not a JSON object"))
            continue
        yield Row(number, data.get("id", number), data)


def _articles(rows: Iterable[Row], names: deque[Any]) -> Iterator[Article | BriefingError]:
    for row in rows:
        names.append(row.name)
        try:
            yield article_of(row.need())
        except BriefingError as error:
            yield error


def article_of(data: dict[str, Any]) -> Article:
    """Read the article of an input object.

    Raises:
        InputError: a field is missing or of the wrong type, or the text cannot be briefed.
    """
    for field in _TEXT_FIELDS:
        if not isinstance(data.get(field), str | None):
            raise BadLine(f"'{field}' must be a string")
    formats = [field for field in ("text", "html", "url") if data.get(field)]
    if not formats:
        raise EmptyInput("the article is missing; provide it as 'text', 'html' or 'url'")
    if len(formats) > 1:
        raise BadLine(f"provide only one of 'text', 'html' and 'url', not {' and '.join(formats)}")
    parts = {"title": data.get("title") or None, "subtitle": data.get("subtitle") or None}
    if formats == ["url"]:
        return read_url(data["url"], **parts)
    if formats == ["html"]:
        return article_from_html(data["html"], **parts)
    # An empty title means that there is none: the text's first line is not taken for one.
    return read_string(data["text"], title=parts["title"] or "", subtitle=parts["subtitle"])


def _checked(row: Row, verifier: str, device: Device) -> dict[str, Any]:
    data = row.need()
    for field in ("text", "claim"):
        if not isinstance(data.get(field), str) or not data[field].strip():
            raise BadLine(f"'{field}' must be a non-empty string")
    return check_sentences(data["claim"], sentence_texts(data["text"]), verifier, device).to_dict()


def _run(
    source: Path,
    output: Path,
    results: Callable[[Iterator[Row]], Iterator[dict[str, Any]]],
    resume: bool,
    progress: _Progress | None,
) -> Tally:
    try:
        lines = source.open("rb")
    except OSError as error:
        raise NotFound(f"cannot read {source}: {error.strerror}; check the path") from error
    with lines, _open_output(output, resume) as out:
        rows = read_rows(lines)
        done, failed = _done(out, rows, output) if resume else (0, 0)
        if progress:
            progress(done)
        written = done
        for result in results(rows):
            out.write(encode_line(result))
            out.flush()
            written += 1
            failed += "error" in result
            if progress:
                progress(1)
    return Tally(written, failed, done)


def _open_output(output: Path, resume: bool) -> BinaryIO:
    if output.exists() and not resume:
        raise OutputError(f"{output} exists; add --resume to continue it, or remove it")
    try:
        return output.open("r+b" if output.exists() else "w+b")
    except OSError as error:
        raise OutputError(f"cannot write {output}: {error.strerror}; check the path") from error


def _done(out: BinaryIO, rows: Iterator[Row], output: Path) -> tuple[int, int]:
    """Skip completed lines of output and input; truncate a partial output line.

    Returns the number of completed lines and of errors among them.
    """
    size = done = failed = 0
    for line in out:
        if not line.endswith(b"\n"):
            break
        try:
            result = json.loads(line)
        except ValueError:
            break
        row = next(rows, None)
        if row is None or result.get("id") != row.name:
            raise OutputError(
                f"line {done + 1} of {output} is not from this input (its id differs); "
                "use the input it was made from, or another output"
            )
        size += len(line)
        done += 1
        failed += "error" in result
    out.seek(size)
    out.truncate()
    return done, failed


def count_lines(source: Path) -> int:
    """Return the number of lines of a file."""
    with source.open("rb") as lines:
        return sum(1 for _ in lines)
