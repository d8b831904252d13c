"""Importing this reads a page once: whoever is forked from here has all that reading needs."""

from briefing.read.html import article_from_html

_TEXT = "The library reads this page once, so that everything that it needs is there. " * 3

article_from_html(f"<html><body><article><h1>A page</h1><p>{_TEXT}</p></article></body></html>")
