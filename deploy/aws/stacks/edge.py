"""The way in: API Gateway over TLS 1.2 and more → a private load balancer behind a firewall → serving in two zones."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as balancing
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from deploy.aws.place import Place
from deploy.aws.stacks.keys import Keys
from deploy.aws.stacks.network import Network
from deploy.aws.stacks.storage import Storage

SERVING_PORT = 8000
TLS = "ELBSecurityPolicy-TLS13-1-2-2021-06"
RULE_SETS = (
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
)
REQUESTS_OF_ONE_ADDRESS = 10_000
"""In five minutes; more is refused for a while."""
LOGGED = (
    '{"at":"$context.requestTime","request":"$context.requestId","client":"$context.identity.sourceIp",'
    '"method":"$context.httpMethod","route":"$context.routeKey","path":"$context.path","status":"$context.status",'
    '"ms":"$context.responseLatency","error":"$context.error.message"}'
)


class Edge(cdk.Stack):
    """Gateway, firewall, balancer.

    Attributes:
        api: the gateway's API.
        balancer: reached from inside the network alone.
        target: where Kubernetes registers the pods of serving (`TargetGroupBinding`).
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        place: Place,
        network: Network,
        keys: Keys,
        storage: Storage,
    ) -> None:
        super().__init__(scope, name)
        self.place, self.network = place, network
        self.group = ec2.SecurityGroup(self, "Group", vpc=network.vpc, description="gateway to balancer")
        self.balancer = self._balancer(storage)
        self.target = self._target()
        listener = self._listener()
        self._firewall(keys)
        self.api = self._api(listener)
        self._stage(keys)
        self._domain()

    # -- balancer -------------------------------------------------------------------------------------------------

    def _balancer(self, storage: Storage) -> balancing.ApplicationLoadBalancer:
        group = ec2.SecurityGroup(
            self, "BalancerGroup", vpc=self.network.vpc, description="balancer of serving", allow_all_outbound=False
        )
        group.add_ingress_rule(self.group, ec2.Port.tcp(443), "the gateway")
        group.add_egress_rule(
            ec2.Peer.ipv4(self.network.vpc.vpc_cidr_block), ec2.Port.tcp(SERVING_PORT), "pods of serving"
        )
        made = balancing.ApplicationLoadBalancer(
            self,
            "Balancer",
            load_balancer_name=f"{self.place.environment}-serving",
            vpc=self.network.vpc,
            internet_facing=False,
            vpc_subnets=ec2.SubnetSelection(subnet_group_name="private"),
            security_group=group,
            deletion_protection=True,
            drop_invalid_header_fields=True,
        )
        made.set_attribute("access_logs.s3.enabled", "true")
        made.set_attribute("access_logs.s3.bucket", storage.access_logs.bucket_name)
        made.set_attribute("access_logs.s3.prefix", "balancer")
        return made

    def _target(self) -> balancing.CfnTargetGroup:
        """Pods, in private subnets: they hold no certificate, TLS ends before them."""
        return balancing.CfnTargetGroup(
            self,
            "Target",
            name=f"{self.place.environment}-serving",
            vpc_id=self.network.vpc.vpc_id,
            target_type="ip",
            port=SERVING_PORT,
            protocol="HTTP",
            health_check_path="/healthz",
            health_check_interval_seconds=10,
            healthy_threshold_count=2,
            unhealthy_threshold_count=2,
            matcher=balancing.CfnTargetGroup.MatcherProperty(http_code="200"),
            target_group_attributes=[
                balancing.CfnTargetGroup.TargetGroupAttributeProperty(
                    key="deregistration_delay.timeout_seconds", value="30"
                )
            ],
        )

    def _listener(self) -> balancing.CfnListener:
        certificate = acm.CfnCertificate(
            self, "InnerCertificate", domain_name=self.place.inner_domain, validation_method="DNS"
        )
        return balancing.CfnListener(
            self,
            "Listener",
            load_balancer_arn=self.balancer.load_balancer_arn,
            port=443,
            protocol="HTTPS",
            ssl_policy=TLS,
            certificates=[balancing.CfnListener.CertificateProperty(certificate_arn=certificate.ref)],
            default_actions=[balancing.CfnListener.ActionProperty(type="forward", target_group_arn=self.target.ref)],
        )

    # -- firewall -------------------------------------------------------------------------------------------------

    def _firewall(self, keys: Keys) -> None:
        firewall = waf.CfnWebACL(
            self,
            "Firewall",
            name=self.place.name("firewall"),
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_seen(self.place.name("firewall")),
            rules=[*(self._managed(rules, at) for at, rules in enumerate(RULE_SETS)), self._rate(len(RULE_SETS))],
        )
        waf.CfnWebACLAssociation(
            self, "Guarded", resource_arn=self.balancer.load_balancer_arn, web_acl_arn=firewall.attr_arn
        )
        log = logs.LogGroup(
            self,
            "FirewallLog",
            log_group_name=f"aws-waf-logs-{self.place.name('firewall')}",  # AWS takes only names that begin so
            retention=logs.RetentionDays.THREE_MONTHS,
            encryption_key=keys.logs,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        where = cdk.Fn.sub(
            "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:aws-waf-logs-"
            + self.place.name("firewall")
        )
        logging = waf.CfnLoggingConfiguration(
            self,
            "FirewallLogging",
            resource_arn=firewall.attr_arn,
            log_destination_configs=[where],
            redacted_fields=[{"singleHeader": {"Name": "authorization"}}],
        )
        logging.node.add_dependency(log)

    def _managed(self, rules: str, priority: int) -> waf.CfnWebACL.RuleProperty:
        """Rules that AWS keeps; long bodies are let through, which the API itself bounds."""
        more: dict[str, Any] = {}
        if rules == "AWSManagedRulesCommonRuleSet":
            count = waf.CfnWebACL.RuleActionProperty(count={})
            more["rule_action_overrides"] = [
                waf.CfnWebACL.RuleActionOverrideProperty(name="SizeRestrictions_BODY", action_to_use=count)
            ]
        group = waf.CfnWebACL.ManagedRuleGroupStatementProperty(vendor_name="AWS", name=rules, **more)
        return waf.CfnWebACL.RuleProperty(
            name=rules,
            priority=priority,
            override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
            statement=waf.CfnWebACL.StatementProperty(managed_rule_group_statement=group),
            visibility_config=_seen(rules),
        )

    def _rate(self, priority: int) -> waf.CfnWebACL.RuleProperty:
        """Callers are told apart by the address that the gateway forwards: the balancer sees the gateway alone."""
        limit = waf.CfnWebACL.RateBasedStatementProperty(
            limit=REQUESTS_OF_ONE_ADDRESS,
            aggregate_key_type="FORWARDED_IP",
            forwarded_ip_config=waf.CfnWebACL.ForwardedIPConfigurationProperty(
                header_name="X-Forwarded-For", fallback_behavior="MATCH"
            ),
        )
        return waf.CfnWebACL.RuleProperty(
            name="OneAddress",
            priority=priority,
            action=waf.CfnWebACL.RuleActionProperty(block={}),
            statement=waf.CfnWebACL.StatementProperty(rate_based_statement=limit),
            visibility_config=_seen("OneAddress"),
        )

    # -- gateway --------------------------------------------------------------------------------------------------

    def _api(self, listener: balancing.CfnListener) -> gateway.CfnApi:
        """Passes everything on: who may do what is asked by the API itself, on every path (docs/access.md)."""
        api = gateway.CfnApi(
            self,
            "Api",
            name=self.place.name("api"),
            protocol_type="HTTP",
            disable_execute_api_endpoint=True,
        )
        link = gateway.CfnVpcLink(
            self,
            "Link",
            name=self.place.name("link"),
            subnet_ids=self.network.vpc.select_subnets(subnet_group_name="private").subnet_ids,
            security_group_ids=[self.group.security_group_id],
        )
        integration = gateway.CfnIntegration(
            self,
            "Serving",
            api_id=api.ref,
            integration_type="HTTP_PROXY",
            integration_method="ANY",
            integration_uri=listener.ref,
            connection_type="VPC_LINK",
            connection_id=link.ref,
            payload_format_version="1.0",
            timeout_in_millis=30_000,
            tls_config=gateway.CfnIntegration.TlsConfigProperty(server_name_to_verify=self.place.inner_domain),
            request_parameters={"overwrite:header.X-Forwarded-Proto": "https"},
        )
        gateway.CfnRoute(
            self, "Everything", api_id=api.ref, route_key="$default", target=f"integrations/{integration.ref}"
        )
        return api

    def _stage(self, keys: Keys) -> None:
        log = logs.LogGroup(
            self,
            "RequestLog",
            log_group_name=f"/{self.place.name('gateway')}/requests",
            retention=logs.RetentionDays.THIRTEEN_MONTHS,
            encryption_key=keys.logs,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        self.stage = gateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.ref,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log.log_group_arn, format=LOGGED
            ),
            default_route_settings=gateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=self.place.requests_per_second,
                throttling_burst_limit=self.place.burst,
                detailed_metrics_enabled=True,
            ),
        )

    def _domain(self) -> None:
        certificate = acm.CfnCertificate(self, "Certificate", domain_name=self.place.domain, validation_method="DNS")
        domain = gateway.CfnDomainName(
            self,
            "Domain",
            domain_name=self.place.domain,
            domain_name_configurations=[
                gateway.CfnDomainName.DomainNameConfigurationProperty(
                    certificate_arn=certificate.ref, endpoint_type="REGIONAL", security_policy="TLS_1_2"
                )
            ],
        )
        gateway.CfnApiMapping(self, "Mapping", api_id=self.api.ref, domain_name=domain.ref, stage=self.stage.ref)
        cdk.CfnOutput(self, "PointDomainAt", value=domain.attr_regional_domain_name)
        cdk.CfnOutput(self, "TargetGroup", value=self.target.ref)


def _seen(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )
