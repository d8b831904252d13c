"""A PostgreSQL server for the tests: started from Debian's binaries, gone with the tests."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

START_SECONDS = 60


def binaries() -> Path | None:
    """The folder of initdb and postgres; Debian keeps them out of the path."""
    found = shutil.which("postgres")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name))
    return folders[-1] if folders else None


@contextmanager
def postgresql() -> Iterator[str]:
    """A server of our own on a socket in a folder of its own; the address of its first database.

    It refuses to run as root, so that root's tests run it as nobody.
    """
    bin_folder = binaries()
    assert bin_folder, "the digest's tests need PostgreSQL: apt-get install postgresql"
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        data = f"{folder}/data"
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
        init = [bin_folder / "initdb", "-D", data, "-U", "briefing", "-A", "trust", "-E", "UTF8"]
        subprocess.run(
            [*init, "--no-sync"],
            user=user,
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
        )
        settings = ("listen_addresses=", "fsync=off", "max_connections=60", "shared_buffers=32MB")
        options = [word for setting in settings for word in ("-c", setting)]
        with Path(folder, "log").open("wb") as log:
            server = subprocess.Popen(
                [bin_folder / "postgres", "-D", data, "-k", folder, *options],
                user=user,
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=log,
            )
        try:
            url = f"postgresql://briefing@/postgres?host={folder}"
            _wait(url, server, Path(folder, "log"))
            yield url
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def new_database(server: str, name: str, like: str = "template1") -> str:
    """The address of a new database: empty, or a copy of another of the server."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    return server.replace("/postgres?", f"/{name}?")


def drop_database(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            said = log.read_text(errors="replace")
            assert server.poll() is None, f"PostgreSQL did not start: {said}"
            assert time.monotonic() < deadline, f"PostgreSQL is not ready: {said}"
            time.sleep(0.1)
