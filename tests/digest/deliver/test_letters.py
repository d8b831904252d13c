"""Messages: both forms, the headers that mail programs act on, the same bytes each time."""

import email
import re
from dataclasses import replace
from datetime import timedelta
from email import policy
from email.message import EmailMessage

import pytest
from pydantic import ValidationError

from briefing.digest import Letter
from briefing.digest.deliver import messages, write_eml
from briefing.digest.settings import DigestSettings
from briefing.errors import ConfigError
from tests.digest.samples import (
    NOW,
    SETTINGS,
    edition,
    full_edition,
    hostile_edition,
    large_edition,
)


def table(**mail) -> DigestSettings:
    given = {
        "host": "localhost",
        "sender": "The briefing <digest@news.example>",
        "recipients": ["a@reader.example", "Bo Lind <b@reader.example>"],
        **mail,
    }
    return DigestSettings.model_validate({"mail": given})


def parsed(letter: Letter) -> EmailMessage:
    return email.message_from_bytes(letter.message.as_bytes(), policy=policy.default)


def first(**mail) -> EmailMessage:
    return parsed(messages(full_edition(), table(**mail))[0])


def test_both_forms() -> None:
    message = first()
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert html.get_content_type() == "text/html"
    for part in (text, html):
        assert "Port Alder votes to keep its ferry" in part.get_content()
    assert not list(message.iter_attachments())


def test_headers() -> None:
    message = first()
    assert message["From"] == "The briefing <digest@news.example>"
    assert message["To"] == "a@reader.example"
    assert message["Subject"] == "The briefing, 2 March 2026"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<briefing-2026-03-02-[0-9a-f]{24}@news\.example>", message["Message-ID"])
    assert message["List-Id"] == "The briefing <digest.news.example>"
    assert message["List-Unsubscribe"] is None


def test_the_same_edition_is_the_same_letter() -> None:
    one, other = (messages(full_edition(), table()) for _ in range(2))
    assert [each.message.as_bytes() for each in one] == [each.message.as_bytes() for each in other]


def test_the_id_is_that_of_edition_and_recipient() -> None:
    ids = [each.message_id for each in messages(full_edition(), table())]
    assert len(set(ids)) == 2
    remade = replace(full_edition(), made=NOW + timedelta(hours=1), sections=())
    assert [each.message_id for each in messages(remade, table())] == ids
    renamed = table(recipients=["A <a@reader.example>"])
    assert messages(remade, renamed)[0].message_id == ids[0]
    tomorrow = replace(remade, date=remade.date + timedelta(days=1))
    assert messages(tomorrow, table())[0].message_id not in ids


def test_an_address_that_is_named_twice_gets_one_letter() -> None:
    assert len(messages(edition(), table(recipients=["a@reader.example"] * 3))) == 1


def test_unsubscribe_by_mail() -> None:
    message = first(unsubscribe="mailto:off@news.example?subject=unsubscribe")
    assert message["List-Unsubscribe"] == "<mailto:off@news.example?subject=unsubscribe>"
    assert message["List-Unsubscribe-Post"] is None
    assert 'href="mailto:off@news.example' in list(message.iter_parts())[1].get_content()


def test_unsubscribe_with_one_click() -> None:
    message = first(unsubscribe="https://news.example/off?who={recipient}")
    assert message["List-Unsubscribe"] == "<https://news.example/off?who=a@reader.example>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    "mail",
    [
        {"sender": "nobody"},
        {"recipients": ["a@reader.example", "b"]},
        {"recipients": ["a@reader.example, b@reader.example"]},
        {"recipients": ["a@reader.example\r\nBcc: c@evil.example"]},
        {"recipients": [""]},
        {"recipients": ["a@"]},
        {"recipients": ["@reader.example"]},
        {"recipients": ["readers: a@reader.example, b@reader.example;, c@reader.example"]},
        {"unsubscribe": "javascript:alert(1)"},
        {"unsubscribe": "https://news.example/a b"},
        {"unsubscribe": "http://news.example/off"},
    ],
)
def test_what_is_no_address_is_named(mail) -> None:
    with pytest.raises(ValidationError, match=rf"mail\.{next(iter(mail))}"):
        table(**mail)


def test_no_mail_table() -> None:
    with pytest.raises(ConfigError, match=r"\[mail\]"):
        messages(edition(), SETTINGS)


def test_names_beyond_ascii() -> None:
    message = first(sender="Käthe Müller <kaethe@müller.example>")
    assert str(message["From"].addresses[0].display_name) == "Käthe Müller"
    assert message["Message-ID"].endswith("@xn--mller-kva.example>")


def test_a_title_adds_no_header() -> None:
    made = replace(hostile_edition("x\r\nBcc: c@evil.example\r\n\r\nbody"), title="x\r\nBcc: c@d.e")
    message = parsed(messages(made, table())[0])
    assert message["Bcc"] is None
    assert message["Subject"].startswith("x Bcc: c@d.e, ")


def test_lines_are_short_enough_for_any_server() -> None:
    """RFC 5322, 2.1.1: 998 octets."""
    for made in (full_edition(), large_edition(60)):
        data = messages(made, table())[0].message.as_bytes()
        assert max(map(len, data.split(b"\r\n"))) <= 998
        assert data.isascii()


def test_a_file_that_mail_programs_open(tmp_path) -> None:
    (letter, _) = messages(full_edition(), table())
    path = write_eml(letter, tmp_path)
    assert path.suffix == ".eml"
    assert path.read_bytes() == letter.message.as_bytes()
    assert write_eml(letter, tmp_path) == path
