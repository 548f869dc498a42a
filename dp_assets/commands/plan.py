"""`dp plan`: numbers that planners set, lock and withdraw, and the ledger of who did.

Belongs here: arguments and printing. Does not belong here: rules (`domain/planning.py`), the database itself.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from dp_assets.commands.terminal import console, open_instance, open_project, say, show

if TYPE_CHECKING:
    from dp_assets.domain.planning import NumberToSet, Proposal
    from dp_assets.project import Project

plan = typer.Typer(no_args_is_help=True, help="Set, lock and withdraw planners' numbers; show who did.")
Node = Annotated[str, typer.Argument(help="Path of the node, such as GROCERY/SOUP; total, or a series.")]
User = Annotated[str, typer.Option("--by", help="Who; the user of this machine when left out.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@plan.command("set")
def plan_set(
    node: Node,
    first: Annotated[datetime, typer.Option("--from", help="First day of the first bucket.", formats=["%Y-%m-%d"])],
    reason: Annotated[str, typer.Option(help="One of planning.reason_codes, e.g. promotion.")],
    buckets: Annotated[int, typer.Option(min=1, help="How many buckets.")] = 1,
    quantity: Annotated[float | None, typer.Option(help="Units in each bucket.")] = None,
    percent: Annotated[float | None, typer.Option(help="Change of what reconciliation says, e.g. 5 or -20.")] = None,
    hierarchy: Annotated[str, typer.Option(help="Hierarchy of the node; the first one when left out.")] = "",
    lock: Annotated[bool, typer.Option("--lock", help="Holds in later cycles too; all other levels follow.")] = False,
    split: Annotated[
        str, typer.Option(help="How series below share an override: forecast, history, or one of reconciliation.keys.")
    ] = "forecast",
    expires: Annotated[
        datetime | None, typer.Option(help="Last cycle that a lock holds in.", formats=["%Y-%m-%d"])
    ] = None,
    comment: Annotated[str, typer.Option(help="In your words.")] = "",
    by: User = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would do.")] = False,
    yes: Yes = False,
) -> None:
    """Set a number for a node and some buckets, after showing what that does to all totals.

    Example: dp plan set GROCERY --from 2017-12-11 --buckets 3 --percent 5 --lock --reason promotion
    """
    from dp_assets.domain.hierarchy import configured_hierarchies
    from dp_assets.domain.planning import Edit
    from dp_assets.planning import PlanningCycle

    project = open_project()
    edit = Edit(
        hierarchy=hierarchy or configured_hierarchies(project.config)[0].name,
        node=node,
        first=first.date(),
        buckets=buckets,
        quantity=quantity,
        percent=percent,
        locked=lock,
        reason_code=reason,
        comment=comment,
        expires=expires and expires.date(),
        split=split,
    )
    cycle, numbers = PlanningCycle.open(project.lake(), project.config), project.planning().numbers()
    wanted = cycle.wanted(edit)
    changes, conflicts = cycle.preview(numbers, wanted)
    show_effect(wanted, changes)
    for sentence in conflicts:
        console.print(f"[yellow]{escape(sentence)}[/]", highlight=False)
    for sentence in cycle.advice(numbers, wanted, by or user()):
        console.print(f"[cyan]{escape(sentence)}[/]", highlight=False)
    if dry_run:
        return
    if not yes:
        typer.confirm("Set it?", abort=True)
    who = by or user()
    if project.config.planning.approval != "none":
        say_proposed(project.planning().propose(wanted, who, project.clock.now()))
        return
    made = project.planning().set_numbers(wanted, who, project.clock.now())
    say(f"set as number {', '.join(str(one.sequence) for one in made)}; a kill from here on is made good by `dp run`")
    take_in(project)


@plan.command("list")
def plan_list(
    everything: Annotated[bool, typer.Option("--all", help="Also those that no longer hold.")] = False,
) -> None:
    """Print the numbers that hold in the current cycle."""
    import polars as pl

    from dp_assets.domain.planning import holds
    from dp_assets.planning import current_cycle

    project = open_project()
    cycle = date.fromisoformat(current_cycle(project.lake()))
    numbers = [one for one in project.planning().numbers() if everything or holds(one, cycle)]
    rows = [
        {
            "number": one.sequence,
            "hierarchy": one.hierarchy,
            "node": one.node,
            "bucket": str(one.bucket_start),
            "units": one.quantity,
            "kind": "lock" if one.locked else "override",
            "reason": one.reason_code,
            "split": one.split,
            "by": one.user,
            "cycle": str(one.cycle),
            "ended": str(one.ended or ""),
        }
        for one in numbers
    ]
    if not rows:
        console.print(f"Nobody set a number that holds in cycle {cycle}. Next: [bold]dp plan set --help[/]")
        return
    show(pl.DataFrame(rows), f"Numbers of planners in cycle {cycle}")


@plan.command("advice")
def plan_advice() -> None:
    """Show what each planner's edits did to the error, and what they would have done as advised at the time."""
    from dp_assets.domain.advice import back_tested
    from dp_assets.planning import all_cases

    project = open_project()
    found = back_tested(all_cases(project.lake(), project.config), project.config.bucket.weeks)
    if found.is_empty():
        console.print("No bucket is over that anybody set a number for; come back when one is.")
        return
    show(found, "Absolute errors in units: of the forecast, of planners' numbers, and of these as advised")


