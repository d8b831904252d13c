"""Settings: flags first, then ``BRIEFING_*`` variables, then one TOML file, then the defaults."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_config_path
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from briefing.errors import ConfigError
from briefing.models.chat import DEFAULT, Endpoint

ORIGIN = r"^(\*|https?://[^/\s]+)$"
"""An origin, as a browser names it, or any."""


def config_file() -> Path:
    """The one settings file: ``$BRIEFING_CONFIG``, else config.toml in the user's folder."""
    named = os.environ.get("BRIEFING_CONFIG")
    return Path(named) if named else user_config_path("briefing") / "config.toml"


class Settings(BaseSettings):
    """What can be set, with its defaults."""

    model_config = SettingsConfigDict(env_prefix="BRIEFING_", extra="forbid")

    model: str = Field(
        "bundled", description="bundled, a model folder, a Hugging Face name, or openai:NAME"
    )
    endpoint: str = Field(DEFAULT, description="where a model openai:NAME is served")
    endpoint_key: SecretStr | None = Field(None, description="key that the endpoint asks for")
    endpoint_timeout: float = Field(
        120, gt=0, le=3600, description="seconds that one answer of the endpoint may take"
    )
    endpoint_calls: int = Field(
        4, ge=1, le=256, description="requests to the endpoint that are under way at once"
    )
    remote_endpoint: bool = Field(
        False, description="let the endpoint be on the public internet, where articles are sent"
    )
    verifier: str = Field(
        "bundled",
        description="what judges reworded lines: bundled, or a folder or name of your own",
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    backend: Literal["auto", "ctranslate2", "transformers"] = "auto"
    threads: int | None = Field(None, ge=1, le=1024, description="CPU threads; default: all cores")
    prompts: Path | None = Field(None, description="folder with prompt families of your own")
    length: Literal["short", "standard", "long"] = "standard"
    engine: Literal["local", "ray"] = Field("local", description="what runs batches and digests")
    ray_workers: str | None = Field(
        None,
        pattern=r"^[1-9]\d*(\.\.[1-9]\d*)?$",
        description="workers of the ray engine: 4, or 2..8; default: what the cluster has room for",
    )
    gpus_per_worker: float | None = Field(
        None, ge=0, le=64, description="GPUs of each worker of the ray engine; 0.25: four share one"
    )
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    workers: int = Field(1, ge=1, le=256, description="processes that serve")
    without_keys: bool = Field(
        False, description="let anybody in, also on an address that others can reach"
    )
    keys_path: Path | None = Field(None, description="file of the API keys")
    key_rate: float = Field(600, ge=0, description="articles a minute for one key; 0: any")
    key_concurrency: int = Field(
        64, ge=0, description="requests in progress for one key; 0: any number"
    )
    cors_origins: list[Annotated[str, Field(pattern=ORIGIN)]] = Field(
        [], description="origins whose pages may ask, such as https://news.example"
    )
    urls: bool = Field(False, description="read articles from URLs that requests name")
    url_ports: list[Annotated[int, Field(ge=1, le=65535)]] = Field(
        [80, 443], description="ports that such URLs may name"
    )
    url_timeout: float = Field(10, gt=0, description="seconds that reading a URL may take")
    read_timeout: float = Field(
        4, gt=0, description="seconds that reading a page or PDF may take, once it is here"
    )
    read_memory: int = Field(
        300_000_000, ge=200_000_000, description="bytes that reading one may take"
    )
    max_body: int = Field(10_000_000, ge=1_000, description="largest request body in bytes")
    max_bodies: int = Field(
        256_000_000, ge=1_000, description="bytes of all request bodies in the works"
    )
    max_batch: int = Field(1_000, ge=1, description="articles in one batch request")
    queue: int = Field(256, ge=1, description="articles that may be in the works or wait")
    batch_lines: int = Field(32, ge=1, description="lines that share a batch of the model")
    batch_wait: float = Field(
        0.01, ge=0, le=1, description="seconds that lines gather while the model is busy"
    )
    request_timeout: float = Field(60, gt=0, description="seconds that a request may take")
    batch_timeout: float = Field(600, gt=0, description="seconds that a batch request may take")
    body_timeout: float = Field(30, gt=0, description="seconds that a request's body may take")
    header_timeout: float = Field(10, gt=0, description="seconds that a request's head may take")
    send_timeout: float = Field(60, gt=0, description="seconds that a client may read nothing")
    grace: float = Field(30, ge=0, description="seconds to finish what is queued on SIGTERM")
    cache_bytes: int = Field(64_000_000, ge=0, description="size of kept results; 0: keep none")
    cache_seconds: float = Field(86_400, gt=0, description="seconds that results are kept")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="the least that is logged"
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="form of the service's log; auto: text on a terminal, else json"
    )
    log_text: bool = Field(False, description="log the text of articles too")
    cache_path: Path | None = Field(
        None, description="SQLite file to keep results in; default: in memory"
    )
    digest: Path | None = Field(
        None, description="digest.toml of the digest whose editions are shown"
    )

    @property
    def prompts_folder(self) -> Path | None:
        """Prompt families of the user's own: ``prompts``, else the folder prompts beside the
        settings file, where there is one.
        """
        beside = config_file().parent / "prompts"
        return self.prompts or (beside if beside.is_dir() else None)

    @property
    def model_endpoint(self) -> Endpoint:
        """Where a chat model is served."""
        key = self.endpoint_key.get_secret_value() if self.endpoint_key else None
        return Endpoint(
            self.endpoint, key, self.endpoint_timeout, self.endpoint_calls, self.remote_endpoint
        )

    @property
    def keys_file(self) -> Path:
        """The file of the API keys: ``keys_path``, else keys.json in the user's folder."""
        return self.keys_path or user_config_path("briefing") / "keys.json"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, file; neither .env files nor secret folders."""
        file = TomlConfigSettingsSource(settings_cls, toml_file=config_file())
        return init_settings, env_settings, file


def load_settings(**flags: Any) -> Settings:
    """The settings in force; flags that are None were not given.

    Raises:
        ConfigError: names the setting, the value and what is allowed.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "settings"
        raise ConfigError(
            f"setting '{name}': {first['msg']}; fix the flag, BRIEFING_{name.upper()} or "
            f"{config_file()}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{config_file()} is not valid TOML: {error}") from error
