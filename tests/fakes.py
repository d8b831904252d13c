"""Back ends that obey the contract without a model; for unit tests only."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from briefing.briefs import ModelInfo
from briefing.models import Decoding, Hypothesis, NBest
from briefing.sections import Section
from briefing.writing import Prompts, choose_family
from briefing.writing.prompt_file import SectionPrompt

INFO = ModelInfo("fake", "0", "fake", "cpu", "none", "a test asked for it")
Say = Callable[[str], Sequence[str]]


def every_section() -> Prompts:
    """The bundled model's family, asked for the lines of all sections."""
    family = choose_family("bundled", "bart")
    return replace(
        family,
        sections={
            Section.HEADLINE: SectionPrompt(
                ("<headline>{length}{sources}", "<point>{length}{sources}"),
                Decoding(beam=6, n_best=6, max_input=family.max_input),
            ),
            Section.KEY_POINTS: SectionPrompt(
                ("<point>{length}{sources}", "<point><clean>{length}{sources}"),
                Decoding(beam=3, max_input=family.max_input),
            ),
            Section.CONTEXT: SectionPrompt(
                ("<context><clean>{length}{sources}",),
                Decoding(beam=2, max_input=family.max_input),
            ),
        },
    )


class FakeBackend:
    """Answers each prompt with what ``say`` makes of it, best first."""

    calls = 1
    articles = 32

    def __init__(self, say: Say) -> None:
        self.info = INFO
        self.say = say
        self.asked: list[list[str]] = []

    def generate(self, batches: Sequence[Sequence[str]], decoding: Decoding) -> list[NBest]:
        prompts = [prompt for batch in batches for prompt in batch]
        self.asked.append(prompts)
        return [
            tuple(
                Hypothesis(text, -0.1 * (rank + 1))
                for rank, text in enumerate(self.say(prompt)[: decoding.n_best])
            )
            for prompt in prompts
        ]


def echo(prompt: str) -> list[str]:
    """The first source sentence, as it is."""
    return [_texts(prompt)[0]]


def liar(prompt: str) -> list[str]:
    """Lines that are fluent and untrue, one invention of each kind."""
    text = _texts(prompt)[0].rstrip(".")
    return [
        f"{text}, Barnaby Quillfeather said.",
        f"{text}, at a cost of 7,341 dollars.",
        f"{text} on 29 February 1736.",
        f'{text}, "and the moon is made of cheese".',
        "Zanzibar annexed the Principality of Ruritania in 1066.",
        "recruit recruit recruit recruit recruit",
        "",
    ]


def _texts(prompt: str) -> list[str]:
    return re.sub(r"^(?:<\w+>)+", "", prompt).split("<sep>")
