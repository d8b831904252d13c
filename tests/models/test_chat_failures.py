"""A server that refuses some or all requests: what a run makes of it, and what it says."""

import io
import json
import signal
import socket
import subprocess
import threading
import time

import pytest

from briefing.briefer import Briefer
from briefing.errors import EndpointError
from briefing.models import Decoding, Endpoint, Failed
from briefing.models.chat import ChatBackend
from briefing.reading import article_from_text
from briefing.sections import Section
from briefing.writing import LineRequest, Writer, choose_family
from tests.commands import call_here
from tests.models.chat_server import ARTICLE, MODEL, Answer, backend, chatting, completion

LINE = completion("Turnout was 61 percent, the highest in two decades.")
REFUSED = Answer(b'{"error": {"message": "context exceeded"}}', 400)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("briefing.models.chat._LONGEST_WAIT", 0.01)
    monkeypatch.setattr("briefing.models.chat._FIRST_WAIT", 0.01)


def writer(url, **settings):
    return Writer(backend(url, **settings), choose_family(MODEL, "chat"))


def requests(count=1):
    return [
        LineRequest(section, (f"{number} {ARTICLE}",), 12, article=number)
        for number in range(count)
        for section in Section
    ]


def prompt_of(asked):
    return asked["messages"][0]["content"]


def is_headline(asked):
    return prompt_of(asked).startswith("Write the headline")


