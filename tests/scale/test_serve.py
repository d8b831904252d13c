"""The service on Ray Serve, on a real local cluster; and the manifests that deploy it."""

import asyncio
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml

from tests.scale.conftest import TEXT, write_lines

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "scripts" / "deploy" / "ray"
Deploy = Callable[..., str]


@pytest.fixture(scope="module")
def served(ray_cluster: None) -> Iterator[str]:
    """Ray Serve on a free port of loopback."""
    from ray import serve

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    yield f"http://127.0.0.1:{port}"
    serve.shutdown()
    assert until(lambda: not replicas()), "replicas are left"


@pytest.fixture
def deploy(served: str) -> Iterator[Deploy]:
    """Deploys the application with settings; its address."""
    yield from deploying(served)


@pytest.fixture(scope="module")
def two(served: str) -> Iterator[str]:
    """The address of an application of two replicas, which its last test takes away."""
    for deploy in deploying(served):
        yield deploy(2)


def deploying(served: str) -> Iterator[Deploy]:
    """A function that deploys the application as so many replicas; in the end it is deleted."""
    from ray import serve

    def deployed(count: int = 1, **settings: str) -> str:
        variables = {
            "BRIEFING_WITHOUT_KEYS": "1",
            "PYTHONPATH": str(DEPLOY),
            "BRIEFING_CONFIG": "/dev/null",
            **settings,
        }
        options = {"num_cpus": 0.5, "runtime_env": {"env_vars": variables}}
        scaled = (
            module()
            .Briefing.options(
                autoscaling_config=None,
                num_replicas=count,
                ray_actor_options=options,
                max_ongoing_requests=int(settings.get("BRIEFING_QUEUE", "256")) + module().SPARE,
            )
            .bind()
        )
        serve.run(scaled, name="briefing", route_prefix="/")
        return served

    yield deployed
    serve.delete("briefing")


def module() -> Any:
    """app.py as Serve imports it: from its own folder."""
    if "app" not in sys.modules:
        spec = importlib.util.spec_from_file_location("app", DEPLOY / "app.py")
        assert spec
        assert spec.loader
        sys.modules["app"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["app"])
    return sys.modules["app"]


def replicas() -> list[psutil.Process]:
    """The processes of all replicas."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = " ".join(process.info["cmdline"] or ())
        if command.startswith("ray::ServeReplica:"):
            found.append(process)
    return found


def until(true: Callable[[], Any], seconds: float = 90) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


async def ask(url: str, texts: list[str], tries: int = 1) -> list[httpx.Response]:
    """A brief of each text, all at once; each asked for again where a replica died under it."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:

        async def one(text: str) -> httpx.Response:
            for last in [False] * (tries - 1) + [True]:
                answer = await client.post("/v1/briefs", json={"text": text})
                if answer.status_code < 500 or last:
                    return answer
                await asyncio.sleep(0.5)
            raise AssertionError

        made: list[Awaitable[httpx.Response]] = [one(text) for text in texts]
        return list(await asyncio.gather(*made))


