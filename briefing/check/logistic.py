"""Log-odds as a chance."""

import math

_HARSH = 30.0
"""Beyond it the chance is 0 or 1 to all intents."""


def logistic(odds: float) -> float:
    """The chance, 0..1, of log-odds."""
    return 1 / (1 + math.exp(-max(-_HARSH, min(_HARSH, odds))))
