import pytest

from briefing.read import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The mayor resigned on Tuesday after a vote that nobody had expected to be close.", "en"),
        ("Der Bürgermeister ist zurückgetreten.", "de"),
        ("El presidente dijo el lunes que la economía crecerá este año.", "es"),
        ("Siku ya Jumatatu rais alisema kuwa uchumi utakua.", "sw"),
        ("今天下雨，市长说桥梁将在星期五开放，很多人都很高兴。" * 3, "zh"),
    ],
)
def test_languages(text, language):
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["", "123 456", "Hello", "Paris", "Liverpool 2-1 Arsenal"])
def test_undecidable_text_gets_the_default(text):
    assert detect_language(text) == "en"
    assert detect_language(text, default="und") == "und"
