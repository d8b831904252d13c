import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.errors import NotText
from briefing.reading import decode

TEXT = "Der Bürgermeister sagte: „Wir müssen über die Brücke.“ Das kostet 5 €."


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides(mark, encoding):
    decoded = decode(mark + TEXT.encode(encoding), charset="koi8-r")
    assert (decoded.text, decoded.encoding, decoded.guessed) == (TEXT, encoding, False)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(encoding):
    assert decode(TEXT.encode(encoding)).text == TEXT
    assert not decode(TEXT.encode(encoding), charset=encoding).guessed


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (TEXT, "cp1252"),
        ("Le café à la crème est fermé, dit l’hôtelière.", "cp1252"),
        ("El niño comió piñas en España toda la mañana.", "latin-1"),
        ("Привет, это новости из Москвы. Президент выступил сегодня.", "cp1251"),
        ("Привет, это новости из Москвы. Президент выступил сегодня.", "koi8-r"),
        ("Żółć gęślą jaźń w Łodzi, powiedział wczoraj prezydent.", "cp1250"),
        ("今日は雨が降っています。東京の天気予報です。", "shift_jis"),
        ("中文新闻报道今天的天气情况非常好", "gb18030"),
    ],
)
def test_legacy_encodings_are_guessed(text, encoding):
    decoded = decode(text.encode(encoding))
    assert decoded.text == text
    assert decoded.guessed
    assert decode(text.encode(encoding), charset=encoding).text == text


def test_utf8_wins_over_a_wrong_declaration_and_a_wrong_declaration_over_nothing():
    assert decode(TEXT.encode(), charset="iso-8859-1").text == TEXT
    assert decode(b"it\x92s here", charset="iso-8859-1").text == "it’s here"
    assert decode(TEXT.encode("cp1252"), charset="no-such-charset").text == TEXT
    assert decode(b"plain", charset="hex").text == "plain"


def test_a_damaged_byte_does_not_spoil_the_rest():
    data = TEXT.encode() + b"\xff" + TEXT.encode()
    assert decode(data).text == f"{TEXT}\ufffd{TEXT}"


def test_a_few_nul_bytes_are_no_binary_data():
    assert decode(b"The mayor resigned.\x00 " * 1 + b"She left. " * 40).encoding == "utf-8"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"PK\x03\x04" + b"word/document.xml" * 10,
        b"\xff\xd8\xff\xe0" + bytes(100),
        b"\x1f\x8b\x08" + bytes(100),
        bytes(range(256)) * 20,
        b"\x00" * 1000,
        codecs.BOM_UTF8 + b"\x01\x02text" * 50,
    ],
)
def test_binary_data_is_refused(data):
    with pytest.raises(NotText, match=r"(?i)save|give") as caught:
        decode(data)
    assert "\n" not in str(caught.value)


@given(st.binary(), st.sampled_from([None, "utf-8", "latin-1", "utf-16", "shift_jis", "punycode"]))
def test_any_bytes_give_encodable_text_or_an_error(data, charset):
    try:
        text = decode(data, charset).text
    except NotText:
        return
    text.encode("utf-8")
    assert not text.startswith("\ufeff")


@given(st.text())
def test_utf8_round_trips_unless_it_looks_binary(text):
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return
    try:
        assert decode(codecs.BOM_UTF8 + data).text == text.lstrip("\ufeff")
    except NotText:
        assert any(c < " " or c == "\ufffd" for c in text)
