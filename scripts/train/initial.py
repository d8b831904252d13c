"""Initial weights in which copying is already there.

A randomly initialised model of this size spends most of a CPU's training time on finding out how
to copy. The circuit it finds is known (Olsson et al. 2022, "In-context learning and induction
heads"): an encoder head carries the identity of the previous token to each position; the
decoder's cross-attention looks for the position whose previous token is the one just written, and
writes what stands there. These weights are set, in the spirit of Trockman and Kolter 2023
("Mimetic initialization of self-attention layers"), so that the circuit exists before the first
step and training only refines it.
"""

import torch
from torch import Tensor
from transformers import BartForConditionalGeneration

SPREAD = 0.05
"""Standard deviation of token and position embeddings."""
FOLLOW = 2.2
"""Sharpness of the previous-token heads."""
MATCH = 2.0
"""Sharpness of the decoder's look for the token just written."""
WRITE = 7.0
"""Weight of the found token against the decoder's own state.

Chosen by the accuracy on random tokens before any training: 99 % at 12 tokens, 88 % at 30, 70 % at
60 with a width of 384, 4 encoder and 3 decoder layers.
"""


def _orthogonal(size: int) -> Tensor:
    return torch.nn.init.orthogonal_(torch.empty(size, size))


def _step_back(positions: Tensor) -> Tensor:
    """The linear map that takes each position's embedding to the one before it."""
    return (torch.linalg.pinv(positions[1:]) @ positions[:-1]).T


@torch.no_grad()
def induce_copying(model: BartForConditionalGeneration) -> None:
    """Set ``model``'s weights, in place, so that the decoder continues the source it reads."""
    width = model.config.d_model
    encoder, decoder = model.model.encoder, model.model.decoder
    for name, weight in model.named_parameters():
        if "shared" in name or "embed_positions" in name:
            weight.normal_(0.0, SPREAD)
        elif weight.dim() == 2:
            weight.normal_(0.0, 0.02)
        if name.endswith(("out_proj.weight", "fc2.weight")):
            weight.mul_(0.5)
    shift, basis = _orthogonal(width), _orthogonal(width)
    unit = encoder.embed_positions.weight[2:] / SPREAD
    follow = encoder.layers[0].self_attn
    follow.k_proj.weight.copy_(FOLLOW * basis)
    follow.q_proj.weight.copy_(FOLLOW * basis @ _step_back(unit))
    follow.v_proj.weight.copy_(basis)
    follow.out_proj.weight.copy_(shift @ basis.T)
    look = decoder.layers[-1].encoder_attn
    look.q_proj.weight.copy_(MATCH * basis)
    look.k_proj.weight.copy_(MATCH * basis @ shift.T)
    look.v_proj.weight.copy_(basis)
    look.out_proj.weight.copy_(WRITE * basis.T)
