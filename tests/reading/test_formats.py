"""Every format is recognised by content, type and name, and read without its markup."""

import io
import re
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from briefing.errors import InputError, NoArticle, NotText, TooComplex, TooLong
from briefing.reading import ARTICLE_SUFFIXES, documents, kind_of, read, read_bytes, read_string
from briefing.reading.formats import INPUT_FORMATS
from tests.reading.conftest import BODY
from tests.reading.documents import (
    epub,
    flat_open_document,
    mail,
    open_document,
    open_document_xml,
    rtf,
    subrip,
    word,
    zipped,
)
from tests.reading.pdfs import LINES, pdf

TITLE = "Harbourton closes ferry terminal"
PARAGRAPHS = BODY.split("\n\n")
WORDS = BODY.split()
MARKDOWN = f"# {TITLE}\n\n" + BODY.replace("Ann Lee", "[**Ann** Lee](https://x.example/lee)")
FRAGMENT = f"<h2>{TITLE}</h2>" + "".join(f"<p>{each}</p>" for each in PARAGRAPHS)
NITF = (
    f'<?xml version="1.0"?><nitf><head><title>Wire 123</title></head><body><body.head><hedline>'
    f"<hl1>{TITLE}</hl1></hedline></body.head><body.content>"
    + "".join(f"<p>{each}</p>" for each in PARAGRAPHS)
    + "</body.content></body></nitf>"
)
DOCUMENTS = {
    "text": f"{TITLE}\n\n{BODY}".encode(),
    "markdown": MARKDOWN.encode(),
    "html": FRAGMENT.encode(),
    "xml": NITF.encode(),
    "word": word(TITLE, PARAGRAPHS),
    "opendocument": open_document(TITLE, PARAGRAPHS),
    "rtf": rtf([TITLE, *PARAGRAPHS]),
    "epub": epub(TITLE, [PARAGRAPHS[:1], PARAGRAPHS[1:]]),
    "mail": mail(f"Re: {TITLE}", BODY),
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_is_recognised_and_read(kind):
    data = DOCUMENTS[kind]
    assert kind_of(data) == kind
    assert kind_of(data, "application/octet-stream", "download") == kind
    article = read_bytes(data)
    assert article.title == TITLE
    assert article.body.split() == WORDS
    assert read_bytes(data, title="Mine", subtitle="Sub").title == "Mine"


@pytest.mark.parametrize("each", INPUT_FORMATS, ids=lambda each: each.name)
def test_type_and_name_tell_the_format_unless_the_content_does(each):
    text = b"A line of plain text that says nothing of itself."
    if each.name in {"pdf", "word", "opendocument", "rtf", "epub"}:
        assert kind_of(text, each.types[0], "a" + each.suffixes[0]) == "text"
        return
    for media_type in each.types:
        assert kind_of(text, media_type + "; charset=utf-8") == each.name
    for suffix in each.suffixes:
        assert kind_of(text, "text/plain", "A" + suffix.upper()) == each.name


def test_no_ending_or_type_belongs_to_two_formats():
    for values in (
        [s for f in INPUT_FORMATS for s in f.suffixes],
        [t for f in INPUT_FORMATS for t in f.types],
    ):
        assert len(values) == len(set(values))
    assert {".md", ".docx", ".eml"} <= ARTICLE_SUFFIXES
    assert ARTICLE_SUFFIXES.isdisjoint({".csv", ".json", ".tex"})


def test_folders_are_searched_for_every_ending_that_the_list_names():
    text = (Path(__file__).parents[2] / "docs" / "inputs.md").read_text("utf-8")
    formats = text.partition("## What comes out")[0]
    endings = set(re.findall(r"`(\.\w+)`", formats))
    assert ".sbv" in endings
    assert endings - ARTICLE_SUFFIXES == {".json"}


def test_pasted_text_is_read_by_what_it_is():
    for text in (MARKDOWN, FRAGMENT, NITF, f"{TITLE}\n\n{BODY}"):
        article = read_string(text)
        assert (article.title, article.body.split()) == (TITLE, WORDS)
    plain = f"{TITLE}\n\n{BODY}"
    assert read(plain).body == BODY
    assert read_string(plain, title="").body == plain


@pytest.mark.parametrize(
    "text",
    [
        "Why 1 < 2 and <3 is love\n\n" + BODY,
        "#harbour and #ferry were the tags\n\n" + BODY,
        "Rates rose 5% ** and fell *again*\n\n" + BODY,
        "- first point\n- second point\n\n" + BODY,
        "Harbourton: the vote\nMayor: unmoved\nTerminal: closed\n\n" + BODY,
        BODY + "\n\nHe wrote a <br> where a </p> was due.",
    ],
)
def test_plain_text_is_left_as_it_is(text):
    assert kind_of(text.encode()) == "text"
    assert read_string(text, title="").body == text


def test_what_a_terminal_printed_loses_its_escape_sequences():
    printed = f"\x1b]0;less\x07\x1b[1m{TITLE}\x1b[0m\n\n{BODY}".replace(
        "ferry", "\x1b[31mferry\x1b[m"
    )
    article = read_bytes(printed.encode())
    assert (article.title, article.body) == (TITLE, BODY)
    article = read_string(printed)
    assert article.sentences[0].text == TITLE
    assert printed.endswith(article.body)


def test_markdown_loses_its_marks_and_nothing_else():
    source = (
        "---\ntitle: 'Ferry: the end'\ndescription: Islanders fear the winter now.\n"
        "date: 2024-05-14\n---\n\n"
        f"{PARAGRAPHS[0]}[^1] <!-- todo -->\n\n## What it _costs_\n\n"
        "* The pier: ~~3~~ **4.2** million\n* The boat\n\n"
        "| Year | Boats |\n|:--|--:|\n| 2008 | 12 |\n\n```sh\nrm -r /\n```\n\n![A boat](b.png)\n\n"
        f"{PARAGRAPHS[2]}\n\n[^1]: Minutes of the council.\n"
    )
    article = read_string(source)
    assert (article.title, article.published) == ("Ferry: the end", "2024-05-14")
    assert article.subtitle == "Islanders fear the winter now."
    assert article.body.split("\n\n") == [
        PARAGRAPHS[0],
        "What it costs",
        "The pier: 4.2 million",
        "The boat",
        "Year | Boats\n2008 | 12",
        PARAGRAPHS[2],
        "Minutes of the council.",
    ]


def test_a_heading_and_an_emphasised_paragraph_are_title_and_standfirst():
    article = read_string(f"{TITLE}\n====\n\n*Islanders fear a long winter.*\n\n{BODY}")
    assert (article.title, article.subtitle) == (TITLE, "Islanders fear a long winter.")
    article = read_bytes(word(TITLE, PARAGRAPHS, subtitle="Islanders fear a long winter."))
    assert (article.title, article.subtitle) == (TITLE, "Islanders fear a long winter.")


def test_tables_and_deleted_text_of_a_word_document():
    article = read_bytes(word(TITLE, PARAGRAPHS, rows=[["Year", "Boats"], ["2008", "12"]]))
    assert article.body.endswith("Year | Boats\n2008 | 12")
    assert "Gone" not in article.body


def test_a_flat_open_document():
    data = flat_open_document(TITLE, PARAGRAPHS)
    assert kind_of(data) == kind_of(data, None, "a.fodt") == "opendocument"
    assert read_bytes(data).body.split() == WORDS


def test_mail_is_decoded_and_loses_headers_and_signature():
    article = read_bytes(mail("=?utf-8?q?F=C3=A4hre?= closed", BODY.replace("Ann", "Änne")))
    assert (article.title, article.published) == ("Fähre closed", "2024-05-15")
    assert article.body.split() == BODY.replace("Ann", "Änne").split()


@pytest.mark.parametrize(
    "end",
    [
        "Best regards,\n\nAda Penn\nIsland Post Ltd.\n+1 555 0199\nada@post.example\n",
        "Best regards,\nAda Penn\n\nSent from my iPhone\n",
        "Cheers, Ada\n",
        "See you on Friday,\nAda\n",
        "Thanks!\n",
        "Sent from my tablet of the Harbour Press\n",
        "Mit freundlichen Grüßen\nAda Penn\nStraße am Hafen 4\n",
    ],
)
def test_a_signature_without_its_mark_is_left_out(end):
    article = read_bytes(mail(TITLE, f"{BODY}\n\n{end}"))
    assert article.body.split() == WORDS
    assert article.warnings == ()


@pytest.mark.parametrize(
    "end",
    [
        "Best regards from the islands came by post.",
        "Thanks to the region, a pier will open in spring.",
        "Best\nof all, the new pier will have a roof for those who wait in the rain.",
    ],
)
def test_a_text_that_ends_like_a_letter_is_whole(end):
    article = read_bytes(mail(TITLE, f"{BODY}\n\n{end}"))
    assert article.body.split() == [*WORDS, *end.split()]


@pytest.mark.parametrize(
    "line",
    [
        "On Wed, 15 May 2024 at 09:30, Bo Orr <bo@x.example> wrote:",
        "On Wednesday, 15 May 2024 at 09:30, Bo Orr of the Harbourton Pier Trust\nwrote:",
        "Am 15.05.2024 um 09:30 schrieb Bo Orr <bo@x.example>:",
        "Le 15/05/2024 à 09:30, Bo Orr a écrit :",
    ],
)
def test_a_quotation_without_marks_is_told_by_the_line_above_it(line):
    asked = "What did the council decide about the terminal? Nobody here has read it."
    text = f"{BODY}\n\nYours,\nAda\n\n{line}\n\n{asked}\n"
    for article in (read_bytes(mail(TITLE, text)), read_string(text, title=TITLE)):
        assert article.body.split() == WORDS
        assert article.warnings == ("The quoted text (13 words) was left out.",)
    article = read_bytes(mail(TITLE, f"See below.\n\n{line}\n\n{BODY}\n"))
    assert article.body.split() == WORDS
    told = f"{BODY}\n\nOn 3 May 1944 the pilot of Harbourton wrote:\n\nI saw no light at all."
    assert read_string(told, title="").body == told


def test_mail_in_html_only():
    html = f"<html><head><title>x</title></head><body>{FRAGMENT}</body></html>"
    article = read_bytes(mail(TITLE, "See the HTML part.", html))
    assert article.body.split() == WORDS


def test_the_quoted_text_is_the_article_where_the_reply_is_short():
    quoted = "".join(f"> {line}\n" for line in BODY.splitlines())
    head = "On Tue, 14 May 2024 at 10:00, Ada Penn\n<ada@post.example> wrote:\n"
    text = f"{head}{quoted}\nFine, thanks.\n"
    for article in (read_string(text), read_bytes(mail("Re: the ferry", text))):
        assert article.body.split() == WORDS
        assert "2 words" in article.warnings[0]


def test_the_reply_is_the_article_where_the_quoted_text_is_short():
    text = f"Ada Penn wrote:\n> Any news?\n> Of the ferry?\n> Regards\n\n{BODY}\n"
    article = read_bytes(mail("Re: the ferry", text))
    assert article.body.split() == WORDS
    assert "left out" in article.warnings[0]


def test_a_forwarded_message_has_its_own_subject():
    head = "---------- Forwarded message ---------\nFrom: A B <a@b.example>\nSubject: " + TITLE
    text = f"FYI\n\n{head}\nTo: c@d.example\n\n{BODY}"
    article = read_bytes(mail("Fwd: news", text))
    assert (article.title, article.body.split()) == (TITLE, WORDS)


def test_subtitles_become_sentences():
    cues = subrip(BODY)
    assert kind_of(cues.encode()) == "subtitles"
    article = read_string(cues)
    assert article.body.split() == WORDS
    assert [s.paragraph for s in article.sentences] == [0, 1, 1, 1, 2, 2]


def test_rolling_captions_and_sounds_are_said_once():
    vtt = (
        "WEBVTT\n\n00:00.000 --> 00:02.000 align:start\n<v Ann Lee>The ferry will</v>\n\n"
        "00:02.000 --> 00:04.000\nThe ferry will\nsail <c>again</c> [APPLAUSE]\n\n"
        "00:04.000 --> 00:06.000\nsail again\n- on the first of June.\n\n"
        "00:30.000 --> 00:32.000\n♪ a song ♪\n\n"
        "00:40.000 --> 00:42.000\nThe council has the last word.\n"
    )
    assert kind_of(vtt.encode()) == "subtitles"
    assert read_string(vtt).body == (
        "The ferry will sail again on the first of June.\n\nThe council has the last word."
    )


def test_captions_of_subviewer():
    sbv = "0:00:01.000,0:00:03.000\nThe ferry will sail\n\n0:00:03.000,0:00:05.500\nuntil June.\n"
    assert read_string(sbv).body == "The ferry will sail until June."


def test_a_saved_page_is_read_as_a_page(page):
    head = "From: <Saved by Blink>\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/related;"
    data = f'{head} boundary="B"\n\n--B\nContent-Type: text/html; charset=utf-8\n\n{page}\n--B--\n'
    assert read_bytes(data.encode(), name="a.mhtml").body.split() == WORDS


def test_xml_of_journals_is_read_as_xml():
    data = (
        '<?xml version="1.0"?><article><front><article-title>' + TITLE + "</article-title></front>"
        "<body><sec><title>Report</title>"
        + FRAGMENT[FRAGMENT.index("<p>") :]
        + "</sec></body></article>"
    )
    article = read_bytes(data.encode())
    assert (article.title, article.body.split()) == (TITLE, ["Report", *WORDS])


def test_a_talk_without_full_stops_is_refused_in_words():
    talk = BODY.lower().translate(str.maketrans("", "", '.,"$')).replace("\n\n", " ") * 3
    for text in (talk, "\n".join(talk[i : i + 40] for i in range(0, len(talk), 40)), subrip(talk)):
        with pytest.raises(NoArticle, match="punctuation"):
            read_string(text)


@pytest.mark.parametrize(
    ("data", "error", "word_"),
    [
        (b'[{"id": 1}, {"id": 2}]', NoArticle, "JSON"),
        (b'{"a": 1}\n{"a": 2}\n', NoArticle, "JSON"),
        (b"year,boats,people\n2008,12,40\n2009,11,38\n2010,9,35\n2011,8,30\n", NoArticle, "table"),
        (b"\\documentclass{article}\n\\begin{document}Text.\\end{document}", NotText, "LaTeX"),
        (b"<rss><channel><item><title>A</title></item><item/></channel></rss>", NoArticle, "feed"),
        (zipped({"xl/workbook.xml": "<a/>"}), NotText, "spreadsheet"),
        (zipped({"ppt/presentation.xml": "<a/>"}), NotText, "slides"),
        (zipped({"photo.jpg": "x"}), NotText, "ZIP"),
        (zipped({"word/document.xml": "not xml"}), NotText, "damaged"),
        (word("T", [])[:200], NotText, "ZIP"),
        (zipped({"META-INF/container.xml": "<container/>"}), NotText, "damaged"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\n[Music]\n", NoArticle, "words"),
        (mail("Photos", ""), NoArticle, "attachment"),
        (b"<p></p><p> </p>", NoArticle, "text"),
        (b"{\\rtf1 }", NoArticle, "text"),
    ],
)
def test_what_is_no_article_is_refused_in_words(data, error, word_):
    with pytest.raises(error, match=word_) as caught:
        read_bytes(data)
    assert str(caught.value).count(".") >= 2


def test_paragraphs_with_as_many_commas_are_no_table():
    paragraph = "The ferry, which was built in {}, sank on {}."
    text = "\n\n".join(paragraph.format(1950 + day, f"{day} May") for day in range(1, 6))
    assert kind_of(text.encode()) == "text"
    assert read_string(text).body.startswith("The ferry")


def test_a_feed_of_one_full_entry_is_that_entry():
    data = (
        f'<?xml version="1.0"?><rss><channel><title>Post</title><item><title>{TITLE}</title>'
        f"<description><![CDATA[{FRAGMENT}]]></description></item></channel></rss>"
    )
    article = read_bytes(data.encode())
    assert (article.title, article.body.split()) == (TITLE, WORDS)


def test_xml_brings_nothing_from_outside(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("The secret is out and everybody knows it.")
    data = f'<!DOCTYPE a [<!ENTITY s SYSTEM "{secret.as_uri()}">]>' + NITF[21:].replace(
        "Two councillors", "&s; Two councillors"
    )
    assert "secret" not in read_bytes(data.encode()).body


@pytest.mark.parametrize(
    "reference", ["&#xD800;", "&#xdfff;", "&#x00DABC;", "&#55296;", "&#57343;"]
)
def test_a_reference_to_half_a_character_does_no_harm(reference):
    first = PARAGRAPHS[0]
    feed = (
        f"<feed><entry><title>{TITLE}</title><content>{reference} {BODY}</content></entry></feed>"
    )
    for data in (
        NITF.replace(TITLE, reference + TITLE).replace(first, reference + first).encode(),
        feed.encode(),
        zipped(
            {"content.xml": open_document_xml(TITLE, PARAGRAPHS).replace(TITLE, reference + TITLE)},
            first=("mimetype", "application/vnd.oasis.opendocument.text"),
        ),
    ):
        article = read_bytes(data)
        assert article.title is not None
        assert article.title.endswith(TITLE)
        assert article.body.replace("\ufffd", "").split() == WORDS


def test_half_a_character_that_no_pattern_finds_is_refused_in_words():
    content = open_document_xml(TITLE, PARAGRAPHS).replace(TITLE, f"{TITLE}&#xD800;")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", content.encode("utf-16"))
    with pytest.raises(NotText, match="no text can hold"):
        read_bytes(data.getvalue())


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 30 Nov 99999999999999999999 12:00:00 +0000",
        "Mon, 30 Nov 2026 12:00:00 +99999999999999999999",
        "Mon, 99 Nov 2026 99:99:99 +9999",
    ],
)
def test_a_message_of_an_impossible_date_is_read(date):
    data = f"From: a@b.example\nTo: c@d.example\nSubject: {TITLE}\nDate: {date}\n\n{BODY}"
    article = read_bytes(data.encode(), content_type="message/rfc822")
    assert (article.title, article.published) == (TITLE, None)


@pytest.mark.parametrize(
    "part",
    [
        "Content-Type: message/rfc822\n\n",
        "Content-Type: multipart/mixed; boundary=b{0}\n\n--b{0}\n",
    ],
)
def test_messages_in_messages_without_end_are_refused_in_words(part):
    data = "".join(part.format(number) for number in range(1_500)) + f"\n{BODY}"
    with pytest.raises(TooComplex, match="nested"):
        read_bytes(data.encode(), content_type="message/rfc822")


def test_archives_are_measured_before_they_are_unpacked(monkeypatch):
    monkeypatch.setattr(documents, "MAX_UNPACKED", 1_000)
    with pytest.raises(TooLong):
        read_bytes(word(TITLE, [BODY * 20]))


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_damaged_documents_are_refused_or_read(kind):
    data = DOCUMENTS[kind]
    for cut in (len(data) // 3, len(data) // 2, len(data) - 30):
        for damaged in (data[:cut], data[:cut] + b"\x00\xff<" + data[cut + 3 :]):
            with suppress(InputError):
                assert read_bytes(damaged, name=f"a{_suffix(kind)}").body
    for at in range(0, len(data), len(data) // 40):
        damaged = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        with suppress(InputError):
            assert read_bytes(damaged, name=f"a{_suffix(kind)}").body


@pytest.mark.parametrize("kind", ["word", "opendocument", "epub"])
def test_a_document_whose_end_is_lost_is_called_damaged(kind):
    data = DOCUMENTS[kind]
    cut = data[: len(data) * 3 // 4]
    for name in (None, f"a{_suffix(kind)}"):
        with pytest.raises(NotText, match=r"is damaged\. .*save it again\."):
            read_bytes(cut, name=name)


@pytest.mark.parametrize("name", ["a.docx", "a.odt", "a.epub"])
def test_an_archive_that_is_not_what_its_name_says_is_called_damaged(name):
    for data in (zipped({"hello.txt": "Hello."}), zipped({"hello.txt": "Hello."})[:40]):
        with pytest.raises(NotText, match="is damaged"):
            read_bytes(data, name=name)


def test_an_archive_of_a_later_version_is_refused_in_words():
    data = bytearray(open_document(TITLE, PARAGRAPHS))
    data[data.index(b"PK\x01\x02") + 6] = 99
    with pytest.raises(NotText):
        read_bytes(bytes(data), name="a.odt")


def _suffix(kind: str) -> str:
    return next(each.suffixes[0] for each in INPUT_FORMATS if each.name == kind)


def test_a_pdf_of_any_name():
    assert kind_of(pdf([LINES]), "text/plain", "a.txt") == "pdf"
