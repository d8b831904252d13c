"""Read subtitles (SubRip, WebVTT and others) by pysubs2: cues joined to sentences."""

import re

from briefing.article import Article
from briefing.errors import NoArticle, NotText
from briefing.reading.encoding import clean, decode
from briefing.reading.text import article_from_text, check_bytes, said_if_short

_PAUSE = 2_500
"""Milliseconds of silence that end a paragraph, after the end of a sentence."""
_SOUND = re.compile(r"\[[^\]]*\]|\([^)]*\)|[♪♫#][^♪♫#]*[♪♫#]|[♪♫]")
_TAG = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_DASH = re.compile(r"^\s*(?:[-–—]|>>+)\s*")
_ENDS = re.compile(r"[.!?…。！？]['\"”’»)]*$")
_MIN_OVERLAP = 3
_MAX_OVERLAP = 40


def article_from_subtitles(
    data: bytes | str,
    *,
    charset: str | None = None,
    url: str | None = None,
    title: str | None = None,
    subtitle: str | None = None,
) -> Article:
    """Read subtitles as running text; sounds in brackets are left out, and what rolling captions
    repeat. A pause after a sentence begins a paragraph.

    Raises:
        NotText: the format is unknown. NoArticle: hardly anything is said.
        TooLong: they exceed a limit.
    """
    if isinstance(data, bytes):
        check_bytes(len(data))
        data = decode(data, charset).text
    text = _joined(_cues(data))
    if not text:
        raise NoArticle("The subtitles have no words. Provide some with what is said.")
    with said_if_short("The subtitles have hardly any words. Provide the whole talk."):
        return article_from_text(text, title=title or "", subtitle=subtitle, url=url)


def _cues(text: str) -> list[tuple[int, int, list[str]]]:
    """Return start, end (milliseconds) and lines of each cue, in order."""
    from pysubs2 import SSAFile

    try:
        cues = SSAFile.from_string(_as_web_captions(text.replace("\r\n", "\n")))
    except MemoryError:
        raise
    except Exception as error:  # pysubs2 fails in many ways on damaged files
        raise NotText("The subtitles are damaged. Save them as .srt or .vtt again.") from error
    spoken = sorted((cue for cue in cues if not cue.is_comment), key=lambda cue: cue.start)
    return [(cue.start, cue.end, _lines(cue.plaintext)) for cue in spoken]


def _as_web_captions(text: str) -> str:
    """Return SubViewer captions (.sbv), which pysubs2 does not know, as WebVTT; others as given."""
    if not _SUBVIEWER.match(text):
        return text
    return "WEBVTT\n\n" + _SUBVIEWER.sub(r"0\1 --> 0\2", text)


_SUBVIEWER = re.compile(r"^\ufeff?(\d:\d\d:\d\d\.\d{3}),(\d:\d\d:\d\d\.\d{3})[ \t]*$", re.M)


def _lines(text: str) -> list[str]:
    lines = (clean(_DASH.sub("", line)) for line in _SOUND.sub(" ", _TAG.sub("", text)).split("\n"))
    return [line for line in lines if line]


def _joined(cues: list[tuple[int, int, list[str]]]) -> str:
    paragraphs: list[list[str]] = [[]]
    said: list[str] = []
    before: list[str] = []
    last_end = 0
    for start, end, lines in cues:
        new = lines[1:] if before and lines[:1] == before[-1:] and len(lines) > 1 else lines
        words = " ".join(new).split()
        words = words[_overlap(said, words) :]
        before = lines or before
        if not words:
            continue
        paragraph = paragraphs[-1]
        if paragraph and start - last_end > _PAUSE and _ENDS.search(paragraph[-1]):
            paragraphs.append([])
        paragraphs[-1] += words
        said = (said + words)[-_MAX_OVERLAP:]
        last_end = end
    return "\n\n".join(" ".join(words) for words in paragraphs if words)


def _overlap(said: list[str], words: list[str]) -> int:
    """Return how many of the first ``words`` repeat the last that were said: all, or three."""
    for size in range(min(len(said), len(words)), 0, -1):
        if said[-size:] == words[:size] and (size >= _MIN_OVERLAP or size == len(words) > 1):
            return size
    return 0
