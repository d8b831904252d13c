"""Files of many: one JSON object a line in, one a line out, in order, resumable.

The output itself is the record of what is done: a run that was killed leaves at most one unfinished
line at its end, which ``resume`` cuts off before it goes on with the next input.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from briefing.article import Article
from briefing.brief import Brief
from briefing.briefer import Briefer
from briefing.check import check_text
from briefing.errors import BriefingError, EmptyInput, InputError, NotFound, OutputError
from briefing.models import Device
from briefing.plan import Length
from briefing.read import (
    article_from_html,
    article_from_text,
    detect_language,
    read_url,
    sentence_texts,
)
from briefing.render import summary_text, to_document
from briefing.verifiers import verifier_for

Progress = Callable[[int], None]
_TEXT_FIELDS = ("title", "subtitle", "text", "html", "url")


@dataclass(frozen=True, slots=True)
class Tally:
    """How a run ended: lines written in all, of which errors, and how many stood there before."""

    written: int
    failed: int
    resumed: int


class BadLine(InputError):
    """An input line that is not the JSON object it should be."""

    code = "bad-line"


def brief_file(
    briefer: Briefer,
    source: Path,
    output: Path,
    *,
    resume: bool = False,
    length: Length = "standard",
    progress: Progress | None = None,
) -> Tally:
    """Brief every line of ``source``: ``{"id", "title", "subtitle", "text" | "html" | "url"}``.

    Raises:
        NotFound: no such input. OutputError: the output exists, or is another input's.
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
    progress: Progress | None = None,
    verifier: str = "bundled",
    device: Device = "auto",
) -> Tally:
    """Check every line of ``source``: ``{"id", "text", "claim"}``.

    A line out is ``{"id", "supported", "score", "claims"}`` or an error.

    Raises:
        NotFound: no such input. OutputError: the output exists, or is another input's.
        ModelError, DeviceError: the verifier cannot be used.
    """
    # One that cannot be used is told before anything is written.
    verifier_for("en", verifier, device)

    def results(rows: Iterator["Row"]) -> Iterator[dict[str, Any]]:
        for row in rows:
            try:
                yield {"id": row.name, **_checked(row, verifier, device)}
            except BriefingError as error:
                yield {"id": row.name, **error_object(error)}

    return _run(source, output, results, resume, progress)


@dataclass(frozen=True, slots=True)
class Row:
    """One input line: its number from 1, its id (the number where it names none), its object."""

    number: int
    name: Any
    data: dict[str, Any] | BadLine

    def need(self) -> dict[str, Any]:
        """The object, or the error that the line is."""
        if isinstance(self.data, BadLine):
            raise self.data
        return self.data


def brief_rows(
    briefer: Briefer, rows: Iterable[Row], length: Length = "standard"
) -> Iterator[dict[str, Any]]:
    """What stands in the output for each row, in order: its brief's document, or its error.

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
    """A result as its line of the output."""
    return json.dumps(result, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def error_object(error: BriefingError) -> dict[str, Any]:
    """What stands in an output line in place of a result."""
    return {"error": {"code": error.code, "message": str(error)}}


def read_rows(lines: Iterable[bytes], first: int = 1) -> Iterator[Row]:
    """Parse input lines, numbered from ``first``; one that is wrong is an error in its place."""
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
    """The article that an input object holds.

    Raises:
        InputError: a field is missing, of the wrong type, or its text cannot be briefed.
    """
    for field in _TEXT_FIELDS:
        if not isinstance(data.get(field), str | None):
            raise BadLine(f"'{field}' must be a string")
    given = [field for field in ("text", "html", "url") if data.get(field)]
    if not given:
        raise EmptyInput("give the article as 'text', 'html' or 'url'")
    if len(given) > 1:
        raise BadLine(f"give one of 'text', 'html' and 'url', not {' and '.join(given)}")
    parts = {"title": data.get("title") or None, "subtitle": data.get("subtitle") or None}
    if given == ["url"]:
        return read_url(data["url"], **parts)
    if given == ["html"]:
        return article_from_html(data["html"], **parts)
    # An object has a field for the title: where it is empty, the text's first line is body.
    return article_from_text(data["text"], title=parts["title"] or "", subtitle=parts["subtitle"])


def _checked(row: Row, verifier: str, device: Device) -> dict[str, Any]:
    data = row.need()
    for field in ("text", "claim"):
        if not isinstance(data.get(field), str) or not data[field].strip():
            raise BadLine(f"'{field}' must be a string with text in it")
    return report_object(data["claim"], sentence_texts(data["text"]), verifier, device)


def report_object(
    summary: str, sentences: list[str], verifier: str = "bundled", device: Device = "auto"
) -> dict[str, Any]:
    """The verdict on ``summary`` against an article's sentences, as JSON.

    Raises:
        ModelError, DeviceError: the verifier cannot be used.
    """
    language = detect_language(" ".join(sentences))
    judge = verifier_for(language, verifier, device)
    report = check_text(summary_text(summary), sentences, sentence_texts, judge, language)
    return {
        "supported": report.supported,
        "score": round(report.score, 4),
        "claims": [
            {
                "text": claim.text,
                "kind": claim.kind,
                "supported": claim.supported,
                "finding": claim.finding,
                "evidence": list(claim.evidence),
                "reason": claim.reason,
            }
            for claim in report.claims
        ],
    }


def _run(
    source: Path,
    output: Path,
    results: Callable[[Iterator[Row]], Iterator[dict[str, Any]]],
    resume: bool,
    progress: Progress | None,
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
        raise OutputError(f"{output} exists; add --resume to go on with it, or remove it")
    try:
        return output.open("r+b" if output.exists() else "w+b")
    except OSError as error:
        raise OutputError(f"cannot write {output}: {error.strerror}; check the path") from error


def _done(out: BinaryIO, rows: Iterator[Row], output: Path) -> tuple[int, int]:
    """Go past the lines that are done, in output and input, and cut an unfinished one off."""
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
                "give the input it was made from, or another output"
            )
        size += len(line)
        done += 1
        failed += "error" in result
    out.seek(size)
    out.truncate()
    return done, failed


def count_lines(source: Path) -> int:
    """Number of lines of a file, for a progress bar."""
    with source.open("rb") as lines:
        return sum(1 for _ in lines)
