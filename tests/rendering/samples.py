"""Briefs to render: a plain one, hostile ones, and a strategy for any."""

from dataclasses import replace
from typing import get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from briefing.briefs import Article, Brief, Line, ModelInfo, Origin, Part, Sentence
from briefing.sections import Role, Section

FUZZ = settings(
    max_examples=25,
    deadline=None,  # a busy machine is no failure
    suppress_health_check=[HealthCheck.too_slow],
)
TITLE = "Harbour bridge closes after inspectors find cracks"
STANDFIRST = "Commuters face months of detours."
BODY = (
    "The harbour bridge in Elmsworth was closed on Monday after inspectors found cracks in two "
    "of its piers. Mayor Dana Whitlock said that the repair would take at least five months. "
    "The bridge was last repaired in 1998, after a barge hit its northern pier. "
    "About 40,000 vehicles cross it every day. "
    "The council expects a new crossing to open in 2031."
)
HOSTILE = (
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    '" onmouseover="alert(1)',
    "[x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "</style><script>alert(1)</script>",
    "</title></head><body onload=alert(1)>",
    "<!-- comment --> <![CDATA[ x ]]> <?php ?>",
    "&lt;b&gt; &amp; &#60;script&#62;",
    "`code` ``more`` ~~~ ```",
    "| a | b |",
    "# heading #",
    "- item",
    "+ item",
    "* item * and **bold** and _emphasis_ and __strong__",
    "1. first",
    "2) second",
    "> quote",
    "---",
    "===",
    "[0]: javascript:alert(1)",
    "<https://evil.example>",
    "back\\slash \\",
    "two\n\n# lines\r\n<b>of</b>\u2028text\n    code",
)
OVERRIDES = (
    "safe \u202eevil\u202c \u2066isolated \u2067more \x1b[31mred\x1b[0m \x9b2J \x00 \ud800 end"
)


def article(body: str = BODY, title: str = TITLE) -> Article:
    texts = [sentence.strip() + "." for sentence in body.split(". ")]
    texts[-1] = texts[-1].removesuffix(".")
    sentences = [
        Sentence("title", 0, len(title), title, -2),
        Sentence("subtitle", 0, len(STANDFIRST), STANDFIRST, -1),
    ]
    for text in texts:
        start = body.index(text)
        sentences.append(Sentence("body", start, start + len(text), text, 0))
    return Article(
        title,
        STANDFIRST,
        body,
        tuple(sentences),
        "en",
        "https://news.example/bridge?a=1&b=2",
        "2026-02-03",
    )


def sample() -> Brief:
    return Brief(
        headline=Line(
            "Elmsworth harbour bridge closed over cracked piers",
            (0, 2),
            0.9712345,
            "generated",
            Role.MAIN_EVENT,
        ),
        key_points=(
            Line(
                "Inspectors found cracks in two piers of the harbour bridge.",
                (2,),
                1.0,
                "generated",
                Role.MAIN_EVENT,
            ),
            Line(
                "Repair will take at least five months, Mayor Dana Whitlock said.",
                (3,),
                0.996,
                "generated",
                Role.CONSEQUENCE,
            ),
        ),
        context=(
            Line(
                "The bridge was last repaired in 1998.",
                (4,),
                1.0,
                "extracted",
                Role.HISTORICAL_EVENT,
            ),
            Line("About 40,000 vehicles cross it every day.", (5,), 1.0, "extracted", Role.NONE),
        ),
        article=article(),
        roles=(
            Role.MAIN_EVENT,
            Role.CONSEQUENCE,
            Role.MAIN_EVENT,
            Role.CONSEQUENCE,
            Role.HISTORICAL_EVENT,
            Role.CURRENT_CONTEXT,
            Role.EXPECTATION,
        ),
        salience=(0.95, 0.4, 0.91234567, 0.7, 0.3, 0.2, 0.35),
        model=ModelInfo("bundled", "1", "ctranslate2", "cpu", "int8", "no CUDA device"),
        warnings=("The article is short.",),
    )


def filled(text: str) -> Brief:
    """The sample with ``text`` in every place that an article or a model can fill."""
    base = sample()
    return replace(
        base,
        headline=replace(base.headline, text=text),
        key_points=tuple(replace(line, text=text) for line in base.key_points),
        context=tuple(replace(line, text=text) for line in base.context),
        article=replace(
            base.article,
            title=text,
            subtitle=text,
            url=text,
            published=text,
            language=text,
            sentences=tuple(replace(each, text=text) for each in base.article.sentences),
        ),
        model=ModelInfo(text, text, text, text, text, text),
        warnings=(text,),
    )


def without_context() -> Brief:
    return replace(sample(), context=())


_SCORES = st.floats(0, 1)
_TEXTS = st.text(max_size=30) | st.sampled_from(HOSTILE)


@st.composite
def _sentences(draw: st.DrawFn) -> Sentence:
    part = draw(st.sampled_from(get_args(Part)))
    start = draw(st.integers(0, 1000))
    paragraph = {"title": -2, "subtitle": -1, "body": 0}[part]
    return Sentence(part, start, start + draw(st.integers(0, 200)), draw(_TEXTS), paragraph)


def _lines(sentences: int) -> st.SearchStrategy[Line]:
    return st.builds(
        Line,
        text=_TEXTS,
        evidence=st.lists(st.integers(0, sentences - 1), min_size=1, max_size=3).map(tuple),
        support=_SCORES,
        origin=st.sampled_from(get_args(Origin)),
        role=st.sampled_from(Role),
    )


@st.composite
def briefs(draw: st.DrawFn) -> Brief:
    """Any brief that keeps the contract of its types."""
    sentences = draw(st.lists(_sentences(), min_size=1, max_size=5).map(tuple))
    several = st.lists(_lines(len(sentences)), max_size=3).map(tuple)
    sections = draw(st.lists(st.sampled_from(Section), unique=True, min_size=1).map(tuple))
    parallel = {"min_size": len(sentences), "max_size": len(sentences)}
    return Brief(
        headline=draw(st.none() | _lines(len(sentences))) if Section.HEADLINE in sections else None,
        key_points=draw(several) if Section.KEY_POINTS in sections else (),
        context=draw(several) if Section.CONTEXT in sections else (),
        article=Article(
            title=draw(st.none() | _TEXTS),
            subtitle=draw(st.none() | _TEXTS),
            body=draw(_TEXTS),
            sentences=sentences,
            language=draw(st.sampled_from(["en", "de", "ar", ""])),
            url=draw(st.none() | _TEXTS),
            published=draw(st.none() | _TEXTS),
        ),
        roles=draw(st.lists(st.sampled_from(Role), **parallel).map(tuple)),
        salience=draw(st.lists(_SCORES, **parallel).map(tuple)),
        model=draw(st.builds(ModelInfo, *([_TEXTS] * 6))),
        sections=sections,
        warnings=draw(st.lists(_TEXTS, max_size=2).map(tuple)),
    )
