"""What the templates say of network, database, cluster, sign-in, way in, catalogue, alarms, trail and budget."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from deploy.aws.areas import Bucket
from deploy.aws.catalogue_tables import QUERIES, catalogue_tables
from deploy.aws.costs import table_markdown as bill
from deploy.aws.place import read_place
from deploy.aws.roles import SERVICE_ACCOUNTS, table_markdown
from dp_assets.domain.access import Role
from dp_assets.domain.contracts import ACCURACY, tables
from dp_assets.domain.table_ddl import table_ddl
from dp_assets.pods import GPU_TAGS
from tests.aws.test_templates import CONFIG, TEMPLATES, resources
from tests.test_docs import REPOSITORY

PLACE = read_place("production")


def the(kind: str) -> dict[str, Any]:
    """The only resource of a kind."""
    ((_, one),) = resources(kind)
    return one


# -- network ----------------------------------------------------------------------------------------------------------


def test_traffic_to_s3_and_to_the_services_of_pods_stays_inside() -> None:
    kinds = [one["VpcEndpointType"] for _, one in resources("AWS::EC2::VPCEndpoint")]
    assert kinds.count("Gateway") == 1
    assert kinds.count("Interface") == 6
    assert ".s3" in json.dumps([one["ServiceName"] for _, one in resources("AWS::EC2::VPCEndpoint")])


def test_no_node_gets_a_public_address_and_there_are_two_zones() -> None:
    subnets = [one for _, one in resources("AWS::EC2::Subnet")]
    assert len(subnets) == 6
    assert not any(one.get("MapPublicIpOnLaunch") for one in subnets)
    assert len({json.dumps(one["AvailabilityZone"]) for one in subnets}) == 2


@pytest.mark.parametrize("port", [22, 3389])
def test_nobody_is_let_in_from_everywhere(port: int) -> None:
    rules = [rule for _, one in resources("AWS::EC2::SecurityGroup") for rule in one.get("SecurityGroupIngress", [])]
    assert not any(rule.get("CidrIp") == "0.0.0.0/0" for rule in rules)
    assert not any(rule.get("FromPort") == port for rule in rules)


# -- database ---------------------------------------------------------------------------------------------------------


def test_the_database_is_encrypted_in_two_zones_and_closed_to_the_public() -> None:
    one = the("AWS::RDS::DBInstance")
    assert one["StorageEncrypted"] is one["MultiAZ"] is one["DeletionProtection"] is True
    assert one["PubliclyAccessible"] is False
    assert "KmsKeyId" in one
    assert one["BackupRetentionPeriod"] == 35
    assert one["_"]["DeletionPolicy"] == "Snapshot"


def test_the_database_refuses_whoever_comes_without_tls() -> None:
    parameters = the("AWS::RDS::DBParameterGroup")["Parameters"]
    assert parameters["rds.force_ssl"] == "1"
    assert parameters["ssl_min_protocol_version"] == "TLSv1.2"


def test_no_template_holds_a_password() -> None:
    for noun, template in TEMPLATES.items():
        words = re.findall(r'"(?:MasterUserPassword|SecretString)": ("[^"]*"|\{)', json.dumps(template))
        assert all(word == "{" for word in words), noun


# -- cluster ----------------------------------------------------------------------------------------------------------


def test_steps_and_training_run_on_spot_nodes_that_cost_nothing_while_there_is_no_work() -> None:
    groups = {one["NodegroupName"]: one for _, one in resources("AWS::EKS::Nodegroup")}
    for name, most in (("batch", PLACE.batch_nodes), ("gpu", PLACE.gpu_nodes)):
        assert groups[name]["CapacityType"] == "SPOT"
        assert groups[name]["ScalingConfig"] == {"MinSize": 0, "DesiredSize": 0, "MaxSize": most}
        assert len(groups[name]["InstanceTypes"]) >= 3  # spot is interrupted less where there is a choice
    assert groups["service"]["ScalingConfig"]["MinSize"] == 2
    assert groups["gpu"]["Taints"] == [{"Key": "nvidia.com/gpu", "Value": "true", "Effect": "NO_SCHEDULE"}]


def test_the_control_plane_is_reached_from_inside_alone_and_keeps_secrets_under_our_key() -> None:
    one = the("AWS::EKS::Cluster")
    assert one["ResourcesVpcConfig"]["EndpointPublicAccess"] is False
    assert one["EncryptionConfig"][0]["Resources"] == ["secrets"]
    assert len(one["Logging"]["ClusterLogging"]["EnabledTypes"]) == 5


def test_each_service_account_takes_its_role_and_a_pod_cannot_take_that_of_its_node() -> None:
    held = [one for _, one in resources("AWS::EKS::PodIdentityAssociation")]
    accounts = {one["ServiceAccount"] for one in held if one["Namespace"] == "demand-planner"}
    assert accounts == set(SERVICE_ACCOUNTS.values())
    options = the("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]["MetadataOptions"]
    assert options == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}


def test_steps_that_ask_for_a_gpu_find_its_nodes() -> None:
    asked = GPU_TAGS["dagster-k8s/config"]["pod_spec_config"]
    groups = {one["NodegroupName"]: one for _, one in resources("AWS::EKS::Nodegroup")}
    assert asked["node_selector"].items() <= groups["gpu"]["Labels"].items()
    assert [one["key"] for one in asked["tolerations"]] == [one["Key"] for one in groups["gpu"]["Taints"]]


def test_images_cannot_be_replaced_under_their_tag_and_are_scanned() -> None:
    for _, one in resources("AWS::ECR::Repository"):
        assert one["ImageTagMutability"] == "IMMUTABLE"
        assert one["ImageScanningConfiguration"] == {"ScanOnPush": True}


def test_groups_of_nodes_grow_and_shrink_by_themselves_and_what_does_so_touches_no_others() -> None:
    documents = [one["PolicyDocument"] for _, one in resources("AWS::IAM::Policy")]
    scaling = [s for one in documents for s in one["Statement"] if "autoscaling:SetDesiredCapacity" in s["Action"]]
    owned = {"aws:ResourceTag/k8s.io/cluster-autoscaler/demand-planner-production-cluster": "owned"}
    assert [one["Condition"] for one in scaling] == [{"StringEquals": owned}]


# -- people and the way in --------------------------------------------------------------------------------------------


def test_the_groups_of_the_pool_are_the_roles_of_the_api() -> None:
    assert {one["GroupName"] for _, one in resources("AWS::Cognito::UserPoolGroup")} == {str(role) for role in Role}


def test_nobody_signs_up_alone_and_everybody_has_a_second_factor() -> None:
    pool = the("AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["MfaConfiguration"] == "ON"
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 12


def test_users_cannot_write_which_nodes_they_see() -> None:
    client = the("AWS::Cognito::UserPoolClient")
    assert "custom:nodes" in client["ReadAttributes"]
    assert "custom:nodes" not in client["WriteAttributes"]
    assert client["AllowedOAuthFlows"] == ["code"]


def test_the_way_in_speaks_tls_1_2_and_more_and_leads_to_a_private_balancer() -> None:
    (configuration,) = the("AWS::ApiGatewayV2::DomainName")["DomainNameConfigurations"]
    assert configuration["SecurityPolicy"] == "TLS_1_2"
    assert the("AWS::ApiGatewayV2::Api")["DisableExecuteApiEndpoint"] is True
    assert the("AWS::ElasticLoadBalancingV2::LoadBalancer")["Scheme"] == "internal"
    listener = the("AWS::ElasticLoadBalancingV2::Listener")
    assert listener["Protocol"] == "HTTPS"
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    integration = the("AWS::ApiGatewayV2::Integration")
    assert integration["ConnectionType"] == "VPC_LINK"
    assert integration["TlsConfig"] == {"ServerNameToVerify": PLACE.inner_domain}


def test_requests_are_throttled_and_pass_a_firewall() -> None:
    settings = the("AWS::ApiGatewayV2::Stage")["DefaultRouteSettings"]
    assert settings["ThrottlingRateLimit"] == PLACE.requests_per_second
    rules = [rule["Name"] for rule in the("AWS::WAFv2::WebACL")["Rules"]]
    assert rules[-1] == "OneAddress"
    assert "AWSManagedRulesCommonRuleSet" in rules
    assert len(list(resources("AWS::WAFv2::WebACLAssociation"))) == 1


# -- catalogue --------------------------------------------------------------------------------------------------------


def test_the_catalogue_holds_every_table_of_the_contracts_as_the_ddl_states_it() -> None:
    root = f"s3://{PLACE.name(Bucket.LAKE)}-${{AWS::AccountId}}/lake"
    made = {one["Name"]: one for one in catalogue_tables(CONFIG, root)}
    assert set(made) == {table.name for table in tables(CONFIG)}
    for table in tables(CONFIG):
        ddl = table_ddl(table, CONFIG, root, "lake")
        stated = re.findall(r"^  `(\w+)` (\S+) COMMENT", ddl, re.MULTILINE)
        columns = made[table.name]["StorageDescriptor"]["Columns"]
        assert [(one["Name"], one["Type"]) for one in columns] == stated
        properties = dict(re.findall(r"^  '([\w.]+)'='([^']*)'", ddl, re.MULTILINE))
        assert properties.items() <= made[table.name]["Parameters"].items()


@pytest.mark.golden
def test_the_template_holds_the_tables_that_the_contracts_make_now() -> None:
    root = f"s3://{PLACE.name(Bucket.LAKE)}-${{AWS::AccountId}}/lake"
    kept = {one["TableInput"]["Name"]: one["TableInput"] for _, one in resources("AWS::Glue::Table")}
    for made in catalogue_tables(CONFIG, root):
        assert filled(kept[made["Name"]]) == made, "the contracts were changed: run `make aws-templates`"


def filled(value: Any) -> Any:
    """A template's value with the account written as a substitution writes it."""
    if isinstance(value, dict) and set(value) == {"Fn::Join"}:
        return "".join(part if isinstance(part, str) else "${AWS::AccountId}" for part in value["Fn::Join"][1])
    if isinstance(value, dict):
        return {key: filled(one) for key, one in value.items()}
    return [filled(one) for one in value] if isinstance(value, list) else value


