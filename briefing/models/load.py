"""Open a model on the right back end."""

from typing import Literal

from briefing.errors import ModelError
from briefing.models.backend import Backend
from briefing.models.device import Device, DeviceChoice, choose_device
from briefing.models.folder import ModelFolder, find_model

BackendName = Literal["auto", "ctranslate2", "transformers"]


def open_backend(
    model: str = "bundled",
    device: Device = "auto",
    backend: BackendName = "auto",
    threads: int | None = None,
) -> Backend:
    """Load ``model``, on the CPU with CTranslate2 where it is converted, else with transformers.

    Raises:
        ModelError: the model is not there or cannot be used.
        DeviceError: the device is not usable here.
    """
    folder = find_model(model)
    folder.check()
    if backend == "ctranslate2":
        choice = DeviceChoice("cpu", "the ctranslate2 back end runs on the CPU")
    else:
        choice = choose_device(device)
    if backend == "transformers" or choice.device != "cpu":
        return _torch(folder, choice)
    if folder.has_converted:
        from briefing.models.ct2 import CTranslate2Backend

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
