"""Reconciliation of a large catalogue, with and without locks or correlated errors, beside hierarchicalforecast.

`make bench-reconciliation`. Non-negative MinT (wls_struct; and mint_shrink, on 26 errors of everything) over total >
department > category > type > series, one lead, each side in a process of its own: CPU seconds and peak memory. Prints
a table and writes benchmarks/out/reconciliation.json.

Belongs here: what making levels agree costs. Does not belong here: whether it is right (`tests/`).
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np

from benchmarks.findings import Finding, at_most, share, show
from dp_assets.domain.common_errors import Common, nearest_with_common
from dp_assets.domain.least_squares import Problem, nearest
from dp_assets.domain.reconciliation import MOST_CORRELATED
from dp_assets.domain.shrinkage import shrunk_correlation

SERIES, MANY = 50_000, 1_000_000
ORIGINS = 26
SECONDS_BAR, BYTES_BAR, MANY_BYTES_BAR = 10.0, 1.5e9, 6e9


def catalogue(series: int, locked: bool) -> Problem:
    """Made-up demand with a fifth of zeros, and base forecasts of nodes that disagree with it."""
    rng = np.random.default_rng(1)
    kind = np.sort(rng.integers(0, series // 25, series))
    levels = [np.zeros(series, np.intp), kind // 100, kind // 10, kind]
    offsets = np.cumsum([0, *(int(level.max()) + 1 for level in levels[:-1])])
    paths = np.stack([level + offset for level, offset in zip(levels, offsets, strict=True)], axis=1)
    count = int(paths.max()) + 1
    forecast = rng.gamma(0.5, 4.0, series) * (rng.random(series) > 0.2)
    sizes = np.bincount(paths.ravel(), minlength=count).astype(np.float64)
    sums = np.bincount(paths.ravel(), np.repeat(forecast, paths.shape[1]), count) * rng.lognormal(-0.1, 0.3, count)
    fixed = np.zeros(count, np.bool_)
    if locked:  # every tenth department 5 % up, and some types within others
        fixed[1 : offsets[2] : 10] = True
        fixed[offsets[3] + 7 :: 97] = True
        sums = np.where(fixed, 1.05 * sums, sums)
    return Problem(
        forecast[:, None],
        np.ones(series),
        paths,
        sums[:, None],
        sizes,
        fixed[:, None],
        np.zeros((series, 1), np.bool_),
    )


def by_library(problem: Problem) -> np.ndarray:
    """The same answer from hierarchicalforecast's sparse quadratic programme."""
    from hierarchicalforecast.methods import MinTraceSparse
    from scipy import sparse

    series, depth = problem.paths.shape
    columns = np.repeat(np.arange(series), depth)
    upper = sparse.csr_matrix(
        (np.ones(series * depth), (problem.paths.ravel(), columns)), shape=(len(problem.sums), series)
    )
    summing = sparse.vstack([upper, sparse.eye(series, format="csr")]).tocsr()
    known = {"S": summing, "y_hat": np.vstack([problem.sums, problem.forecast])}
    solved = MinTraceSparse("wls_struct", nonnegative=True).fit_predict(**known)
    return np.asarray(solved["mean"][-series:])


def by_correlation(problem: Problem) -> np.ndarray:
    """The same catalogue under errors that share a cause: mint_shrink, from the errors on."""
    rng = np.random.default_rng(2)
    count = len(problem.sums)
    variance = np.concatenate([problem.sum_variance, problem.variance])
    errors = rng.normal(size=(len(variance), ORIGINS)) + 0.5 * rng.normal(size=ORIGINS)
    loadings = shrunk_correlation(errors * np.sqrt(variance)[:, None]).factors
    rest = variance * (1 - (loadings**2).sum(axis=1))
    loadings = np.sqrt(variance)[:, None] * loadings
    own = replace(problem, variance=rest[count:], sum_variance=rest[:count])
    return nearest_with_common(own, Common(loadings[count:], loadings[:count], problem.forecast, problem.sums))


def measure(side: str, series: int) -> None:
    """Prints CPU seconds, peak bytes and the forecasts' sum of one side."""
    problem = catalogue(series, side in {"locked", "shrink"})
    if side == "peer":
        by_library(catalogue(100, locked=False))  # imports are not what is measured
    else:
        nearest(catalogue(100, locked=True))
    before = time.process_time()
    found = {"peer": by_library, "shrink": by_correlation}.get(side, nearest)(problem)
    seconds = time.process_time() - before
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, float(np.abs(found).sum()))


def measured(side: str, series: int) -> tuple[float, float]:
    """CPU seconds and peak bytes of a process of its own."""
    command = [sys.executable, "-m", "benchmarks.reconciliation", "--side", side, "--series", str(series)]
    seconds, peak, _ = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-3:]
    return float(seconds), float(peak)


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=SERIES, help="bottom series (default: %(default)s)")
    parser.add_argument("--many", type=int, default=MANY, help="bottom series of the large one (default: %(default)s)")
    parser.add_argument("--side", choices=["ours", "locked", "shrink", "peer"], help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.side:
        measure(chosen.side, chosen.series)
        return
    own, locked, peer = (measured(side, chosen.series) for side in ("ours", "locked", "peer"))
    many, shrunk = measured("locked", chosen.many), measured("shrink", MOST_CORRELATED)
    library, least = "hierarchicalforecast, MinTraceSparse", "the bar of the requirement"
    table: list[Finding] = [
        share(f"CPU, {chosen.series:,} series", own[0] / peer[0], library),
        share("the same under locks", locked[0] / peer[0], library),
        share("peak memory", own[1] / peer[1], library),
        at_most("CPU seconds under locks, of 10", locked[0] / SECONDS_BAR, least, 1.0),
        at_most("peak under locks, of 1.5 GB", locked[1] / BYTES_BAR, least, 1.0),
        share(f"CPU seconds, {chosen.many:,} series under locks", many[0], "nothing"),
        share(f"CPU seconds, {MOST_CORRELATED:,} series under locks, mint_shrink", shrunk[0], "nothing"),
        at_most(
            f"peak, {MOST_CORRELATED:,} series under locks, mint_shrink, of 1.5 GB", shrunk[1] / BYTES_BAR, least, 1.0
        ),
        at_most(f"peak, {chosen.many:,} series under locks, of 6 GB", many[1] / MANY_BYTES_BAR, least, 1.0),
    ]
    show(table, "reconciliation")


if __name__ == "__main__":
    main()
