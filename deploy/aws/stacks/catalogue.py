"""The catalogue: a database of Glue with every table of the contracts, and a workgroup that queries are billed to."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from constructs import Construct

from deploy.aws.areas import ROOT, Area, Bucket, prefixes
from deploy.aws.catalogue_tables import QUERIES, catalogue_tables
from deploy.aws.place import Place
from deploy.aws.stacks.keys import Keys
from dp_assets.domain.config import DemandConfig

MOST_SCANNED_BYTES = 2**40
"""One query stops there: 1 TiB, about 5 USD."""


class Catalogue(cdk.Stack):
    """Tables where they lie; nothing is copied."""

    def __init__(self, scope: Construct, name: str, place: Place, keys: Keys, config: DemandConfig) -> None:
        super().__init__(scope, name)
        database = place.name("lake").replace("-", "_")
        made = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=self.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=database, description="the lake"),
        )
        root = f"s3://{place.name(Bucket.LAKE)}-${{AWS::AccountId}}/{ROOT}"
        for table in catalogue_tables(config, root):
            self._table(table, database, made)
        self._workgroup(place, keys, database)

    def _table(self, table: dict[str, Any], database: str, made: glue.CfnDatabase) -> None:
        storage = {**table["StorageDescriptor"], "Location": _in_account(table["StorageDescriptor"]["Location"])}
        parameters = {key: _in_account(value) for key, value in table["Parameters"].items()}
        resource = cdk.CfnResource(
            self,
            table["Name"].title().replace("_", ""),
            type="AWS::Glue::Table",
            properties={
                "CatalogId": self.account,
                "DatabaseName": database,
                "TableInput": {**table, "StorageDescriptor": storage, "Parameters": parameters},
            },
        )
        resource.add_resource_dependency(made)

    def _workgroup(self, place: Place, keys: Keys, database: str) -> None:
        where = f"s3://{place.name(Bucket.RESULTS)}-${{AWS::AccountId}}/{prefixes(Area.RESULTS)[0]}"
        encryption = athena.CfnWorkGroup.EncryptionConfigurationProperty(
            encryption_option="SSE_KMS", kms_key=keys.data.key_arn
        )
        group = athena.CfnWorkGroup(
            self,
            "Queries",
            name=place.name("queries"),
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=MOST_SCANNED_BYTES,
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=cdk.Fn.sub(where), encryption_configuration=encryption
                ),
            ),
        )
        for title, text in QUERIES.items():
            query = athena.CfnNamedQuery(
                self,
                "Query" + title.title().replace("-", ""),
                name=title,
                database=database,
                query_string=text,
                work_group=place.name("queries"),
            )
            query.add_resource_dependency(group)


def _in_account(text: str) -> str:
    """Text with the account filled in; the partition's own `${bucket}` is Athena's and stays."""
    if "${AWS::AccountId}" not in text:
        return text
    before, _, after = text.partition("${AWS::AccountId}")
    return str(cdk.Fn.join("", [before, cdk.Aws.ACCOUNT_ID, after]))
