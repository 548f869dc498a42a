"""Secrets that pods read: how the database's password is made, and the key that signs sessions."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from deploy.aws.place import Place
from deploy.aws.stacks.keys import Keys


def secret(
    scope: Construct,
    noun: str,
    name: str,
    keys: Keys,
    made: secretsmanager.SecretStringGenerator | None = None,
) -> secretsmanager.Secret:
    """A secret under the key of the database; what is in it is made by AWS, or put there later.

    It is turned by the commands of docs/aws.md: what turns it by itself needs a function with a way into the database.
    """
    return secretsmanager.Secret(
        scope, noun, secret_name=name, encryption_key=keys.database, generate_secret_string=made
    )


class Secrets(cdk.Stack):
    """Secrets that are no part of another stack.

    Attributes:
        session_key: the PEM of `DP_API_SESSION_KEY_FILE`; a placeholder until somebody puts one there.
    """

    def __init__(self, scope: Construct, name: str, place: Place, keys: Keys) -> None:
        super().__init__(scope, name)
        self.session_key = secret(self, "SessionKey", place.name("session-key"), keys)
