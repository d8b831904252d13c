"""Settings, by precedence: flags, ``BRIEFING_*`` variables, a TOML file, the defaults."""

import ipaddress
import json
import logging
import os
import re
import tomllib
from collections.abc import Iterable
from contextlib import suppress
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any, Literal

from platformdirs import user_config_path
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from briefing.errors import ConfigError
from briefing.models.endpoint import DEFAULT_ENDPOINT, PREFIX, Endpoint
from briefing.options import (
    MAX_CHARACTERS,
    BackendName,
    Device,
    EngineName,
    Length,
    checked_length,
)

_log = logging.getLogger(__name__)
_ORIGIN = re.compile(r"\*|https?://[^/\s]+", re.I)
"""An origin (RFC 6454) or ``*``."""
_HOST_NAME = re.compile(r"[\w-]+(\.[\w-]+)*\.?")


def config_file() -> Path:
    """Return the settings file: ``$BRIEFING_CONFIG``, or config.toml in the user's folder."""
    named = os.environ.get("BRIEFING_CONFIG")
    return Path(named) if named else user_config_path("briefing") / "config.toml"


def _network(text: str) -> str:
    """Return an address or network in its usual form; "unix" stands for a Unix socket."""
    if text == "unix":
        return text
    try:
        return str(ipaddress.ip_network(text) if "/" in text else ipaddress.ip_address(text))
    except ValueError as error:
        raise ValueError(f"{error}; use one like 10.0.0.5 or 172.18.0.0/16") from error


def _origin(text: str) -> str:
    """Return an origin as browsers write it."""
    if not _ORIGIN.fullmatch(text):
        raise ValueError(
            f"{text!r} is no origin; use * or one like https://news.example, with its scheme and "
            "without a path or a slash at the end"
        )
    return text.lower()


def _host(text: str) -> str:
    """Return a host, which is a name or an address."""
    bare = text.removeprefix("[").removesuffix("]")
    if not _HOST_NAME.fullmatch(bare):
        try:
            ipaddress.ip_address(bare)
        except ValueError as error:
            raise ValueError(
                f"{text!r} is no host; use one like news.example, without scheme, port and path"
            ) from error
    return text


