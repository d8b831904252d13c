"""Signatures: small, repeatable, and nothing of theirs is read that is not theirs."""

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.digest import Item
from briefing.digest.grouping import TERMS, is_current, signature, unpack
from briefing.errors import SignatureError
from tests.digest.events import EVENTS, FERRY_GAZETTE, item

TEXTS = [text for texts in EVENTS.values() for text in texts]


@pytest.mark.parametrize("text", TEXTS)
def test_a_signature_is_under_a_kilobyte_and_reads_back(text: tuple[str, str]) -> None:
    packed = signature(item(text))
    read = unpack(packed)
    assert len(packed) < 1024
    assert read.pack() == packed == signature(item(text))
    assert 0 < len(read.terms) <= TERMS
    assert sum(w * w for w in read.terms.values()) == pytest.approx(1, abs=0.02)


def test_the_heaviest_terms_are_names_of_the_event() -> None:
    terms = list(unpack(signature(item(FERRY_GAZETTE))).terms)
    assert crc32(b"@merrow") in terms[:12]
    assert crc32(b"&port alder") in terms
    assert crc32(b"twelve") not in terms[:12]


def test_the_other_names_of_an_article_are_kept_with_its_places() -> None:
    title = "Mill burns in Dayton, Ohio, on Monday"
    read = unpack(signature(item((title, "Chief Onslow called the Prairie mill lost."))))
    assert read.places == {crc32(b"@dayton"): crc32(b"@ohio")}
    assert {crc32(b"@onslow"), crc32(b"@prairie")} <= read.beside
    assert read.beside.isdisjoint(map(crc32, (b"@dayton", b"@ohio", b"@monday")))


@given(st.text(max_size=200), st.text(max_size=2_000))
def test_any_text_has_a_signature_that_reads_back(title: str, body: str) -> None:
    packed = signature(Item("x", None, title, None, body))
    assert is_current(packed)
    assert unpack(packed).pack() == packed


@given(st.binary(max_size=900))
def test_what_is_no_signature_is_refused(data: bytes) -> None:
    whole = signature(item(FERRY_GAZETTE))
    for broken in (data, whole[:-1], whole + b"x", b"\0" + whole[1:]):
        if not is_current(broken):
            with pytest.raises(SignatureError, match="compute it again"):
                unpack(broken)
    assert not is_current(whole[:-1])
    assert not is_current(b"\0" + whole[1:])


def test_a_word_of_the_title_weighs_more_than_one_of_the_lead_and_that_more_than_the_rest() -> None:
    filler = "It was a calm day at sea. " * 14

    def weight(title: str, lead: str, rest: str) -> float:
        story = (f"A boat is late {title}", f"She left {lead}. {filler}She came {rest}.")
        return unpack(signature(item(story))).terms[crc32(b"osprey")]

    in_title, in_lead = weight("osprey", "", ""), weight("", "osprey", "")
    assert in_title > in_lead > weight("", "", "osprey") > 0
