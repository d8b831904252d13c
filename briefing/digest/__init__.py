"""The nightly digest: from feeds to an edition, each story traceable to articles and sentences."""
