"""Where images are kept: tags cannot be moved, and each image is scanned as it comes."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from deploy.aws.place import Place
from deploy.aws.stacks.keys import Keys

IMAGES = ("pipeline", "pipeline-gpu", "serving")
KEPT_IMAGES = 50


class Registry(cdk.Stack):
    """One repository for each image of `deploy/images`."""

    def __init__(self, scope: Construct, name: str, place: Place, keys: Keys) -> None:
        super().__init__(scope, name)
        for image in IMAGES:
            ecr.Repository(
                self,
                image.title().replace("-", ""),
                repository_name=f"{place.application}/{place.environment}/{image}",
                encryption=ecr.RepositoryEncryption.KMS,
                encryption_key=keys.data,
                image_scan_on_push=True,
                image_tag_mutability=ecr.TagMutability.IMMUTABLE,
                lifecycle_rules=[ecr.LifecycleRule(max_image_count=KEPT_IMAGES, description="the newest ones")],
                removal_policy=cdk.RemovalPolicy.RETAIN,
            )
