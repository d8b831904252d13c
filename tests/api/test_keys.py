"""The file of API keys, and ``briefing keys``."""

import json
import os
import stat
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.api.keys import KeyFile, Usage, expiry
from briefing.errors import ConfigError
from briefing.options import KeyScope
from tests.commands import call_here


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "new" / "keys.json")


def test_a_key_is_found_again_by_itself_alone(file: KeyFile) -> None:
    secret = file.add("press", [KeyScope.BRIEF], rate=30, concurrency=2)
    other = file.add("desk", [KeyScope.CHECK, KeyScope.CHECK])
    found = file.find(secret)
    assert found
    assert (found.name, found.scopes, found.rate, found.concurrency) == (
        *("press", (KeyScope.BRIEF,), 30, 2),
    )
    assert file.find(other).scopes == (KeyScope.CHECK,)
    changed = "A" if secret[-1] != "A" else "B"
    for wrong in ("", secret[:-1], secret[:-1] + changed, secret.upper(), f"{secret} ", "\ud800"):
        assert file.find(wrong) is None
    # The name of one key with the secret of another.
    assert file.find(secret[:18] + other[18:]) is None


@given(st.text())
def test_no_text_is_a_key_by_accident(text: str) -> None:
    assert KeyFile(Path("/nonexistent/keys.json")).find(text) is None


def test_the_secret_is_nowhere_in_the_file(file: KeyFile) -> None:
    secret = file.add("press", [KeyScope.BRIEF])
    data = file.path.read_text()
    assert secret not in data
    assert secret.rpartition("_")[2] not in data
    assert secret not in repr(file.all())


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
def test_only_its_owner_may_read_it(file: KeyFile) -> None:
    before = os.umask(0)
    try:
        file.add("press", [KeyScope.BRIEF])
        file.revoke("press")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert {each.name for each in file.path.parent.iterdir()} <= {"keys.json", "keys.json.lock"}


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
def test_a_file_that_others_may_write_is_not_believed(file: KeyFile) -> None:
    secret = file.add("press", [KeyScope.BRIEF])
    file.path.chmod(0o666)
    with pytest.raises(ConfigError, match="chmod 600"):
        KeyFile(file.path).find(secret)


def test_a_revoked_key_is_out_at_once_and_its_name_free(file: KeyFile) -> None:
    secret = file.add("press", [KeyScope.BRIEF])
    serving = KeyFile(file.path)
    assert serving.find(secret)
    file.revoke("press")
    assert serving.find(secret) is None
    again = file.add("press", [KeyScope.BRIEF])
    assert serving.find(again)
    assert [bool(key.revoked) for key in serving.all()] == [True, False]


@pytest.mark.parametrize("name", ["", "a b", "a\n", "../a", "x" * 65, "é"])
def test_names_that_are_none(file: KeyFile, name: str) -> None:
    with pytest.raises(ConfigError, match="1 to 64"):
        file.add(name, [KeyScope.BRIEF])


@pytest.mark.parametrize("rate", [float("inf"), float("nan")])
def test_a_rate_is_finite(file: KeyFile, rate: float) -> None:
    with pytest.raises(ConfigError, match="0 for no limit"):
        file.add("a", [KeyScope.BRIEF], rate=rate)
    assert not file.all()


def test_a_name_is_one_key(file: KeyFile) -> None:
    file.add("press", [KeyScope.BRIEF])
    with pytest.raises(ConfigError, match="already"):
        file.add("press", [KeyScope.BRIEF])
    with pytest.raises(ConfigError, match="keys list"):
        file.revoke("desk")


