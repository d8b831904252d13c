"""A verifier that needs no weights; for unit tests only."""

from collections.abc import Sequence

from briefing.checking.judge import EncoderVerifier
from briefing.language.tokens import content


class WordVerifier:
    """Believes a line that has no words of its own, and never one that says so."""

    name = "words"

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def odds(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        self.asked += pairs
        return [self._odds(*pair) for pair in pairs]

    @staticmethod
    def _odds(evidence: str, line: str) -> float:
        if "lie" in line.split():
            return -9.0
        wanted, held = set(content(line)), set(content(evidence))
        return 6.0 if len(wanted - held) <= 0.4 * len(wanted) else -6.0


class Doubter(EncoderVerifier):
    """The bundled verifier as it would be if it believed nothing."""

    def __init__(self) -> None:
        """Load nothing."""

    def odds(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        return [-9.0] * len(pairs)

    def reads(self, line: str) -> bool:
        return True
