"""Back ends behind one protocol, device choice, model folders and the bundled model."""

from briefing.models.backend import Backend, Decoding, Hypothesis, NBest
from briefing.models.device import Device
from briefing.models.load import BackendName, open_backend

__all__ = ["Backend", "BackendName", "Decoding", "Device", "Hypothesis", "NBest", "open_backend"]
