"""Imported by the process that runs are forked from: load now what they would each load anew."""

import gc
from datetime import UTC, datetime

from briefing.briefer import Briefer
from briefing.briefs import Article
from briefing.checking.quality import quality_model
from briefing.digest import Item, StoredArticle
from briefing.digest.grouping import Grouper, signature
from briefing.digest.telling import read_item
from tests.digest.run import worlds  # noqa: F401

_TEXT = "The council of Port Alder met on Monday to vote on the ferry. It passed it by 5 to 2."
_item = Item("warm", None, "Council votes on ferry", None, _TEXT)
_article: Article = read_item(_item)
_now = datetime(2026, 3, 2, tzinfo=UTC)
Grouper([]).add(StoredArticle(1, "warm", "warm", _item, _now, _now, ""), signature(_item))
Briefer(extractive=True).brief(_article)
# Its threads would not be there in what is forked, which would hang where it is collected.
quality_model.cache_clear()
gc.collect()
