"""A training and a weekly cycle on S3 in which every step has the keys of its own role and no others, IAM enforced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml

from deploy.aws.areas import Bucket
from deploy.aws.roles import Role
from dp_assets.definitions import build_definitions
from dp_assets.domain.plan import RunPlan, plan_requests
from dp_assets.execution import RunFailedError, execute, register
from dp_assets.lake_state import read_state
from dp_assets.project import Project, build_project
from dp_resources.clock import SimulatedClock
from dp_resources.lake import Lake
from dp_resources.landing import Landing
from dp_resources.settings import Settings
from serving.pins import open_bundle
from tests.aws.account import REGION, Account, bucket, run_account
from tests.factories import MONDAY
from tests.manifest import hand_over_manifest
from tests.soak.shop import PRODUCERS, at, leaflets, manifest_with, sales_file, soak_config

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
WEEKS = 24
LAKE, LANDING = f"s3://{bucket(Bucket.LAKE)}/lake", f"s3://{bucket(Bucket.RAW)}/landing"
ROLE_OF_GROUP = {
    **dict.fromkeys(("ingest", "buckets"), Role.INGEST),
    **dict.fromkeys(("features", "training"), Role.TRAINING),
}
"""Stage of the graph → who runs its steps; forecast runs those of all others."""


@dataclass(frozen=True)
class ProjectOfRole(Project):
    """A project whose lake and landing root are opened with the keys of one role."""

    account: Account
    role: Role

    def lake(self) -> Lake:
        return Lake(LAKE, self.account.options(self.role))

    def landing(self) -> Landing:
        return Landing(LANDING, self.account.options(self.role), settle_seconds=0)


class Shop:
    """The platform in an account: one project, one graph and one Dagster instance for each role that runs steps."""

    def __init__(self, account: Account, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.account, self.folder, self.patch = account, folder, patch
        self.config = soak_config("http://127.0.0.1:1", LANDING, LAKE)
        hand_over_manifest(folder / "state")
        clock = SimulatedClock(folder / "state" / "clock.json")
        clock.set(at(MONDAY + timedelta(weeks=WEEKS, days=1), 1))
        settings = Settings(state_dir=folder / "state", clock="simulated", executor="in_process", code_revision="test")
        base = build_project(settings, self.config, folder, clock)
        own = {field.name: getattr(base, field.name) for field in fields(base)}
        self.projects = {role: ProjectOfRole(**own, account=account, role=role) for role in Role}
        # dbt opens the lake itself, with the keys that a pod finds.
        patch.setenv("DP_S3_ENDPOINT_URL", account.endpoint)
        self.graphs: dict[Role, dg.Definitions] = {}
        self.ran: list[tuple[Role, str]] = []
        (folder / "home").mkdir()
        logs = {"bucket": bucket(Bucket.LAKE), "prefix": "compute-logs", "skip_empty_files": True}
        logs |= {"local_dir": str(folder / "logs"), "endpoint_url": account.endpoint, "region": REGION}
        manager = {"module": "dagster_aws.s3.compute_log_manager", "class": "S3ComputeLogManager", "config": logs}
        (folder / "home" / "dagster.yaml").write_text(yaml.safe_dump({"compute_logs": manager}))

    def land(self) -> None:
        """What producers deliver up to now, their manifests first."""
        s3, listed = self.account.client(Role.ADMIN, "s3"), dict[str, bytes]()
        weeks = [sales_file(name, week, WEEKS) for week in range(WEEKS) for name in PRODUCERS]
        for one in (leaflets(WEEKS + 8), *weeks):
            listed[one.producer] = manifest_with(listed.get(one.producer), one)
            s3.put_object(Bucket=bucket(Bucket.RAW), Key=f"landing/{one.uri}", Body=one.data)
        for producer, manifest in listed.items():
            s3.put_object(Bucket=bucket(Bucket.RAW), Key=f"landing/{producer}/manifest.json", Body=manifest)

    def instance(self, role: Role) -> dg.DagsterInstance:
        """Dagster's own, whose client of S3 finds the role's keys where a pod finds its own."""
        for name, value in self.account.keys[role].items():
            self.patch.setenv(name.upper(), value)
        return dg.DagsterInstance.from_config(str(self.folder / "home"))

    def run(self, role: Role, plan: RunPlan, assets: list[str]) -> None:
        """Some assets of a plan and their checks, as a role."""
        self.graphs.setdefault(role, build_definitions(self.projects[role]))
        with self.instance(role) as instance:
            register(self.projects[role], instance) if plan.job == "ingest_new_files" else None
            execute(plan, self.projects[role], without_loggers(self.graphs[role]), instance, assets)
        self.ran += [(role, name) for name in assets]

    def due(self) -> list[RunPlan]:
        """What is to be done, as whoever runs sensors finds."""
        project = self.projects[Role.PIPELINE]
        return plan_requests(read_state(project.lake(), project.planning()), self.config, project.clock.now())

    def steps(self, plan: RunPlan) -> Mapping[Role, list[str]]:
        """Assets of a plan's job, by who runs them, in their order."""
        graph = self.graphs.setdefault(Role.PIPELINE, build_definitions(self.projects[Role.PIPELINE]))
        assets = graph.resolve_asset_graph()
        found: dict[Role, list[str]] = {Role.INGEST: [], Role.TRAINING: [], Role.FORECAST: []}
        for key in sorted(graph.resolve_job_def(plan.job).asset_layer.executable_asset_keys):
            found[ROLE_OF_GROUP.get(assets.get(key).group_name, Role.FORECAST)].append(key.to_user_string())
        return {role: names for role, names in found.items() if names}


