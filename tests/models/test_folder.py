"""Model folders that cannot be used are refused with a line that says why."""

import json
from pathlib import Path

import pytest

from briefing.errors import DeviceError, ModelError
from briefing.models import choose_device, open_backend
from briefing.models.folder import find_model
from briefing.models.weights import read_variables


def folder(path: Path, **config: object) -> Path:
    (path / "config.json").write_text(json.dumps(config))
    return path


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "gpt2"}, "type 'gpt2', which is not an encoder-decoder"),
        ({"model_type": "bert", "is_encoder_decoder": False}, "type 'bert'"),
        ({"model_type": "bart", "is_encoder_decoder": True}, "holds no weights"),
    ],
)
def test_a_folder_of_the_wrong_kind(
    tmp_path: Path, config: dict[str, object], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        open_backend(str(folder(tmp_path, **config)))


def test_a_folder_without_a_configuration(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json"):
        open_backend(str(tmp_path))


def test_a_broken_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ModelError, match="not valid JSON"):
        open_backend(str(tmp_path))


@pytest.mark.parametrize("name", ["no-such-model", "nobody/nothing", "/nowhere/at/all", "a b/c*d"])
def test_a_name_that_is_nowhere(name: str) -> None:
    with pytest.raises(ModelError, match="neither a folder nor in the local"):
        find_model(name)


def test_damaged_weights_are_refused_by_both_back_ends(tmp_path: Path, bundled: Path) -> None:
    for path in bundled.rglob("*"):
        target = tmp_path / path.relative_to(bundled)
        if path.is_dir():
            target.mkdir()
        else:
            data = path.read_bytes()
            target.write_bytes(data[: len(data) // 2] if path.name == "model.bin" else data)
    for backend in ("ctranslate2", "transformers"):
        with pytest.raises(ModelError):
            open_backend(str(tmp_path), backend=backend)  # type: ignore[arg-type]


def test_weights_of_another_format_version(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"\x63\x00\x00\x00")
    with pytest.raises(ModelError, match="version 99"):
        read_variables(path)


def test_a_device_that_is_not_there() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA GPU")
    with pytest.raises(DeviceError, match="--device cpu"):
        choose_device("cuda")


def test_the_cpu_is_taken_for_a_reason() -> None:
    assert choose_device("cpu").reason == "requested"
    assert choose_device("auto").reason
