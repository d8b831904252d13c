"""Daily digest: fetch feeds, cluster articles into stories, brief them, publish an edition."""
