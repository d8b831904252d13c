"""Digest settings: the tables of digest.toml, their loader, and the logins that sources ask for.

A login, a cookie or a user agent goes to the site of the source alone, by the same scheme: not to
where it redirects, nor to the pages of others that its feed links to.
"""

import base64
import os
import tomllib
from collections.abc import Iterable, Mapping
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from briefing.config import nearest, own_words
from briefing.errors import ConfigError, SourceError
from briefing.options import EditionFormat, LengthName
from briefing.rendering.text import inert


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
_Value = Annotated[str, Field(pattern=r"^[\x20-\x7e]+$")]


class SourceTable(_Table):
    """A ``[[sources]]`` table with exactly one of feed, page, folder, jsonl and opml.

    What it sets beside an ``opml`` holds for each feed of that outline (`with_outlines`).
    """

    name: str | None = Field(default=None, min_length=1, max_length=200)
    feed: str | None = None
    page: str | None = None
    folder: Path | None = None
    jsonl: Path | None = None
    opml: str | None = None
    topic: str | None = None
    publisher: str | None = None
    weight: float = Field(default=1.0, ge=0, le=10)
    limit: int | None = Field(default=None, ge=1, description="newest articles read each time")
    only: tuple[str, ...] = Field(default=(), description="words; others' articles are left out")
    skip: tuple[str, ...] = Field(default=(), description="words; articles with one are left out")
    user: str | None = Field(default=None, pattern=r"^[^:\x00-\x1f]+$")
    password_env: str | None = None
    headers: dict[_Name, _Value] = Field(default={}, description="$NAME: environment variable")
    agent: _Value | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.user is None) != (self.password_env is None):
            raise ValueError("`user` and `password_env` go together")
        return self

    @property
    def shown_name(self) -> str:
        """The name that readers see: ``name``, else one made from the location."""
        if self.name:
            return self.name
        url, path = self.feed or self.page, self.folder or self.jsonl
        if url is not None:
            address = url.strip()
            parts = urlsplit(address if "://" in address else f"//{address}")
            host = parts.netloc.rpartition("@")[2].removeprefix("www.")
            return (host + parts.path.rstrip("/"))[:200]
        if self.opml is not None:
            return f"OPML {self.opml.rpartition('/')[2]}"[:200]
        return "standard input" if str(path) == "-" else path.name or str(path) if path else ""


class TopicTable(_Table):
    """A ``[[topics]]`` table: a section of the edition; sections keep the order of the tables.

    A story belongs to it by the topic of its sources, or if it contains one of ``words``;
    ``weight`` multiplies the rank of its stories.
    """

    name: str
    words: tuple[str, ...] = ()
    weight: float = Field(default=1.0, ge=0, le=10)


class FetchTable(_Table):
    """``[fetch]``: rate and size limits; sizes in bytes, times in seconds."""

    delay: float = Field(default=1.0, ge=0, description="between two requests to a host")
    timeout: float = Field(default=20.0, gt=0)
    max_feed: int = Field(default=10_000_000, ge=1_000)
    max_page: int = Field(default=5_000_000, ge=1_000)
    retries: int = Field(default=2, ge=0, le=10)
    hosts: int = Field(default=16, ge=1, le=256, description="concurrent hosts")
    robots: bool = True
    private: bool = Field(
        default=False, description="allow sources on private and loopback addresses"
    )
    ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = (80, 443)
    pages: bool = Field(default=True, description="fetch the page if the feed has no full text")
    most_entries: int = Field(
        default=500, ge=1, description="entries of a feed in a run, the newest"
    )
    most_pages: int = Field(default=100, ge=0, description="pages of a source in a run, the newest")


class EditionTable(_Table):
    """``[edition]``: content and presentation of an edition."""

    title: str = "The briefing"
    timezone: str = "UTC"
    language: str = "en"
    days: int = Field(
        default=1, ge=1, le=31, description="days covered at first, and of a new source"
    )
    minutes: float = Field(
        default=10.0, gt=0, le=240, description="reading time, at 230 words a minute"
    )
    stories: int = Field(default=40, ge=1, le=1000)
    mute: tuple[str, ...] = Field(
        default=(), description="words; a story with one in a title is left out"
    )
    follow: tuple[str, ...] = Field(
        default=(), description="words; a story with one in a title ranks higher"
    )
    half_life: float = Field(
        default=24.0, gt=0, le=8760, description="hours in which the rank of news halves"
    )
    formats: tuple[EditionFormat, ...] = ("markdown", "html", "atom", "json")
    templates: Path | None = Field(
        default=None, description="folder of templates that replace the bundled ones"
    )
    base_url: str | None = Field(default=None, description="public URL of the output folder")
    length: LengthName = "standard"

    @field_validator("timezone")
    @classmethod
    def _valid_timezone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is not a time zone; use one such as Europe/Berlin")
        return name

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)


