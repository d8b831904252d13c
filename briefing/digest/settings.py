"""digest.toml: what goes into an edition, how it is made, and where it goes."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from briefing.errors import ConfigError

Format = Literal["markdown", "html", "text", "json", "atom", "epub"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceTable(_Table):
    """One ``[[sources]]`` table; exactly one of the locations is given."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    feed: str | None = None
    page: str | None = None
    folder: Path | None = None
    jsonl: Path | None = None
    topic: str | None = None
    publisher: str | None = None


class TopicTable(_Table):
    """One ``[[topics]]`` table: a section of the edition, in this order.

    A story belongs to it if its sources say so or one of ``words`` stands in it; ``weight``
    multiplies its stories' rank.
    """

    name: str
    words: tuple[str, ...] = ()
    weight: float = Field(default=1.0, ge=0, le=10)


class FetchTable(_Table):
    """``[fetch]``: politeness and limits; sizes in bytes, times in seconds."""

    delay: float = Field(default=1.0, ge=0, description="between two requests to one host")
    timeout: float = Field(default=20.0, gt=0)
    max_feed: int = Field(default=10_000_000, ge=1_000)
    max_page: int = Field(default=5_000_000, ge=1_000)
    retries: int = Field(default=2, ge=0, le=10)
    hosts: int = Field(
        default=16, ge=1, le=256, description="hosts that are asked at the same time"
    )
    robots: bool = True
    private: bool = Field(
        default=False, description="let sources be on private and loopback addresses"
    )
    ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = (80, 443)
    pages: bool = Field(default=True, description="read the page where the feed has no full text")


class EditionTable(_Table):
    """``[edition]``: what it holds and how it is shown."""

    title: str = "The briefing"
    timezone: str = "UTC"
    language: str = "en"
    minutes: float = Field(
        default=10.0, gt=0, le=240, description="reading time, at 230 words a minute"
    )
    stories: int = Field(default=40, ge=1, le=1000)
    mute: tuple[str, ...] = Field(default=(), description="words; a story that has one is left out")
    follow: tuple[str, ...] = Field(
        default=(), description="words; a story that has one ranks higher"
    )
    half_life: float = Field(
        default=24.0, gt=0, le=8760, description="hours in which news loses half of its rank"
    )
    formats: tuple[Format, ...] = ("markdown", "html", "atom", "json")
    templates: Path | None = Field(
        default=None, description="folder of templates that override ours"
    )
    base_url: str | None = Field(default=None, description="where the output folder is published")
    length: Literal["short", "standard", "long"] = "standard"

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is not a time zone; give one such as Europe/Berlin")
        return name

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)


class MailTable(_Table):
    """``[mail]``: the SMTP server and who gets the edition.

    The password is read from the environment variable that ``password_env`` names, never from
    this file.
    """

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_env: str = "BRIEFING_SMTP_PASSWORD"  # noqa: S105
    sender: str
    recipients: tuple[str, ...] = Field(min_length=1)
    unsubscribe: str | None = Field(default=None, description="mailto: or https: URL")
    timeout: float = Field(default=30.0, gt=0)


class DigestSettings(_Table):
    """The whole file. Relative paths are relative to the file's folder (see `load_settings`)."""

    store: str = Field(default="digest.sqlite", description="a path, or a postgresql:// URL")
    output: Path = Path("editions")
    opml: tuple[str, ...] = Field(
        default=(), description="OPML files or URLs whose feeds are read too"
    )
    sources: tuple[SourceTable, ...] = ()
    topics: tuple[TopicTable, ...] = ()
    fetch: FetchTable = FetchTable()
    edition: EditionTable = EditionTable()
    mail: MailTable | None = None
    keep_days: int = Field(default=90, ge=1, description="days that articles and editions are kept")


def load_settings(path: Path) -> DigestSettings:
    """Read digest.toml; relative paths in it become absolute, from its folder.

    Raises:
        ConfigError: the file is missing, is no TOML, or has a value that is not allowed.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist; write one with: briefing digest init") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    try:
        return _placed(DigestSettings.model_validate(found), path.resolve().parent)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {where}: {first['msg']}") from error


def _placed(settings: DigestSettings, folder: Path) -> DigestSettings:
    """The settings with every relative path below ``folder``."""
    edition = settings.edition
    if edition.templates:
        edition = edition.model_copy(update={"templates": folder / edition.templates})
    return settings.model_copy(
        update={
            "store": _local(settings.store, folder),
            "output": folder / settings.output,
            "opml": tuple(_local(each, folder) for each in settings.opml),
            "sources": tuple(_source_in(each, folder) for each in settings.sources),
            "edition": edition,
        }
    )


def _local(location: str, folder: Path) -> str:
    """A path below ``folder``; a URL stays as it is."""
    return location if "://" in location else str(folder / location)


def _source_in(source: SourceTable, folder: Path) -> SourceTable:
    found = {"folder": source.folder, "jsonl": source.jsonl}
    # "-" is standard input.
    paths = {name: folder / path for name, path in found.items() if path and str(path) != "-"}
    return source.model_copy(update=paths)
