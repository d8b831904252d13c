"""Inference back ends behind one protocol, model folders, and the choice of both.

A device is chosen, and a model is loaded on the back end that suits it.
"""

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from briefing.errors import DeviceError, ModelError
from briefing.models.backend import (
    Backend,
    CTranslate2Backend,
    Decoding,
    Failed,
    Hypothesis,
    NBest,
    known_languages,
)
from briefing.models.chat import ChatBackend
from briefing.models.endpoint import PREFIX, Endpoint
from briefing.models.folder import ModelFolder, find_model
from briefing.options import BackendName, Device

__all__ = [
    "Backend",
    "ChatBackend",
    "Decoding",
    "Endpoint",
    "Failed",
    "Hypothesis",
    "NBest",
    "identify",
    "open_backend",
]


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """The chosen device and the reason, for display."""

    device: Literal["cpu", "cuda", "mps"]
    reason: str

    @property
    def devices(self) -> tuple[str, ...]:
        """The torch names of the devices; for CUDA, all GPUs in CUDA_VISIBLE_DEVICES."""
        if self.device != "cuda":
            return (self.device,)
        import torch

        return tuple(f"cuda:{i}" for i in range(torch.cuda.device_count()))


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU: its name, total memory in gigabytes, and the dtype that models use on it."""

    name: str
    gigabytes: float
    dtype: str


def gpus() -> list[Gpu]:
    """Return the CUDA GPUs that torch can use; torch is imported only if a driver is present."""
    if not gpu_driver_present():
        return []
    import torch

    if not torch.cuda.is_available():
        return []
    dtype = "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    properties = map(torch.cuda.get_device_properties, range(torch.cuda.device_count()))
    return [Gpu(gpu.name, gpu.total_memory / 1e9, dtype) for gpu in properties]


def gpu_driver_present() -> bool:
    """Whether the machine has an NVIDIA driver, by the file system, without importing torch."""
    return any(Path(p).exists() for p in ("/proc/driver/nvidia/version", "/dev/nvidiactl"))


def mps_possible() -> bool:
    """Whether this is a Mac with Apple silicon."""
    return platform.system() == "Darwin" and platform.machine() == "arm64"


def choose_device(wanted: Device) -> DeviceChoice:
    """Return the requested device; for ``auto`` the first available of CUDA, MPS and CPU.

    torch is imported only if there may be a GPU.

    Raises:
        DeviceError: torch cannot use the requested device here.
    """
    if wanted == "cpu":
        return DeviceChoice("cpu", "requested")
    if wanted == "auto" and not (gpu_driver_present() or mps_possible()):
        return DeviceChoice("cpu", "no GPU found")
    return _with_torch(wanted)


def _with_torch(wanted: Device) -> DeviceChoice:
    import torch

    usable = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted != "auto":
        if not usable[wanted]:
            raise DeviceError(
                f"device '{wanted}' is not available here; use --device cpu, or install a torch "
                "build for it (see the README's GPU section)"
            )
        return DeviceChoice(wanted, "requested")
    if usable["cuda"]:
        count = torch.cuda.device_count()
        reason = "a CUDA GPU was found" if count == 1 else f"{count} CUDA GPUs were found"
        return DeviceChoice("cuda", reason)
    if usable["mps"]:
        return DeviceChoice("mps", "an Apple GPU was found")
    return DeviceChoice("cpu", "a GPU was found, but the installed torch cannot use it")


@dataclass(frozen=True, slots=True)
class Identity:
    """What prompt families match: a model's name, its architecture, and its languages (None:
    unknown).
    """

    name: str
    architecture: str
    languages: frozenset[str] | None = None


def identify(model: str) -> Identity:
    """Return the identity of ``model`` without loading it.

    Raises:
        ModelError: it is not on this machine, or its folder is damaged.
    """
    if model.startswith(PREFIX):
        return Identity(model, "chat")
    folder = find_model(model)
    kind = str(folder.config.get("model_type", ""))
    return Identity(folder.name, kind, known_languages(folder))


def open_backend(
    model: str = "bundled",
    device: Device = "auto",
    backend: BackendName = "auto",
    threads: int | None = None,
    endpoint: Endpoint | None = None,
) -> Backend:
    """Load ``model``: with CTranslate2 if converted and on the CPU, otherwise with transformers.

    A name that begins with ``openai:`` is a chat model served by ``endpoint``.

    Raises:
        ModelError: the model was not found or cannot be used.
        DeviceError: the device is not available here.
        ConfigError: the endpoint may not be used.
    """
    if model.startswith(PREFIX):
        return ChatBackend(model, endpoint or Endpoint())
    folder = find_model(model)
    folder.check()
    if backend == "ctranslate2":
        choice = DeviceChoice("cpu", "the ctranslate2 back end runs on the CPU only")
    else:
        choice = choose_device(device)
    if backend == "transformers" or choice.device != "cpu":
        return _torch(folder, choice)
    if folder.has_converted:
        return CTranslate2Backend(folder, choice.reason, threads)
    if backend == "ctranslate2":
        raise ModelError(
            f"{folder.path} is not converted; run 'briefing models convert {model}', or use "
            "--backend transformers"
        )
    return _torch(folder, choice)


def _torch(folder: ModelFolder, choice: DeviceChoice) -> Backend:
    from briefing.models.torch_backend import TorchBackend

    return TorchBackend(folder, choice)
