"""What a fleet gets done and costs: every number is measured or an assumption that is written down.

The model is that of a batch on Ray: workers brief shards on their own and read and write them
themselves; the driver hands out shards. A node's rate is its cores or GPUs times the rate of one,
less what the engine takes. At some size something else binds first: the store's requests, the
network of a node, or the driver.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

DAY = 86_400
Origin = Literal["measured", "assumed"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit and where it comes from."""

    value: float
    unit: str
    origin: Origin
    source: str


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the model goes by."""

    core_rate: Figure
    engine: Figure
    bytes_in: Figure
    bytes_out: Figure
    shards_a_second: Figure
    gpu_rate: Figure
    cpu_cores: Figure
    cpu_price: Figure
    gpu_price: Figure
    shard_rows: Figure
    shard_requests: Figure
    store_requests: Figure
    node_network: Figure

    def __iter__(self) -> Iterator[tuple[str, Figure]]:
        return ((field.name, getattr(self, field.name)) for field in fields(self))


def assumed(
    *,
    core_rate: Figure,
    engine: Figure,
    bytes_in: Figure,
    bytes_out: Figure,
    shards_a_second: Figure,
    gpu_rate: float = 500,
) -> Figures:
    """Measured figures with the assumptions; ``gpu_rate`` is one, since no GPU was measured."""

    def guess(value: float, unit: str, source: str) -> Figure:
        return Figure(value, unit, "assumed", source)

    return Figures(
        core_rate,
        engine,
        bytes_in,
        bytes_out,
        shards_a_second,
        guess(gpu_rate, "articles a second a GPU", "NOT MEASURED; set it from bench_gpu.py"),
        guess(16, "cores a CPU node", "a common size"),
        guess(0.70, "dollars an hour a CPU node", "about the on-demand price of 16 cores in 2026"),
        guess(4.00, "dollars an hour a GPU node", "about the on-demand price of one H100 in 2026"),
        guess(4096, "articles a shard", "briefing batch --shard-rows 4096"),
        guess(4, "requests a shard", "one read, one write, one marker, and one to spare"),
        guess(3500, "writes a second a prefix", "what S3's guide to performance gives a prefix"),
        guess(1.25e9, "bytes a second a node", "10 Gbit/s"),
    )


@dataclass(frozen=True, slots=True)
class Fleet:
    """Some nodes of one kind."""

    name: str
    nodes: int
    gpu: bool


FLEETS = (
    Fleet("1 CPU node", 1, False),
    Fleet("1 GPU node", 1, True),
    Fleet("100 GPU nodes", 100, True),
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a fleet does: articles and dollars a day, and the share of each bound it takes."""

    fleet: Fleet
    articles: float
    dollars: float
    used: dict[str, float]

    @property
    def million(self) -> float:
        """Dollars for a million articles."""
        return 1e6 * self.dollars / self.articles

    @property
    def binds(self) -> str:
        """What is used most: below 1, the nodes themselves bind."""
        name = max(self.used, key=lambda key: self.used[key])
        return name if self.used[name] >= 1 else "its processors"


def node_rate(held: Figures, *, gpu: bool) -> float:
    """Articles a second of a node under the engine."""
    own = held.gpu_rate.value if gpu else held.core_rate.value * held.cpu_cores.value
    return own * held.engine.value


def estimate(held: Figures, fleet: Fleet) -> Estimate:
    """What a fleet does in a day, if nothing but its processors bound it, and what else it uses."""
    rate = node_rate(held, gpu=fleet.gpu)
    second = fleet.nodes * rate
    shards = second / held.shard_rows.value
    price = held.gpu_price.value if fleet.gpu else held.cpu_price.value
    used = {
        "the driver": shards / held.shards_a_second.value,
        "the store's requests": shards * held.shard_requests.value / held.store_requests.value,
        "a node's network": rate
        * (held.bytes_in.value + held.bytes_out.value)
        / held.node_network.value,
    }
    return Estimate(fleet, second * DAY, fleet.nodes * price * 24, used)


def needed(held: Figures, articles_a_day: float, *, gpu: bool) -> Fleet:
    """The nodes that brief so many articles a day."""
    count = -(-articles_a_day / DAY // node_rate(held, gpu=gpu))
    kind = "GPU" if gpu else "CPU"
    return Fleet(f"{int(count):,} {kind} nodes", int(count), gpu)


def report(held: Figures, billion: float = 1e9) -> Iterator[str]:
    """Markdown: the figures, the fleets, and what binds at a billion articles a day."""
    yield "| figure | value | from |"
    yield "|---|---|---|"
    for _, figure in held:
        origin = figure.source if figure.origin == "measured" else f"assumed: {figure.source}"
        yield f"| {figure.unit} | {figure.value:,.4g} | {origin} |"
    yield ""
    yield "| fleet | articles a day | dollars a day | dollars a million | what binds |"
    yield "|---|---|---|---|---|"
    large = [needed(held, billion, gpu=gpu) for gpu in (False, True)]
    estimates = [estimate(held, fleet) for fleet in (*FLEETS, *large)]
    for made in estimates:
        yield (
            f"| {made.fleet.name} | {made.articles:,.3g} | {made.dollars:,.0f} | "
            f"{made.million:,.2f} | {made.binds} |"
        )
    yield ""
    yield "At a billion articles a day:"
    yield ""
    second = billion / DAY
    incoming, outgoing = (second * b.value / 1e9 for b in (held.bytes_in, held.bytes_out))
    yield f"- {second:,.0f} articles a second, {incoming:.2f} GB/s in and {outgoing:.2f} GB/s out;"
    shards = billion / held.shard_rows.value
    requests = shards * held.shard_requests.value / DAY
    kept = billion * held.bytes_out.value / 1e12
    yield (
        f"- {shards:,.0f} shards a day, {requests:,.1f} requests a second to the store, "
        f"{kept:,.2f} TB of briefs a day;"
    )
    for made in estimates[-2:]:
        shares = ", ".join(f"{100 * share:.2g} % of {name}" for name, share in made.used.items())
        yield f"- {made.fleet.name}: {shares}; what binds is {made.binds}."
