"""What happens in the service, told to whoever counts it: one object, made with the application."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from briefing.article import Article
from briefing.brief import ModelInfo

Stage = Literal["fetch", "read", "plan", "write", "check"]


class Observer:
    """Ignores everything; metrics, logs and traces override what they want.

    Every method is called in the event loop and must return at once. Times are seconds.
    """

    def began(self, *, method: str, id: str, headers: Mapping[str, str]) -> None:
        """A request came. This is called in its context: a context variable that is set here is
        there in all that is done for the request, threads included.
        """

    def request(
        self,
        *,
        route: str,
        method: str,
        status: int,
        seconds: float,
        id: str,
        received: int,
        sent: int,
    ) -> None:
        """A request was answered, in the same context; status 499 is a client that went away.

        ``received`` and ``sent`` are the bytes of the two bodies, as they were on the wire.
        """

    def article(self, article: Article) -> None:
        """An article was read."""

    def stage(self, name: Stage, seconds: float) -> None:
        """An article went through a stage, time in queues included."""

    def batch(self, *, lines: int, waited: float, queued: int) -> None:
        """``lines`` went to the model, the oldest after ``waited``; ``queued`` are left."""

    def brief(self, *, generated: int, extracted: int, refused: int) -> None:
        """A brief was made, with so many lines of each origin; ``refused`` are lines that the
        model wrote and of which the checker let no candidate be shown.
        """

    def cache(self, *, hit: bool) -> None:
        """A result was found or has to be made; joining one in the making is a hit."""

    def places(self, taken: int) -> None:
        """So many articles are in the works or wait."""

    def model(self, info: ModelInfo) -> None:
        """The model is warm."""

    def close(self) -> None:
        """The service ended."""


class Observers(Observer):
    """Several observers, each told everything, one after the other."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        for name, method in vars(Observer).items():
            if not name.startswith("_") and callable(method):
                setattr(self, name, _teller([getattr(each, name) for each in observers]))


def _teller(methods: Sequence[Callable[..., None]]) -> Callable[..., None]:
    def tell(*values: object, **named: object) -> None:
        for method in methods:
            method(*values, **named)

    return tell
