"""Single feeds, each with one thing in it that is unusual."""

import json
from datetime import UTC, datetime, timedelta
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.digest import Item
from briefing.digest.sources.entry import distinct
from briefing.digest.sources.feed import MAX_ITEMS, parse_feed
from briefing.errors import NotAFeed
from tests.digest.sources.conftest import NOW

URL = "https://feeds.example/news/rss.xml"
LONG = "<p>The council of the town voted on the repair of its old ferry today.</p>" * 15


def rss(*entries: str) -> bytes:
    items = "".join(f"<item>{entry}</item>" for entry in entries)
    return f'<rss version="2.0"><channel><title>F</title>{items}</channel></rss>'.encode()


def atom(*entries: str) -> bytes:
    inner = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title>{inner}</feed>'.encode()


def only(data: bytes) -> Item:
    (item,) = parse_feed(data, URL, NOW).items
    return item


@pytest.mark.parametrize(
    ("entry", "guid", "url"),
    [
        ("<guid>7</guid><title>t</title>", "7", None),
        ("<guid isPermaLink='false'>https://a.example/7</guid>", "https://a.example/7",
         "https://a.example/7"),
        ("<link>/a?utm_campaign=x</link>", "https://feeds.example/a", "https://feeds.example/a"),
        ("<guid>https://a.example/7#1</guid><link>https://a.example/7?at_medium=RSS</link>",
         "https://a.example/7", "https://a.example/7"),
        ("<guid>tag:a.example,2026:7</guid><link>javascript:alert(1)</link>",
         "tag:a.example,2026:7", None),
        ("<feedburner:origLink xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'>"
         "https://a.example/7</feedburner:origLink><link>https://proxy.example/r/1</link>",
         "https://a.example/7", "https://a.example/7"),
    ],
)  # fmt: skip
def test_identifiers_and_links(entry: str, guid: str, url: str | None) -> None:
    item = only(rss(f"{entry}<title>A title</title>"))
    assert (item.guid, item.url) == (guid, url)


SOUND = "https://cast.example/7.mp3"


@pytest.mark.parametrize(
    ("data", "url", "extent"),
    [
        (rss(f"<guid>7</guid><description>An hour of news.</description>"
             f"<enclosure url='{SOUND}' type='audio/mpeg' length='9'/>"), SOUND, "full"),
        (rss(f"<link>https://a.example/7</link><description>News.</description>"
             f"<enclosure url='{SOUND}' type='audio/mpeg' length='9'/>"),
         "https://a.example/7", "teaser"),
        (rss("<guid>7</guid><description>News.</description>"
             "<enclosure url='https://a.example/7.jpg' type='image/jpeg' length='9'/>"),
         None, "teaser"),
        (atom(f"<id>urn:7</id><title>t</title><summary>News.</summary>"
              f"<link rel='enclosure' type='audio/mpeg' href='{SOUND}'/>"), SOUND, "full"),
        (json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": [
            {"id": "7", "content_text": "News.",
             "attachments": [{"url": SOUND, "mime_type": "audio/mpeg"}]}]}).encode(),
         SOUND, "full"),
    ],
)  # fmt: skip
def test_an_entry_without_a_page_links_to_its_recording(
    data: bytes, url: str | None, extent: str
) -> None:
    item = only(data)
    assert (item.url, item.extent) == (url, extent)


def test_without_identifier_and_link_the_text_is_the_identity() -> None:
    entry = "<title>A title</title><description>Text</description>"
    assert only(rss(entry)).guid == only(rss(entry)).guid
    assert only(rss(entry)).guid.startswith("sha256:")
    assert only(rss(entry.replace("Text", "More"))).guid != only(rss(entry)).guid
    assert parse_feed(rss("<author>nobody</author>"), URL, NOW).items == ()


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("Tue, 24 Nov 2026 08:30:00 +0100", datetime(2026, 11, 24, 7, 30, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 08:30:00 EST", datetime(2026, 11, 24, 13, 30, tzinfo=UTC)),
        ("2026-11-24T08:30:00Z", datetime(2026, 11, 24, 8, 30, tzinfo=UTC)),
        ("Dienstag, 24. November 2026 08:30", datetime(2026, 11, 24, 8, 30, tzinfo=UTC)),
        ("Fri, 01 Jan 2088 00:00:00 GMT", NOW),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("whenever", None),
        ("", None),
    ],
)
def test_dates(date: str, time: datetime | None) -> None:
    assert only(rss(f"<title>t</title><pubDate>{date}</pubDate>")).published == time


