"""Data-parallel training: several processes fit one network, each on its share of every batch.

Belongs here: what a gradient step needs to know of the other processes. Does not belong here: starting them
(`training_processes.py`, or torchrun): whoever calls `training.fit` has joined the group before.

Every process holds the panel, draws the same batches from the same seed, takes every n-th window of each, and averages
gradients with the others. So all hold the same weights after every step, and each can judge or keep them.

Source: synchronous data parallelism as in Li et al., PyTorch Distributed (2020), without its hooks: the network is
small, and one message per step is cheaper than one per layer.
"""

from __future__ import annotations

import torch
from torch import Tensor, distributed, nn

from dp_assets.domain.windows import IndexArray


def place() -> tuple[int, int]:
    """Number of this process, and how many there are; (0, 1) outside a group."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return 0, 1
    return distributed.get_rank(), distributed.get_world_size()


def draw_anew(seed: int, step: int) -> None:
    """In a group, seeds what this process draws in a step: dropout of its own, which does not depend on earlier steps,
    so that a checkpoint of one process is one of all."""
    number, count = place()
    if count > 1:
        torch.manual_seed((seed * 1_000_003 + step) * count + number)


def own_share(batch: IndexArray) -> IndexArray:
    """The windows of a batch that this process takes: every n-th, and the first where there are too few for all."""
    number, count = place()
    return batch[number::count] if len(batch) >= count else batch[:1]


@torch.no_grad()
def average_gradients(network: nn.Module) -> None:
    """Replaces every gradient by its mean over the processes; nothing happens outside a group."""
    count = place()[1]
    if count == 1:
        return
    gradients = [each.grad for each in network.parameters() if each.grad is not None]
    joined = torch.cat([gradient.reshape(-1) for gradient in gradients])
    distributed.all_reduce(joined)
    start = 0
    for gradient in gradients:
        gradient.copy_((joined[start : start + gradient.numel()] / count).reshape(gradient.shape))
        start += gradient.numel()


def agreed(value: float | None) -> float | None:
    """A number as the first process has it, so that all take the same decisions by it; None stays None."""
    if value is None or place()[1] == 1:
        return value
    told = torch.tensor(value, dtype=torch.float64)
    if distributed.get_backend() == "nccl":
        told = told.cuda()
    distributed.broadcast(told, 0)
    return float(told)


def averaged(value: Tensor) -> float:
    """A number's mean over the processes."""
    count = place()[1]
    result = value.detach().clone()
    if count > 1:
        distributed.all_reduce(result)
    return float(result) / count
