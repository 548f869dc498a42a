"""Slow twin of the metrics: one row at a time, after the definitions by which the benchmarks are scored."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any


def cdf(x: float, quantiles: Sequence[float], levels: Sequence[float]) -> float:
    """Piecewise linear through the quantiles, 0 below the lowest, 1 from the highest on."""
    at = sum(quantile <= x for quantile in quantiles)
    if at == 0:
        return 0.0
    if at == len(quantiles):
        return 1.0
    low, high = quantiles[at - 1], quantiles[at]
    return levels[at - 1] + (x - low) / max(high - low, 1e-12) * (levels[at] - levels[at - 1])


def inside_share(y: float, quantiles: Sequence[float], levels: Sequence[float], level: float) -> float:
    """Share of a uniform draw between F(y − ½) and F(y + ½) inside the central interval."""
    low, high = (1 - level) / 2, (1 + level) / 2
    below, above = cdf(y - 0.5, quantiles, levels), cdf(y + 0.5, quantiles, levels)
    if above - below < 1e-9:
        return float(low <= below <= high)
    return max(0.0, min(above, high) - max(below, low)) / (above - below)


def _scaled(rows: list[dict[str, Any]], column: str) -> dict[tuple[Any, Any], float]:
    errors, scale = defaultdict(list), {}
    for row in rows:
        errors[row["series_id"], row["cutoff"]].append((row[column] - row["actual"]) ** 2)
        scale[row["series_id"], row["cutoff"]] = row["scale_squared"]
    return {
        key: math.sqrt(sum(values) / len(values) / scale[key])
        for key, values in errors.items()
        if scale[key] is not None and scale[key] > 0
    }


def score(rows: list[dict[str, Any]], levels: Sequence[int], quantile_levels: Sequence[float]) -> dict[str, float]:
    """Every metric by loops."""
    total = sum(abs(row["actual"]) for row in rows)
    n = len(rows)
    found: dict[str, float] = {}
    found["wape"] = sum(abs(row["q0.5"] - row["actual"]) for row in rows) / total
    sold = [row for row in rows if row["actual"] > 0]
    found["mape"] = sum(abs(row["forecast"] - row["actual"]) / row["actual"] for row in sold) / len(sold)
    symmetric = 0.0
    for row in rows:
        size = abs(row["actual"]) + abs(row["forecast"])
        symmetric += 2 * abs(row["forecast"] - row["actual"]) / size if size > 0 else 0.0
    found["smape"] = symmetric / n
    for prefix, column in (("", "forecast"), ("naive_", "naive")):
        errors = [row[column] - row["actual"] for row in rows]
        found[f"{prefix}mae"] = sum(map(abs, errors)) / n
        found[f"{prefix}rmse"] = math.sqrt(sum(error * error for error in errors) / n)
        found[f"{prefix}bias"] = sum(errors) / total
        scaled = _scaled(rows, column)
        found[f"{prefix}rmsse"] = sum(scaled.values()) / len(scaled)
    found["naive_wape"] = sum(abs(row["naive"] - row["actual"]) for row in rows) / total
    scaled, weight = _scaled(rows, "forecast"), {(row["series_id"], row["cutoff"]): row["weight"] for row in rows}
    cutoffs = sorted({cutoff for _, cutoff in scaled})
    weighted = 0.0
    for cutoff in cutoffs:
        keys = [key for key in scaled if key[1] == cutoff]
        weighted += sum(scaled[key] * weight[key] for key in keys) / sum(weight[key] for key in keys)
    found["wrmsse"] = weighted / len(cutoffs)
    horizon: dict[Any, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in rows:
        horizon[row["series_id"], row["cutoff"]][0] += row["forecast"]
        horizon[row["series_id"], row["cutoff"]][1] += row["actual"]
    found["horizon_wape"] = sum(abs(f - y) for f, y in horizon.values()) / sum(abs(y) for _, y in horizon.values())
    quantile_losses = []
    for level in quantile_levels:
        loss = 0.0
        for row in rows:
            error = row["actual"] - row[f"q{level:g}"]
            loss += max(level * error, (level - 1) * error)
        quantile_losses.append(2 * loss / total)
    found["wql"] = sum(quantile_losses) / len(quantile_losses)
    for level in levels:
        low, high = f"q{round(0.5 - level / 200, 4):g}", f"q{round(0.5 + level / 200, 4):g}"
        split = plain = 0.0
        for row in rows:
            split += inside_share(
                row["actual"], [row[f"q{q:g}"] for q in quantile_levels], quantile_levels, level / 100
            )
            plain += row[low] - 1e-9 <= row["actual"] <= row[high] + 1e-9
        found[f"coverage_{level}"], found[f"plain_coverage_{level}"] = split / n, plain / n
    return found
