"""Open a model on the right back end."""

from dataclasses import dataclass
from typing import Literal

from briefing.errors import ModelError
from briefing.models.backend import Backend
from briefing.models.chat import PREFIX, ChatBackend, Endpoint
from briefing.models.device import Device, DeviceChoice, choose_device
from briefing.models.folder import ModelFolder, find_model

BackendName = Literal["auto", "ctranslate2", "transformers"]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a model is, as prompt families ask: its name, its architecture, and the languages that
    it knows (None: it does not say).
    """

    name: str
    architecture: str
    languages: frozenset[str] | None = None


def identify(model: str) -> Identity:
    """What ``model`` is; nothing is loaded.

    Raises:
        ModelError: it is not on this machine, or its folder is damaged.
    """
    if model.startswith(PREFIX):
        return Identity(model, "chat")
    from briefing.models.inputs import known_languages

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
    """Load ``model``, on the CPU with CTranslate2 where it is converted, else with transformers.

    A name that begins with ``openai:`` is that of a chat model which ``endpoint`` serves.

    Raises:
        ModelError: the model is not there or cannot be used.
        DeviceError: the device is not usable here.
        ConfigError: the endpoint may not be used.
    """
    if model.startswith(PREFIX):
        return ChatBackend(model, endpoint or Endpoint())
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
