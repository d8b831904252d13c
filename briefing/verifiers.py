"""Which verifier judges lines: the one that comes with the package, or one of the user's own."""

from functools import cache

from briefing.check import Verifier, bundled_verifier
from briefing.models import Device

BUNDLED = "bundled"


def verifier_for(language: str, name: str = BUNDLED, device: Device = "auto") -> Verifier | None:
    """The verifier of this name, which is loaded once; None where it does not read ``language``.

    Raises:
        ModelError, DeviceError: see `briefing.models.entailment.model_verifier`.
    """
    return bundled_verifier(language) if name == BUNDLED else _own(name, device)


@cache
def _own(name: str, device: Device) -> Verifier:
    from briefing.models.entailment import model_verifier

    return model_verifier(name, device)
