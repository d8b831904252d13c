"""What comes of each kind of input, as the list in docs/inputs.md says."""

import json
import re
import textwrap
from pathlib import Path

import pytest
from pysubs2 import SSAEvent, SSAFile

from briefing.errors import InputError
from briefing.planning import Planner
from briefing.reading import read_bytes
from tests.reading.conftest import BODY
from tests.reading.documents import (
    epub,
    flat_open_document,
    mail,
    open_document,
    rtf,
    subrip,
    word,
    zipped,
)
from tests.reading.pages import WALLS, page
from tests.reading.pdfs import LINES, encrypted, pdf
from tests.reading.test_formats import FRAGMENT, MARKDOWN, NITF, PARAGRAPHS, TITLE
from tests.reading.test_genres import (
    ABSTRACT,
    BARE_INTERVIEW,
    BARE_RECIPE,
    CONTRACT,
    INTERVIEW,
    LISTICLE,
    LIVE,
    MINUTES,
    POLICY,
    RECIPE,
    RELEASE,
    STATUTE,
    TERMS,
)


def styled() -> str:
    """Return subtitles of the kind that has fonts and places."""
    cues = SSAFile()
    cues.append(SSAEvent(1_000, 4_000, text="The ferry will sail again\\Non the first of June."))
    return str(cues.to_string("ass"))


LIST = Path(__file__).parents[2] / "docs" / "inputs.md"
TEXT = f"{TITLE}\n\n{BODY}"
WRITTEN = "On Tue, 14 May 2024 at 10:00, Bo Orr <bo@x.example> wrote:"
FORWARDED = (
    f"---------- Forwarded message ---------\nFrom: A B <a@b.example>\nSubject: {TITLE}\n"
    "To: c@d.example"
)
QUOTED = "".join(f"> {line}\n" for line in BODY.splitlines())
TALK = "0:00:01.000,0:00:03.000\nThe ferry will sail\n\n0:00:03.000,0:00:05.500\nuntil June.\n"
SAVED = (
    "From: <Saved by Blink>\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/related; "
    'boundary="B"\n\n--B\nContent-Type: text/html; charset=utf-8\n\n'
)
ENTRY = f"<item><title>{TITLE}</title><description><![CDATA[{FRAGMENT}]]></description></item>"
SPEECH = BODY.lower().translate(str.maketrans("", "", '.,"$')).replace("\n\n", " ") * 3
CODE = "import sys\n\n\ndef main():\n    for line in sys.stdin:\n        print(line)\n"
CHAT = "[00:01] Ann Lee: The terminal will close.\n[00:09] Bo Orr: We cannot afford it.\n" * 3
STORY = f"<article><h1>{TITLE}</h1>{FRAGMENT[FRAGMENT.index('<p>') :]}</article>"
TABLE = (
    "<table><tr><th>Year</th><th>Boats</th></tr><tr><td>2008</td><td>12</td></tr></table>"
    "<ul><li>The boats are sold to a yard in Wales.</li><li>The pier is of steel.</li></ul>"
)
OFFER = "<p>Subscribe to continue reading this article.</p><p>You can cancel at any time.</p>"
CAPTION = f"A boat leaves the old terminal. (Jo Reed/Island Post)\n\n{TEXT}"