ODD = {
    "no choices": (Answer(b'{"choices": []}'), "no chat completion"),
    "moderated": (Answer(b'{"error": {"message": "flagged by moderation"}}', 403), "flagged by"),
    "not found": (Answer(b'{"error": "no such thing"}', 404), "no such thing"),
    "an error with 200": (Answer(b'{"error": {"message": "out of cheese"}}'), "out of cheese"),
    "empty": (Answer(b""), "empty"),
    "broken JSON": (Answer(b'{"choices": [{"mess'), '{"choices": [{"mess'),
    "not UTF-8": (Answer(b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'), "completion"),
    "a stream": (Answer(b'data: {"choices": [{"delta": {}}]}\n\n'), "streams"),
    "other content": (Answer(b'{"choices": [{"message": {"content": 5}}]}'), "no chat completion"),
    "bad request": (REFUSED, "status 400: context exceeded"),
    "unpaid": (Answer(b"pay first", 402), "status 402: pay first"),
    "wrong method": (Answer(b"", 405), "status 405: no reason given"),
    "unprocessable": (Answer(b'{"error": "no temperature"}', 422), "no temperature"),
    "too many": (Answer(b'{"error": "slow down"}', 429), "status 429: slow down"),
    "busy": (Answer(b"<h1>busy</h1>", 503), "status 503"),
    "closed": (Answer(LINE.body, cut=True), "connection failed"),
    "moved": (Answer(b"", 301, {"Location": "https://other.example/v1"}), "other.example"),
    "thoughts": (completion("<think>Which line", "length"), "max_tokens"),
}


@pytest.mark.parametrize("kind", ODD)
def test_a_server_that_refuses_all_first_requests_ends_the_run(kind):
    answer, why = ODD[kind]
    with chatting(lambda _: answer) as server, pytest.raises(EndpointError) as caught:
        writer(server.url).write(requests())
    assert why in str(caught.value)
    assert server.url in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ODD)
def test_an_answer_that_is_none_costs_its_lines_where_others_came(kind):
    answer, why = ODD[kind]
    with chatting(lambda asked: answer if "7 Resi" in prompt_of(asked) else LINE) as server:
        made = writer(server.url)
        found = made.write(requests(8))
        later = made.write([LineRequest(Section.HEADLINE, (f"7 {ARTICLE}",), 12)])
    failed = [lines for lines in (*found, *later) if isinstance(lines, Failed)]
    assert len(failed) == 4
    assert all(why in lines.reason and not lines for lines in failed)
    assert sum(bool(lines) for lines in found) == 21
    told = made.trouble
    assert told.startswith("the model's server failed on 4 of 25 requests: ")
    assert why in told


def test_the_server_is_asked_no_more_once_it_leaves_the_first_requests_unanswered():
    with (
        chatting(lambda _: Answer(b"", 503)) as server,
        writer(server.url, calls=1).run() as run,
        pytest.raises(EndpointError),
    ):
        run.write(requests(20))
    assert len(server.asked) <= 3 * 5  # each three times, and one may be under way


def test_an_unknown_path_and_a_missing_model_are_told_apart():
    family = choose_family(MODEL, "chat")
    with (
        chatting(lambda _: Answer(b'{"error": "not found"}', 404)) as server,
        pytest.raises(EndpointError, match=r"no model 'tiny'; it has smol, large"),
    ):
        Writer(ChatBackend("openai:tiny", Endpoint(server.url)), family).write(requests())
    with (
        chatting(lambda _: Answer(b"<h1>Not Found</h1>", 404)) as server,
        pytest.raises(EndpointError, match=r"path may be wrong.*/v1"),
    ):
        writer(server.url).write(requests())


def test_a_message_of_the_server_is_quoted_on_one_short_line_without_the_key(caplog):
    caplog.set_level("DEBUG")
    said = "Incorrect API key provided: Bearer sk-SECRET\n\x1b[31m" + "x" * 300
    bodies = iter([json.dumps({"error": {"message": said}}).encode(), said.encode()])
    with chatting(lambda _: Answer(next(bodies), 400)) as server:
        made = backend(server.url, key="sk-SECRET", calls=1)
        found = [made.generate([["x"]], Decoding())[0] for _ in range(2)]
    assert server.keys == ["Bearer sk-SECRET"] * 2
    for lines in found:
        assert isinstance(lines, Failed)
        assert "provided: Bearer ***" in lines.reason
        assert len(lines.reason) < 240
        assert lines.reason.isprintable()
        assert "sk-SECRET" not in f"{lines.reason} {lines.error} {made.requests.told}"
    assert "sk-SECRET" not in caplog.text


def test_a_login_in_the_url_is_sent_and_in_no_log(caplog):
    caplog.set_level("DEBUG")
    with chatting(lambda _: Answer(b"no me:hunter2 here", 401)) as server:
        url = server.url.replace("http://", "http://me:hunter2@")
        with pytest.raises(EndpointError, match="BRIEFING_ENDPOINT_KEY") as caught:
            backend(url).generate([["x"]], Decoding())
    assert server.keys == ["Basic bWU6aHVudGVyMg=="]
    for told in (str(caught.value), caplog.text):
        assert "hunter2" not in told
        assert "bWU6aHVudGVyMg" not in told


def test_content_in_parts_and_thoughts_apart_are_read():
    parts = [{"type": "text", "text": "One line."}, {"type": "text", "text": "Another."}]
    thought = {"message": {"content": "", "reasoning_content": "Hm."}, "finish_reason": "stop"}
    answers = iter([completion(parts), Answer(json.dumps({"choices": [thought]}).encode())])
    with chatting(lambda _: next(answers)) as server:
        made = backend(server.url, calls=1)
        ((one, two),) = made.generate([["x"]], Decoding())
        (none,) = made.generate([["x"]], Decoding())
    assert (one.text, two.text) == ("One line.", "Another.")
    assert isinstance(none, Failed)
    assert "thoughts and no lines; raise max_tokens" in none.reason


def test_retries_stay_within_the_time_limit():
    def late(_):
        time.sleep(0.7)
        return Answer(LINE.body, cut=True)

    with chatting(late) as server:
        began = time.monotonic()
        (lines,) = backend(server.url, timeout=1).generate([["x"]], Decoding())
        assert time.monotonic() - began < 1.5
    assert isinstance(lines, Failed)
    assert len(server.asked) <= 2


@pytest.fixture
def hanging():
    """The URL of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"


def test_closing_a_back_end_ends_its_open_requests_alone(hanging):
    whole = backend(hanging, calls=1)
    runs = whole.opened(), whole.opened()
    for run, close in zip(runs, (runs[0].close, whole.close), strict=True):
        threading.Timer(0.3, close).start()
        began = time.monotonic()
        with pytest.raises(EndpointError, match="closed here"):
            run.generate([["x", "y"]], Decoding())
        assert time.monotonic() - began < 2
    assert whole.requests.failed == 0
    with chatting(lambda _: LINE) as server:
        first = backend(server.url)
        first.opened().close()
        assert first.generate([["x"]], Decoding())[0]


def test_a_run_that_is_interrupted_does_not_wait_for_the_server(hanging):
    def articles():
        yield article_from_text(ARTICLE)
        time.sleep(0.5)  # until the first is asked for
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(Briefer(MODEL, endpoint=Endpoint(hanging)).brief_many(articles(), group=1))
    assert time.monotonic() - began < 10  # models are loaded meanwhile


@pytest.mark.slow
@pytest.mark.parametrize("words", [["brief", "article.txt"], ["batch", "in.jsonl", "-o", "out"]])
def test_an_interrupt_ends_the_command_while_the_server_hangs(words, command, tmp_path):
    article_file(tmp_path)
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": ARTICLE}) + "\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        flags = ["--model", MODEL, "--endpoint", url]
        with subprocess.Popen([command, *words, *flags], cwd=tmp_path) as process:
            connection, _ = server.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                assert process.wait(5) == 130
    assert not (tmp_path / "out").exists()


def test_a_brief_says_what_failed_and_why():
    article = article_from_text(ARTICLE)
    with chatting(lambda asked: REFUSED if is_headline(asked) else LINE) as server:
        briefer = Briefer(MODEL, endpoint=Endpoint(server.url))
        brief = briefer.brief(article)
    reason = "server failed on 1 of 3 requests: status 400: context exceeded."
    assert any(warning.endswith(reason) for warning in brief.warnings)
    assert not any("wrote no lines" in warning for warning in brief.warnings)
    assert briefer.trouble == f"the model's {reason[:-1]}"


def article_file(folder):
    path = folder / "article.txt"
    path.write_text(ARTICLE)
    return path


def test_the_command_says_why_requests_failed(tmp_path):
    with chatting(lambda asked: REFUSED if is_headline(asked) else LINE) as server:
        flags = ["--model", MODEL, "--endpoint", server.url]
        done = call_here("brief", article_file(tmp_path), *flags)
        checked = call_here("doctor", *flags)
    assert done.returncode == 0
    assert b"failed on 1 of 3 requests: status 400: context exceeded" in done.stderr
    assert checked.returncode == 3
    assert b"BAD self-test: the model's server failed" in checked.stdout


def test_a_batch_ends_where_all_is_refused_and_goes_on_where_one_article_is(tmp_path):
    rows, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows.write_text("".join(f'{{"id": {n}, "text": "{n} {ARTICLE}"}}\n' for n in range(3)))
    with chatting(lambda _: REFUSED) as server:
        done = call_here("batch", rows, "-o", out, "--model", MODEL, "--endpoint", server.url)
    assert done.returncode == 3
    assert b"answers no request: status 400: context exceeded" in done.stderr
    assert not out.exists()
    with chatting(lambda asked: REFUSED if "1 Resi" in prompt_of(asked) else LINE) as server:
        done = call_here("batch", rows, "-o", out, "--model", MODEL, "--endpoint", server.url)
    assert done.returncode == 0
    assert b"server failed on 2 of 9 requests" in done.stderr
    briefs = [json.loads(line) for line in io.StringIO(out.read_text())]
    assert [any("failed on 2 of 3" in w for w in b["warnings"]) for b in briefs] == [
        False,
        True,
        False,
    ]


def test_a_batch_of_a_folder_ends_and_begins_anew_in_the_same_way(tmp_path):
    rows, out = tmp_path / "in", tmp_path / "out"
    rows.mkdir()
    (rows / "a.jsonl").write_text(f'{{"id": 1, "text": "{ARTICLE}"}}\n')
    with chatting(lambda _: REFUSED) as server:
        flags = ["--model", MODEL, "--endpoint", server.url]
        done = call_here("batch", rows, "-o", out, *flags)
        assert done.returncode == 3
        assert b"answers no request: status 400: context exceeded" in done.stderr
        assert not out.exists()
        server.answers = lambda asked: REFUSED if is_headline(asked) else LINE
        done = call_here("batch", rows, "-o", out, *flags)
    assert done.returncode == 0, done.stderr
    assert b"returned no reply: status 400: context exceeded" in done.stderr


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["brief", "--model", "llama3.2"], b"--model openai:llama3.2"),
        (["brief"], b"--model openai:NAME"),
        (["batch", "in.jsonl", "-o", "out.jsonl", "--model", "x/y:3b"], b"--model openai:x/y:3b"),
        (["doctor", "--model", "."], b"--model openai:NAME"),
    ],
)
def test_an_endpoint_for_another_model_is_refused_with_its_name(flags, said, tmp_path):
    done = call_here(*flags, "--endpoint", "http://127.0.0.1:5/v1", folder=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_model_that_is_not_here_may_be_one_of_a_server():
    done = call_here("brief", "--model", "llama3.2", stdin=ARTICLE.encode())
    assert done.returncode == 3
    assert b"openai:llama3.2" in done.stderr


@pytest.mark.parametrize("command", [["info"], ["pull"], ["convert", "-o", "out"]])
def test_the_files_of_a_served_model_are_told_to_be_none(command, tmp_path):
    done = call_here("models", *command, MODEL, folder=tmp_path)
    assert done.returncode == 3
    assert b"is served by an endpoint" in done.stderr


def test_a_folder_of_prompts_has_some(tmp_path):
    done = call_here("brief", "--prompts", tmp_path, stdin=ARTICLE.encode())
    assert done.returncode == 3
    assert b"has no prompt files (*.toml)" in done.stderr


def test_advice_to_send_less_is_for_articles_that_are_too_long():
    with chatting(lambda _: REFUSED) as server, pytest.raises(EndpointError, match="max_input"):
        writer(server.url).write(requests())
    other = Answer(b'{"error": "temperature must be 1"}', 400)
    with chatting(lambda _: other) as server, pytest.raises(EndpointError) as caught:
        writer(server.url).write(requests())
    assert "max_input" not in str(caught.value)