@pytest.mark.parametrize(
    "data",
    [
        *("", "{", "[]", "{}", '{"keys": 3}', '{"keys": [3]}', '{"keys": [{"id": "a"}]}'),
        '{"keys": [{"id": "a", "name": "b", "hash": "c", "scopes": ["all"], "created": ""}]}',
        '{"keys": [{"id": "a", "name": "b", "hash": "c", "scopes": [], "created": "", '
        '"expires": "soon"}]}',
        '{"keys": [{"id": "a", "name": "b", "hash": "c", "scopes": [], "created": "", '
        '"expires": "2026-01-01"}]}',
    ],
)
def test_a_damaged_file_lets_nobody_in(tmp_path: Path, data: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(data)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="damaged"):
        KeyFile(path).all()
    assert path.read_text() == data


def test_keys_added_at_once_are_all_there(file: KeyFile) -> None:
    def add(number: int) -> None:
        KeyFile(file.path).add(f"key{number}", [KeyScope.BRIEF])

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key.name for key in file.all()} == {f"key{number}" for number in range(8)}


@pytest.mark.slow
def test_the_command_line(command: str, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    environment = {**os.environ, "BRIEFING_KEYS_PATH": str(path)}

    def keys(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        ran = call_here("keys", *arguments, environment=environment)
        out, err = ran.stdout.decode(), ran.stderr.decode()
        assert ran.returncode == code, err
        assert "Traceback" not in err
        return subprocess.CompletedProcess(ran.args, ran.returncode, out, err)

    assert keys("list").stdout == ""
    added = keys("add", "press", "--scope", "brief", "--scope", "metrics", "--rate", "5")
    secret = added.stdout.strip()
    assert KeyFile(path).find(secret)
    assert "not shown again" in added.stderr
    assert secret not in added.stderr
    assert "already" in keys("add", "press", code=2).stderr
    (line,) = keys("list").stdout.splitlines()
    name, _, scopes, created, state = line.split("\t")
    assert (name, scopes, state) == ("press", "brief,metrics", "in use")
    assert created == json.loads(path.read_text())["keys"][0]["created"]
    keys("revoke", "press")
    assert "\trevoked 2" in keys("list").stdout
    assert "no active key" in keys("revoke", "press", code=2).stderr
    keys("add", "press", "--scope", "everything", code=2)

    keys("add", "desk", "--expires", "90d", "--per-day", "100")
    assert "\tin use until 2" in keys("list").stdout
    for wrong in ("soon", "0d", "2020-01-01", "90"):
        assert "90d" in keys("add", "other", "--expires", wrong, code=2).stderr
    Usage(path.with_suffix(".usage.sqlite")).add(KeyFile(path).all()[-1].id, 7)
    assert ", 7 articles today" in keys("list").stdout
    apart = subprocess.run(
        [command, "keys", "list"], env=environment, capture_output=True, text=True, check=True
    )
    assert apart.stdout == keys("list").stdout
    path.unlink()
    assert "restore it" in keys("list").stderr


@pytest.mark.parametrize(("text", "hours"), [("12h", 12), ("90d", 2_160), ("2w", 336), ("1h", 1)])
def test_times_from_now(text: str, hours: int) -> None:
    left = expiry(text) - datetime.now(UTC)
    assert abs(left - timedelta(hours=hours)) < timedelta(minutes=1)


def test_times_of_the_calendar() -> None:
    year = datetime.now(UTC).year + 1
    assert expiry(f"{year}-03-31") == datetime(year, 3, 31, tzinfo=UTC)
    assert expiry(f"{year}-03-31T12:00+02:00") == datetime(year, 3, 31, 10, tzinfo=UTC)


def test_the_file_of_their_use_is_for_its_owner_alone(tmp_path: Path, caplog) -> None:
    path = tmp_path / "keys.usage.sqlite"
    before = os.umask(0o022)
    try:
        usage = Usage(path)
        usage.add("0a1b2c3d", 3)
        assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}
        usage.close()
        assert not caplog.records
        path.chmod(0o640)
        wider = Usage(path)
        assert wider.articles("0a1b2c3d") == 3
        wider.close()
        assert f"chmod 600 {path}" in caplog.text
    finally:
        os.umask(before)
