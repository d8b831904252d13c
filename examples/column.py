"""Add a column of headlines to a table with a column "text": python column.py TABLE.csv"""

import sys
from collections.abc import Iterable, Iterator

import pandas as pd

from briefing import Article, Brief, Briefer, BriefingError, read


def articles(texts: Iterable[str]) -> Iterator[Article | BriefingError]:
    """The articles; what cannot be read stands in its place as the error that it gave."""
    for text in texts:
        try:
            yield read(text)
        except BriefingError as error:
            yield error


table = pd.read_csv(sys.argv[1])
with Briefer() as briefer:
    texts = table["text"].fillna("").astype(str)
    table["headline"] = [
        str(result.headline) if isinstance(result, Brief) else None
        for result in briefer.brief_many(articles(texts), sections=["headline"])
    ]
table.to_csv(sys.stdout, index=False)
