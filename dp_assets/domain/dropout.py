"""Dropout: units left out by chance, at a fraction of what torch's own costs on a CPU.

Belongs here: that one function. Does not belong here: which units are left out (`network.py`).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

STEPS = 256
"""A share of units left out is taken to the nearest of so many."""


def dropped(values: Tensor, share: float) -> Tensor:
    """The values, each left out (0) with a chance of `share`, the others enlarged so that the mean stays.

    On a CPU every byte of a random number decides on one value: torch draws a whole number for each. Seeded by torch's
    generator.
    """
    if share == 0 or values.device.type != "cpu":
        return functional.dropout(values, share)
    count, least = values.numel(), min(STEPS - 1, round(share * STEPS))
    drawn = torch.empty(-(-count // 8), dtype=torch.int64).random_(-(2**63), None)
    kept = (drawn.view(torch.uint8)[:count].view(values.shape) >= least).to(values.dtype)
    return values * kept.mul_(STEPS / (STEPS - least))
