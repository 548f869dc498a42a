"""Dropout against what it promises: shares, means, gradients, seeds."""

from __future__ import annotations

import pytest
import torch

from dp_assets.domain.dropout import STEPS, dropped


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.999])
def test_values_are_left_out_in_the_given_share_and_the_others_make_up_for_it(share: float) -> None:
    torch.manual_seed(1)
    found = dropped(torch.ones(1001, 997), share)
    exact = min(STEPS - 1, round(share * STEPS)) / STEPS
    assert (found == 0).float().mean().item() == pytest.approx(exact, abs=0.002)
    assert found.unique().tolist() == pytest.approx([0.0, 1 / (1 - exact)])


def test_neighbours_are_left_out_independently_of_each_other() -> None:
    torch.manual_seed(2)
    out = (dropped(torch.ones(2_000_000), 0.25) == 0).float()
    for distance in (1, 2, 7, 8, 64):
        assert (out[:-distance] * out[distance:]).mean().item() == pytest.approx(0.0625, abs=0.001)


def test_gradients_flow_through_what_was_kept_and_the_same_seed_keeps_the_same() -> None:
    values = torch.ones(5, 7, requires_grad=True)
    torch.manual_seed(3)
    found = dropped(values, 0.4)
    found.sum().backward()
    assert values.grad is not None
    assert torch.equal(values.grad, found)
    torch.manual_seed(3)
    assert torch.equal(dropped(values, 0.4), found)


def test_nothing_is_left_out_and_nothing_drawn_at_a_share_of_none() -> None:
    state = torch.get_rng_state()
    assert torch.equal(dropped(torch.ones(9), 0.0), torch.ones(9))
    assert torch.equal(torch.get_rng_state(), state)
