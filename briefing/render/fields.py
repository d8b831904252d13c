"""Reading an untrusted document field by field, with mistakes named by their path."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from briefing.errors import InputError

Choice = TypeVar("Choice", bound=str)
_MAX = sys.float_info.max


class Fields:
    """One object of a document.

    Every method raises InputError where the field is missing or not what the method reads.
    """

    def __init__(self, value: Any, path: str = "document") -> None:
        if not isinstance(value, Mapping):
            raise InputError(f"{path} must be an object; send a document as briefing writes it")
        self._value = value
        self._path = path

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def wrong(self, key: str, expected: str) -> InputError:
        """The error to raise for a bad field."""
        return InputError(f"{self._path}.{key} must be {expected}")

    def text(self, key: str) -> str:
        """A string."""
        value: str = self._get(key, str, "a string")
        return value

    def optional_text(self, key: str) -> str | None:
        """A string or null."""
        value: str | None = self._get(key, (str, type(None)), "a string or null")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """An array of strings."""
        values = self._array(key)
        if not all(isinstance(value, str) for value in values):
            raise self.wrong(key, "an array of strings")
        return tuple(values)

    def one_of(self, key: str, values: Iterable[Choice]) -> Choice:
        """The one of ``values`` that the string equals."""
        return self._match(key, self.text(key), values)

    def some_of(self, key: str, values: Iterable[Choice]) -> tuple[Choice, ...]:
        """An array of strings, each as the one of ``values`` that it equals."""
        allowed = tuple(values)
        return tuple(self._match(key, text, allowed) for text in self.texts(key))

    def count(self, key: str) -> int:
        """An integer of 0 or more."""
        value: int = self._get(key, int, "an integer")
        if value < 0:
            raise self.wrong(key, "an integer of 0 or more")
        return value

    def indices(self, key: str, below: int) -> tuple[int, ...]:
        """An array of at least one integer, each in ``0..below-1``."""
        values = self._array(key)
        if not values or not all(type(item) is int and 0 <= item < below for item in values):
            raise self.wrong(key, f"an array of at least one index, each in 0..{below - 1}")
        return tuple(values)

    def number(self, key: str, low: float = -_MAX, high: float = _MAX) -> float:
        """A finite number in ``low..high``."""
        value = self._get(key, (int, float), "a number")
        if not low <= value <= high:
            raise self.wrong(key, f"a number in {low:g}..{high:g}")
        return float(value)

    def object(self, key: str) -> "Fields":
        """An object."""
        return Fields(self._value.get(key), f"{self._path}.{key}")

    def optional_object(self, key: str) -> "Fields | None":
        """An object or null."""
        return None if self._get(key, object, "an object or null") is None else self.object(key)

    def objects(self, key: str) -> list["Fields"]:
        """An array of objects."""
        values = enumerate(self._array(key))
        return [Fields(value, f"{self._path}.{key}[{place}]") for place, value in values]

    def _array(self, key: str) -> list[Any]:
        value: list[Any] = self._get(key, list, "an array")
        return value

    def _get(self, key: str, kind: type | tuple[type, ...], expected: str) -> Any:
        """The value at ``key``, which must be of ``kind``; true and false are not numbers."""
        if key not in self._value:
            raise self.wrong(key, "given")
        value = self._value[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.wrong(key, expected)
        return value

    def _match(self, key: str, text: str, values: Iterable[Choice]) -> Choice:
        allowed = tuple(values)
        if text not in allowed:
            raise self.wrong(key, f"one of {', '.join(allowed)}")
        return allowed[allowed.index(text)]
