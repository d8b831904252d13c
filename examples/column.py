"""Add a column of headlines to a table with a column "text": python column.py TABLE.csv"""

import sys

import pandas as pd

from briefing import Brief, Briefer, read

table = pd.read_csv(sys.argv[1])
with Briefer() as briefer:
    articles = (read(text) for text in table["text"])
    table["headline"] = [
        str(result.headline) if isinstance(result, Brief) else None
        for result in briefer.brief_many(articles, sections=["headline"])
    ]
table.to_csv(sys.stdout, index=False)