def _listed(value: Any) -> Any:
    """Return the list that a variable holds, separated by commas or in JSON."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [part for each in value.split(",") if (part := each.strip())]
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError("it begins like a list in JSON and is none; use commas: a, b") from error


_YEAR = 31_536_000
"""The longest time that a setting takes, in seconds; timers know none much longer."""
_List = (NoDecode, BeforeValidator(_listed))


class Settings(BaseSettings):
    """All settings and their defaults."""

    model_config = SettingsConfigDict(
        env_prefix="BRIEFING_", env_ignore_empty=True, extra="forbid", allow_inf_nan=False
    )

    model: str = Field(
        "bundled", description="bundled, a model folder, a Hugging Face name, or openai:NAME"
    )
    endpoint: str = Field(
        DEFAULT_ENDPOINT, description="base URL of the server for openai:NAME", repr=False
    )
    endpoint_key: SecretStr | None = Field(None, description="API key of the endpoint")
    endpoint_timeout: float = Field(
        120, gt=0, le=3600, description="timeout of one request to the endpoint, in seconds"
    )
    endpoint_calls: int = Field(4, ge=1, le=256, description="concurrent requests to the endpoint")
    remote_endpoint: bool = Field(
        False, description="allow an endpoint on the public internet; articles are sent to it"
    )
    verifier: str = Field(
        "bundled",
        description="entailment model for reworded lines: bundled, a folder or a cached name",
    )
    device: Device = "auto"
    backend: BackendName = "auto"
    threads: int | None = Field(None, ge=1, le=1024, description="CPU threads; default: all cores")
    prompts: Path | None = Field(None, description="folder of custom prompt families")
    length: Annotated[Length, AfterValidator(checked_length)] = "standard"
    engine: EngineName = Field("local", description="execution engine of batches and digests")
    ray_workers: str | None = Field(
        None,
        pattern=r"^[1-9]\d*(\.\.[1-9]\d*)?$",
        description="Ray workers: 4, or 2..8; default: as many as fit the cluster",
    )
    gpus_per_worker: float | None = Field(
        None, ge=0, le=64, description="GPUs per Ray worker; 0.25: four workers share one"
    )
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    uds: Path | None = Field(None, description="Unix socket to listen on, instead of host and port")
    tls_cert: Path | None = Field(None, description="PEM file of the TLS certificate and its chain")
    tls_key: Path | None = Field(None, description="PEM file of its key, if it is not in tls_cert")
    workers: int = Field(1, ge=1, le=256, description="server processes")
    without_keys: bool = Field(False, description="serve without API keys, even to other machines")
    keys_path: Path | None = Field(None, description="API key file")
    usage_path: Path | None = Field(
        None, description="SQLite file of the use of keys; default: beside the API key file"
    )
    trusted_proxies: Annotated[list[Annotated[str, AfterValidator(_network)]], *_List] = Field(
        [], description="addresses or networks of proxies whose X-Forwarded-For is believed"
    )
    key_rate: float = Field(
        600, ge=0, description="rate limit of a key, in articles per minute; 0: unlimited"
    )
    key_concurrency: int = Field(64, ge=0, description="concurrent requests of a key; 0: unlimited")
    cors_origins: Annotated[list[Annotated[str, AfterValidator(_origin)]], *_List] = Field(
        [], description="origins allowed by CORS, such as https://news.example"
    )
    urls: bool = Field(False, description="fetch articles from URLs in requests")
    url_ports: Annotated[list[Annotated[int, Field(ge=1, le=65535)]], *_List] = Field(
        [80, 443], description="ports allowed in such URLs"
    )
    url_timeout: float = Field(
        10, gt=0, le=_YEAR, description="timeout of fetching a URL, in seconds"
    )
    read_timeout: float = Field(
        4, gt=0, le=_YEAR, description="processor time of reading an article, in seconds"
    )
    read_memory: int = Field(
        200_000_000,
        ge=50_000_000,
        description="memory that reading one may take beyond that of the libraries, in bytes",
    )
    max_characters: int = Field(
        MAX_CHARACTERS, ge=20_000, description="longest article, in characters"
    )
    max_body: int = Field(10_000_000, ge=1_000, description="largest request body, in bytes")
    max_bodies: int = Field(
        256_000_000, ge=1_000, description="total size of request bodies in progress, in bytes"
    )
    max_batch: int = Field(1_000, ge=1, description="articles in one batch request")
    queue: int = Field(256, ge=1, description="articles in progress or queued")
    batch_lines: int = Field(32, ge=1, description="lines in one inference batch")
    batch_wait: float = Field(
        0.01, ge=0, le=1, description="seconds to collect a batch while the model is busy"
    )
    request_timeout: float = Field(60, gt=0, le=_YEAR, description="request timeout, in seconds")
    batch_timeout: float = Field(
        600, gt=0, le=_YEAR, description="batch request timeout, in seconds"
    )
    body_timeout: float = Field(
        30, gt=0, le=_YEAR, description="timeout of a request body, in seconds"
    )
    header_timeout: float = Field(
        10, gt=0, le=_YEAR, description="timeout of request headers, in seconds"
    )
    send_timeout: float = Field(
        60, gt=0, le=_YEAR, description="timeout of a client that stops reading, in seconds"
    )
    max_connections: int = Field(
        1_000, ge=1, description="open connections of a server process; more get 503"
    )
    grace: float = Field(30, ge=0, le=_YEAR, description="seconds to finish queued work on SIGTERM")
    drain_delay: float = Field(
        0,
        ge=0,
        le=_YEAR,
        description="seconds of serving on SIGTERM after /readyz has turned to 503",
    )
    cache_bytes: int = Field(64_000_000, ge=0, description="cache size in bytes; 0: no cache")
    cache_seconds: float = Field(86_400, gt=0, description="lifetime of cached results, in seconds")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="minimum log level"
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="log format of the service; auto: text on a terminal, else json"
    )
    log_text: bool = Field(False, description="log the text of articles too")
    cache_path: Path | None = Field(None, description="SQLite file of the cache; default: memory")
    jobs_path: Path | None = Field(
        None, description="SQLite file of the jobs; default: cache_path, or else memory"
    )
    webhook_hosts: Annotated[list[Annotated[str, AfterValidator(_host)]], *_List] = Field(
        [], description="hosts that webhooks of jobs may call"
    )
    webhook_secret: SecretStr | None = Field(None, description="secret that signs webhooks")
    digest: Path | None = Field(None, description="digest.toml of the digest to serve")

    @property
    def prompts_folder(self) -> Path | None:
        """The folder of custom prompt families: ``prompts``, or the folder ``prompts`` beside the
        settings file if it has any, or None.
        """
        beside = config_file().parent / "prompts"
        return self.prompts or (beside if any(beside.glob("*.toml")) else None)

    @property
    def model_endpoint(self) -> Endpoint:
        """The endpoint of a chat model."""
        key = self.endpoint_key.get_secret_value() if self.endpoint_key else None
        return Endpoint(
            self.endpoint, key, self.endpoint_timeout, self.endpoint_calls, self.remote_endpoint
        )

    @property
    def keys_file(self) -> Path:
        """The API key file: ``keys_path``, or keys.json in the user's folder."""
        return self.keys_path or user_config_path("briefing") / "keys.json"

    @property
    def usage_file(self) -> Path:
        """The file of the use of keys: ``usage_path``, or a file beside the keys."""
        return self.usage_path or self.keys_file.with_suffix(".usage.sqlite")

    @property
    def keys_mark(self) -> Path:
        """The file beside `usage_file` that says that there are keys, if theirs is lost."""
        return self.usage_file.with_name(f"{self.keys_file.name}.in-use")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read flags, the environment and the file, but no .env file or secrets folder."""
        file = _SettingsFile(settings_cls, toml_file=config_file())
        return init_settings, env_settings, file


class _SettingsFile(TomlConfigSettingsSource):
    """The settings file; it may begin with a byte order mark, which some editors write."""

    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        return tomllib.loads(file_path.read_bytes().decode("utf-8-sig"))


def private_file(path: Path) -> None:
    """Create a file that only its owner may read and write; warn if there is one that others may.

    Whoever opens the file tells of other failures.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        mode = path.stat().st_mode & 0o777
        if os.name == "posix" and mode & 0o077:
            _log.warning(
                "%s holds texts and may be read by other users (mode %o); run chmod 600 %s",
                *(path, mode, path),
            )