def mail_address(address: str) -> Address:
    """Parse ``Name <user@host.example>`` or a bare address.

    Raises:
        ValueError: it is not exactly one valid address.
    """
    problem = ValueError(f"{address!r} is not a valid e-mail address")
    message = EmailMessage(policy=policy.SMTP)
    try:
        message["To"] = address
        (parts,) = message["To"].addresses
        parts.domain.encode("idna")
    except (ValueError, LookupError, AttributeError, TypeError, MessageError) as error:
        # The parser trips over some of what is no address (IndexError for "reader@").
        raise problem from error
    if message["To"].defects or not parts.username or not parts.domain:
        raise problem
    return Address(parts.display_name, parts.username, parts.domain)


def unsubscribe_url(setting: str, recipient: str) -> str:
    """The unsubscribe URL of a recipient, for ``{recipient}`` in the setting.

    Raises:
        ValueError: it is neither a mailto: nor an https: URL.
    """
    url = setting.replace("{recipient}", quote(recipient, safe="@"))
    if not url.startswith(("mailto:", "https://")) or inert(url) != url or " " in url:
        raise ValueError("use a mailto: or https: URL")
    return url


def _valid_address(address: str) -> str:
    mail_address(address)
    return address


def _valid_unsubscribe(setting: str) -> str:
    unsubscribe_url(setting, "reader@example.org")
    return setting


_Address = Annotated[str, AfterValidator(_valid_address)]


class MailTable(_Table):
    """``[mail]``: the SMTP server and the recipients.

    The password is read from the environment variable that ``password_env`` names, never from
    this file.
    """

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_env: str = "BRIEFING_SMTP_PASSWORD"  # noqa: S105
    sender: _Address
    recipients: tuple[_Address, ...] = Field(min_length=1)
    unsubscribe: Annotated[str, AfterValidator(_valid_unsubscribe)] | None = Field(
        default=None, description="mailto: or https: URL"
    )
    timeout: float = Field(default=30.0, gt=0)
    patience: float = Field(
        default=60.0, ge=0, le=3600, description="seconds a run waits for messages put off"
    )


def _valid_url(url: str) -> str:
    from briefing.reading.fetch import is_sendable_url

    if url.split() != [url] or not is_sendable_url(url):
        raise ValueError("use a web address such as https://ntfy.example.org")
    return url


