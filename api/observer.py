"""What happens in the service, told to whoever counts it: one object, made with the application."""

from typing import Literal

Stage = Literal["read", "plan", "write", "check"]


class Observer:
    """Ignores everything; metrics, logs and traces override what they want.

    Every method is called in the event loop and must return at once. Times are seconds.
    """

    def request(self, *, route: str, method: str, status: int, seconds: float, id: str) -> None:
        """A request was answered; status 499 is a client that went away."""

    def stage(self, name: Stage, seconds: float) -> None:
        """An article went through a stage, time in queues included."""

    def batch(self, *, lines: int, waited: float, queued: int) -> None:
        """``lines`` went to the model, the oldest after ``waited``; ``queued`` are left."""

    def brief(self, *, generated: int, extracted: int) -> None:
        """A brief was made, with so many lines of each origin."""

    def cache(self, *, hit: bool) -> None:
        """A result was found or has to be made; joining one in the making is a hit."""

    def places(self, taken: int) -> None:
        """So many articles are in the works or wait."""
