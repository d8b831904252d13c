import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.digest import Source
from briefing.digest.sources import SourceError, export_opml, read_opml

OPML = """<?xml version="1.0" encoding="ISO-8859-1"?>
<opml version="1.0"><head><title>Mine</title></head><body>
  <outline text="Nachrichten &amp; mehr"><outline text="Inner">
    <outline type="rss" text="Zoë" xmlUrl="https://a.example/rss"/></outline>
    <outline type="rss" title="B" text="b" xmlurl="https://b.example/rss"/>
  </outline>
  <outline text="C" xmlUrl="https://c.example/rss" category="/News/World,/Other"/>
  <outline xmlUrl="https://d.example/rss"/>
  <outline text="An empty folder"/>
</body></opml>"""
EXPECTED = [
    Source("Zoë", "feed", "https://a.example/rss", "Inner"),
    Source("B", "feed", "https://b.example/rss", "Nachrichten & mehr"),
    Source("C", "feed", "https://c.example/rss", "World"),
    Source("https://d.example/rss", "feed", "https://d.example/rss", None),
]


@pytest.mark.parametrize("data", [OPML, OPML.encode("latin-1"), "\ufeff\n" + OPML])
def test_folders_are_topics(data: str | bytes) -> None:
    assert read_opml(data) == EXPECTED


def test_a_broken_file_gives_what_can_be_had() -> None:
    assert read_opml(OPML[: OPML.index('<outline text="C"')]) == EXPECTED[:2]
    assert read_opml(OPML.replace("News/World", "R&D")) != []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "not an OPML file"),
        ("<html/>", "not an OPML file"),
        (b"\x89PNG", "not an OPML file"),
        ("<opml><body><outline text='x'/></body></opml>", "has no feeds"),
        ("<opml/>", "has no feeds"),
    ],
)
def test_what_is_no_list_of_feeds(data: str | bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_opml(data)


def test_entities_are_not_read(tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    data = (
        f"<!DOCTYPE opml [<!ENTITY x SYSTEM 'file://{secret}'><!ENTITY y 'ex'>]><opml><body>"
        "<outline text='a'>&x;<outline text='b' xmlUrl='https://a.example/'/></outline></body>"
        "</opml>"
    )
    assert read_opml(data) == [Source("b", "feed", "https://a.example/", "a")]


# What `clean` leaves as it is, so that a name comes back as it was.
NAMES = st.text(st.characters(categories=["L", "N", "P", "S"], max_codepoint=0x2FF), min_size=1)
NAMES = NAMES.filter(lambda name: name.isprintable() and "Ã" not in name and "Â" not in name)
SOURCES = st.lists(
    st.builds(
        lambda name, place, topic: Source(name, "feed", f"https://{place}.example/", topic),
        NAMES,
        st.integers(0, 10_000),
        st.none() | NAMES,
    ),
    min_size=1,
)


@settings(deadline=None)
@given(SOURCES)
def test_what_is_exported_is_imported_again(sources: list[Source]) -> None:
    found = read_opml(export_opml(sources))
    key = lambda each: (str(each.topic), each.name, each.location)  # noqa: E731
    assert sorted(map(_normal, found), key=key) == sorted(map(_normal, sources), key=key)
    assert export_opml(found) == export_opml(read_opml(export_opml(found)))


def _normal(source: Source) -> Source:
    from briefing.reading.encoding import clean

    topic = None if source.topic is None else clean(source.topic)
    return Source(clean(source.name), "feed", source.location, topic)


def test_only_feeds_are_exported() -> None:
    folder = Source("F", "folder", "/in")
    assert "/in" not in export_opml([*EXPECTED, folder])
    assert "<script>" not in export_opml([Source("<script>", "feed", "https://a.example/?a&b")])