def test_an_entry_that_was_only_updated_was_published_then() -> None:
    item = only(atom("<id>1</id><title>t</title><updated>2026-11-24T08:00:00Z</updated>"))
    assert item.published == item.updated == datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Fish &amp;amp; &lt;i&gt;chips&lt;/i&gt;", "Fish & chips"),
        ("<![CDATA[Fish &amp; <b>chips</b>]]>", "Fish & chips"),
        ("Profits at AT&amp;T", "Profits at AT&T"),
        ("5 &lt; 6", "5 < 6"),
    ],
)
def test_titles_of_rss(title: str, text: str) -> None:
    assert only(rss(f"<title>{title}</title>")).title == text


def test_a_plain_title_of_atom_means_what_it_says() -> None:
    assert only(atom("<title>How to use &lt;b&gt;</title>")).title == "How to use <b>"
    assert only(atom("<title type='html'>A &lt;b&gt;c&lt;/b&gt;</title>")).title == "A c"
    xhtml = "<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>A <b>c</b></div></title>"
    assert only(atom(xhtml)).title == "A c"


def test_text_and_standfirst() -> None:
    space = "xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    full = f"<content:encoded {space}><![CDATA[{LONG}]]></content:encoded>"
    both = only(rss(f"<description>Islanders fear a long winter.</description>{full}"))
    assert both.extent == "full"
    assert both.subtitle == "Islanders fear a long winter."
    assert both.body.count("\n\n") == 14
    cut = only(rss(f"<description>Islanders fear a long […]</description>{full}"))
    assert cut.subtitle is None
    repeated = only(rss(f"<description>The council of the town voted</description>{full}"))
    assert repeated.subtitle is None
    assert only(rss(f"<description><![CDATA[{LONG}]]></description>")).extent == "full"
    assert only(rss("<description>Short.</description>")).extent == "teaser"


def test_languages_are_codes() -> None:
    data = rss("<title>t</title>").replace(b"<title>F", b"<language>en-GB</language><title>F")
    assert only(data).language == "en"


def test_an_entry_with_a_page_keeps_its_recording() -> None:
    link = "<title>t</title><link>https://a.example/7</link>"
    sound = f"<enclosure url='{SOUND}' type='audio/mpeg' length='9'/>"
    picture = "<enclosure url='https://a.example/7.jpg' type='image/jpeg' length='9'/>"
    item = only(rss(f"{link}{picture}{sound}"))
    assert (item.url, item.recording) == ("https://a.example/7", SOUND)
    assert only(rss(f"{link}{picture}")).recording is None
    assert only(rss(f"<title>t</title>{sound}")).recording is None, "it is the address"


def test_one_identifier_for_several_articles() -> None:
    feed = parse_feed(
        rss(*(f"<guid>1</guid><link>https://a.example/{n}</link>" for n in range(3))), URL, NOW
    )
    assert [item.guid for item in feed.items] == [f"https://a.example/{n}" for n in range(3)]
    same = parse_feed(rss(*(f"<guid>1</guid><title>t{n % 2}</title>" for n in range(3))), URL, NOW)
    assert [item.title for item in same.items] == ["t0", "t1"]
    assert len({item.guid for item in same.items}) == 2


def item(number: int, guid: str, url: str | None) -> Item:
    return Item(guid, url, str(number), None, "", NOW - timedelta(minutes=number))


def test_of_several_versions_the_newest_stays() -> None:
    versions = [item(2, "1", "u"), item(1, "1", "u"), item(3, "1", "u")]
    assert [each.title for each in distinct(versions)] == ["1"]


@settings(deadline=None)
@given(st.lists(st.builds(item, st.integers(0, 9), st.sampled_from("ab"),
                          st.sampled_from([None, "u", "v"]))))  # fmt: skip
def test_identifiers_are_distinct_and_no_url_is_lost(items: list[Item]) -> None:
    found = distinct(items)
    assert len({each.guid for each in found}) == len(found)
    assert {each.url for each in found} == {each.url for each in items}
    assert distinct(found) == found


def test_json_feed() -> None:
    data = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "F",
        "language": "de-AT",
        "items": [
            {"id": 7, "url": "/7", "title": "<b>", "content_text": "A <b> c\nd", "author": "no",
             "authors": [{"name": "Ida"}, {"name": "Ben"}, 3], "date_published": "2026-11-24"},
            {"id": None, "external_url": "https://b.example/", "summary": "x &amp; y"},
            "nonsense",
            {"id": True},
        ],
    }  # fmt: skip
    first, second = parse_feed(json.dumps(data).encode(), URL, NOW).items
    assert (first.guid, first.url, first.title) == ("7", "https://feeds.example/7", "<b>")
    assert (first.body, first.author, first.language) == ("A <b> c\n\nd", "Ida, Ben", "de")
    assert first.published == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert (second.guid, second.body) == ("https://b.example/", "x &amp; y")


