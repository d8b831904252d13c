"""The command line in the process of the test: all of the command but a process of its own."""

import gc
import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path

import pytest

from briefing.cli import main


def call_here(
    *arguments: object,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> "subprocess.CompletedProcess[bytes]":
    """What ``briefing`` does with the arguments in a folder and with an environment of its own.

    It starts several times sooner than a process, which imports everything anew. What it does to
    its process is undone; an exception that a process would end with is raised.
    """
    words = ["briefing", *map(str, arguments)]
    out, err = _Stream(io.BytesIO(), "utf-8"), _Stream(io.BytesIO(), "utf-8")
    with pytest.MonkeyPatch.context() as patch, _as_before(), _unlogged():
        patch.setattr(sys, "argv", words)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        if folder is not None:
            patch.chdir(folder)
        if environment is not None:
            os.environ.clear()
            os.environ.update(environment)
        code = _code()
    return subprocess.CompletedProcess(words, code, out.said(), err.said())


class _Stream(io.TextIOWrapper):
    """Standard output or error into memory."""

    def said(self) -> bytes:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue()


def _code() -> int:
    """The code that a process would end with."""
    try:
        copy_context().run(main)
    except SystemExit as end:
        code = end.code or 0
    else:
        code = 0
    assert isinstance(code, int), code
    return code


@contextmanager
def _as_before() -> Iterator[None]:
    """Undo what the command does to its process."""
    variables, thresholds = dict(os.environ), gc.get_threshold()
    logger = logging.getLogger("briefing.cli")
    level = logger.level
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(variables)
        gc.set_threshold(*thresholds)
        logger.setLevel(level)


@contextmanager
def _unlogged() -> Iterator[None]:
    """Without pytest's handlers a warning that nobody takes is said on standard error."""
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    try:
        yield
    finally:
        root.handlers = handlers
