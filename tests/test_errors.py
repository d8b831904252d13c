"""The tree of errors at the head of `briefing.errors` is the tree that there is."""

from collections.abc import Iterator

from briefing import errors
from briefing.errors import BriefingError


def drawn(kind: type[BriefingError], depth: int) -> Iterator[str]:
    """A line for each error of the module below ``kind``."""
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield f"{'    ' * depth}{child.__name__}"
            yield from drawn(child, depth + 1)


def test_the_tree_is_drawn_as_it_is() -> None:
    tree = "\n".join(["BriefingError", *drawn(BriefingError, 1)])
    assert tree in (errors.__doc__ or "")
