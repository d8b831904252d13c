"""Render articles as they were read: title, standfirst and paragraphs, without anything else."""

from itertools import groupby
from typing import Any

from briefing.article import Article
from briefing.rendering.layout import inert
from briefing.rendering.markdown import escape


def article_paragraphs(article: Article) -> list[str]:
    """Return the paragraphs of the body as clean sentences, each on one line."""
    sentences = (each for each in article.sentences if each.part == "body")
    grouped = groupby(sentences, key=lambda sentence: sentence.paragraph)
    return [" ".join(each.text for each in group) for _, group in grouped]


def article_text(article: Article) -> str:
    """Return the article as plain text, which reads back as the same article."""
    head = [inert(part) for part in (article.title, article.subtitle) if part]
    parts = ["\n".join(head)] if head else []
    return "\n\n".join([*parts, *map(inert, article_paragraphs(article))]) + "\n"


def article_markdown(article: Article) -> str:
    """Return the article as Markdown, its text escaped; the standfirst is emphasised."""
    parts = [f"# {escape(article.title)}"] if article.title else []
    parts += [f"*{escape(article.subtitle)}*"] if article.subtitle else []
    return "\n\n".join([*parts, *map(escape, article_paragraphs(article))]) + "\n"


def article_document(article: Article) -> dict[str, Any]:
    """Return the article as an object for JSON, as a line of a batch has it."""
    return {
        "title": article.title,
        "subtitle": article.subtitle,
        "published": article.published,
        "language": article.language,
        "url": article.url,
        "words": article.words,
        "warnings": list(article.warnings),
        "text": "\n\n".join(article_paragraphs(article)),
    }
