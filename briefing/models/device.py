"""Which device a model runs on, and why."""

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from briefing.errors import DeviceError

Device = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """The device taken and the reason, in words for a person."""

    device: Literal["cpu", "cuda", "mps"]
    reason: str

    @property
    def devices(self) -> tuple[str, ...]:
        """Each device by its torch name: all GPUs that CUDA_VISIBLE_DEVICES shows."""
        if self.device != "cuda":
            return (self.device,)
        import torch

        return tuple(f"cuda:{i}" for i in range(torch.cuda.device_count()))


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU as torch sees it: its name, gigabytes in all, and what models compute in on it."""

    name: str
    gigabytes: float
    dtype: str


def gpus() -> list[Gpu]:
    """The CUDA GPUs that torch can use; torch is imported only where a driver is there."""
    if not gpu_driver_present():
        return []
    import torch

    if not torch.cuda.is_available():
        return []
    found = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
    dtype = "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    return [Gpu(one.name, one.total_memory / 1e9, dtype) for one in found]


def gpu_driver_present() -> bool:
    """Whether the machine has an NVIDIA driver: a look at the file system, no import of torch."""
    return any(Path(p).exists() for p in ("/proc/driver/nvidia/version", "/dev/nvidiactl"))


def mps_possible() -> bool:
    """Whether this is a Mac with Apple silicon."""
    return platform.system() == "Darwin" and platform.machine() == "arm64"


def choose_device(wanted: Device) -> DeviceChoice:
    """Take what was asked for, or for ``auto`` CUDA, then MPS, then CPU.

    torch is imported only where a GPU may be there.

    Raises:
        DeviceError: a device was asked for that torch cannot use here.
    """
    if wanted == "cpu":
        return DeviceChoice("cpu", "asked for")
    if wanted == "auto" and not (gpu_driver_present() or mps_possible()):
        return DeviceChoice("cpu", "no GPU found")
    return _with_torch(wanted)


def _with_torch(wanted: Device) -> DeviceChoice:
    import torch

    usable = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted != "auto":
        if not usable[wanted]:
            raise DeviceError(
                f"device '{wanted}' is not usable here; use --device cpu, or install a torch "
                "build for it (see the README's GPU section)"
            )
        return DeviceChoice(wanted, "asked for")
    if usable["cuda"]:
        count = torch.cuda.device_count()
        found = "a CUDA GPU was found" if count == 1 else f"{count} CUDA GPUs were found"
        return DeviceChoice("cuda", found)
    if usable["mps"]:
        return DeviceChoice("mps", "an Apple GPU was found")
    return DeviceChoice("cpu", "a GPU is there, but the installed torch cannot use it")
