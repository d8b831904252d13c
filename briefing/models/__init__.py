"""Inference back ends behind one protocol, device choice and model folders."""

from briefing.models.backend import Backend, Decoding, Hypothesis, NBest
from briefing.models.chat import Endpoint
from briefing.models.load import identify, open_backend

__all__ = [
    "Backend",
    "Decoding",
    "Endpoint",
    "Hypothesis",
    "NBest",
    "identify",
    "open_backend",
]
