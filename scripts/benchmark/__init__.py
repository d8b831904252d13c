"""The parts of scripts/bench.py: what is measured, each beside its alternative."""
