"""Write docs/api.md: the public names of `briefing`, from their docstrings and signatures.

python -m scripts.api_reference            # writes it
python -m scripts.api_reference --check    # exit code 1 where it is out of date
"""

import argparse
import dataclasses
import inspect
import re
from enum import EnumMeta
from pathlib import Path
from typing import Any

import briefing

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
_HEAD = """# The library

Made from the docstrings by `python -m scripts.api_reference`. Everything here is imported from
`briefing` itself; programs that use it are in [examples/](../examples/README.md). The errors are in
`briefing.errors`, with their tree; all are `BriefingError`, those of the input `ValueError` too.

- A string may be a path or an address. Texts of strangers are read by `briefing.read_text`, which
  opens no file and fetches nothing.
- A given title is a source of its own: it may be shown as the headline though the text does not
  bear it out.
- A process that was forked loads the CPU's models anew; models that run on torch want
  `multiprocessing`'s "spawn".
"""


def reference() -> str:
    """The page."""
    names = [name for name in briefing.__all__ if not name.startswith("_")]
    functions = [name for name in names if inspect.isfunction(getattr(briefing, name))]
    rest = [name for name in names if name not in functions]
    shown = (_entry(f"briefing.{n}", getattr(briefing, n), "##") for n in (*functions, *rest))
    return "\n".join([_HEAD, *shown])


def _entry(name: str, thing: Any, heading: str) -> str:
    lines = [f"{heading} {name}", ""]
    if not inspect.isclass(thing):
        return "\n".join([*lines, *_code(name, thing), _text(thing), ""])
    if not isinstance(thing, EnumMeta) and not issubclass(thing, Exception):
        lines += _code(name, thing)
    lines += [_text(thing), ""]
    if isinstance(thing, EnumMeta):
        lines += [f"- `{member.name}` = `{member.value!r}`" for member in thing] + [""]
    for method, value in vars(thing).items():
        function = getattr(value, "__func__", value)
        if method.startswith("_") or isinstance(thing, EnumMeta):
            continue
        if isinstance(value, property):
            lines += [f"### {name}.{method}", "", _text(value), ""]
        elif inspect.isfunction(function):
            lines.append(_entry(f"{name}.{method}", function, "###"))
    return "\n".join(lines)


def _code(name: str, thing: Any) -> list[str]:
    if dataclasses.is_dataclass(thing):
        fields = [f"    {f.name}: {_plain(f.type)}" for f in dataclasses.fields(thing)]
        return ["```python", f"{name}(", *[f"{field}," for field in fields], ")", "```", ""]
    signature = inspect.signature(thing)
    given = [p for p in signature.parameters.values() if p.name != "self"]
    written = [f"    {_plain(str(parameter))}," for parameter in given]
    star = next((i for i, p in enumerate(given) if p.kind is p.KEYWORD_ONLY), None)
    if star is not None:
        written.insert(star, "    *,")
    gives = signature.return_annotation
    arrow = "" if gives is inspect.Signature.empty else f" -> {_plain(_shown(gives))}"
    if not written:
        return ["```python", f"{name}(){arrow}", "```", ""]
    return ["```python", f"{name}(", *written, f"){arrow}", "```", ""]


def _shown(annotation: Any) -> str:
    return annotation.__name__ if inspect.isclass(annotation) else str(annotation)


def _plain(text: Any) -> str:
    """A type or parameter in the words of the source: without modules, enumerations by name."""
    shown = re.sub(r"\b(?:[a-z_]\w*\.)+(?=\w)", "", _shown(text))
    shown = re.sub(r"<Section\.\w+: '([\w-]+)'>", r"'\1'", shown)
    return shown.replace("Literal['auto', 'cpu', 'cuda', 'mps']", "Device").replace("'", '"')


def _text(thing: Any) -> str:
    text = re.sub(r"``([^`]+)``", r"`\1`", inspect.getdoc(thing) or "")
    text = re.sub(r"^(Raises|Args):$", r"\1:\n", text, flags=re.M)
    return re.sub(r"^ {4}(?=\S)", "- ", text, flags=re.M)


def main() -> None:
    """Write the page, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        raise SystemExit(PAGE.read_text("utf-8") != reference())
    PAGE.write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
