"""Roles in sequence: what stands next to a sentence says something of its own role.

Forward-backward over a first-order chain (Rabiner 1989), where the probabilities of a classifier
stand for the emissions and only the surprise of each transition counts, because the classifier
knows already how frequent each role is.
"""

import numpy as np

from briefing.plan.document import Floats


def smooth(probabilities: Floats, transitions: Floats) -> Floats:
    """Posterior role probabilities of each sentence, (sentences, roles).

    ``transitions[a, b]`` is how much likelier ``b`` is after ``a`` than anywhere.
    """
    size, roles = probabilities.shape
    before = np.ones((size, roles), dtype=np.float32)
    after = np.ones((size, roles), dtype=np.float32)
    for row in range(1, size):
        told = (before[row - 1] * probabilities[row - 1]) @ transitions
        before[row] = told / told.sum()
    for row in range(size - 2, -1, -1):
        told = transitions @ (after[row + 1] * probabilities[row + 1])
        after[row] = told / told.sum()
    joint = before * probabilities * after
    smoothed: Floats = joint / joint.sum(axis=1, keepdims=True)
    return smoothed
