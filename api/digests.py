"""The editions that the service shows: those of one digest.toml's store."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from api.errors import NoEdition
from briefing.config import Settings

if TYPE_CHECKING:
    from briefing.digest.settings import DigestSettings
    from briefing.digest.store import Store

LATEST = "latest"
"""Names the newest edition in place of a date."""


class Digests:
    """Reads a digest's store; each request opens it, so that a new one is seen at once.

    Raises:
        ConfigError: on making, digest.toml is missing or wrong.
    """

    def __init__(self, path: Path | None) -> None:
        self._settings = _load(path) if path else None

    @classmethod
    def of(cls, settings: Settings) -> "Digests":
        """Those that the service's settings name, or none."""
        return cls(settings.digest)

    @property
    def settings(self) -> "DigestSettings":
        """How its editions are shown.

        Raises:
            NoEdition: the service shows no digest.
        """
        if self._settings is None:
            raise NoEdition("This service shows no digest; its operator may name one in `digest`.")
        return self._settings

    @contextmanager
    def store(self) -> Iterator["Store"]:
        """The store.

        Raises:
            NoEdition: the service shows no digest. StoreError: it cannot be read.
        """
        from briefing.digest.store import Store

        with Store.open(self.settings.store) as store:
            yield store


def day_of(text: str, store: "Store") -> date:
    """The date that an address names.

    Raises:
        NoEdition: it is none, or the latest was asked for and there is none.
    """
    if text == LATEST:
        days = store.editions()
        if not days:
            raise NoEdition("There is no edition yet.")
        return days[0]
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NoEdition(
            f"An edition is named by its date, such as 2026-03-02, or {LATEST}."
        ) from None


def _load(path: Path) -> "DigestSettings":
    from briefing.digest.settings import load_settings

    return load_settings(path)
