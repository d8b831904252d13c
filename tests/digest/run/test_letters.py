"""Letters come through whatever befalls the mail server or the run: none is lost."""

import email
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from email import policy
from pathlib import Path

import pytest
from sqlalchemy import select

from briefing.digest import letters, run
from briefing.digest.run import RunOutcome, run_digest, send_edition
from briefing.digest.settings import DigestSettings
from briefing.digest.store import Store
from briefing.digest.store.tables import deliveries_table
from briefing.errors import NotSent
from tests.digest.run.worlds import DIE, NOW, Post, killed, serving_mail, started, warmed_up
from tests.quality.samples import SAMPLES

pytestmark = pytest.mark.slow

READERS = ("ann@reader.example", "bo@reader.example", "cy@reader.example")
NIGHT = timedelta(days=1)
Fault = Callable[[str, str], str | None]


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Post]:
    with serving_mail() as made:
        yield made


class Digest:
    """A digest of one article a night, and the mail server that it has."""

    def __init__(self, folder: Path, post: Post) -> None:
        self.folder, self.post = folder, post
        self.night = 0
        self.desk = folder / "desk.jsonl"
        self.rows: list[str] = []
        self.settings = DigestSettings.model_validate(
            {
                "store": str(folder / "digest.sqlite"),
                "output": folder / "editions",
                "sources": [{"name": "The desk", "jsonl": self.desk}],
                "edition": {"formats": ["json"]},
                "mail": self.mail(),
            }
        )

    def mail(self, **more: object) -> dict[str, object]:
        return {
            "host": "127.0.0.1",
            "port": self.post.port,
            "security": "none",
            "sender": "digest@news.example",
            "recipients": READERS,
            "timeout": 1,
            "patience": 0.3,
            **more,
        }

    def sent_by(self, **mail: object) -> None:
        """Change the mail settings."""
        given = {**self.settings.model_dump(), "mail": self.mail(**mail)}
        self.settings = DigestSettings.model_validate(given)

    def write(self, number: int | None = None) -> None:
        """This night's article, or the sample of that number."""
        sample = SAMPLES[self.night if number is None else number]
        when = (NOW + self.night * NIGHT - timedelta(hours=1)).isoformat()
        row = {"id": sample.name, "title": sample.title, "text": sample.text, "published": when}
        self.rows.append(json.dumps(row) + "\n")
        self.desk.write_text("".join(self.rows), encoding="utf-8")

    def run(self, after: timedelta = timedelta()) -> RunOutcome:
        """A run of this night."""
        now = NOW + self.night * NIGHT + after
        return run_digest(self.settings, now=now, extractive=True)

    def first_run(self) -> RunOutcome:
        """The first run of this night."""
        self.write()
        return self.run()

    def sleep(self) -> None:
        """Until the next night."""
        self.night += 1

    def came(self) -> Counter[tuple[date, str]]:
        """How many different letters came, by edition and reader."""
        days = ((name.split("-", 1)[1][:10], reader) for reader, name in self.post.accepted)
        return Counter((date.fromisoformat(day), reader) for day, reader in days)

    def wanted(self) -> Counter[tuple[date, str]]:
        """Every reader's letter of every night so far, once."""
        nights = [(NOW + night * NIGHT).date() for night in range(self.night + 1)]
        return Counter((night, reader) for night in nights for reader in READERS)

    def states(self) -> dict[str, str]:
        """The status of each reader's newest letter."""
        with Store.open(self.settings.store) as store, store.reading() as connection:
            rows = connection.execute(select(deliveries_table).order_by(deliveries_table.c.id))
            return {row.recipient: row.status for row in rows}

    def all_states(self) -> list[str]:
        with Store.open(self.settings.store) as store, store.reading() as connection:
            return list(connection.scalars(select(deliveries_table.c.status)))


@pytest.fixture
def digest(mailbox: Post, tmp_path: Path) -> Digest:
    mailbox.accepted.clear()
    mailbox.fault = lambda stage, recipient: None
    mailbox.pause = 0
    return Digest(tmp_path, mailbox)


def greylisting(stage: str, answer: str, times: int = 1) -> Fault:
    """Puts off every recipient so many times."""
    seen: Counter[str] = Counter()

    def fault(at: str, recipient: str) -> str | None:
        if at != stage:
            return None
        seen[recipient] += 1
        return answer if seen[recipient] <= times else None

    return fault


