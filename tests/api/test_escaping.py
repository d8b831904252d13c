"""Whatever an article says is shown as text, and does nothing."""

from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from tests.api.articles import BODY
from tests.api.fakes import Client

PAYLOADS = {
    "script": "<script>alert(1)</script>",
    "closing": "</p></li></body></html><script src=//evil.example/x.js></script>",
    "comment": "<!-- --><svg/onload=alert(1)>",
    "handler": '"><img src=x onerror=alert(1)>',
    "attribute": "' onmouseover='alert(1)' x='",
    "style": "</style><style>body{background:url(//evil.example)}</style>",
    "entity": "&lt;script&gt;alert(1)&lt;/script&gt;&#60;script&#62;",
    "link": '<a href="javascript:alert(1)">here</a>',
    "markdown": "[here](javascript:alert(1)) ![x](//evil.example/x.png)",
    "reference": "[here]: javascript:alert(1) 'x'",
    "autolink": "<javascript:alert(1)>",
    "data": "[here](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "frame": "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
}
BIDI = "\u202e\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d"
"""Overrides, embeddings and isolates. Marks stay: right-to-left text needs them, and they turn
nothing around."""
_ACTIVE = {"script", "iframe", "object", "embed", "img", "svg", "form", "base", "link", "input"}


class Page(HTMLParser):
    """What a browser would do with a page: elements that act, handlers, and where links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.active: list[str] = []
        self.styles = 0
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.styles += tag == "style"
        if tag in _ACTIVE:
            self.active.append(tag)
        for name, value in attrs:
            led = name in ("href", "src", "action") and not (value or "").startswith(("#", "http"))
            if name.startswith("on") or name == "srcdoc" or led:
                self.active.append(f"{tag} {name}={value}")

    def handle_data(self, data):
        self.text += data


def article(payload: str) -> dict[str, str]:
    """The payload in every part, in the middle of a sentence that is worth a line."""
    lead = f"The council of Millbrook said {payload} on Tuesday and closed its old ferry terminal."
    return {
        "title": f"Millbrook closes {payload} its old ferry terminal",
        "subtitle": f"Islanders fear {payload} a long winter",
        "text": f"{lead}\n\n{BODY}",
    }


def sent(client: Client, document: dict[str, str], accept: str) -> str:
    answer = client.post(json=document, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(accept)
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.text


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_html_shows_it_and_does_nothing(client: Client, payload: str) -> None:
    page = Page(sent(client, article(payload), "text/html"))
    assert page.active == []
    assert page.styles == 1
    # It was shown: what is asserted above was put to the test.
    assert " ".join(payload.split()) in " ".join(page.text.split())


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_markdown_shows_it_and_does_nothing(client: Client, payload: str) -> None:
    text = sent(client, article(payload), "text/markdown")
    page = Page(MarkdownIt("commonmark", {"html": True}).render(text))
    assert page.active == []
    assert page.styles == 0
    assert "ferry terminal" in page.text


@pytest.mark.parametrize("accept", ["text/html", "text/markdown", "text/plain"])
def test_nothing_turns_the_text_around(client: Client, accept: str) -> None:
    shown = sent(client, article(f"nothing {BIDI}gnihton"), accept)
    assert "gnihton" in shown
    assert not set(BIDI) & set(shown)
    assert "\x1b" not in sent(client, article("a \x1b[31mred\x1b[0m word"), accept)


def test_json_is_no_page(client: Client) -> None:
    """Sniffed or opened in a tab, it stays JSON."""
    answer = client.post(json=article(PAYLOADS["script"]))
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_problems_repeat_it_as_json_alone(client: Client, payload: str) -> None:
    answer = client.post(json={"text": BODY, payload: 1}, headers={"Accept": "text/html"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
