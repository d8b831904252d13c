"""Training of the planner; ``python -m scripts.train.planner`` runs it."""
