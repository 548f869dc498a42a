"""PostgreSQL for Dagster's own state and for what planners set: encrypted, in two zones, over verified TLS alone."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from deploy.aws.place import Place
from deploy.aws.stacks.keys import Keys
from deploy.aws.stacks.network import Network
from deploy.aws.stacks.secrets import secret

BACKUP_DAYS = 35
"""Any second of that many days can be gone back to; the most that RDS keeps."""
PASSWORD = secretsmanager.SecretStringGenerator(
    secret_string_template='{"username": "planner"}',  # noqa: S106 - a name, no password
    generate_string_key="password",
    password_length=40,
    exclude_punctuation=True,
)
"""Made by Secrets Manager and seen by nobody."""


class Database(cdk.Stack):
    """One instance with a standby in the other zone.

    Attributes:
        instance: the instance; databases `dagster` and `planning` are made by the commands of docs/aws.md.
        secret: name and password of its owner.
        group: security group that the cluster's nodes are let into.
    """

    def __init__(self, scope: Construct, name: str, place: Place, network: Network, keys: Keys) -> None:
        super().__init__(scope, name)
        self.secret = secret(self, "Owner", place.name("database"), keys, PASSWORD)
        engine = rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_17_9)
        parameters = rds.ParameterGroup(
            self,
            "Parameters",
            engine=engine,
            parameters={
                "rds.force_ssl": "1",
                "ssl_min_protocol_version": "TLSv1.2",
                "log_statement": "ddl",
                "log_connections": "1",
                "log_disconnections": "1",
                "log_min_duration_statement": "1000",
                "pgaudit.log": "ddl,role",
                "shared_preload_libraries": "pg_stat_statements,pgaudit",
            },
        )
        self.group = ec2.SecurityGroup(
            self, "Group", vpc=network.vpc, description="PostgreSQL", allow_all_outbound=False
        )
        self.group.add_ingress_rule(
            ec2.Peer.ipv4(network.vpc.vpc_cidr_block), ec2.Port.tcp(5432), "pods of the cluster, by TLS and password"
        )
        self.instance = rds.DatabaseInstance(
            self,
            "Instance",
            instance_identifier=place.name("database"),
            engine=engine,
            instance_type=ec2.InstanceType(place.database_class.removeprefix("db.")),
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_group_name="inner"),
            security_groups=[self.group],
            credentials=rds.Credentials.from_secret(self.secret),
            database_name="planning",
            parameter_group=parameters,
            ca_certificate=rds.CaCertificate.RDS_CA_RSA2048_G1,
            multi_az=True,
            publicly_accessible=False,
            storage_encrypted=True,
            storage_encryption_key=keys.database,
            storage_type=rds.StorageType.GP3,
            allocated_storage=place.database_gib,
            max_allocated_storage=4 * place.database_gib,
            backup_retention=cdk.Duration.days(BACKUP_DAYS),
            preferred_backup_window="01:00-02:00",
            preferred_maintenance_window="sun:03:00-sun:04:00",
            copy_tags_to_snapshot=True,
            auto_minor_version_upgrade=True,
            deletion_protection=True,
            iam_authentication=True,
            enable_performance_insights=True,
            performance_insight_encryption_key=keys.database,
            monitoring_interval=cdk.Duration.minutes(1),
            cloudwatch_logs_exports=["postgresql", "upgrade"],
            removal_policy=cdk.RemovalPolicy.SNAPSHOT,
        )
        cdk.CfnOutput(self, "Host", value=self.instance.db_instance_endpoint_address)
