"""POST /v1/briefs: what goes in, and each format that comes out."""

import jsonschema
import pytest

from briefing.reading import kind_of, media_type
from briefing.rendering import schema, style_hash
from tests.api.articles import BODY, LEAD, PAGE, TEXT, TITLE, pdf
from tests.api.fakes import Client, post
from tests.reading.documents import mail, subrip, word


def json_brief(response):
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    document = response.json()
    jsonschema.validate(document, schema())
    return document


def test_json_text(client: Client) -> None:
    document = json_brief(client.post(json={"title": TITLE, "text": BODY}))
    assert document["headline"]["text"]
    assert document["key_points"]
    assert document["article"]["title"] == TITLE
    assert document["article"]["sentences"][1]["text"] == LEAD
    assert document["model"]["name"] == "echo"


def test_json_text_without_title_has_none(client: Client) -> None:
    document = json_brief(client.post(json={"text": TEXT}))
    assert document["article"]["title"] is None
    assert {each["part"] for each in document["article"]["sentences"]} == {"body"}


def test_json_subtitle(client: Client) -> None:
    asked = {"title": TITLE, "subtitle": "Islanders fear a long winter.", "text": BODY}
    document = json_brief(client.post(json=asked))
    assert document["article"]["subtitle"] == "Islanders fear a long winter."


def test_json_html(client: Client) -> None:
    document = json_brief(client.post(json={"html": PAGE}))
    assert document["article"]["title"] == TITLE
    assert "Home" not in [each["text"] for each in document["article"]["sentences"]]


def test_null_fields_are_as_if_absent(client: Client) -> None:
    nulls = dict.fromkeys(("title", "subtitle", "html", "sections", "length"))
    assert json_brief(client.post(json={"text": BODY, **nulls})) == json_brief(
        client.post(json={"text": BODY})
    )


@pytest.mark.parametrize("section", ["headline", "key-points", "context"])
def test_sections(client: Client, section: str) -> None:
    document = json_brief(client.post(json={"text": BODY, "sections": [section]}))
    assert document["sections"] == [section]
    filled = {key for key in ("headline", "key_points", "context") if document[key]}
    assert filled <= {section.replace("-", "_")}


def test_lengths(client: Client) -> None:
    long_text = "\n\n".join(
        f"The {place} council voted on Monday to spend {cost} million on its harbour, and "
        f"councillor {name} said that work begins in May."
        for place, cost, name in zip(
            ("Elm", "Ash", "Oak", "Fir", "Yew", "Bay"), range(3, 9), "ABCDEF", strict=True
        )
    )
    counts = [
        len(json_brief(client.post(json={"text": long_text, "length": each}))["key_points"])
        for each in ("short", "long")
    ]
    assert counts[0] <= counts[1]


def test_plain_text_by_convention(client: Client) -> None:
    document = json_brief(post(client, TEXT.encode(), "text/plain; charset=utf-8"))
    assert document["article"]["title"] == TITLE


def test_plain_text_in_a_declared_charset(client: Client) -> None:
    text = TEXT.replace("Ann Lee", "Zoë Łącka")
    document = json_brief(
        post(client, text.encode("cp1250", "replace"), "text/plain; charset=cp1250")
    )
    assert "Łącka" in str(document["article"]["sentences"])


def test_raw_html(client: Client) -> None:
    document = json_brief(post(client, PAGE.encode(), "text/html"))
    assert document["article"]["title"] == TITLE


def test_raw_html_without_doctype(client: Client) -> None:
    fragment = f"<article><h1>{TITLE}</h1><p>{LEAD}</p><p>{LEAD}</p></article>"
    document = json_brief(post(client, fragment.encode(), "Text/HTML;charset=UTF-8"))
    assert "<p>" not in str(document["article"])


def test_pdf(client: Client) -> None:
    lines = [
        TITLE,
        "",
        "The council of Millbrook voted on Tuesday to close its old ferry terminal.",
        "Mayor Ann Lee said the repairs would cost too much.",
    ]
    document = json_brief(post(client, pdf(lines), "application/pdf"))
    assert any("Ann Lee" in each["text"] for each in document["article"]["sentences"])


def test_same_brief_each_time(client: Client) -> None:
    first, second = (client.post(json={"title": TITLE, "text": BODY}) for _ in range(2))
    assert first.content == second.content


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("text/markdown", "text/markdown; charset=utf-8"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("*/*", "application/json"),
        ("application/json;q=0.1, text/markdown", "text/markdown; charset=utf-8"),
    ],
)
def test_format_by_accept(client: Client, accept: str, content_type: str) -> None:
    response = client.post(json={"title": TITLE, "text": BODY}, headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"] == content_type
    assert response.headers["vary"] == "Accept"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "ferry terminal" in response.text


def test_html_has_a_strict_policy(client: Client) -> None:
    asked = {"title": "<script>alert(1)</script> council votes", "text": BODY}
    response = client.post(json=asked, headers={"Accept": "text/html"})
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert f"style-src '{style_hash()}'" in policy
    assert "unsafe" not in policy
    assert "<script" not in response.text


@pytest.mark.parametrize("character", ["\x00", "\x1b[31m", "\u202e", "\ufeff"])
def test_strange_characters_are_no_failure(client: Client, character: str) -> None:
    body = BODY.replace("Ann", f"Ann{character}")
    document = json_brief(client.post(json={"title": TITLE + character, "text": body}))
    assert character not in "".join(each["text"] for each in document["article"]["sentences"])
    json_brief(post(client, body.encode(), "text/plain"))


@pytest.mark.parametrize("accept", ["application/json", "text/html", "text/markdown", "text/plain"])
def test_lone_surrogates_become_replacement_characters(client: Client, accept: str) -> None:
    body = f'{{"title": "Council \\ud800 votes", "text": "{LEAD} \\udfff"}}'.encode()
    response = post(client, body, "application/json", Accept=accept)
    assert response.status_code == 200
    assert "\\ud800" not in response.content.decode("utf-8")


def test_json_in_utf16(client: Client) -> None:
    body = f'{{"text": "{LEAD}"}}'.encode("utf-16")
    json_brief(post(client, body, "application/json"))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (word(TITLE, BODY.split("\n\n")), "application/octet-stream"),
        (mail(TITLE, BODY), "message/rfc822"),
        (f"# {TITLE}\n\n{BODY}".encode(), "text/plain"),
        (subrip(BODY).encode(), "application/x-subrip"),
    ],
)
def test_documents_are_read_as_the_command_line_reads_them(client: Client, data, kind) -> None:
    if kind == "application/octet-stream":
        kind = media_type(kind_of(data))
    sentences = json_brief(post(client, data, kind))["article"]["sentences"]
    assert LEAD in [each["text"] for each in sentences]
    assert "\n".join(each["text"] for each in sentences).count("-->") == 0


def test_markup_in_json_text_is_read_as_markup(client: Client) -> None:
    document = json_brief(client.post(json={"text": f"# {TITLE}\n\n{BODY}"}))
    assert document["article"]["title"] == TITLE
