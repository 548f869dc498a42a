"""Logs, alarms and the dashboard: what tells people that the platform or the way to it is not well."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from deploy.aws.place import Place
from deploy.aws.stacks.edge import Edge
from deploy.aws.stacks.keys import Keys
from deploy.aws.stacks.queue import Queue

METRICS = "DemandPlanner"
"""Namespace of the metrics that are counted in logs."""
FILTERS: Mapping[str, tuple[str, ...]] = {
    "etl_failures": tuple(
        f'"STEP_FAILURE" "{step}"'
        for step in ("ingested_files", "weekly_buckets", "sku_attributes", "transactions_cleaned", "data_quality")
    ),
    "training_failures": (
        '"STEP_FAILURE" "tuned_model"',
        '"STEP_FAILURE" "boosted_model"',
        '"STEP_FAILURE" "features"',
        '"Exceeded maximum runtime"',
    ),
    "run_failures": ('"RUN_FAILURE"',),
    "cycle_activity": ('"weekly_cycle" "dagster"',),
}
"""Metric → patterns of lines that count; every run's pod logs Dagster's events."""
FIVE_MINUTES, HALF_HOUR, DAY = cdk.Duration.minutes(5), cdk.Duration.minutes(30), cdk.Duration.days(1)
HALF_HOURS_OF_A_LATE_CYCLE = 10
"""A cycle that is at work in so many half hours on end has lasted more than four hours."""


class Watching(cdk.Stack):
    """Alarms to one topic.

    Attributes:
        topic: where alarms go.
        pods: what pods print: the events of Dagster's runs, and the requests that the API answered.
    """

    def __init__(self, scope: Construct, name: str, place: Place, keys: Keys, queue: Queue, edge: Edge) -> None:
        super().__init__(scope, name)
        self.place, self.edge = place, edge
        self.topic = sns.Topic(self, "Alarms", topic_name=place.name("alarms"), master_key=keys.logs, enforce_ssl=True)
        self.topic.add_subscription(subscriptions.EmailSubscription(place.alert_address))
        self.pods = self._log(keys)
        for metric, patterns in FILTERS.items():
            self._count(metric, patterns)
        self._alarm_on_runs()
        self._alarm_on_requests()
        self._alarm_on_data(queue)
        self._dashboard()

    def _log(self, keys: Keys) -> logs.LogGroup:
        """Where the CloudWatch add-on writes what pods print; made before it, so that it has an end and a key."""
        return logs.LogGroup(
            self,
            "Pods",
            log_group_name=f"/aws/containerinsights/{self.place.name('cluster')}/application",
            retention=logs.RetentionDays.THIRTEEN_MONTHS,
            encryption_key=keys.logs,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )

    def _count(self, metric: str, patterns: tuple[str, ...]) -> None:
        for at, pattern in enumerate(patterns):
            logs.MetricFilter(
                self,
                f"{metric.title().replace('_', '')}{at}",
                log_group=self.pods,
                filter_pattern=logs.FilterPattern.literal(pattern),
                metric_namespace=METRICS,
                metric_name=metric,
                metric_value="1",
                default_value=0 if at == 0 else None,
            )

    # -- alarms ---------------------------------------------------------------------------------------------------

    def _alarm_on_runs(self) -> None:
        self._alarm("EtlFailure", "a step that takes in or buckets data failed", self._counted("etl_failures"), 1)
        self._alarm(
            "TrainingError",
            "a step of training failed, or a run took longer than it may",
            self._counted("training_failures"),
            1,
        )
        self._alarm("RunFailure", "a run of Dagster failed", self._counted("run_failures"), 1)
        self._alarm(
            "LateCycle",
            "the weekly cycle has been at work for more than four hours",
            self._counted("cycle_activity", HALF_HOUR),
            1,
            periods=HALF_HOURS_OF_A_LATE_CYCLE,
        )

    def _alarm_on_requests(self) -> None:
        self._alarm(
            "SlowRequests",
            "p99 of the API is above 500 ms",
            self._gateway("Latency", "p99", FIVE_MINUTES),
            500,
            periods=3,
            comparison=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        )
        self._alarm(
            "Availability",
            "less than 99.9 % of the requests of an hour were answered",
            self._availability(),
            99.9,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        )
        healthy = cloudwatch.Metric(
            namespace="AWS/ApplicationELB",
            metric_name="HealthyHostCount",
            dimensions_map={
                "LoadBalancer": self.edge.balancer.load_balancer_full_name,
                "TargetGroup": self.edge.target.attr_target_group_full_name,
            },
            statistic="min",
            period=cdk.Duration.minutes(1),
        )
        self._alarm(
            "FewReplicas",
            "fewer than two replicas of serving are healthy",
            healthy,
            2,
            periods=5,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )

    def _alarm_on_data(self, queue: Queue) -> None:
        landed = queue.landed.metric_number_of_messages_sent(statistic="Sum", period=DAY)
        self._alarm(
            "NoData",
            "no file has landed for a week",
            landed,
            1,
            periods=7,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )
        unread = queue.unread.metric_approximate_number_of_messages_visible(statistic="Maximum", period=FIVE_MINUTES)
        self._alarm("UnreadEvents", "events about landed files could not be read", unread, 1)

    def _alarm(
        self,
        name: str,
        says: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        periods: int = 1,
        comparison: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=self.place.name(name),
            alarm_description=says,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            datapoints_to_alarm=periods,
            comparison_operator=comparison,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))

    # -- metrics --------------------------------------------------------------------------------------------------

    def _counted(self, metric: str, period: cdk.Duration = FIVE_MINUTES) -> cloudwatch.Metric:
        return cloudwatch.Metric(namespace=METRICS, metric_name=metric, statistic="Sum", period=period)

    def _gateway(self, metric: str, statistic: str, period: cdk.Duration) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name=metric,
            dimensions_map={"ApiId": self.edge.api.ref},
            statistic=statistic,
            period=period,
        )

    def _availability(self) -> cloudwatch.MathExpression:
        hour = cdk.Duration.hours(1)
        return cloudwatch.MathExpression(
            expression="100 * (1 - failed / asked)",
            label="% answered",
            period=hour,
            using_metrics={
                "failed": self._gateway("5xx", "Sum", hour),
                "asked": self._gateway("Count", "Sum", hour),
            },
        )

    def _dashboard(self) -> None:
        minute = cdk.Duration.minutes(1)
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=self.place.name("operations"))
        board.add_widgets(
            _graph("requests a minute", self._gateway("Count", "Sum", minute)),
            _graph("latency, ms", self._gateway("Latency", "Average", minute), self._gateway("Latency", "p99", minute)),
            _graph("refused and failed", self._gateway("4xx", "Sum", minute), self._gateway("5xx", "Sum", minute)),
        )
        board.add_widgets(
            _graph("availability, %", self._availability()),
            _graph(
                "failures", *(self._counted(name) for name in ("etl_failures", "training_failures", "run_failures"))
            ),
            _graph("the weekly cycle at work, lines", self._counted("cycle_activity", HALF_HOUR)),
        )


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)
