"""Training of the bundled models: corpus, pairs, vocabulary, writer, planner."""
