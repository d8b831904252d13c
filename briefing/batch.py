"""Batch processing of JSON Lines, or of files of articles: in order, resumable.

The output is the record of progress: a killed run leaves at most one partial line at its end, which
``resume`` truncates before it continues with the next input line.
"""

import json
import math
import sys
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from briefing.briefer import Briefer
from briefing.briefs import Article, Brief
from briefing.checker import check_summary, source_of, verifier_for
from briefing.errors import BadLine, BriefingError, EmptyInput, NotFound, OutputError
from briefing.options import Device, Layout, Length
from briefing.reading import (
    ARTICLE_SUFFIXES,
    article_files,
    article_from_html,
    clean,
    read_path,
    read_string,
    read_url,
)
from briefing.rendering import to_document

_Progress = Callable[[int], None]
STANDARD = Path("-")
"""Standard input as a source, standard output as an output."""
LAYOUTS: dict[str, Layout] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
"""The formats of batch files, by their endings in lower case."""
_TEXT_FIELDS = ("title", "subtitle", "text", "html", "url")


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of a run: all lines in the output, errors among them, and lines of earlier runs."""

    written: int
    failed: int
    resumed: int


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

    A folder of articles (see `article_files`) or one such file has a row for each file, whose id is
    its path in the folder. `STANDARD` is standard input or output.

    Raises:
        NotFound: there is no such input.
        OutputError: the output exists, or is that of another input.
        ModelError, DeviceError: the model cannot be used.
    """

    def results(rows: Iterator["Row"]) -> Iterator[dict[str, Any]]:
        return brief_rows(briefer, rows, length)

    def differs(row: "Row", result: Mapping[str, Any]) -> str:
        made = result["model"]["name"]
        if made != briefer.model.name:
            return f"it is by the model {made!r}"
        return "" if _is_of(row, result["article"]["sentences"]) else "its text differs"

    return _run(source, output, results, differs, resume, progress)


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

    An output line is ``{"id", "supported", "score", "claims", "sentences"}`` or an error.

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

    def differs(row: "Row", result: Mapping[str, Any]) -> str:
        claims = [claim["text"] for claim in result["claims"] if claim["kind"] == "sentence"]
        text = row.data.get("claim") if isinstance(row.data, dict) else None
        return "" if _holds_any(text, claims) else "its claim differs"

    return _run(source, output, results, differs, resume, progress)


@dataclass(frozen=True, slots=True)
class Row:
    """An input line: its number from 1, its id (by default the number), and its object; or a file
    of an article.
    """

    number: int
    name: Any
    data: dict[str, Any] | BadLine | Path

    def need(self) -> dict[str, Any]:
        """Return the object. Raises `BadLine` if the line is invalid."""
        if isinstance(self.data, BadLine):
            raise self.data
        if isinstance(self.data, Path):
            raise BadLine(f"{self.name} is a file, not a JSON object")
        return self.data

    def article(self) -> Article:
        """Read the article. Raises `InputError`."""
        return read_path(self.data) if isinstance(self.data, Path) else article_of(self.need())


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
    return _encoded(result) + b"\n"


