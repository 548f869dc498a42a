"""Kubernetes: a control plane, nodes that serve, and spot nodes for steps and for training that come when asked for."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from deploy.aws.place import Place
from deploy.aws.roles import SERVICE_ACCOUNTS
from deploy.aws.stacks.identities import Identities
from deploy.aws.stacks.keys import Keys
from deploy.aws.stacks.network import Network

CONTROL_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
ADDONS = ("vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent", "amazon-cloudwatch-observability")
NODE_POLICIES = (
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryReadOnly",
    "CloudWatchAgentServerPolicy",
)
GPU_LABELS = {"accelerator": "nvidia"}
"""What `dp_assets/pods.py` selects nodes by; its pods tolerate the taint."""
GPU_TAINT = {"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}


class Cluster(cdk.Stack):
    """The cluster, its groups of nodes, and which service account takes which role.

    Attributes:
        cluster: the control plane; its API is reached from inside the network.
    """

    def __init__(
        self, scope: Construct, name: str, place: Place, network: Network, keys: Keys, identities: Identities
    ) -> None:
        super().__init__(scope, name)
        self.place, self.network = place, network
        self._control_log(keys)
        self.cluster = self._cluster(keys)
        node_role = self._role("Node", "ec2.amazonaws.com", NODE_POLICIES)
        template = self._template(keys)
        self._nodes("service", [place.service_instance], (2, 2, 6), node_role, template)
        self._nodes("batch", list(place.batch_instances), (0, 0, place.batch_nodes), node_role, template, is_spot=True)
        self._nodes(
            "gpu", list(place.gpu_instances), (0, 0, place.gpu_nodes), node_role, template, is_spot=True, has_gpu=True
        )
        for addon in ADDONS:
            eks.CfnAddon(
                self,
                addon.title().replace("-", ""),
                cluster_name=self.cluster.ref,
                addon_name=addon,
                resolve_conflicts="OVERWRITE",
            )
        for role, account in SERVICE_ACCOUNTS.items():
            eks.CfnPodIdentityAssociation(
                self,
                f"{role.capitalize()}Account",
                cluster_name=self.cluster.ref,
                namespace=place.namespace,
                service_account=account,
                role_arn=identities.roles[role].role_arn,
            )

        self._operators(place.name("cluster"))

    def _operators(self, cluster: str) -> None:
        """What scales the groups of nodes, and what registers pods with the balancer, each with no more than that."""
        asked = ["autoscaling:Describe*", "ec2:DescribeInstanceTypes", "ec2:DescribeLaunchTemplateVersions"]
        owned = {"StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster}": "owned"}}
        scaling = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
        groups = f"arn:{self.partition}:eks:{self.region}:{self.account}:nodegroup/{cluster}/*"
        self._operator(
            "Autoscaler",
            "cluster-autoscaler",
            iam.PolicyStatement(actions=asked, resources=["*"]),
            iam.PolicyStatement(actions=["eks:DescribeNodegroup"], resources=[groups]),
            iam.PolicyStatement(actions=scaling, resources=["*"], conditions=owned),
        )
        targets = f"arn:{self.partition}:elasticloadbalancing:{self.region}:{self.account}:targetgroup/*"
        looked = [
            "elasticloadbalancing:Describe*",
            "ec2:DescribeVpcs",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeInstances",
        ]
        named = ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"]
        self._operator(
            "Balancing",
            "aws-load-balancer-controller",
            iam.PolicyStatement(actions=looked, resources=["*"]),
            iam.PolicyStatement(actions=named, resources=[targets]),
        )

    def _operator(self, noun: str, account: str, *statements: iam.PolicyStatement) -> None:
        role = iam.Role(self, noun, assumed_by=iam.ServicePrincipal("pods.eks.amazonaws.com").with_session_tags())
        for statement in statements:
            role.add_to_policy(statement)
        eks.CfnPodIdentityAssociation(
            self,
            f"{noun}Account",
            cluster_name=self.cluster.ref,
            namespace="kube-system",
            service_account=account,
            role_arn=role.role_arn,
        )

    def _cluster(self, keys: Keys) -> eks.CfnCluster:
        role = self._role("Control", "eks.amazonaws.com", ("AmazonEKSClusterPolicy",))
        private = self.network.vpc.select_subnets(subnet_group_name="private")
        return eks.CfnCluster(
            self,
            "Cluster",
            name=self.place.name("cluster"),
            version=self.place.kubernetes_version,
            role_arn=role.role_arn,
            resources_vpc_config=eks.CfnCluster.ResourcesVpcConfigProperty(
                subnet_ids=private.subnet_ids, endpoint_private_access=True, endpoint_public_access=False
            ),
            access_config=eks.CfnCluster.AccessConfigProperty(authentication_mode="API"),
            encryption_config=[
                eks.CfnCluster.EncryptionConfigProperty(
                    provider=eks.CfnCluster.ProviderProperty(key_arn=keys.data.key_arn), resources=["secrets"]
                )
            ],
            logging=eks.CfnCluster.LoggingProperty(
                cluster_logging=eks.CfnCluster.ClusterLoggingProperty(
                    enabled_types=[eks.CfnCluster.LoggingTypeConfigProperty(type=kind) for kind in CONTROL_LOGS]
                )
            ),
        )

    def _control_log(self, keys: Keys) -> None:
        """Made before the cluster, which would else make it without a key and for ever."""
        logs.LogGroup(
            self,
            "ControlLog",
            log_group_name=f"/aws/eks/{self.place.name('cluster')}/cluster",
            retention=logs.RetentionDays.THIRTEEN_MONTHS,
            encryption_key=keys.logs,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )

    def _template(self, keys: Keys) -> ec2.CfnLaunchTemplate:
        """Encrypted disks, and metadata that only the node itself can ask: a pod takes its own role and no other."""
        disk = ec2.CfnLaunchTemplate.EbsProperty(
            encrypted=True, volume_size=100, volume_type="gp3", delete_on_termination=True
        )
        return ec2.CfnLaunchTemplate(
            self,
            "Template",
            launch_template_data=ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
                metadata_options=ec2.CfnLaunchTemplate.MetadataOptionsProperty(
                    http_tokens="required", http_put_response_hop_limit=1
                ),
                block_device_mappings=[
                    ec2.CfnLaunchTemplate.BlockDeviceMappingProperty(device_name="/dev/xvda", ebs=disk)
                ],
            ),
        )

    def _nodes(
        self,
        name: str,
        instances: list[str],
        size: tuple[int, int, int],
        role: iam.Role,
        template: ec2.CfnLaunchTemplate,
        is_spot: bool = False,
        has_gpu: bool = False,
    ) -> None:
        least, wanted, most = size
        more: dict[str, Any] = {"taints": [eks.CfnNodegroup.TaintProperty(**GPU_TAINT)]} if has_gpu else {}
        eks.CfnNodegroup(
            self,
            f"{name.capitalize()}Nodes",
            cluster_name=self.cluster.ref,
            nodegroup_name=name,
            node_role=role.role_arn,
            subnets=self.network.vpc.select_subnets(subnet_group_name="private").subnet_ids,
            instance_types=instances,
            capacity_type="SPOT" if is_spot else "ON_DEMAND",
            ami_type="AL2023_x86_64_NVIDIA" if has_gpu else "AL2023_x86_64_STANDARD",
            scaling_config=eks.CfnNodegroup.ScalingConfigProperty(min_size=least, desired_size=wanted, max_size=most),
            labels={"demand-planner/nodes": name} | (GPU_LABELS if has_gpu else {}),
            launch_template=eks.CfnNodegroup.LaunchTemplateSpecificationProperty(
                id=template.ref, version=template.attr_latest_version_number
            ),
            **more,
        )

    def _role(self, noun: str, service: str, policies: tuple[str, ...]) -> iam.Role:
        managed = [iam.ManagedPolicy.from_aws_managed_policy_name(policy) for policy in policies]
        return iam.Role(self, noun, assumed_by=iam.ServicePrincipal(service), managed_policies=managed)