def greylisting_for(seconds: float) -> Fault:
    """Puts off every recipient for so long after it was first seen, as postgrey does."""
    first: dict[str, float] = {}

    def fault(stage: str, recipient: str) -> str | None:
        if stage != "RCPT":
            return None
        since = time.monotonic() - first.setdefault(recipient, time.monotonic())
        return "450 4.2.0 greylisted" if since < seconds else None

    return fault


def once_every(count: int, stage: str, answer: str) -> Fault:
    """Every so many times this stage is reached."""
    times = iter(range(10_000))
    return lambda at, _: answer if at == stage and next(times) % count == 0 else None


def only(reader: str, stage: str, answer: str) -> Fault:
    return lambda at, recipient: answer if (at, recipient) == (stage, reader) else None


MENDED_WITHIN_THE_RUN = {
    "greylisting at RCPT": greylisting("RCPT", "451 4.7.1 greylisted, come back"),
    "greylisting after the letter": greylisting("END", "450 4.2.0 deferred"),
    "greylisting three times": greylisting("RCPT", "451 4.7.1 greylisted", 3),
    "greylisting by time": greylisting_for(0.1),
    "no room for now": greylisting("RCPT", "452 4.2.2 mailbox full"),
    "sender put off": greylisting("MAIL", "451 4.7.1 try later"),
    "too many letters a session": once_every(2, "RCPT", "421 4.7.0 too many, closing"),
    "too many sessions": once_every(3, "MAIL", "421 4.7.0 busy, closing"),
    "busy when it is greeted": once_every(10_000, "HELO", "421 4.3.2 busy"),
    "dies in the middle of a letter": once_every(2, "DATA", DIE),
    "dies at the end of a letter": once_every(2, "END", DIE),
    "dies at the recipient": once_every(2, "RCPT", DIE),
    "dies when it has the letter": once_every(3, "DONE", DIE),
}


@pytest.mark.parametrize("kind", MENDED_WITHIN_THE_RUN)
def test_what_passes_is_waited_for(digest: Digest, kind: str) -> None:
    digest.post.fault = MENDED_WITHIN_THE_RUN[kind]
    outcome = digest.first_run()
    assert (outcome.sent, outcome.failed_letters) == (3, 0)
    assert digest.came() == digest.wanted()
    # Only a letter of which nobody can know is sent twice, and its id is the same.
    in_doubt = 2 if "has the letter" in kind else 0
    assert sum(digest.post.accepted.values()) <= 3 + in_doubt
    assert (digest.run().sent, digest.came()) == (0, digest.wanted())


RANDOM_FAULTS = {
    "HELO": ["421 busy", DIE],
    "MAIL": ["451 later", "452 full", DIE],
    "RCPT": ["450 greylisted", "550 nobody here", "421 closing", DIE],
    "DATA": [DIE],
    "END": ["451 deferred", "554 looks like spam", DIE],
    "DONE": [DIE],
}
ALL_NIGHT: dict[str, Fault] = {
    "greylisting all night": lambda stage, _: "451 greylisted" if stage == "RCPT" else None,
    "dies in every letter": lambda stage, _: DIE if stage == "DATA" else None,
    "refuses all who greet it": lambda stage, _: "421 closing" if stage == "HELO" else None,
    "hangs up on all": lambda stage, _: DIE if stage == "HELO" else None,
    "one reader is put off": only(READERS[1], "RCPT", "450 4.2.0 later"),
    "one reader is refused": only(READERS[1], "RCPT", "550 5.1.1 nobody here"),
    "all is spam": lambda stage, _: "554 5.7.1 looks like spam" if stage == "END" else None,
    "no relay": lambda stage, _: "554 5.7.1 relay access denied" if stage == "RCPT" else None,
}


@pytest.mark.parametrize("kind", ALL_NIGHT)
def test_what_lasts_is_made_good_by_the_next_night(digest: Digest, kind: str) -> None:
    digest.post.fault = ALL_NIGHT[kind]
    first = digest.first_run()
    assert first.sent + first.failed_letters == 3
    assert first.failed_letters == (1 if kind.startswith("one") else 3)
    digest.sleep()
    digest.post.fault = lambda stage, recipient: None
    second = digest.first_run()
    assert (second.sent, second.failed_letters) == (3 + first.failed_letters, 0)
    assert digest.came() == digest.wanted()
    assert set(digest.post.accepted.values()) == {1}