def replace_file(path: Path, data: bytes, mode: int) -> None:
    """Write a file with the permissions ``mode``: it is whole or as it was, whatever happens.

    What is written is private until it is whole.

    Raises:
        OSError: it cannot be written; nothing is left beside it.
    """
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            temporary.chmod(mode)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def load_settings(**flags: Any) -> Settings:
    """Load the settings, and put the limit of texts in force.

    Flags that are None and empty variables are ignored.

    Raises:
        ConfigError: a setting is invalid or unknown, an endpoint named for a model that is on this
            machine, or the file that ``BRIEFING_CONFIG`` names is
            missing or a folder; the message names it and what is allowed.
    """
    _check_names()
    try:
        settings = Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        raise ConfigError("; ".join(map(_mistake, error.errors()))) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{config_file()} is not valid TOML: {error}") from error
    if flags.get("endpoint") is not None:
        _check_served(settings.model)
    from briefing.reading.text import text_limits

    text_limits.characters = settings.max_characters
    return settings


def _check_served(model: str) -> None:
    """Raise ConfigError if an endpoint is named for a model that none serves."""
    if model.startswith(PREFIX):
        return
    local = model == "bundled" or Path(model).expanduser().is_dir()
    named = f"{PREFIX}{'NAME' if local else model}"
    raise ConfigError(
        f"--endpoint is for a model that a server runs, and '{model}' is none; use --model {named}"
    )


def _mistake(error: ErrorDetails) -> str:
    """Say in words what is wrong with a setting."""
    name = ".".join(map(str, error["loc"])) or "settings"
    if error["type"] == "extra_forbidden":
        return f"{config_file()} has an unknown setting '{name}'{_meant(name)}"
    return (
        f"setting '{name}': {own_words(error['msg'])}; fix the flag, "
        f"BRIEFING_{name.partition('.')[0].upper()} or {config_file()}"
    )


_OTHER_VARIABLES = frozenset({"config", "server", "api_key"})
"""Variables that are no settings: of the file itself, and of the command line's client."""


def _check_names() -> None:
    """Refuse a settings file that is missing or a folder, and variables nearly named as a setting.

    Raises:
        ConfigError: it says which, and what was meant.
    """
    named = os.environ.get("BRIEFING_CONFIG")
    if named and not Path(named).exists():
        raise ConfigError(f"BRIEFING_CONFIG names {named}, which does not exist; check the path")
    if named and Path(named).is_dir():
        raise ConfigError(f"BRIEFING_CONFIG names {named}, which is a folder; name the file in it")
    known = {*Settings.model_fields, *_OTHER_VARIABLES}
    mistakes = []
    for variable in os.environ:
        name = variable.removeprefix("BRIEFING_").lower()
        if not variable.startswith("BRIEFING_") or name in known:
            continue
        if meant := nearest(name, known):
            mistakes.append(
                f"there is no variable {variable}; did you mean BRIEFING_{meant.upper()}?"
            )
    if mistakes:
        raise ConfigError("; ".join(mistakes))


def _meant(name: str) -> str:
    found = nearest(name, Settings.model_fields)
    return f"; did you mean '{found}'?" if found else ""


_ALIKE = 0.7
"""Least similarity of a misspelt name: "prot" and "port" have 0.75."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return which setting a misspelt one is meant for; None if none is similar."""
    return next(iter(get_close_matches(name, known, n=1, cutoff=_ALIKE)), None)


def own_words(message: str) -> str:
    """Return the message of a validator of ours, without what pydantic puts before it."""
    return message.removeprefix("Value error, ")