KINDS: dict[str, str | bytes] = {
    "plain text": TEXT,
    "plain text without a title": BODY,
    "wrapped lines": "\n\n".join(textwrap.fill(each, 72) for each in (TITLE, *PARAGRAPHS)),
    "Windows-1252 text": TEXT.replace("Ann", "Änne").encode("cp1252"),
    "UTF-16 text": TEXT.encode("utf-16"),
    "caption above the article": CAPTION,
    "HTML page": page(TITLE, STORY),
    "page with lists and tables": page(TITLE, STORY.replace("</article>", f"{TABLE}</article>")),
    "HTML fragment": FRAGMENT,
    "saved page (MHTML)": f"{SAVED}{page(TITLE, STORY)}\n--B--\n",
    "page cut off by a paywall": page(TITLE, STORY.replace("</article>", f"{OFFER}</article>")),
    "consent or cookie wall": WALLS["cookie consent"],
    "another short page that speaks to its visitor and tells of nothing that happened": page(
        "Ferry workers end strike",
        "<article><p>Something in your browser hides our advertisements. Please put this site on "
        "your list of exceptions and load it again.</p></article>",
    ),
    "login or subscription wall": WALLS["subscription offer"],
    "proof that no robot reads": WALLS["human check"],
    "page that needs JavaScript": WALLS["script shell"],
    "page not found": WALLS["soft 404"],
    "error of a server": WALLS["server error"],
    "front page or list of articles": WALLS["archive"],
    "Markdown": MARKDOWN,
    "PDF": pdf([LINES]),
    "scanned PDF": pdf([[]]),
    "PDF behind a password": encrypted(pdf([LINES]), "secret"),
    "Word": word(TITLE, PARAGRAPHS),
    "OpenDocument": open_document(TITLE, PARAGRAPHS),
    "flat OpenDocument": flat_open_document(TITLE, PARAGRAPHS),
    "RTF": rtf([TITLE, *PARAGRAPHS]),
    "EPUB": epub(TITLE, [PARAGRAPHS[:1], PARAGRAPHS[1:]]),
    "mail": mail(TITLE, BODY),
    "mail with a signature": mail(TITLE, f"{BODY}\n\nBest regards,\nAda Penn\n+1 555 0199\n"),
    "reply above what it quotes": mail(TITLE, f"Fine.\n\n{WRITTEN}\n{QUOTED}"),
    "forwarded mail": mail("Fwd: news", f"FYI\n\n{FORWARDED}\n\n{BODY}"),
    "mail with attachments only": mail("Photos", ""),
    "SubRip subtitles": subrip(BODY),
    "WebVTT subtitles": "WEBVTT\n\n" + subrip(BODY).replace(",000", ".000"),
    "SubStation subtitles": styled(),
    "SubViewer subtitles": TALK,
    "subtitles of sounds": "WEBVTT\n\n00:01.000 --> 00:02.000\n[Music]\n",
    "news agency XML (NITF)": NITF,
    "journal XML (JATS)": (
        f"<?xml version='1.0'?><article><front><article-title>{TITLE}</article-title></front><body>"
        f"<sec>{FRAGMENT[FRAGMENT.index('<p>') :]}</sec></body></article>"
    ),
    "feed of one entry": f"<?xml version='1.0'?><rss><channel>{ENTRY}</channel></rss>",
    "feed of several entries": f"<rss><channel>{ENTRY}{ENTRY}</channel></rss>",
    "JSON with title and text": json.dumps({"title": "Ferry", "text": PARAGRAPHS[0]}),
    "other JSON": '[{"id": 1}, {"id": 2}]',
    "CSV": "year,boats,people\n2008,12,40\n2009,11,38\n2010,9,35\n2011,8,30\n",
    "LaTeX": "\\documentclass{article}\n\\begin{document}Text.\\end{document}",
    "spreadsheet": zipped({"xl/workbook.xml": "<a/>"}),
    "slides": zipped({"ppt/presentation.xml": "<a/>"}),
    "archive": zipped({"photo.jpg": "x"}),
    "Word 97": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "image": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)),
    "nothing": " \n",
    "a headline alone": "Ferry closes",
    "a book": TEXT + f"\n\n{BODY}" * 1_300,
    "speech without punctuation": SPEECH,
    "recipe": RECIPE,
    "recipe without headings": BARE_RECIPE,
    "column with a recipe": f"{BODY}\n\n{BODY}\n\n{RECIPE}",
    "program code": CODE,
    "contract": CONTRACT,
    "privacy policy": POLICY,
    "terms of use": TERMS,
    "statute": STATUTE,
    "minutes": MINUTES,
    "interview": INTERVIEW,
    "interview without names": BARE_INTERVIEW,
    "numbered list": LISTICLE,
    "live blog": LIVE,
    "chat or transcript with times": CHAT,
    "press release": RELEASE,
    "structured abstract": ABSTRACT,
}


def listed() -> dict[str, str]:
    """What comes out of each kind, by the list in the documentation."""
    rows = re.findall(r"^\| ([^|]+) \| (brief|refused)([^|]*) \|", LIST.read_text("utf-8"), re.M)
    return {kind: outcome + more for kind, outcome, more in rows}


def test_every_kind_is_listed() -> None:
    assert set(listed()) == set(KINDS)
    assert len(KINDS) >= 40


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_out_is_what_is_listed(kind: str) -> None:
    given = KINDS[kind]
    outcome = listed()[kind]
    words = re.findall(r": \"([^\"]+)\"", outcome)
    data = given.encode() if isinstance(given, str) else given
    if outcome.startswith("refused"):
        with pytest.raises(InputError) as refused:
            read_bytes(data)
        assert words[0] in str(refused.value)
        assert str(refused.value).count(". ") >= 1, "it says what to do"
        return
    article = read_bytes(data)
    assert Planner().plan(article).slots
    assert len(article.warnings) == len(words)
    assert all(word in warning for word, warning in zip(words, article.warnings, strict=True))