def without_loggers(graph: dg.Definitions) -> dg.Definitions:
    """The graph with the logger that `execute` names, which says nothing."""
    from dp_assets.execution import progress_logger

    return dg.Definitions.merge(graph, dg.Definitions(loggers={"console": progress_logger(lambda _: None)}))


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with run_account() as account:
        yield Shop(account, tmp_path, monkeypatch)


def test_a_cycle_whose_steps_have_the_keys_of_their_role_is_published_and_served_and_others_are_refused(
    shop: Shop,
) -> None:
    shop.land()
    with shop.instance(Role.INGEST) as instance:
        assert register(shop.projects[Role.INGEST], instance) == 3 * WEEKS + 1
    jobs: list[RunPlan] = []
    while plans := shop.due():
        assert plans[0] not in jobs, f"{plans[0].job} left the same work to do"
        for plan in plans:
            for role, assets in shop.steps(plan).items():
                shop.run(role, plan, assets)
        jobs += plans
    assert {plan.job for plan in jobs} >= {"ingest_new_files", "refresh_buckets", "retrain", "weekly_cycle"}
    assert {role for role, _ in shop.ran} == {Role.INGEST, Role.TRAINING, Role.FORECAST}

    inference = shop.projects[Role.INFERENCE].lake()
    (cycle, *_) = reversed(inference.partitions("serving_bundle"))
    served = open_bundle(inference, cycle, inference.manifest("serving_bundle", cycle=cycle)["sha256"])
    published = shop.projects[Role.ADMIN].lake().read("published_forecasts", cycle=cycle)
    assert len(published) > 0
    assert served is not None

    (weekly, *_) = (plan for plan in reversed(jobs) if plan.job == "weekly_cycle")
    (retrain,) = (plan for plan in jobs if plan.job == "retrain")
    for role, plan, asset in (
        (Role.INGEST, weekly, "forecasts"),
        (Role.TRAINING, weekly, "published_forecasts"),
        (Role.FORECAST, retrain, "encoders"),
        (Role.TRAINING, weekly, "sku_attributes"),
        (Role.INFERENCE, weekly, "serving_bundle"),
        (Role.DASHBOARD, weekly, "reconciled_rollups"),
    ):
        with pytest.raises(RunFailedError, match=r"Forbidden|AccessDenied|cannot (read|write)"):
            shop.run(role, plan, [asset])