def _encoded(value: Any) -> bytes:
    """Encode a value as JSON; half of a surrogate pair, which is no character, becomes "?"."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def error_object(error: BriefingError) -> dict[str, Any]:
    """Return the output object of an error."""
    return {"error": {"code": error.code, "message": str(error)}}


def holds_articles(source: Path) -> bool:
    """Whether a source is a file of an article, or a folder with such files and no batch files.

    Raises:
        NotFound: it is in a folder that cannot be read.
    """
    with _reaching(source):
        if not source.is_dir():
            return source.suffix.lower() in ARTICLE_SUFFIXES
        batches = any(path.suffix.lower() in LAYOUTS for path in source.rglob("*"))
        return not batches and bool(article_files(source))


def _file_rows(source: Path) -> list[Row]:
    """Return a row for each article. Raises NotFound."""
    if not source.is_dir():
        with _reaching(source):
            source.stat()
        return [Row(1, source.name, source)]
    paths = article_files(source)
    return [Row(n, path.relative_to(source).as_posix(), path) for n, path in enumerate(paths, 1)]


def read_rows(lines: Iterable[bytes], first: int = 1, *, blank: bool = True) -> Iterator[Row]:
    """Parse input lines, numbered from ``first``; an invalid line gives a row with an error.

    Without ``blank``, blank lines are skipped.
    """
    begins = first == 1
    for number, line in enumerate(lines, first):
        if not line.strip():
            if blank:
                yield Row(number, number, BadLine(f"line {number} is not valid JSON"))
            continue
        advice, begins = _advice(line) if begins else "", False
        try:
            # Of bytes json would guess UTF-16 or UTF-32, in which lines end elsewhere.
            text = line.decode("utf-8-sig", "surrogatepass")
            data = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        except (ValueError, RecursionError):
            why = _not_utf8(line) or f"is not valid JSON{advice}"
            yield Row(number, number, BadLine(f"line {number} {why}"))
            continue
        if not isinstance(data, dict):
            yield Row(number, number, BadLine(f"line {number} is not a JSON object{advice}"))
            continue
        name = json.loads(_encoded(data.get("id")))  # as it is written
        yield Row(number, number if name is None else name, data)


def _advice(line: bytes) -> str:
    """Return what to do about a first line with which an array or a pretty-printed object begins;
    "" for others.
    """
    start = line.removeprefix(BOM_UTF8).strip()
    if not start.startswith(b"[") and start != b"{":
        return ""
    what, query = (
        ("an array", "'.[]'") if start.startswith(b"[") else ("an object of several lines", ".")
    )
    return (
        f": {what} begins there, and JSON Lines are wanted, one object a line; "
        f"convert it with jq -c {query} IN > OUT.jsonl"
    )


def _not_utf8(line: bytes) -> str | None:
    """Return what is wrong with the encoding of a line that cannot be read; None if nothing is."""
    if line.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or _NULS * line.count(0) > len(line):
        return "is in UTF-16 or UTF-32, not in UTF-8; save the file as UTF-8"
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"is not in UTF-8 (byte {error.start + 1} of the line); save the file as UTF-8"
    return None


_NULS = 8
"""At least one byte in so many is NUL in UTF-16: those of quotes, spaces and Latin letters."""


def _finite(text: str) -> float:
    """Read a number. Raises ValueError for one that is too large for a float."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _refuse(constant: str) -> None:
    """Refuse NaN and Infinity, which are no JSON and, as ids, equal nothing."""
    raise ValueError(constant)


def _articles(rows: Iterable[Row], names: deque[Any]) -> Iterator[Article | BriefingError]:
    for row in rows:
        names.append(row.name)
        try:
            yield row.article()
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
    source = source_of(data["text"])
    report = check_summary(data["claim"], source, verifier, device)
    return {**report.to_dict(), "sentences": list(source.sentences)}


def _run(
    source: Path,
    output: Path,
    results: Callable[[Iterator[Row]], Iterator[dict[str, Any]]],
    differs: Callable[[Row, Mapping[str, Any]], str],
    resume: bool,
    progress: _Progress | None,
) -> Tally:
    _refuse_input(source, output)
    with _rows(source) as rows, _output(output, resume) as out:
        done, failed = _done(out, rows, output, differs) if resume else (0, 0)
        if progress:
            progress(done)
        written = done
        for result in results(rows):
            try:
                out.write(encode_line(result))
                out.flush()
            except BrokenPipeError:
                raise
            except OSError as error:
                name = "standard output" if output == STANDARD else output
                raise OutputError(f"cannot write {name}: {error.strerror}") from error
            written += 1
            failed += "error" in result
            if progress:
                progress(1)
    return Tally(written, failed, done)


def _refuse_input(source: Path, output: Path) -> None:
    """Refuse to write over the input, under whatever name, or into its folder."""
    if STANDARD in (source, output) or not source.exists():
        return
    if source.is_dir() and output.resolve().is_relative_to(source.resolve()):
        raise OutputError(
            f"{output} is in the folder of the input, and would be input itself; choose another "
            "output"
        )
    if not output.exists():
        return
    inputs = article_files(source) if source.is_dir() else [source]
    if any(output.samefile(path) for path in inputs):
        raise OutputError(f"{output} is the input; choose another output")


