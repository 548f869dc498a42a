"""What a month costs at a number of series: list prices, quantities, and one multiplication for each line.

    python -m deploy.aws.costs        prints the table of docs/aws.md

Belongs here: prices and assumptions, each by name. Does not belong here: what is deployed (`stacks`).

Prices are on-demand list prices of eu-central-1 in USD, written from memory of the price lists and rounded: look each
up in AWS' calculator before you rely on one.
"""

from __future__ import annotations

from dataclasses import dataclass

HOURS, WEEKS = 730, 4.345
SIZES = (5_000, 50_000, 1_000_000)
SPOT_SHARE = 0.4
"""Of the on-demand price; it moves by the hour."""
LAKE_KB_PER_SERIES_AND_CYCLE = 30
"""The demo's lake holds 11 KB with one year of history; five years and all reasons take more."""
CPU_SECONDS_PER_SERIES_AND_CYCLE = 0.1
"""From rows to the bundle, training without a search included; docs/performance.md has 0.007 for both fits alone."""
ROWS_PER_SERIES_AND_WEEK, BYTES_PER_ROW = 20, 60
PLANNERS_PER_10_000_SERIES, REQUESTS_PER_PLANNER = 4, 40_000


@dataclass(frozen=True)
class Line:
    """One line of the bill: quantity × price."""

    what: str
    quantity: float
    unit: str
    price: float

    @property
    def usd(self) -> float:
        """USD a month."""
        return self.quantity * self.price


def month(series: int) -> list[Line]:
    """The bill of a month after one year of weekly cycles.

    Args:
        series: how many are forecast each week.
    """
    gib_of_year = series * LAKE_KB_PER_SERIES_AND_CYCLE * 52 / 2**20
    landed = series * ROWS_PER_SERIES_AND_WEEK * BYTES_PER_ROW * 52 / 2**30
    node_hours = WEEKS * (1 + series * CPU_SECONDS_PER_SERIES_AND_CYCLE / 3600 / 8)  # an hour of starting and waiting
    gpu_hours = 1 + series / 50_000 * 2  # one search a month
    million_requests = max(1, series / 10_000 * PLANNERS_PER_10_000_SERIES) * REQUESTS_PER_PLANNER / 1e6
    replicas = 2 if series <= 50_000 else 6
    logs = 10 + series / 50_000
    database = 0.404 if series <= 50_000 else 1.616
    return [
        Line("EKS control plane", HOURS, "h", 0.10),
        Line("nodes that serve and orchestrate, m7i.large", replicas * HOURS, "h", 0.1208),
        Line("spot nodes for steps, m7i.2xlarge", node_hours, "h", 0.4832 * SPOT_SHARE),
        Line("spot nodes with a GPU, g5.2xlarge", gpu_hours, "h", 1.516 * SPOT_SHARE),
        Line("PostgreSQL in two zones", HOURS, "h", database),
        Line("its storage", 50 if series <= 50_000 else 500, "GiB", 0.274),
        Line("NAT gateways", 2 * HOURS, "h", 0.052),
        Line("endpoints of services, 6 in 2 zones", 12 * HOURS, "h", 0.012),
        Line("S3, the lake's last year and landed files", gib_of_year + landed, "GiB", 0.0245),
        Line("S3 requests", 50_000 * WEEKS / 1000 * (1 + series / 50_000), "1,000", 0.0054),
        Line("load balancer", HOURS, "h", 0.035),
        Line("API Gateway", million_requests, "million", 1.20),
        Line("firewall", 1, "with 4 rules", 9.0),
        Line("logs taken in", logs, "GiB", 0.63),
        Line("alarms, metrics, dashboard, keys, secrets", 1, "all", 12.0),
        Line("audit trail of objects", 0.5 * WEEKS * (1 + series / 50_000), "100,000", 0.10),
        Line("Athena", 0.02 * max(1, series / 50_000), "TB read", 5.0),
    ]


def table_markdown() -> str:
    """Lines in rows, sizes in columns: USD a month, with quantities."""
    bills = [month(series) for series in SIZES]
    head = "| | USD per unit | " + " | ".join(f"{series:,} series" for series in SIZES) + " |"
    rows = [head, "| --- | ---: |" + " ---: |" * len(SIZES)]
    for lines in zip(*bills, strict=True):
        prices = sorted({line.price for line in lines})
        price = " to ".join(f"{one:,.4g}" for one in prices)
        cells = " | ".join(f"{line.quantity:,.4g} {line.unit} = {line.usd:,.0f}" for line in lines)
        rows.append(f"| {lines[0].what} | {price} | {cells} |")
    totals = " | ".join(f"**{sum(line.usd for line in bill):,.0f}**" for bill in bills)
    each = " | ".join(
        f"{100 * sum(line.usd for line in bill) / series:,.2f}" for bill, series in zip(bills, SIZES, strict=True)
    )
    return "\n".join([*rows, f"| **together** | | {totals} |", f"| cents per series | | {each} |"]) + "\n"


if __name__ == "__main__":
    print(table_markdown())  # noqa: T201 - what the command is for
