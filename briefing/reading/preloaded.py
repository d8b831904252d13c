"""Preload the extraction libraries, by reading a page once, in the forkserver of `isolated`."""

from briefing.reading.html import article_from_html

_TEXT = "The library reads this page once, so that all of its dependencies are imported. " * 3

article_from_html(f"<html><body><article><h1>A page</h1><p>{_TEXT}</p></article></body></html>")
