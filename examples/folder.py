"""Brief every file of a folder with one loaded model: python folder.py FOLDER"""

import sys
from collections.abc import Iterator
from pathlib import Path

from briefing import Article, Briefer, BriefingError, read


def articles(paths: list[Path]) -> Iterator[Article | BriefingError]:
    """The articles; what cannot be read stands in its place as the error that it gave."""
    for path in paths:
        try:
            yield read(path)
        except BriefingError as error:
            yield error


paths = sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_file())
with Briefer() as briefer:
    results = briefer.brief_many(articles(paths))
    for done, (path, result) in enumerate(zip(paths, results, strict=True), start=1):
        told = f"failed: {result}" if isinstance(result, BriefingError) else result.headline
        print(f"[{done}/{len(paths)}] {path.name}: {told}")
