"""The network: two zones, private subnets, and ways to AWS's services that never leave its backbone."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from deploy.aws.place import Place
from deploy.aws.stacks.keys import Keys

SERVICES = {
    "Ecr": ec2.InterfaceVpcEndpointAwsService.ECR,
    "EcrDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Sqs": ec2.InterfaceVpcEndpointAwsService.SQS,
    "Secrets": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    "Sts": ec2.InterfaceVpcEndpointAwsService.STS,
}
"""Services that pods ask all the time, reached inside the network."""


class Network(cdk.Stack):
    """A VPC over two zones.

    Attributes:
        vpc: the network; `private` subnets reach out through a gateway for each zone, `inner` ones reach nothing.
    """

    def __init__(self, scope: Construct, name: str, place: Place, keys: Keys) -> None:
        super().__init__(scope, name)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=place.name("vpc"),
            ip_addresses=ec2.IpAddresses.cidr("10.20.0.0/16"),
            max_azs=2,
            nat_gateways=2,
            subnet_configuration=[
                _subnets("public", ec2.SubnetType.PUBLIC, 24),
                _subnets("private", ec2.SubnetType.PRIVATE_WITH_EGRESS, 19),
                _subnets("inner", ec2.SubnetType.PRIVATE_ISOLATED, 24),
            ],
        )
        for subnet in self.vpc.public_subnets:
            resource = subnet.node.default_child
            assert isinstance(resource, ec2.CfnSubnet)
            resource.map_public_ip_on_launch = False  # only the gateways live there, which bring addresses of their own
        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        for noun, service in SERVICES.items():
            self.vpc.add_interface_endpoint(noun, service=service)
        group = logs.LogGroup(
            self,
            "Flows",
            log_group_name=f"/{place.name('network')}/flows",
            retention=logs.RetentionDays.THREE_MONTHS,
            encryption_key=keys.logs,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        self.vpc.add_flow_log("FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(group))


def _subnets(name: str, kind: ec2.SubnetType, mask: int) -> ec2.SubnetConfiguration:
    return ec2.SubnetConfiguration(name=name, subnet_type=kind, cidr_mask=mask)