@plan.command("withdraw")
def plan_withdraw(
    numbers: Annotated[list[int], typer.Argument(help="As `dp plan list` names them.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the ledger.")],
    by: User = "",
) -> None:
    """Take numbers back: from the current cycle on they no longer hold."""
    from dp_assets.planning import current_cycle

    project = open_project()
    cycle = date.fromisoformat(current_cycle(project.lake()))
    project.planning().withdraw(numbers, by or user(), reason, cycle, project.clock.now())
    say(f"withdrawn: {', '.join(map(str, numbers))}")
    take_in(project)


@plan.command("proposals")
def plan_proposals(rows: Annotated[int, typer.Option(min=1, help="Numbers shown at most of each.")] = 10) -> None:
    """Show the numbers that wait for approval."""
    import polars as pl

    open_ones = open_project().planning().proposals()
    if not open_ones:
        console.print("Nothing waits for approval.")
        return
    shown = [
        {
            "proposal": one.sequence,
            "by": one.user,
            "cycle": str(one.cycle),
            "node": number.node,
            "bucket": str(number.bucket_start),
            "units": number.quantity,
            "kind": "lock" if number.locked else "override",
            "reason": number.reason_code,
            "comment": number.comment,
        }
        for one in open_ones
        for number in one.numbers[:rows]
    ]
    every = sum(len(one.numbers) for one in open_ones)
    show(pl.DataFrame(shown), f"Proposed numbers ({len(shown):,} of {every:,} rows)")
    console.print("Next: [bold]dp plan approve …[/] or [bold]dp plan reject … --reason …[/]")


@plan.command("approve")
def plan_approve(
    proposal: Annotated[int, typer.Argument(help="As `dp plan proposals` names it.")], by: User = "", yes: Yes = False
) -> None:
    """Let the numbers of a proposal hold, after showing what they do to all totals."""
    from dp_assets.domain.planning import EditRefusedError, check_approval
    from dp_assets.planning import PlanningCycle, current_cycle

    project = open_project()
    who, cycle = by or user(), date.fromisoformat(current_cycle(project.lake()))
    four_eyes = project.config.planning.approval == "four_eyes"
    found = next((one for one in project.planning().proposals() if one.sequence == proposal), None)
    if found is None:
        raise EditRefusedError(f"expected an open proposal, got {proposal}; `dp plan proposals` shows them")
    check_approval(found, who, cycle, four_eyes)
    opened = PlanningCycle.open(project.lake(), project.config)
    changes, conflicts = opened.preview(project.planning().numbers(), found.numbers)
    show_effect(list(found.numbers), changes)
    for sentence in conflicts:
        console.print(f"[yellow]{escape(sentence)}[/]", highlight=False)
    if not yes:
        typer.confirm("Approve it?", abort=True)
    project.planning().approve(proposal, who, cycle, four_eyes, project.clock.now())
    say(f"proposal {proposal} of {found.user} is approved")
    take_in(project)


