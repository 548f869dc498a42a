"""Findings of checkov that do not hold here: noted on the resource itself, each with its reason.

Belongs here: how an exception is written. Does not belong here: the exceptions, which stand beside what they are about.
"""

from __future__ import annotations

import aws_cdk as cdk
from constructs import IConstruct


def excepted(one: IConstruct, check: str, because: str) -> None:
    """Tells checkov, and whoever reads the template, why a check does not hold for a resource.

    Args:
        one: the resource, or what CDK made around it.
        check: id of the check, e.g. `CKV_AWS_18`.
        because: why it does not hold.
    """
    resource = one if isinstance(one, cdk.CfnResource) else one.node.default_child
    if not isinstance(resource, cdk.CfnResource):
        raise TypeError(f"expected a resource of the template, got {one.node.path}")
    metadata = dict(resource.cfn_options.metadata or {})
    skips = [*metadata.get("checkov", {}).get("skip", []), {"id": check, "comment": because}]
    resource.cfn_options.metadata = {**metadata, "checkov": {"skip": skips}}
