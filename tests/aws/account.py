"""An AWS account of its own for tests: moto's server on loopback with our stacks deployed, and IAM that refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

from deploy.aws.areas import Area, Bucket, bucket_of, prefixes
from deploy.aws.roles import Role
from deploy.aws.templates import read_templates

ACCOUNT, REGION = "123456789012", "eu-central-1"
DEPLOYED = ("keys", "queue", "storage", "identities")
UNKNOWN_TO_MOTO = ("AWS::S3::BucketPolicy",)
NAME = "demand-planner-production"


@dataclass
class Account:
    """What a role sees of the account."""

    endpoint: str
    keys: Mapping[Role, Mapping[str, str]]
    clients: dict[tuple[Role | None, str], Any]

    def client(self, role: Role | None, service: str) -> Any:
        """A client that acts as a role; None is whoever set the account up, before anything was refused."""
        if (role, service) not in self.clients:
            self.clients[role, service] = _client(self.endpoint, service, self.keys[role] if role else {})
        return self.clients[role, service]

    def options(self, role: Role) -> dict[str, str]:
        """What fsspec opens S3 with as a role."""
        keys = self.keys[role]
        return {
            "endpoint_url": self.endpoint,
            "key": keys["aws_access_key_id"],
            "secret": keys["aws_secret_access_key"],
            "token": keys["aws_session_token"],
        }


def bucket(one: Bucket) -> str:
    """Its name in the account."""
    return f"{NAME}-{one}-{ACCOUNT}"


def probed(area: Area) -> str:
    """The prefix of an area that is tried: its last one, which is a table where it has any."""
    return prefixes(area)[-1]


def template(noun: str) -> dict[str, Any]:
    """A template without what moto does not know: policies of buckets, and tags of keys, which it misreads."""
    found = read_templates()[noun]
    known = {key: one for key, one in found["Resources"].items() if one["Type"] not in UNKNOWN_TO_MOTO}
    for one in known.values():
        if one["Type"] == "AWS::KMS::Key":
            del one["Properties"]["Tags"]
    return {**found, "Resources": known}


def _client(endpoint: str, service: str, keys: Mapping[str, str]) -> Any:
    import boto3

    secret = keys or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **secret)


def _tell(endpoint: str, path: str, body: bytes = b"") -> None:
    plain = {"Content-Type": "text/plain"}  # else the body is taken for a form
    urlopen(Request(f"{endpoint}/moto-api/{path}", data=body, headers=plain, method="POST")).close()


@contextmanager
def run_account() -> Iterator[Account]:
    """Deploys the stacks, gives each role its session, and refuses from then on what no policy allows."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    account = Account(f"http://{host}:{port}", {}, {})
    _tell(account.endpoint, "reset")  # the account outlives its server
    try:
        for noun in DEPLOYED:
            body = json.dumps(template(noun))
            account.client(None, "cloudformation").create_stack(
                StackName=f"{NAME}-{noun}", TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"]
            )
        _put_probes(account)
        account.keys = {role: _session(account, role) for role in Role}
        _tell(account.endpoint, "reset-auth", b"0")
        yield account
    finally:
        _tell(account.endpoint, "reset-auth", b"inf")
        _tell(account.endpoint, "reset")
        for one in account.clients.values():
            one.close()
        server.stop()


def _session(account: Account, role: Role) -> dict[str, str]:
    """Keys of a role for an hour; whom it trusts, moto does not ask yet."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/{NAME}-{role}"
    found = account.client(None, "sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
        "aws_session_token": found["SessionToken"],
    }


def _put_probes(account: Account) -> None:
    """An object in every area."""
    for area in Area:
        account.client(None, "s3").put_object(Bucket=bucket(bucket_of(area)), Key=f"{probed(area)}probe", Body=b"probe")