@plan.command("reject")
def plan_reject(
    proposal: Annotated[int, typer.Argument(help="As `dp plan proposals` names it.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the ledger.")],
    by: User = "",
) -> None:
    """End a proposal without setting anything."""
    project = open_project()
    project.planning().reject(proposal, by or user(), reason, project.clock.now())
    say(f"proposal {proposal} is rejected")


@plan.command("ledger")
def plan_ledger(last: Annotated[int, typer.Option(min=1, help="How many of the last rows.")] = 20) -> None:
    """Print the last rows of the audit ledger."""
    import polars as pl

    found = open_project().planning().ledger(last)
    if not found:
        console.print("The ledger is empty: nobody set a number, and nothing was published yet.")
        return
    rows = [
        {"row": row["sequence"], "at": row["at"][:16], "by": row["user"], "what": f"{row['action']} {row['subject']}"}
        | _in_short(json.loads(row["after"] or "{}"))
        for row in found
    ]
    show(pl.DataFrame(rows), "Audit ledger")


def _in_short(after: dict[str, Any]) -> dict[str, str]:
    """Units and reason of a row of the ledger."""
    units = "" if "quantity" not in after else f"{after['quantity']:,.1f}{' locked' if after['locked'] else ''}"
    return {"units": units, "why": after.get("reason_code") or after.get("reason") or after.get("cause") or ""}


@plan.command("verify")
def plan_verify() -> None:
    """Check that no row of the audit ledger was edited, removed or moved. Ends with an error where one was."""
    from dp_assets.ledger_notes import noted_heads
    from dp_resources.accounts import Accounts

    project = open_project()
    wrong = project.planning().verify(noted_heads(project.lake())) + Accounts(project.planning()).verify()
    for sentence in wrong:
        console.print(f"[red]{escape(sentence)}[/]", highlight=False)
    if wrong:
        raise typer.Exit(1)
    say(f"the ledger is whole: {project.planning().head().sequence} rows")


@plan.command("migrate")
def plan_migrate() -> None:
    """Bring the planning database's tables to this version; on SQLite that happens by itself."""
    project = open_project()
    project.planning().migrate()
    say("the planning database is up to date")


def show_effect(wanted: list[NumberToSet], changes: object) -> None:
    """Prints the numbers of an edit and what they do to nodes."""
    import polars as pl

    assert isinstance(changes, pl.DataFrame)
    rows = [
        {"bucket": str(one.bucket_start), "units": one.quantity, "kind": "lock" if one.locked else "override"}
        for one in wanted
    ]
    show(pl.DataFrame(rows), f"{wanted[0].node} ({wanted[0].hierarchy})")
    nodes = changes.filter(pl.col("level") != "series")
    series = len(changes) - len(nodes)
    title = f"Published units over these buckets, before and after; {series:,} series change"
    show(nodes.drop("hierarchy").head(15) if nodes["hierarchy"].n_unique() < 2 else nodes.head(15), title)


def say_proposed(proposal: Proposal) -> None:
    """Says that numbers wait, and for what."""
    say(f"proposed as {proposal.sequence}; it holds once somebody approves it: dp plan approve {proposal.sequence}")


def user() -> str:
    """Who works on this machine."""
    from getpass import getuser

    return getuser()


def take_in(project: Project) -> None:
    """Computes what the numbers reach, unless the sensors of a running Dagster do."""
    from dp_assets.dbt_manifest import ensure_manifest
    from dp_assets.execution import run_until_done
    from dp_assets.reload import is_up

    if is_up(project.settings.dagster_url):
        say(f"the sensors take over: watch {project.settings.dagster_url}/runs")
        return
    ensure_manifest(project.settings)
    run_until_done(project, open_instance(), say)
    console.print("Next: [bold]dp plan list[/], or [bold]dp inspect sku …[/] for a published number.")
