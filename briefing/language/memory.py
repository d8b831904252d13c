"""What was read once is kept: a bounded memory before a reader that works in batches."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Memory(Generic[_Key, _Value]):
    """The values of keys, made together where they are missing. May be shared by threads."""

    def __init__(self, make: Callable[[Sequence[_Key]], Sequence[_Value]], most: int) -> None:
        """``make`` gives the values of keys, in order; the ``most`` last used ones are kept."""
        self._make = make
        self._most = most
        self._held: OrderedDict[_Key, _Value] = OrderedDict()
        self._lock = Lock()

    def of(self, keys: Sequence[_Key]) -> list[_Value]:
        """The value of each key, in order."""
        with self._lock:
            found = {key: self._held[key] for key in keys if key in self._held}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            found.update(zip(missing, self._make(missing), strict=True))
        with self._lock:
            for key, value in found.items():
                self._held[key] = value
                self._held.move_to_end(key)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return [found[key] for key in keys]
