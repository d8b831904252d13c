"""What a training stage reads and writes.

What is missing is said in words, with exit code 2, before the work begins; a result is written
whole or not at all, and an empty one never takes the place of a file.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

ARTICLES = "articles/articles-*.jsonl.xz"
_DATA = "give the folder of training data, whose shape CONTRIBUTING.md describes"


def refuse(message: str) -> NoReturn:
    """End the command as argparse ends it where its arguments are wrong."""
    print(f"{Path(sys.argv[0]).name}: error: {message}", file=sys.stderr)
    raise SystemExit(2)


def data_folder(*needed: str) -> Callable[[str], Path]:
    """The type of an argument that names the folder of training data.

    ``needed`` are the files, or patterns of files, that the stage reads in it.
    """
    return folder_with(*needed, remedy=_DATA)


def folder_with(*needed: str, remedy: str) -> Callable[[str], Path]:
    """The type of an argument that names a folder which holds the files or patterns ``needed``."""

    def found(text: str) -> Path:
        path = Path(text)
        if not path.is_dir():
            raise argparse.ArgumentTypeError(f"{path} is no folder; {remedy}")
        missing = [name for name in needed if next(path.glob(name), None) is None]
        if missing:
            raise argparse.ArgumentTypeError(f"{path} lacks {', '.join(missing)}; {remedy}")
        return path

    return found


def model_folder(text: str) -> Path:
    """The folder of an argument that names an encoder: of transformers, or one that ships."""
    remedy = "scripts.train.quality.start makes such a folder"
    return folder_with("tokenizer.json", remedy=remedy)(text)


def file_of(maker: str) -> Callable[[str], Path]:
    """The type of an argument that names a file which ``maker`` writes."""
    return file_with(remedy=f"{maker} writes it")


def file_with(*, remedy: str) -> Callable[[str], Path]:
    """The type of an argument that names a file."""

    def found(text: str) -> Path:
        path = Path(text)
        if not path.is_file():
            raise argparse.ArgumentTypeError(f"there is no file {path}; {remedy}")
        return path

    return found


def needed(path: Path, maker: str) -> Path:
    """The path of a file of a folder that was given; ends the command where it is not there."""
    if not path.is_file():
        refuse(f"there is no file {path}; {maker} writes it")
    return path


@contextmanager
def replacing(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """A file beside ``path`` that takes its place once it is written without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open(mode, encoding=None if "b" in mode else "utf-8") as out:
            yield out
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_rows(path: Path, rows: Iterable[Any], empty: str) -> int:
    """Write ``rows`` as JSON Lines and return how many there were.

    Where there are none the command ends with the message ``empty``, and the file is as it was.
    """
    count = 0
    with replacing(path) as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
        if not count:
            refuse(f"{empty}; {path} is left as it was")
    return count
