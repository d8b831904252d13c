"""Texts written for these tests."""

import pytest

LEAD = (
    "The council of Harbourton voted on Tuesday to close its old ferry terminal, which has served "
    "the islands for sixty years."
)
BODY = (
    f"{LEAD}\n\n"
    'Mayor Ann Lee said the repairs would cost $4.2 million. "We cannot afford it," she told '
    "reporters. Two councillors voted against.\n\n"
    "The terminal opened in 1964 and was damaged by a storm in March. A new pier, paid for by the "
    "region, is expected to open next spring."
)


@pytest.fixture
def body() -> str:
    return BODY


@pytest.fixture
def page() -> str:
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in BODY.split("\n\n"))
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        "<title>Harbourton closes ferry terminal | Island Post</title>"
        '<meta property="og:title" content="Harbourton closes ferry terminal">'
        '<meta name="description" content="Islanders fear a long winter without the boats they '
        'rely on.">'
        '<meta property="article:published_time" content="2024-05-14T08:00:00Z"></head><body>'
        "<nav><ul><li><a href='/'>Home</a></li><li><a href='/s'>Sport</a></li></ul></nav>"
        f"<article><h1>Harbourton closes ferry terminal</h1>{paragraphs}</article>"
        "<footer>Copyright Island Post. All rights reserved.</footer></body></html>"
    )
