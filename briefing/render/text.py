"""A brief as plain text for terminals."""

from briefing.brief import Brief, Line, Section
from briefing.render.layout import PARTS, ROLES, Block, blocks, cited, clean, marker, warnings
from briefing.render.wrap import wrap

MIN_WIDTH = 20


def to_text(brief: Brief, *, width: int = 80, sources: bool = False) -> str:
    """``brief`` as plain text, ending in a newline.

    ``[3]`` after a line names its source sentence by the index that JSON uses, counted from 0
    with the title's sentences first; "(extracted)" marks a line that is a source sentence, at
    most shortened. Lines are at most ``width`` columns (no fewer than 20). With ``sources`` the
    cited sentences follow.
    """
    width = max(width, MIN_WIDTH)
    parts = [_block(block, width) for block in blocks(brief)]
    if sources:
        parts += _sources(brief, width)
    if notes := warnings(brief):
        parts.append(_listed("Warnings", notes, width))
    return "\n\n".join(parts) + "\n"


def _block(block: Block, width: int) -> str:
    if block.section is Section.HEADLINE:
        return wrap(_line(block.lines[0]) if block.lines else block.empty, width)
    if not block.lines:
        return f"{block.title}\n{wrap(block.empty, width)}"
    return _listed(block.title, [_labelled(line, block.section) for line in block.lines], width)


def _listed(title: str, items: list[str], width: int) -> str:
    return "\n".join([title, *(wrap(item, width, "• ", "  ") for item in items)])


def _labelled(line: Line, section: Section) -> str:
    role = ROLES[line.role] if section is Section.CONTEXT else ""
    return f"{role.capitalize()}: {_line(line)}" if role else _line(line)


def _line(line: Line) -> str:
    mark = " (extracted)" if line.origin == "extracted" else ""
    return f"{clean(line.text)} {marker(line)}{mark}"


def _sources(brief: Brief, width: int) -> list[str]:
    indices = cited(brief)
    if not indices:
        return []
    indent = len(str(indices[-1])) + 3
    return ["\n".join(["Sources", *(_source(brief, index, indent, width) for index in indices)])]


def _source(brief: Brief, index: int, indent: int, width: int) -> str:
    sentence = brief.article.sentences[index]
    label = f"{part}: " if (part := PARTS[sentence.part]) else ""
    return wrap(label + clean(sentence.text), width, f"[{index}]".ljust(indent), " " * indent)
