"""Preload what reading needs in the forkserver of `isolated`, as readers have little time.

What is imported when an input needs it is imported here, and a page in another language is read
once, for what the libraries load on first use.
"""

from importlib import import_module

from briefing.reading.html import article_from_html

for _name in (
    *("charset_normalizer", "ftfy", "mammoth", "markdown_it", "mdit_py_plugins.footnote", "pypdf"),
    *("pysubs2", "striprtf.striprtf", "syntok.segmenter", "yaml", "email.policy"),
):
    import_module(_name)
_TEXT = "Die Bibliothek liest diese Seite einmal, damit alles geladen ist, was sie braucht. " * 3
article_from_html(f"<html><body><article><h1>Seite</h1><p>{_TEXT}</p></article></body></html>")
