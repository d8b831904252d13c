"""Back ends behind one protocol, device choice, model folders and the bundled model."""

from briefing.models.backend import Backend, Decoding, Hypothesis, NBest
from briefing.models.chat import Endpoint
from briefing.models.device import Device
from briefing.models.load import BackendName, identify, open_backend

__all__ = [
    "Backend",
    "BackendName",
    "Decoding",
    "Device",
    "Endpoint",
    "Hypothesis",
    "NBest",
    "identify",
    "open_backend",
]