class PushTable(_Table):
    """A ``[[push]]`` table: a receiver of editions beside mail.

    ``to`` is the topic (ntfy), room (Matrix) or chat (Telegram). The token, or the key that signs
    a webhook, is read from the environment variable that ``secret_env`` names. ``name`` tells the
    receivers of one kind apart.
    """

    kind: Literal["webhook", "ntfy", "matrix", "telegram"]
    name: str | None = Field(default=None, min_length=1, max_length=200)
    url: Annotated[str, AfterValidator(_valid_url)] = "https://api.telegram.org"
    to: str | None = None
    secret_env: str | None = None
    timeout: float = Field(default=30.0, gt=0)
    patience: float = Field(
        default=60.0, ge=0, le=3600, description="seconds a run waits for messages put off"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind != "telegram" and "url" not in self.model_fields_set:
            raise ValueError(f"a push of kind {self.kind} needs `url`")
        if self.kind != "webhook" and not self.to:
            raise ValueError(f"a push of kind {self.kind} needs `to`: its topic, room or chat")
        if self.kind in {"matrix", "telegram"} and not self.secret_env:
            raise ValueError(f"a push of kind {self.kind} needs `secret_env`")
        return self

    @property
    def shown_name(self) -> str:
        """What the receiver is called in messages and in the store."""
        return f"{self.kind} {self.name or self.to or urlsplit(self.url).hostname}"


class DigestSettings(_Table):
    """The contents of digest.toml (see `load_digest_settings`)."""

    store: str = Field(default="digest.sqlite", description="a path, or a postgresql:// URL")
    output: Path = Path("editions")
    opml: tuple[str, ...] = Field(
        default=(), description="OPML files or URLs whose feeds are added"
    )
    sources: tuple[SourceTable, ...] = ()
    topics: tuple[TopicTable, ...] = ()
    fetch: FetchTable = FetchTable()
    edition: EditionTable = EditionTable()
    mail: MailTable | None = None
    push: tuple[PushTable, ...] = ()
    keep_days: int = Field(default=90, ge=1, description="days to keep articles and editions")

    @field_validator("push")
    @classmethod
    def _distinct_receivers(cls, tables: tuple[PushTable, ...]) -> tuple[PushTable, ...]:
        names = [table.shown_name for table in tables]
        if len(set(names)) < len(names):
            raise ValueError("two of the receivers have one name; give one of them another `name`")
        return tables


def load_digest_settings(path: Path) -> DigestSettings:
    """Load digest.toml; relative paths in it are resolved against its folder.

    Where ``STATE_DIRECTORY`` is set, as systemd does, ``store`` and ``output`` are resolved against
    that: a service may not write to the folder of its settings.

    Raises:
        ConfigError: the file is missing, is not TOML, or has an invalid value.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist; write one with: briefing digest init") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    try:
        return _resolved(DigestSettings.model_validate(data), path.resolve().parent)
    except ValidationError as error:
        raise ConfigError(f"{path}: {problems(error)} (see docs/digest.md)") from error


def problems(error: ValidationError, table: str = "") -> str:
    """All that is wrong with the settings, in words; ``table`` is the one that was read alone."""
    return "; ".join(dict.fromkeys(_in_words(each, table) for each in error.errors()))


def _in_words(error: ErrorDetails, table: str) -> str:
    names = [table, *map(str, error["loc"])] if table else [*map(str, error["loc"])]
    path = ".".join(names) or "the file"
    if error["type"] == "extra_forbidden":
        return f"there is no setting {path}{_meant(names)}"
    if error["type"] == "missing":
        return f"{path} is missing"
    message = own_words(error["msg"]).replace("Input should be", "should be")
    given = error.get("input")
    shown = f", not {given!r}" if isinstance(given, str | int | float) else ""
    return f"{path}: {message}{shown if message.startswith('should be') else ''}"


def _meant(names: list[str]) -> str:
    """Which setting a wrong one is meant for, of its own table or of another; "" for none."""
    table, name = names[0] if len(names) > 1 else "", names[-1]
    own, *others = sorted(_TABLES, key=lambda each: each != table)
    found = [(own, nearest(name, _TABLES[own].model_fields))]
    found += [(each, name) for each in others if name in _TABLES[each].model_fields]
    meant = next((f"{place}.{close}" for place, close in found if close), "").removeprefix(".")
    return f"; did you mean {meant}?" if meant else ""


_TABLES: dict[str, type[_Table]] = {
    "": DigestSettings,
    "sources": SourceTable,
    "topics": TopicTable,
    "fetch": FetchTable,
    "edition": EditionTable,
    "mail": MailTable,
    "push": PushTable,
}


def first_problem(error: ValidationError) -> str:
    """The first validation error as ``path: message``."""
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    return f"{path or 'document'}: {first['msg']}"


def _resolved(settings: DigestSettings, folder: Path) -> DigestSettings:
    """The settings with relative paths resolved against ``folder``, or systemd's for the state."""
    edition = settings.edition
    state = folder / os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if edition.templates:
        edition = edition.model_copy(update={"templates": folder / edition.templates})
    return settings.model_copy(
        update={
            "store": _resolve(settings.store, state),
            "output": state / settings.output,
            "opml": tuple(_resolve(each, folder) for each in settings.opml),
            "sources": tuple(_resolve_source(each, folder) for each in settings.sources),
            "edition": edition,
        }
    )


def _resolve(location: str, folder: Path) -> str:
    """Resolve a path against ``folder``; return a URL unchanged."""
    return location if "://" in location else str(folder / location)


def _resolve_source(source: SourceTable, folder: Path) -> SourceTable:
    given = {"folder": source.folder, "jsonl": source.jsonl}
    # "-" is standard input.
    paths = {name: folder / path for name, path in given.items() if path and str(path) != "-"}
    outline = {"opml": _resolve(source.opml, folder)} if source.opml else {}
    return source.model_copy(update={**paths, **outline})


class Logins:
    """The headers of the sources with a login or headers of their own."""

    def __init__(self, tables: Iterable[SourceTable] = ()) -> None:
        from briefing.digest.sources.entry import source_url

        self._tables: dict[str, SourceTable] = {}
        for table in tables:
            url = source_url(table.feed or table.page or "")
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
