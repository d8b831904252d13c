"""Briefs of the article's own sentences, in any language; and advice in the words of who asks."""

import pytest

from briefing.errors import FRONT_END, UnsupportedLanguage
from tests.api.articles import BODY, TEXT
from tests.api.fakes import Client, post, problem

ARTICLES = {
    "ar": (
        "صوّت سكان المدينة يوم الثلاثاء على الإبقاء على العبّارة. وقال رئيس البلدية إن المجلس سيبحث "
        "عن وفورات أخرى. وكان المجلس قد اقترح إغلاق الخط في أكتوبر لتوفير 400 ألف دولار سنويا."
    ),
    "he": (
        "תושבי העיר הצביעו ביום שלישי להשאיר את המעבורת. ראש העיר אמר שהמועצה תחפש חיסכון במקום "
        "אחר. המועצה הציעה לסגור את הקו באוקטובר כדי לחסוך 400 אלף דולר בשנה."
    ),
    "zh": (
        "港口镇居民周二投票决定保留渡轮。镇长表示，议会将在其他方面寻求节约。"
        "议会曾在十月提议关闭该航线，以每年节省四十万美元。"
    ),
    "ru": (
        "Жители города во вторник проголосовали за сохранение парома. Мэр заявил, что совет "
        "поищет экономию в другом месте. Совет предложил закрыть маршрут в октябре ради 400 тысяч."
    ),
    "de": (
        "Die Bewohner der Stadt stimmten am Dienstag dafür, die Fähre zu behalten. Der "
        "Bürgermeister sagte, der Rat werde anderswo sparen. Der Rat hatte im Oktober "
        "vorgeschlagen, die Linie einzustellen."
    ),
}


def sentences(document: dict) -> list[str]:
    return [each["text"] for each in document["article"]["sentences"]]


def check_brief(document: dict) -> None:
    """Every line is a sentence of the article, or a part of one."""
    lines = [document["headline"], *document["key_points"], *document["context"]]
    assert [line for line in lines if line]
    assert {line["origin"] for line in lines if line} == {"extracted"}
    assert document["model"]["name"] == "none"


@pytest.mark.parametrize("language", ARTICLES)
def test_any_language_over_http(client: Client, language: str) -> None:
    text = ARTICLES[language]
    refused = problem(client.post(json={"text": text}), 422, "unsupported-language")
    assert '"extractive": true' in refused["detail"]
    assert "--" not in refused["detail"]
    assert (refused["language"], refused["supported"]) == (language, ["en"])
    document = client.post(json={"text": text, "extractive": True}).json()
    check_brief(document)
    assert document["article"]["language"] == language
    whole = {line["text"] for line in document["key_points"]}
    assert whole <= set(sentences(document))


@pytest.mark.parametrize("content_type", ["text/plain", "text/html"])
def test_bodies_other_than_json_ask_by_the_query(client: Client, content_type: str) -> None:
    text = ARTICLES["ar"]
    if content_type == "text/html":
        text = f"<html><body><article><p>{text}</p></article></body></html>"
    headers = {"Content-Type": content_type}
    path = "/v1/briefs?extractive=true"
    check_brief(client.post(path, content=text.encode(), headers=headers).json())
    for query in ("", "?extractive=false"):
        response = client.post(f"/v1/briefs{query}", content=text.encode(), headers=headers)
        problem(response, 422, "unsupported-language")


@pytest.mark.parametrize("query", ["extractive=1", "extractive=", "extractive=true&extractive=no"])
def test_the_query_says_true_or_false(client: Client, query: str) -> None:
    problem(client.post(f"/v1/briefs?{query}", json={"text": BODY}), 422, "invalid-request")


def test_the_field_goes_before_the_query(client: Client) -> None:
    asked = {"text": BODY, "extractive": False}
    made = client.post("/v1/briefs?extractive=true", json=asked).json()
    assert made["model"]["name"] == "echo"
    for value in (1, "true", []):
        answer = client.post(json={"text": BODY, "extractive": value})
        problem(answer, 422, "invalid-request")


def test_a_list_may_be_of_both_kinds(client: Client) -> None:
    asked = [{"text": BODY}, {"text": BODY, "extractive": True}, {"text": ARTICLES["he"]}]
    made = client.post("/v1/briefs/batch", json=asked).json()
    assert [each["status"] for each in made] == [200, 200, 422]
    assert [each["brief"]["model"]["name"] for each in made[:2]] == ["echo", "none"]
    assert '"extractive": true' in made[2]["problem"]["detail"]


@pytest.mark.parametrize("accept", ["text/html", "application/x-ndjson"])
def test_the_page_offers_it_in_its_own_words(client: Client, accept: str) -> None:
    def send(**fields: str) -> str:
        files = {name: (None, value.encode()) for name, value in fields.items()}
        answer = client.post("/", files=files, headers={"Accept": accept})
        return answer.text.encode("utf-8").decode("unicode_escape" if "json" in accept else "utf-8")

    refused = send(text=ARTICLES["zh"])
    assert "Only the article" in refused
    assert "--extractive" not in refused
    assert "ask the" not in refused
    made = send(text=ARTICLES["zh"], extractive="true")
    assert "chosen without a model" in made
    assert "own sentences only" not in made
    assert "written by none" not in made.lower()


def test_both_are_kept_apart(client: Client) -> None:
    etags = set()
    for extractive in (True, False):
        answer = client.post(json={"text": TEXT, "extractive": extractive})
        etags.add(answer.headers["etag"])
    assert len(etags) == 2


@pytest.mark.parametrize(
    ("front_end", "word"),
    [
        *(("library", "extractive=True"), ("command line", "use --extractive")),
        *(("service", '"extractive": true'), ("page", "below")),
    ],
)
def test_advice_is_in_the_words_of_the_front_end(front_end: str, word: str) -> None:
    error = UnsupportedLanguage("ar", ["en"])
    token = FRONT_END.set(front_end)  # type: ignore[arg-type]
    try:
        assert word in str(error)
        assert "'ar'" in str(error)
    finally:
        FRONT_END.reset(token)


def test_a_body_in_text_still_works(client: Client) -> None:
    assert post(client, TEXT.encode(), "text/plain").status_code == 200
