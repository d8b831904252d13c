"""Briefers that end their process, or take their time, on certain articles."""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from briefing.briefer import BatchItem, Briefer, Planned, Result
from briefing.briefs import Article
from briefing.config import Settings
from briefing.errors import DeviceError, ModelError

POISON = "This sentence takes more memory than there is."
GREEDY = "This sentence takes more of the device than there is."
SLOW = 0.05


class Mortal(Briefer):
    """Extractive; its process ends, as the kernel ends one that is out of memory, on poison."""

    def brief_many(self, articles: Iterable[BatchItem], **options: Any) -> Iterator[Result]:
        return super().brief_many(map(_met, articles), **options)


class Slow(Briefer):
    """Extractive, so many seconds an article; notes its process in the folder ``PIDS``."""

    def brief_many(self, articles: Iterable[BatchItem], **options: Any) -> Iterator[Result]:
        if folder := os.environ.get("PIDS"):
            (Path(folder) / str(os.getpid())).touch()
        return super().brief_many(map(_waited, articles), **options)


def mortal(settings: Settings, extractive: bool) -> Briefer:
    return Mortal.of(settings, extractive=True)


def slow(settings: Settings, extractive: bool) -> Briefer:
    return Slow.of(settings, extractive=True)


def stillborn(settings: Settings, extractive: bool) -> Briefer:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def modelless(settings: Settings, extractive: bool) -> Briefer:
    raise ModelError("the model of this test is not there; name another")


def _met(given: BatchItem) -> BatchItem:
    text = _text(given)
    if POISON in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if GREEDY in text:
        raise DeviceError("out of memory; use fewer articles")
    return given


def _waited(given: BatchItem) -> BatchItem:
    time.sleep(SLOW)
    return given


def _text(given: BatchItem) -> str:
    article = given.article if isinstance(given, Planned) else given
    return article.body if isinstance(article, Article) else ""
