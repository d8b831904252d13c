import pytest

from briefing.reading import detect_language, encoding


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The mayor resigned on Tuesday after a vote that nobody had expected to be close.", "en"),
        ("Der Bürgermeister ist zurückgetreten.", "de"),
        ("El presidente dijo el lunes que la economía crecerá este año.", "es"),
        (
            "The council said that it would not sell the harbour, which has been in the hands of "
            "the town for a century. Der Rat der Stadt erklärte am Montag, dass der Hafen nicht "
            "verkauft wird. Er gehört seit hundert Jahren der Stadt, und das soll auch so bleiben. "
            "Die Bürgermeisterin kündigte an, im Herbst über eine neue Mole abstimmen zu lassen. "
            "Mehrere Räte hatten zuvor Einspruch gegen den Verkauf des alten Kais erhoben.",
            "de",
        ),
        ("Het kabinet wil de wet of het besluit dat van kracht was niet aanpassen.", "nl"),
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


def test_what_is_clearly_english_needs_no_identifier(monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded() -> None:
        raise AssertionError("the identifier was loaded")

    monkeypatch.setattr(encoding, "_identifier", loaded)
    text = (
        "The council said that it would keep the ferry, which has been running for a century, and "
        "that the fares of those who have a pass would not rise this year."
    )
    assert detect_language(text) == "en"