@pytest.mark.parametrize(
    ("link", "following"),
    [("?page=2", f"{URL}?page=2"), ("http://[", None), ("http://[x]/", None), ("//a:b/", None)],
)
def test_a_part_that_is_nowhere_costs_no_entry(link: str, following: str | None) -> None:
    item = {"id": "7", "url": "/7", "title": "A title"}
    written = json.dumps({"items": [item], "next_url": link}).encode()
    entry = "<entry><id>7</id><title>A title</title><link href='/7'/></entry>"
    named = f"<link rel='next' href='{link}'/>{entry}</feed>".encode()
    for data in (written, atom().replace(b"</feed>", named)):
        feed = parse_feed(data, URL, NOW)
        assert [item.url for item in feed.items] == ["https://feeds.example/7"]
        assert feed.following == following


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"hello", "is not an RSS, Atom or JSON feed"),
        (b"\x89PNG\r\n", "is not a feed: The input is an image"),
        (b"{", "is broken JSON"),
        (b'{"a": 1}', "is JSON, but not a JSON Feed"),
        (b"<!DOCTYPE html><html><body>x", "is a web page, not a feed. Find its RSS address"),
        (b"<html><link href='/f' type='application/atom+xml' rel='alternate'>",
         "Use the feed that it links: https://feeds.example/f"),
        (b"<html><link href='http://[' type='application/atom+xml' rel='alternate'>",
         "is a web page, not a feed. Find its RSS address"),
        (b"<?xml version='1.0'?><opml version='2.0'><body/></opml>", "is a list of feeds"),
        (b"<rss version='2.0'><channel><item>", "is a broken feed"),
    ],
)  # fmt: skip
def test_what_is_no_feed(data: bytes, message: str) -> None:
    with pytest.raises(NotAFeed, match=message) as caught:
        parse_feed(data, URL, NOW)
    assert "\n" not in str(caught.value)


def test_hostile_entities_are_not_read(tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    doctype = f"<!DOCTYPE rss [<!ENTITY x SYSTEM 'file://{secret}'>]>".encode()
    assert "hidden" not in str(only(doctype + rss("<title>a &x; b</title>")))
    laughs = "<!ENTITY a0 'laugh laugh'>" + "".join(
        f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 11)
    )
    data = f"<!DOCTYPE rss [{laughs}]>".encode() + rss("<guid>1</guid><title>&a10;</title>")
    assert len(str(parse_feed(data, URL, NOW))) < 10_000


def test_too_many_entries_are_told() -> None:
    feed = parse_feed(rss(*(f"<guid>{n}</guid><title>t</title>" for n in range(5_003))), URL, NOW)
    assert len(feed.items) == MAX_ITEMS
    assert "more than 5,000 entries" in feed.warnings[0]


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 300))
def test_any_damage_ends_in_items_or_one_error(noise: bytes, start: int, end: int) -> None:
    data = rss("<guid>1</guid><title>One</title>", "<guid>2</guid><title>Two</title>")
    try:
        feed = parse_feed(data[:start] + noise + data[end:], URL, NOW)
    except NotAFeed:
        return
    assert len({each.guid for each in feed.items}) == len(feed.items)


MEDIA = 'xmlns:{0}="http://search.yahoo.com/mrss/"'
CAPTION = (
    "Holt, left, and Ruiz, both of the Senate, spoke with reporters in the hall after the vote."
)


@pytest.mark.parametrize("prefix", ["media", "m"])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("said", ["The Senate voted 61 to 39.", ""])
def test_the_caption_of_a_picture_is_no_text(prefix: str, first: bool, said: str) -> None:
    picture = (
        f"<{prefix}:content url='https://a.example/1.jpg' medium='image'><{prefix}:description>"
        f"{CAPTION}</{prefix}:description></{prefix}:content>"
    )
    text = f"<description>{said}</description>" if said else ""
    parts = (picture, text) if first else (text, picture)
    data = rss(f"<title>Bridges</title>{''.join(parts)}")
    item = only(data.replace(b"<rss ", f"<rss {MEDIA.format(prefix)} ".encode()))
    assert (item.title, item.subtitle, item.body) == ("Bridges", None, said)


def test_the_description_of_a_film_is_its_text() -> None:
    film = (
        "<title>A boat</title><media:group><media:content url='https://v.example/1' "
        "type='application/x-shockwave-flash'/><media:description>We build a boat &lt;3.\n\nIt "
        "floats.</media:description></media:group>"
    )
    item = only(atom(film).replace(b"<feed ", f"<feed {MEDIA.format('media')} ".encode()))
    assert item.body == "We build a boat <3.\n\nIt floats."