def test_the_queries_of_dashboards_name_columns_that_there_are() -> None:
    asked = set(
        re.findall(
            r"\b(mape|rmse|wape|bias|hierarchy|node|observations|lead|level)\b", QUERIES["weekly-accuracy-by-category"]
        )
    )
    assert asked <= {column.name for column in ACCURACY.columns}
    assert {"mape", "rmse"} <= asked


def test_results_of_queries_are_encrypted_and_one_query_cannot_read_without_end() -> None:
    settings = the("AWS::Athena::WorkGroup")["WorkGroupConfiguration"]
    assert settings["EnforceWorkGroupConfiguration"] is True
    assert settings["ResultConfiguration"]["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"
    assert settings["BytesScannedCutoffPerQuery"] == 2**40


# -- watching ---------------------------------------------------------------------------------------------------------


def test_alarms_are_those_of_the_requirement() -> None:
    alarms = {one["AlarmName"].rsplit("-", 1)[1]: one for _, one in resources("AWS::CloudWatch::Alarm")}
    assert {"EtlFailure", "TrainingError", "SlowRequests", "Availability", "LateCycle", "NoData"} <= set(alarms)
    slow, late = alarms["SlowRequests"], alarms["LateCycle"]
    assert (slow["ExtendedStatistic"], slow["Threshold"]) == ("p99", 500)
    assert (alarms["Availability"]["Threshold"], alarms["Availability"]["ComparisonOperator"]) == (
        99.9,
        "LessThanThreshold",
    )
    assert late["Period"] * (late["DatapointsToAlarm"] - 2) == 4 * 3600  # bins at both ends may be touched only
    assert alarms["NoData"]["TreatMissingData"] == "breaching"
    assert all(one["AlarmActions"] and one["OKActions"] for one in alarms.values())


def test_every_log_ends_and_is_encrypted() -> None:
    for name, one in resources("AWS::Logs::LogGroup"):
        assert one["RetentionInDays"] > 0, name
        assert "KmsKeyId" in one, name


def test_the_trail_notes_every_object_read_or_written_in_the_data_buckets() -> None:
    trail = the("AWS::CloudTrail::Trail")
    assert trail["IsMultiRegionTrail"] is trail["EnableLogFileValidation"] is trail["IsLogging"] is True
    noted = [one for selector in trail["EventSelectors"] for one in selector.get("DataResources", [])]
    assert [one["Type"] for one in noted] == ["AWS::S3::Object"]
    assert len(noted[0]["Values"]) == 2
    assert all(selector.get("ReadWriteType", "All") == "All" for selector in trail["EventSelectors"])


def test_the_budget_counts_what_carries_the_tag_and_tells_before_the_month_is_over() -> None:
    budget = the("AWS::Budgets::Budget")
    assert budget["Budget"]["CostFilters"] == {"TagKeyValue": ["user:application$demand-planner"]}
    told = [
        (one["Notification"]["NotificationType"], one["Notification"]["Threshold"])
        for one in budget["NotificationsWithSubscribers"]
    ]
    assert ("FORECASTED", 100) in told


def test_the_bill_of_the_documentation_is_the_one_that_the_prices_make() -> None:
    assert bill() in (REPOSITORY / "docs/aws.md").read_text(), "run python -m deploy.aws.costs"


def test_the_table_of_roles_in_the_documentation_is_the_one_that_is_enforced() -> None:
    assert table_markdown() in (REPOSITORY / "docs/aws.md").read_text()
