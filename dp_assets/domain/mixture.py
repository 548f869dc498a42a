"""Mixtures: quantiles of a mixture of distributions that are known by quantiles of their own.

Belongs here: that one function, in operators that ONNX has. Does not belong here: where the distributions come from
(`network.py`).
"""

from __future__ import annotations

import torch
from torch import Tensor

from dp_assets.domain.inference import TAIL

HALVINGS = 20
"""Halvings of the span in which a quantile must lie: what is left of it is a millionth."""
NARROWEST = 1e-9
"""Units between two quantiles at least: where they are equal, a distribution jumps."""


def mixture_quantiles(quantiles: Tensor, levels: tuple[float, ...]) -> Tensor:
    """Quantiles of K distributions mixed in equal parts.

    Between two of its quantiles a distribution is even; it starts at half of the lowest, and ends TAIL above the
    highest. The mixture's quantile lies between the least and the greatest of its parts' and is found by halving.

    Args:
        quantiles: (K, …, Q) at `levels`, never negative, ascending along Q.
        levels: Q of them, ascending.

    Returns:
        (…, Q), ascending along Q.
    """
    exact = quantiles.double()
    wanted = torch.tensor(levels, dtype=exact.dtype, device=exact.device)
    edge = torch.tensor([0.0, *levels, 1.0], dtype=exact.dtype, device=exact.device)
    weights = edge[1:] - edge[:-1]  # (Q + 1,)
    knots = torch.cat([exact[..., :1] / 2, exact, exact[..., -1:] * (1 + TAIL)], dim=-1)
    start = knots[..., None, :-1]  # (K, …, 1, Q + 1)
    width = (knots[..., None, 1:] - start).clamp_min(NARROWEST)
    low, high = exact.amin(dim=0), exact.amax(dim=0)  # (…, Q)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        share = ((middle[None, ..., None] - start) / width).clamp(0.0, 1.0)  # (K, …, Q, Q + 1)
        short = (share * weights).sum(dim=-1).mean(dim=0) < wanted
        low, high = torch.where(short, middle, low), torch.where(short, high, middle)
    found = high.to(quantiles.dtype).unbind(dim=-1)
    ascending = [found[0]]
    for each in found[1:]:
        ascending.append(torch.maximum(each, ascending[-1]))
    return torch.stack(ascending, dim=-1)
