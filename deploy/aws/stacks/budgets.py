"""What may be spent: mails at half, at four fifths, and when the month is foreseen to end above it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from constructs import Construct

from deploy.aws.place import Place

SHARES = ((50, "ACTUAL"), (80, "ACTUAL"), (100, "FORECASTED"))


class Budgets(cdk.Stack):
    """One budget over everything that carries the tag of the application."""

    def __init__(self, scope: Construct, name: str, place: Place) -> None:
        super().__init__(scope, name)
        told = budgets.CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=place.alert_address)
        budgets.CfnBudget(
            self,
            "Month",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=place.name("month"),
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=place.monthly_budget, unit="USD"),
                cost_filters={"TagKeyValue": [f"user:application${place.application}"]},
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN", notification_type=kind, threshold=share
                    ),
                    subscribers=[told],
                )
                for share, kind in SHARES
            ],
        )
