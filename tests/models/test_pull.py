"""``briefing models pull`` against a hub on loopback: what is asked, resumed, refused."""

import json
import os
import shutil
import signal
import subprocess
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands import call_here
from tests.models.hub_server import COMMIT, Hub, serving

pytestmark = pytest.mark.slow

NAME = "someone/tiny-t5"
Pull = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def hub(tiny_t5: Path) -> Iterator[Hub]:
    files = {path.name: path.read_bytes() for path in tiny_t5.iterdir()}
    spare = {
        "pytorch_model.bin": b"pickle",
        "tf_model.h5": b"tensorflow",
        "onnx/model.onnx": b"onnx",
        "README.md": b"card",
    }
    with serving(Hub({NAME: files | spare})) as running:
        yield running
    assert running.strays == []


@pytest.fixture
def environment(hub: Hub, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return {**kept, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf")}


@pytest.fixture
def here(hub: Hub, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Pull:
    """Calls ``briefing`` in this process, in which huggingface_hub is as it would be if the
    command had been the first to import it.
    """
    from huggingface_hub import constants

    files = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", files)
    monkeypatch.setattr(constants, "HF_HOME", environment["HF_HOME"])
    monkeypatch.setattr(constants, "HF_HUB_CACHE", f"{environment['HF_HOME']}/hub")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr("briefing.models.hub._WAIT", 0.01)

    def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
        done = call_here(*arguments, environment=environment)
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run


@pytest.fixture
def pull(here: Pull) -> Pull:
    return lambda *arguments: here("models", "pull", *arguments)


@pytest.fixture
def pull_apart(command: str, environment: dict[str, str]) -> Pull:
    """Pulls in a process of its own."""

    def run(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [command, "models", "pull", *arguments],
            capture_output=True, text=True, check=False, timeout=120, env=environment | more,
        )  # fmt: skip

    return run


def run_with(environment: dict[str, str], *call: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(call, capture_output=True, text=True, check=False, env=environment)


def refused(done: "subprocess.CompletedProcess[str]", *words: str) -> None:
    """Exit code 3 and one line with these words."""
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert done.stderr.startswith("briefing: ")
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr


def test_what_is_needed_is_fetched_and_used(
    pull_apart: Pull, hub: Hub, command: str, environment: dict[str, str], ferry: Path
) -> None:
    done = pull_apart(NAME)
    assert done.returncode == 0, done.stderr
    path, _, came = done.stdout.strip().rpartition(": ")
    assert came.endswith("MB fetched")
    there = {file.name: file.read_bytes() for file in Path(path).iterdir()}
    wanted = {"config.json", "tokenizer.json", "model.safetensors"}
    assert wanted <= set(there)
    assert not set(there) & {"pytorch_model.bin", "tf_model.h5", "README.md"}
    assert sorted(hub.asked) == sorted(set(there))
    assert all(data == hub.models[NAME][name] for name, data in there.items())
    hub.asked.clear()
    again = pull_apart(NAME)
    assert (again.returncode, hub.asked) == (0, [])
    assert "already downloaded" in again.stdout
    hub.tokens.clear()
    told = run_with(environment, command, "brief", str(ferry), "--model", NAME, "--format", "json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["model"]["name"] == NAME
    assert (hub.asked, hub.tokens) == ([], [])  # a brief asks no hub, even if it could


def test_a_connection_that_ends_is_gone_on_with(pull: Pull, hub: Hub) -> None:
    size = len(hub.models[NAME]["model.safetensors"])
    hub.cut = [size // 3]
    done = pull(NAME)
    assert done.returncode == 0, done.stderr
    assert hub.sent["model.safetensors"] == size
    assert f"model.safetensors@{size // 3}" in hub.asked


def test_an_interrupted_pull_says_how_to_go_on(
    hub: Hub, command: str, environment: dict[str, str], ferry: Path
) -> None:
    hub.cut = [len(hub.models[NAME]["model.safetensors"]) // 2, None]
    call = [command, "models", "pull", NAME]
    with subprocess.Popen(call, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert hub.stalled.wait(60)
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=60)
    assert (running.returncode, told) == (
        130,
        "briefing: interrupted; run the command again to resume\n",
    )
    for call in (["brief", str(ferry), "--model", NAME], ["models", "info", NAME]):
        refused(run_with(environment, command, *call), f"briefing models pull {NAME}")


def test_a_newer_version_that_is_not_whole_leaves_the_older_one_in_use(
    pull: Pull, here: Pull, hub: Hub
) -> None:
    pull(NAME)
    weights = hub.models[NAME]["model.safetensors"]
    hub.models[NAME]["model.safetensors"] = weights[:-4] + bytes(4)
    hub.commit, hub.damaged = "b" * 40, True
    refused(pull(NAME), "damaged")
    info = here("models", "info", NAME)
    assert COMMIT in json.loads(info.stdout)["path"]
    hub.damaged = False
    hub.asked.clear()
    done = pull(NAME)
    assert "b" * 40 in done.stdout, done.stderr
    assert hub.asked == ["model.safetensors"]  # the rest is as it was


def test_a_revision_that_moves_during_a_pull_leaves_the_older_one_in_use(
    pull: Pull, here: Pull, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from briefing.models.hub import Repository

    pull(NAME)
    hub.commit = "b" * 40
    keep = Repository.keep

    def moved(repository: Repository, revision: str) -> None:
        hub.commit = "c" * 40
        keep(repository, revision)

    monkeypatch.setattr(Repository, "keep", moved)
    refused(pull(NAME), "'main' is no longer what it was", "again to resume")
    assert COMMIT in json.loads(here("models", "info", NAME).stdout)["path"]
    monkeypatch.undo()


def test_a_server_that_knows_no_ranges_is_asked_for_all_of_it(pull: Pull, hub: Hub) -> None:
    size = len(hub.models[NAME]["model.safetensors"])
    hub.cut, hub.ranges = [size // 3], False
    done = pull(NAME)
    assert done.returncode == 0, done.stderr
    assert hub.sent["model.safetensors"] == size // 3 + size


def test_a_connection_that_brings_nothing_is_given_up(pull: Pull, hub: Hub, tmp_path: Path) -> None:
    size = len(hub.models[NAME]["model.safetensors"])
    hub.cut = [size // 3, *[0] * 4]
    refused(pull(NAME), "cannot connect", "again to resume")
    assert hub.cut == []
    assert [p.stat().st_size for p in (tmp_path / "hf").rglob("*.part")] == [size // 3]


def test_a_pull_that_was_killed_is_gone_on_with_by_the_next(
    pull: Pull, hub: Hub, command: str, environment: dict[str, str], tmp_path: Path
) -> None:
    size = len(hub.models[NAME]["model.safetensors"])
    hub.cut = [size // 2, None]
    call = [command, "models", "pull", NAME]
    running = subprocess.Popen(call, env=environment, stderr=subprocess.DEVNULL)
    assert hub.stalled.wait(60)
    running.send_signal(signal.SIGKILL)
    running.wait()
    hub.cut, before = [], hub.sent["model.safetensors"]
    assert before == size // 2
    done = pull(NAME)
    assert done.returncode == 0, done.stderr
    assert hub.sent["model.safetensors"] == size
    assert not list((tmp_path / "hf").rglob("*.part*"))


def test_what_came_damaged_is_not_kept(pull: Pull, hub: Hub, tmp_path: Path) -> None:
    hub.damaged = True
    refused(pull(NAME), "damaged", "again")
    hub.damaged = False
    assert pull(NAME).returncode == 0


def test_a_revision(pull: Pull, here: Pull) -> None:
    done = pull(NAME, "--revision", "v1")
    assert f"--model {NAME}@v1" in done.stderr
    told = here("models", "info", f"{NAME}@v1")
    assert COMMIT in json.loads(told.stdout)["path"]
    refused(pull(NAME, "--revision", "v9"), "no revision 'v9'")
    refused(pull(f"{NAME}@v9"), "no revision 'v9'")


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "gpt2"},
        {"model_type": "bert"},
        {"model_type": "whisper", "is_encoder_decoder": True},
    ],
)
def test_other_kinds_of_models_are_refused_before_their_weights_are_asked_for(
    pull: Pull, hub: Hub, config: dict[str, object]
) -> None:
    hub.models["someone/other"] = hub.models[NAME] | {"config.json": json.dumps(config).encode()}
    refused(pull("someone/other"), f"'{config['model_type']}'", "sequence-to-sequence")
    assert hub.asked == ["config.json"]


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (
            ["model.safetensors", "model.fp16.safetensors", "model-00001-of-00002.safetensors",
             "model-00002-of-00002.safetensors", "model.safetensors.index.json", "rust_model.ot",
             "pytorch_model.bin", "training_args.bin"],
            {"model.safetensors"},
        ),
        (
            ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
             "model.safetensors.index.json", "pytorch_model.bin", "flax_model.msgpack"],
            {"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
             "model.safetensors.index.json"},
        ),
        (
            ["pytorch_model-00001-of-00001.bin", "pytorch_model.bin.index.json", "tf_model.h5",
             "onnx/model.safetensors"],
            {"pytorch_model-00001-of-00001.bin", "pytorch_model.bin.index.json"},
        ),
        (["ctranslate2/model.bin", "ctranslate2/config.json"],
         {"ctranslate2/model.bin", "ctranslate2/config.json"}),
    ],
)  # fmt: skip
def test_weights_are_taken_in_one_form(given: list[str], taken: set[str]) -> None:
    from huggingface_hub.hf_api import RepoSibling

    from briefing.models.hub import _wanted

    siblings = [RepoSibling(rfilename=name) for name in ["config.json", "README.md", *given]]
    assert {found.rfilename for found in _wanted(NAME, siblings)} == {"config.json"} | taken


def test_pickles_where_there_is_nothing_else_and_no_weights_at_all(pull: Pull, hub: Hub) -> None:
    files = {k: v for k, v in hub.models[NAME].items() if k != "model.safetensors"}
    hub.models["someone/old"] = files
    pull("someone/old")
    assert "pytorch_model.bin" in hub.asked
    hub.models["someone/none"] = {k: v for k, v in files.items() if k != "pytorch_model.bin"}
    refused(pull("someone/none"), "no weights")
    hub.models["someone/else"] = {"README.md": b"a card"}
    refused(pull("someone/else"), "config.json")


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ((404, "RepoNotFound"), ["no model", "HF_TOKEN"]),
        ((401, "RepoNotFound"), ["no model", "HF_TOKEN"]),
        ((403, "GatedRepo"), ["accept its terms", "HF_TOKEN"]),
        ((403, ""), ["403", "HF_TOKEN"]),
        ((500, ""), ["500", "later"]),
    ],
)
def test_what_the_hub_refuses_is_told_with_a_remedy(
    pull: Pull, hub: Hub, refusal: tuple[int, str], words: list[str]
) -> None:
    hub.refusals[NAME] = refusal
    refused(pull(NAME), NAME, *words)


def test_a_gated_model_that_is_listed(pull: Pull, hub: Hub) -> None:
    hub.gated.add(NAME)
    refused(pull(NAME), f"{hub.url}/{NAME}", "accept its terms", "HF_TOKEN")


def test_a_token_goes_to_the_hub(pull_apart: Pull, hub: Hub) -> None:
    pull_apart(NAME, HF_TOKEN="hf_secret")
    assert hub.tokens == ["Bearer hf_secret"]
    assert hub.tokens_elsewhere
    assert set(hub.tokens_elsewhere) == {None}


def test_no_network(pull_apart: Pull) -> None:
    refused(pull_apart(NAME, HF_ENDPOINT="http://127.0.0.1:9"), "cannot connect", "--model")
    refused(pull_apart(NAME, HF_HUB_OFFLINE="1"), "HF_HUB_OFFLINE")


def test_names_that_need_no_hub(pull: Pull, hub: Hub, tmp_path: Path) -> None:
    refused(pull("bundled"), "comes with Briefing")
    refused(pull(str(tmp_path)), "is a folder")
    refused(pull("no name at all!"), "OWNER/MODEL")
    assert hub.asked == []


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.hf_api import RepoSibling

    from briefing.errors import ModelError
    from briefing.models.hub import Repository

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 40, 1 << 40, 1 << 30))
    told: list[tuple[int, int]] = []
    snapshot = tmp_path / "snapshots" / COMMIT
    repository = Repository(NAME, snapshot, lambda *count: told.append(count))
    (tmp_path / "blobs").mkdir()
    _sparse(tmp_path / "blobs" / "of-another-version", 2_000_000_000)
    wanted = [RepoSibling(rfilename="model.safetensors", size=2_000_000_000, blob_id="ours")]
    with pytest.raises(ModelError, match=r"takes 2\.0 GB more.*1\.1 GB free.*HF_HOME"):
        repository.prepare(wanted)
    _sparse(tmp_path / "blobs" / "ours.part", 1_500_000_000)
    repository.prepare(wanted)
    assert told == [(1_500_000_000, 2_000_000_000)]


def _sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


def test_a_model_that_is_not_there_names_the_command(
    command: str, environment: dict[str, str], hub: Hub, ferry: Path
) -> None:
    for call in (["brief", str(ferry), "--model", NAME], ["models", "info", NAME]):
        refused(run_with(environment, command, *call), f"briefing models pull {NAME}")
    assert hub.tokens == []  # nobody asked the hub


def test_a_model_whose_configuration_alone_is_there_is_pulled_too(
    pull: Pull, here: Pull, hub: Hub, tmp_path: Path
) -> None:
    storage = tmp_path / "hf" / "hub" / f"models--{NAME.replace('/', '--')}"
    for path, data in (
        (storage / "refs" / "main", COMMIT.encode()),
        (storage / "snapshots" / COMMIT / "config.json", hub.models[NAME]["config.json"]),
    ):
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    info = ["models", "info", NAME]
    refused(here(*info), "without its weights", f"briefing models pull {NAME}")
    assert pull(NAME).returncode == 0
    assert "config.json" not in hub.asked
    assert here(*info).returncode == 0
