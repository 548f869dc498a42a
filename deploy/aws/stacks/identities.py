"""IAM roles: one per kind of step, made from the tables of `deploy/aws/roles.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from deploy.aws.areas import Bucket
from deploy.aws.place import Place
from deploy.aws.roles import DATA, SERVICE_ACCOUNTS, Places, Role, Service, area_policy, base_policy
from deploy.aws.stacks.keys import Keys


class Identities(cdk.Stack):
    """Roles and nothing else, so that whoever reviews rights reads one stack.

    Attributes:
        roles: by name of the table.
        quicksight: what QuickSight reads with; the dashboard's rights.
    """

    def __init__(self, scope: Construct, name: str, place: Place, keys: Keys) -> None:
        super().__init__(scope, name)
        self.place = place
        places = Places(self._buckets(), keys.data.key_arn, self._services())
        self.roles: Mapping[Role, iam.Role] = {role: self._role(role, places) for role in Role}
        reader = iam.ServicePrincipal("quicksight.amazonaws.com")
        self.quicksight = self._made("QuickSight", "quicksight", reader)
        for policy in self._policies(Role.DASHBOARD, places):
            policy.attach_to_role(self.roles[Role.DASHBOARD])
            policy.attach_to_role(self.quicksight)
        for role in Role:
            if role is not Role.DASHBOARD:
                for policy in self._policies(role, places):
                    policy.attach_to_role(self.roles[role])

    def _role(self, role: Role, places: Places) -> iam.Role:
        made = self._made(role.capitalize(), role, self._trusted(role))
        base = referring(base_policy(role, places))
        iam.CfnPolicy(
            self, f"{role.capitalize()}Base", roles=[made.role_name], policy_name="base", policy_document=base
        )
        return made

    def _made(self, noun: str, name: str, trusted: iam.IPrincipal) -> iam.Role:
        return iam.Role(
            self,
            noun,
            role_name=self.place.name(name),
            assumed_by=trusted,
            max_session_duration=cdk.Duration.hours(1 if name == Role.ADMIN else 12),
        )

    def _trusted(self, role: Role) -> iam.IPrincipal:
        """Pods of one service account; people of this account, with a second factor where they administer."""
        if role in SERVICE_ACCOUNTS:
            tags = {
                "aws:RequestTag/kubernetes-namespace": self.place.namespace,
                "aws:RequestTag/kubernetes-service-account": SERVICE_ACCOUNTS[role],
                "aws:SourceAccount": self.account,
            }
            return iam.PrincipalWithConditions(
                iam.ServicePrincipal("pods.eks.amazonaws.com"), {"StringEquals": tags}
            ).with_session_tags()
        if role is Role.ADMIN:
            return iam.AccountRootPrincipal().with_conditions({"Bool": {"aws:MultiFactorAuthPresent": "true"}})
        return iam.AccountRootPrincipal()

    def _policies(self, role: Role, places: Places) -> list[iam.ManagedPolicy]:
        return [
            iam.ManagedPolicy(
                self,
                f"{role.capitalize()}{area.capitalize()}",
                managed_policy_name=self.place.name(f"{role}-{area}"),
                description=f"{role}: {', '.join(DATA[role][area])} of {area}",
                document=iam.PolicyDocument.from_json(referring(area_policy(role, area, places))),
            )
            for area in DATA[role]
        ]

    def _buckets(self) -> dict[Bucket, str]:
        return {one: f"arn:${{AWS::Partition}}:s3:::{self.place.name(one)}-${{AWS::AccountId}}" for one in Bucket}

    def _services(self) -> dict[Service, tuple[str, ...]]:
        """ARNs by name, so that rights do not wait for what they are about."""
        place = self.place
        database = place.name("lake").replace("-", "_")
        glue, secret = _arn("glue"), _arn("secretsmanager")
        return {
            Service.DATABASE_SECRET: (f"{secret}:secret:{place.name('database')}-*",),
            Service.SIGN_IN_SECRET: (f"{secret}:secret:{place.name('session-key')}-*",),
            Service.QUEUE: (f"{_arn('sqs')}:{place.name('landed')}",),
            Service.CATALOGUE: (f"{glue}:catalog", f"{glue}:database/{database}", f"{glue}:table/{database}/*"),
            Service.QUERIES: (f"{_arn('athena')}:workgroup/{place.name('queries')}",),
            Service.QUICKSIGHT: (f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{place.name('quicksight')}",),
        }


def _arn(service: str) -> str:
    return f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}"


def referring(document: Any) -> Any:
    """A policy whose ARNs name account, region and partition by reference; all else as it is."""
    if isinstance(document, dict):
        return {key: referring(value) for key, value in document.items()}
    if isinstance(document, list):
        return [referring(value) for value in document]
    return cdk.Fn.sub(document) if isinstance(document, str) and "${AWS::" in document else document
