"""Who people are: a pool of users whose groups are the roles of the API."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from deploy.aws.place import Place
from dp_assets.domain.access import PERMISSIONS, Role


class SignIn(cdk.Stack):
    """The pool: nobody signs up by themselves, everybody has a second factor.

    Attributes:
        pool: its issuer is `DP_OIDC_ISSUER`.
        client: its id is `DP_OIDC_AUDIENCE`.
    """

    def __init__(self, scope: Construct, name: str, place: Place) -> None:
        super().__init__(scope, name)
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=place.name("users"),
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(min_length=12, temp_password_validity=cdk.Duration.days(3)),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            custom_attributes={"nodes": cognito.StringAttribute(max_len=2048, mutable=True)},
            deletion_protection=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        for role in Role:
            rights = ", ".join(sorted(PERMISSIONS[role]))
            cognito.CfnUserPoolGroup(
                self,
                role.title().replace("_", ""),
                user_pool_id=self.pool.user_pool_id,
                group_name=str(role),
                description=f"may {rights}",
            )
        self.client = self.pool.add_client(
            "Workbench",
            user_pool_client_name=place.name("workbench"),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
                callback_urls=[f"https://{place.domain}/"],
                logout_urls=[f"https://{place.domain}/"],
            ),
            auth_flows=cognito.AuthFlow(user_srp=True),
            prevent_user_existence_errors=True,
            access_token_validity=cdk.Duration.hours(1),
            id_token_validity=cdk.Duration.hours(1),
            refresh_token_validity=cdk.Duration.hours(12),
            enable_token_revocation=True,
            read_attributes=cognito.ClientAttributes()
            .with_standard_attributes(email=True)
            .with_custom_attributes("nodes"),
            write_attributes=cognito.ClientAttributes().with_standard_attributes(email=True),
        )
        self.pool.add_domain("Page", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=place.sign_in_domain))
        issuer = f"https://cognito-idp.{self.region}.amazonaws.com/{self.pool.user_pool_id}"
        cdk.CfnOutput(self, "Issuer", value=issuer)
        cdk.CfnOutput(self, "Audience", value=self.client.user_pool_client_id)