@pytest.mark.parametrize(
    "markup",
    [
        "submitted by <a href='u'>/u/oar_fan</a> <br/> <a href='l'>[link]</a> "
        "<a href='c'>[comments]</a>",
        "submitted by <a href='u'> /u/oar </a> to <a href='r'> r/boats </a><br><a>[link]</a>",
        "<a href='x'>Click here to see the article</a>",
        "Click here",
        "<a href='https://n.example/1'>Ferry stays</a>&nbsp;&nbsp;<font>Alder Post</font>",
        "<ol><li><a href='1'>Ferry stays</a> <font>Alder Post</font></li><li><a href='2'>"
        "Residents reject a plan to close the route</a> <font>The Birch Echo</font></li></ol>",
        "<p>Article URL: <a href='a'>https://a.example/1</a></p><p>Comments URL: <a href='b'>"
        "https://b.example/1</a></p><p>Points: 5</p><p># Comments: 0</p>",
        "Ferry stays",
        "<p>Ferry stays</p><p><a href='m'>Read more</a></p>",
    ],
)
def test_what_services_write_around_an_entry_is_no_text(markup: str) -> None:
    item = only(rss(f"<title>Ferry stays - Alder Post</title><description>{escape(markup)}"
                    "</description>"))  # fmt: skip
    assert (item.body, item.subtitle, item.extent) == ("", None, "teaser")


@pytest.mark.parametrize(
    "markup",
    [
        "<p>The ferry stays, <a href='1'>residents</a> decided.</p>",
        "<a href='1'>The ferry stays, residents decided on Tuesday.</a>",
        "<ul><li><a href='1'>The ferry stays.</a></li><li><a href='2'>The mill goes.</a></li></ul>",
        "<p>I rowed there.</p><p>submitted by /u/oar_fan</p>",
    ],
)
def test_sentences_are_text_with_links_or_without(markup: str) -> None:
    item = only(rss(f"<title>Ferry</title><description>{escape(markup)}</description>"))
    assert item.body.endswith(".")
    assert "submitted" not in item.body


@pytest.mark.parametrize("gone", ["embed", "object", "video"])
def test_what_is_never_closed_hides_nothing(gone: str) -> None:
    markup = f"<p>Before it.</p><{gone} src='x'><p>After it.</p>"
    item = only(rss(f"<title>Film</title><description>{escape(markup)}</description>"))
    assert item.body == "Before it.\n\nAfter it."


@pytest.mark.parametrize("titled", [True, False])
def test_entries_of_one_document_stay_apart(titled: bool) -> None:
    def entry(number: int) -> str:
        url = f"https://a.example/2026/11/25?utm_source=rss#item{number}"
        title = f"<title>Note {number}</title>" if titled else ""
        text = f"This is what note {number} of the day says."
        return f"{title}<link>{url}</link><guid>{url}</guid><description>{text}</description>"

    items = parse_feed(rss(*map(entry, range(5))), URL, NOW).items
    urls = [f"https://a.example/2026/11/25#item{number}" for number in range(5)]
    assert [item.url for item in items] == urls
    assert [item.guid for item in items] == urls
    assert {item.extent for item in items} == {"full"}, "their page would be that of all"


NOTES = (
    "The ferry to Grauholm sails again since this morning.",
    "Rain is expected over Wendholm by noon.",
    "Quartet from Halle wins the prize of the critics.",
)


@pytest.mark.parametrize("link", ["", "https://a.example/live", "https://a.example/live#{}"])
def test_entries_of_one_title_that_nothing_identifies_stay_apart(link: str) -> None:
    def entry(number: int) -> str:
        url = f"<link>{link.format(number)}</link>" if link else ""
        return f"<title>Update</title>{url}<description>{NOTES[number]}</description>"

    items = parse_feed(rss(*map(entry, range(3))), URL, NOW).items
    assert [item.body for item in items] == list(NOTES)
    assert len({item.guid for item in items}) == 3
    assert [item.body for item in distinct(items)] == list(NOTES)


def test_versions_of_one_article_do_not() -> None:
    def version(number: int) -> str:
        guid = f"<guid>https://a.example/7#{number}</guid><link>https://a.example/7</link>"
        return f"<title>The same</title>{guid}<description>Text {number}.</description>"

    (item,) = parse_feed(rss(version(0), version(3)), URL, NOW).items
    assert item.url == "https://a.example/7"
