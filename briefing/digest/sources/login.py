"""Headers that sources ask for: a login, a cookie, a user agent.

They go to the site of the source alone, by the same scheme: not to where it redirects, nor to the
pages of others that its feed links to.
"""

import base64
import os
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from briefing.digest.settings import SourceTable
from briefing.errors import SourceError


class Logins:
    """The headers of the sources with a login or headers of their own."""

    def __init__(self, tables: Iterable[SourceTable] = ()) -> None:
        self._tables: dict[str, SourceTable] = {}
        for table in tables:
            url = (table.feed or table.page or "").strip()
            if url and (table.user or table.headers or table.agent):
                self._tables.setdefault(_site(url), table)
                self._tables[url] = table

    def headers(self, url: str) -> Mapping[str, str]:
        """The headers for ``url``: those of the source there, else of the first on its site.

        Raises:
            SourceError: the environment variable with a secret is not set.
        """
        table = self._tables.get(url) or self._tables.get(_site(url))
        if table is None:
            return {}
        headers = {name: self._value(table, value) for name, value in table.headers.items()}
        if table.agent:
            headers["User-Agent"] = table.agent
        if table.user:
            login = f"{table.user}:{self._secret(table, table.password_env or '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        return headers

    def _value(self, table: SourceTable, value: str) -> str:
        """A header's value; ``$NAME`` stands for an environment variable."""
        return self._secret(table, value[1:]) if value.startswith("$") else value

    def _secret(self, table: SourceTable, variable: str) -> str:
        secret = os.environ.get(variable)
        if not secret or not secret.isprintable():
            raise SourceError(
                f"{table.shown_name} needs a secret. Set the environment variable {variable}"
            )
        return secret


def _site(url: str) -> str:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme.lower(), 0)
    return f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}:{port}"