def test_a_brief_from_serve_is_the_one_of_the_command(two: str, ferry: Path, command: str) -> None:
    answer = httpx.post(
        f"{two}/v1/briefs",
        content=ferry.read_bytes(),
        headers={"Content-Type": "text/plain"},
        timeout=120,
    )
    assert answer.status_code == 200, answer.text
    told = subprocess.run(
        [command, "brief", str(ferry), "--format", "json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert answer.json() == json.loads(told.stdout)
    assert httpx.get(f"{two}/readyz").status_code == 200
    assert httpx.get(f"{two}/docs").status_code == 200
    wrong = httpx.post(f"{two}/v1/briefs", json={"text": ""})
    assert wrong.headers["content-type"] == "application/problem+json"


def test_a_replica_that_dies_costs_what_was_on_it_and_no_more(two: str) -> None:
    assert until(lambda: len(replicas()) == 2)
    texts = [f"{TEXT} It was vote {number}." for number in range(24)]
    killed: list[int] = []

    async def scenario() -> list[httpx.Response]:
        asked = asyncio.create_task(ask(two, texts, tries=60))
        await asyncio.sleep(0.3)
        victim = replicas()[0]
        killed.append(victim.pid)
        os.kill(victim.pid, signal.SIGKILL)
        return await asked

    answers = asyncio.run(scenario())
    assert [answer.status_code for answer in answers] == [200] * len(texts)
    assert until(lambda: len(replicas()) == 2), "it is not replaced"
    assert killed[0] not in {process.pid for process in replicas()}


def test_a_replica_that_is_taken_away_first_answers_what_is_on_it(two: str) -> None:
    from ray import serve

    articles = [{"text": f"{TEXT} It was vote {number}."} for number in range(40)]

    async def scenario() -> httpx.Response:
        async with httpx.AsyncClient(base_url=two, timeout=300) as client:
            asked = asyncio.create_task(client.post("/v1/briefs/batch", json=articles))
            while not await in_the_works(client):
                await asyncio.sleep(0.01)
            assert not asked.done()
            await asyncio.to_thread(serve.delete, "briefing")
            return await asked

    answer = asyncio.run(scenario())
    assert answer.status_code == 200, answer.text
    assert ["brief" in line for line in answer.json()] == [True] * len(articles)
    assert not replicas()


async def in_the_works(client: httpx.AsyncClient) -> float:
    """How many articles the replica says it has."""
    metrics = (await client.get("/metrics")).text.splitlines()
    name = "briefing_queue_articles "
    return next(float(line.removeprefix(name)) for line in metrics if line.startswith(name))


def test_overload_is_told_as_a_problem_with_a_time_to_come_again(deploy: Deploy) -> None:
    url = deploy(BRIEFING_QUEUE="2")
    texts = [f"{TEXT} It was vote {number}." for number in range(40)]
    answers = asyncio.run(ask(url, texts))
    codes = {answer.status_code for answer in answers}
    assert codes == {200, 429}
    full = next(answer for answer in answers if answer.status_code == 429)
    assert full.json()["type"] == "urn:briefing:problem:queue-full"
    assert int(full.headers["Retry-After"]) >= 1


def test_without_keys_nothing_starts(ray_cluster: None, tmp_path: Path) -> None:
    from briefing.errors import ConfigError

    patch = pytest.MonkeyPatch()
    patch.setenv("BRIEFING_KEYS_PATH", str(tmp_path / "keys.json"))
    (tmp_path / "config.toml").touch()
    patch.setenv("BRIEFING_CONFIG", str(tmp_path / "config.toml"))
    try:
        with pytest.raises(ConfigError, match="briefing keys add"):
            module().application()
    finally:
        patch.undo()


def test_a_replica_gets_what_its_queue_takes_and_the_time_to_answer_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BRIEFING_QUEUE", "100")
    monkeypatch.setenv("BRIEFING_REQUEST_TIMEOUT", "700")
    bound = module().build({})._bound_deployment
    assert bound.max_ongoing_requests == 100 + module().SPARE
    assert bound._deployment_config.graceful_shutdown_timeout_s > 700


def manifest(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text("utf-8"))
    return found


def test_the_configurations_are_serves_own_and_name_what_is_there() -> None:
    from ray.serve.schema import ServeDeploySchema

    app = module()
    nested = yaml.safe_load(manifest("rayservice.yaml")["spec"]["serveConfigV2"])
    for config in (manifest("serve.yaml"), nested):
        schema = ServeDeploySchema.model_validate(config)
        (application,) = schema.applications
        name, _, attribute = application.import_path.partition(":")
        assert (name, callable(getattr(app, attribute))) == ("app", True)
        (deployment,) = application.deployments
        assert deployment.name == app.Briefing.name
        assert deployment.max_ongoing_requests == _queue() + app.SPARE
        assert deployment.autoscaling_config["target_ongoing_requests"] == app.BUSY


def _queue() -> int:
    from briefing.config import Settings

    return Settings().queue


def test_the_manifests_agree_with_the_image_and_the_settings(command: str) -> None:
    from briefing.config import Settings

    service, job = manifest("rayservice.yaml"), manifest("rayjob.yaml")
    assert (service["kind"], job["kind"]) == ("RayService", "RayJob")
    assert {service["apiVersion"], job["apiVersion"]} == {"ray.io/v1"}
    clusters = (service["spec"]["rayClusterConfig"], job["spec"]["rayClusterSpec"])
    for cluster in clusters:
        groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
        for group in groups:
            (container,) = group["template"]["spec"]["containers"]
            assert container["image"] == "briefing-ray"
            assert container["resources"]["limits"] == container["resources"]["requests"]
            for variable in container.get("env", ()):
                setting = variable["name"].removeprefix("BRIEFING_").lower()
                assert setting in Settings.model_fields
    ports = {
        port["containerPort"]
        for port in clusters[0]["headGroupSpec"]["template"]["spec"]["containers"][0]["ports"]
    }
    assert yaml.safe_load(service["spec"]["serveConfigV2"])["http_options"]["port"] in ports
    image = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert "scripts/deploy/ray/app.py " in image
    assert "USER 10001" in image
    words = job["spec"]["entrypoint"].split()
    assert words[:2] == ["python", "-m"]
    assert f"scripts/deploy/ray/{words[2]}.py" in image
    told = subprocess.run([command, "batch", "--help"], capture_output=True, text=True, check=True)
    assert all(word in told.stdout for word in words if word.startswith("--"))


@pytest.mark.parametrize(
    ("rows", "options", "code"),
    [
        ([{"text": TEXT}], [], 0),
        ([{"text": TEXT}, {"text": ""}], [], 0),
        ([], [], 1),
        ([{"text": TEXT}], ["--nonsense"], 2),
    ],
)
def test_a_job_is_done_when_its_output_is_whole(
    tmp_path: Path, rows: list[Any], options: list[str], code: int
) -> None:
    if rows:
        write_lines(tmp_path / "in" / "a.jsonl", rows)
    told = subprocess.run(
        [sys.executable, "-m", "batch_job", "in/", str(tmp_path / "out"), "--extractive",
         "--resume", *options],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": f"{DEPLOY}{os.pathsep}{ROOT}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == code, told.stderr
    assert (tmp_path / "out" / "_SUCCESS").exists() == (code == 0)
