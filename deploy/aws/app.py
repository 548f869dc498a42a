"""The stacks of one environment, in the order in which they need each other.

npx cdk deploy --all -c environment=production      makes them
python -m deploy.aws.app production FOLDER          only writes their templates
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import aws_cdk as cdk

from deploy.aws.areas import Bucket
from deploy.aws.place import Place, read_place
from deploy.aws.stacks.budgets import Budgets
from deploy.aws.stacks.catalogue import Catalogue
from deploy.aws.stacks.cluster import Cluster
from deploy.aws.stacks.database import Database
from deploy.aws.stacks.edge import Edge
from deploy.aws.stacks.identities import Identities
from deploy.aws.stacks.keys import Keys
from deploy.aws.stacks.network import Network
from deploy.aws.stacks.queue import Queue, tell
from deploy.aws.stacks.registry import Registry
from deploy.aws.stacks.secrets import Secrets
from deploy.aws.stacks.sign_in import SignIn
from deploy.aws.stacks.storage import Storage
from deploy.aws.stacks.trail import Trail
from deploy.aws.stacks.watching import Watching
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.config_file import load_config

CONFIG = Path(os.environ.get("DP_CONFIG", "demand.yaml"))


def add_stacks(app: cdk.App, place: Place, config: DemandConfig) -> None:
    """Adds every stack of an environment to an app."""
    keys = Keys(app, place.name("keys"), place)
    queue = Queue(app, place.name("queue"), place, keys)
    storage = Storage(app, place.name("storage"), place, keys, config.retention)
    tell(storage.buckets[Bucket.RAW], queue.landed)
    identities = Identities(app, place.name("identities"), place, keys)
    Secrets(app, place.name("secrets"), place, keys)
    network = Network(app, place.name("network"), place, keys)
    Database(app, place.name("database"), place, network, keys)
    Registry(app, place.name("registry"), place, keys)
    Cluster(app, place.name("cluster"), place, network, keys, identities)
    SignIn(app, place.name("sign-in"), place)
    edge = Edge(app, place.name("edge"), place, network, keys, storage)
    Catalogue(app, place.name("catalogue"), place, keys, config)
    Watching(app, place.name("watching"), place, keys, queue, edge)
    Trail(app, place.name("trail"), place, keys, storage)
    Budgets(app, place.name("budgets"), place)
    for stack in app.node.children:
        if isinstance(stack, cdk.Stack):
            noun = stack.stack_name.removeprefix(place.name(""))
            stack.termination_protection = True
            cdk.Tags.of(stack).add("application", place.application)
            cdk.Tags.of(stack).add("environment", place.environment)
            cdk.Tags.of(stack).add("component", noun)


def build_app(environment: str | None = None, outdir: str | None = None) -> cdk.App:
    """The app of an environment; left out, of the context's `environment`, else production."""
    context = {"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True, "@aws-cdk/aws-iam:minimizePolicies": True}
    app = cdk.App(
        outdir=outdir,
        context=context,
        analytics_reporting=False,
        default_stack_synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
    )
    name = environment or app.node.try_get_context("environment") or "production"
    add_stacks(app, read_place(name), load_config(CONFIG))
    return app


if __name__ == "__main__":
    arguments = sys.argv[1:]
    build_app(*arguments[:2]).synth()