@contextmanager
def _rows(source: Path) -> Iterator[Iterator[Row]]:
    if source == STANDARD:
        yield read_rows(sys.stdin.buffer, blank=False)
    elif holds_articles(source):
        yield iter(_file_rows(source))
    else:
        with _open_input(source) as lines:
            yield read_rows(lines, blank=False)


def _open_input(source: Path) -> BinaryIO:
    with _reaching(source):
        return source.open("rb")


@contextmanager
def _reaching(source: Path) -> Iterator[None]:
    """Turn what keeps the input from being read into NotFound."""
    try:
        yield
    except OSError as error:
        raise NotFound(f"cannot read {source}: {error.strerror}; check the path") from error


@contextmanager
def _output(output: Path, resume: bool) -> Iterator[BinaryIO]:
    if output != STANDARD:
        with _unless_empty(output), _open_output(output, resume) as file:
            yield file
    elif resume:
        raise OutputError("standard output cannot be resumed; use -o FILE with --resume")
    elif sys.stdout is None:
        raise OutputError("standard output is closed; use -o FILE")
    else:
        yield sys.stdout.buffer


@contextmanager
def _unless_empty(output: Path) -> Iterator[None]:
    """Remove an output that the block makes and leaves empty by failing.

    The command that has been mended would be refused for it.
    """
    before = output.exists()
    try:
        yield
    except BaseException:
        with suppress(OSError):
            if not before and output.stat().st_size == 0:
                output.unlink()
        raise


def _open_output(output: Path, resume: bool) -> BinaryIO:
    if output.exists() and not resume:
        raise OutputError(f"{output} exists; add --resume to continue it, or remove it")
    try:
        return output.open("r+b" if output.exists() else "w+b")
    except OSError as error:
        raise OutputError(f"cannot write {output}: {error.strerror}; check the path") from error


def _is_of(row: Row, sentences: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a brief may be of a row: the text of the row, if that is plain, has its sentences."""
    text = row.data.get("text") if isinstance(row.data, dict) else None
    return _holds_any(text, [each["text"] for each in sentences if each["part"] == "body"])


def _holds_any(text: Any, sentences: Sequence[str]) -> bool:
    """Whether a text has one of the first sentences, whatever marks and spaces are there."""
    if not isinstance(text, str) or not sentences:
        return True
    letters = _letters(text)
    return any(_letters(sentence) in letters for sentence in sentences[:_COMPARED])


_COMPARED = 5


def _letters(text: str) -> str:
    return "".join(character for character in clean(text) if character.isalnum())


def _done(
    out: BinaryIO,
    rows: Iterator[Row],
    output: Path,
    differs: Callable[[Row, Mapping[str, Any]], str],
) -> tuple[int, int]:
    """Skip completed lines of output and input; truncate a partial output line.

    Returns the number of completed lines and of errors among them.

    Raises:
        OutputError: a line is not of the output of this input. Nothing is truncated then.
    """
    size = done = failed = 0
    for line in out:
        if not line.endswith(b"\n"):
            if not (line.startswith(_OPENING) or _OPENING.startswith(line)):
                raise _foreign(output, done, "it is no line of a batch")
            break
        row, result = next(rows, None), result_of(line)
        if result is None:
            raise _foreign(output, done, "it is no line of a batch")
        if row is None or result.get("id") != row.name:
            raise _foreign(output, done, "its id differs")
        try:
            difference = "" if "error" in result else differs(row, result)
        except (KeyError, TypeError):
            difference = "it is no line of this command"
        if difference:
            raise _foreign(output, done, difference)
        size += len(line)
        done += 1
        failed += "error" in result
    out.seek(size)
    out.truncate()
    return done, failed


_OPENING = b'{"id": '
"""What an output line begins with."""


def _foreign(output: Path, done: int, reason: str) -> OutputError:
    return OutputError(
        f"line {done + 1} of {output} is not from this input ({reason}); "
        "use the input and the options it was made from, or another output"
    )


def result_of(line: bytes) -> dict[str, Any] | None:
    """Return the object of an output line; None if it is none."""
    try:
        result = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return result if isinstance(result, dict) else None


def count_rows(source: Path) -> int:
    """Return the number of rows of a source that is not standard input. Raises NotFound."""
    if holds_articles(source):
        return len(_file_rows(source))
    with _open_input(source) as lines:
        return sum(1 for line in lines if line.strip())