def test_the_letters_of_the_last_nights_come_first_and_in_order(digest: Digest) -> None:
    digest.sent_by(port=1)
    for _ in range(3):
        outcome = digest.first_run()
        assert (outcome.sent, outcome.failed_letters) == (0, 3 * (digest.night + 1))
        digest.sleep()
    digest.sent_by()
    assert digest.first_run().sent == 12
    days = [name.split("-", 1)[1][:10] for _, name in digest.post.accepted]
    assert days == sorted(days)
    assert digest.came() == digest.wanted()


def test_old_letters_go_before_sources_are_read(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest.sent_by(port=1)
    digest.first_run()
    digest.sleep()
    digest.sent_by()
    with monkeypatch.context() as broken:
        broken.setattr(run, "configured_sources", _no_power)
        with pytest.raises(OSError, match="power"):
            digest.first_run()
    assert sum(digest.post.accepted.values()) == 3


def _no_power(*_: object, **__: object) -> None:
    raise OSError("power")


def test_an_edition_made_again_is_sent_as_it_is_then(digest: Digest) -> None:
    digest.sent_by(port=1)
    first = digest.first_run()
    digest.sent_by()
    digest.write(1)
    again = run_digest(digest.settings, now=NOW, extractive=True, again=True)
    assert (len(first.edition.stories), len(again.edition.stories), again.sent) == (1, 2, 3)
    letter = email.message_from_bytes(digest.post.last, policy=policy.default)
    assert "2 stories from" in letter.get_body(("plain",)).get_content()


def test_a_letter_of_long_ago_is_given_up_and_named_once(digest: Digest) -> None:
    digest.sent_by(port=1)
    digest.first_run()
    digest.night += 8
    digest.sent_by(recipients=READERS[:2])
    outcome = digest.first_run()
    assert (outcome.sent, outcome.failed_letters) == (2, 2)
    day = NOW.date()
    for reader, reason in zip(READERS[:2], outcome.unsent, strict=True):
        assert f"letter of {day} to {reader} could not be sent for days and is given up" in reason
    assert digest.run().failed_letters == 0
    assert send_edition(digest.settings, day) == 2


def test_the_letters_of_two_weekly_editions_are_not_too_old(digest: Digest) -> None:
    edition = {**digest.settings.edition.model_dump(), "days": 7}
    given = {**digest.settings.model_dump(), "edition": edition}
    digest.settings = DigestSettings.model_validate(given)
    digest.sent_by(port=1)
    digest.first_run()
    digest.night += 14
    digest.sent_by()
    digest.write(1)
    assert digest.run(after=timedelta(hours=3)).sent == 6


def test_who_is_no_longer_a_reader_gets_nothing(digest: Digest) -> None:
    digest.sent_by(port=1)
    digest.first_run()
    digest.sleep()
    digest.sent_by(recipients=READERS[:2])
    assert digest.first_run().sent == 4
    assert READERS[2] not in {reader for _, reader in digest.came()}


def test_who_is_refused_for_good_is_not_asked_again_at_once(digest: Digest) -> None:
    """Or systemd, which starts the run again in five minutes, would go on for ever."""
    asked: Counter[str] = Counter()

    def fault(stage: str, recipient: str) -> str | None:
        asked[recipient] += stage == "RCPT"
        return "550 5.1.1 nobody" if (stage, recipient) == ("RCPT", READERS[0]) else None

    digest.post.fault = fault
    assert digest.first_run().failed_letters == 1
    assert digest.states()[READERS[0]] == "refused"
    again = digest.run(after=timedelta(minutes=5))
    assert (again.sent, again.failed_letters, asked[READERS[0]]) == (0, 0, 1)
    with pytest.raises(NotSent, match=r"0 messages sent, 1 not sent: .*550 5\.1\.1 nobody"):
        send_edition(digest.settings, NOW.date())
    assert asked[READERS[0]] == 2


def test_a_letter_of_last_night_that_is_refused_now_is_counted(digest: Digest) -> None:
    digest.post.fault = lambda stage, _: "451 greylisted" if stage == "RCPT" else None
    assert digest.first_run().failed_letters == 3
    digest.sleep()
    digest.post.fault = only(READERS[0], "RCPT", "550 5.1.1 nobody here")
    outcome = digest.first_run()
    assert (outcome.sent, outcome.failed_letters) == (4, 2)
    assert all("550 5.1.1 nobody here" in reason for reason in outcome.unsent)


def test_whatever_goes_wrong_at_random_no_letter_is_lost(digest: Digest) -> None:
    """Three nights at a server that fails in all ways, then one that is well."""
    chance, answers, doubts = random.Random(20261128), RANDOM_FAULTS, 0

    def fault(stage: str, recipient: str) -> str | None:
        nonlocal doubts
        del recipient
        if digest.night == 3 or chance.random() > 0.4:
            return None
        doubts += stage == "DONE"
        return chance.choice(answers[stage])

    digest.post.fault = fault
    for night in range(4):
        outcome = digest.first_run()
        unsent = 3 * (night + 1) - sum(s == "sent" for s in digest.all_states())
        assert outcome.failed_letters == unsent
        digest.night += night < 3
    assert digest.came() == digest.wanted()
    assert sum(digest.post.accepted.values()) - len(digest.post.accepted) <= doubts


def test_a_server_that_is_not_there_is_not_waited_for(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters.time, "sleep", _no_power)
    digest.sent_by(port=1)
    outcome = digest.first_run()
    assert (outcome.sent, outcome.failed_letters) == (0, 3)
    (reason,) = set(outcome.unsent)
    assert "127.0.0.1 port 1 cannot be used" in reason
    with pytest.raises(NotSent, match="0 messages sent, 3 not sent") as raised:
        send_edition(digest.settings, NOW.date())
    assert raised.value.exit_code == 3


def test_a_server_that_comes_back_within_the_run(digest: Digest) -> None:
    """It puts the first letter off and is gone; it is there again a moment later."""
    asked: set[str] = set()
    put_off = threading.Event()

    def later(stage: str, recipient: str) -> str | None:
        if stage != "RCPT":
            return None
        asked.add(recipient)
        # The second letter is tried once the first one is known to be put off.
        if len(asked) > 1:
            put_off.set()
        return "451 later"

    with serving_mail() as fleeting:
        fleeting.fault = later
        port = fleeting.port
        digest.sent_by(port=port, patience=6)
        digest.write()
        outcome: list[RunOutcome] = []
        thread = threading.Thread(target=lambda: outcome.append(digest.run()))
        thread.start()
        assert put_off.wait(60)
    with serving_mail(port) as back:
        thread.join()
        assert (outcome[0].sent, outcome[0].failed_letters) == (3, 0)
        assert set(back.by_reader()) == set(READERS)


def test_a_server_that_hangs_in_a_letter(digest: Digest) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        digest.sent_by(port=silent.getsockname()[1], timeout=0.2)
        assert digest.first_run().failed_letters == 3
    digest.sent_by()
    assert digest.run(after=timedelta(minutes=5)).sent == 3
    assert digest.came() == digest.wanted()


@pytest.mark.parametrize("seconds", [0.02, 0.1, 0.25])
def test_killed_between_sending_and_recording(digest: Digest, seconds: float) -> None:
    """Killed so long after the server has the first letter, then run the next night only."""
    warmed_up()
    digest.post.pause = 0.15
    digest.write()
    process = started(digest.settings, digest.folder / "log")
    while not digest.post.accepted and process.is_alive():
        time.sleep(0.005)
    assert killed(process, seconds), (digest.folder / "log").read_text()
    digest.post.pause = 0
    digest.sleep()
    digest.first_run()
    assert digest.came() == digest.wanted()
    # The one that was under way is sent again, under the same id.
    assert sorted(digest.post.accepted.values()) in ([1] * 6, [1] * 5 + [2])


def test_killed_while_it_waits_for_a_greylisting_server(digest: Digest) -> None:
    warmed_up()
    digest.sent_by(patience=600)
    digest.post.fault = only(READERS[2], "RCPT", "451 greylisted")
    digest.write()
    process = started(digest.settings, digest.folder / "log")
    while sum(digest.post.accepted.values()) < 2 and process.is_alive():
        time.sleep(0.005)
    assert killed(process, 0.3), (digest.folder / "log").read_text()
    digest.post.fault = lambda stage, recipient: None
    digest.sleep()
    digest.first_run()
    assert digest.came() == digest.wanted()
    assert set(digest.post.accepted.values()) == {1}


def test_killed_between_the_files_and_the_letters(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(run, "address_letters", _no_power)
        with pytest.raises(OSError, match="power"):
            digest.first_run()
    digest.sleep()
    assert digest.first_run().sent == 6
    assert digest.came() == digest.wanted()
