"""Settings that change between machines: places, storage, the clock. Read from `DP_*` environment variables.

Belongs here: everything that differs between a laptop and production while code and `demand.yaml` stay the same.
Does not belong here: what the business decides (`demand.yaml`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parent.parent
"""Where the code lies."""
PLACEHOLDER_SECRETS = frozenset({"", "changeme", "secret", "password", "placeholder"})


class Settings(BaseSettings):
    """The environment of one process; built when a resource is built, never at import."""

    model_config = SettingsConfigDict(env_prefix="DP_", extra="ignore", hide_input_in_errors=True)

    environment: Literal["development", "production"] = "development"
    """In production placeholder secrets refuse to start."""
    config: Path = Path("demand.yaml")
    """The configuration file."""
    lake_root: str | None = None
    """Overrides `lake.root`."""
    landing_root: str | None = None
    """Overrides `landing.root`."""
    state_dir: Path = Path(".state")
    """Folder for the simulated clock, studies and Dagster's SQLite storage."""
    planning_database_url: SecretStr | None = None
    """SQLAlchemy URL of the planning database, e.g. `postgresql+psycopg://user:password@host/planning`; left out, a
    SQLite file in the state folder."""
    export_database_url: SecretStr | None = None
    """SQLAlchemy URL of the PostgreSQL database that `exports` to `postgresql:` tables go to."""
    study_database_url: SecretStr | None = None
    """SQLAlchemy URL of the database that keeps Optuna's studies, for workers on several machines; left out, journal
    files in the state folder."""
    clock: Literal["wall", "simulated"] = "wall"
    """Wall time, or the simulated time in `<state_dir>/clock.json`."""
    s3_endpoint_url: str | None = None
    """Endpoint of an S3-speaking store other than AWS."""
    s3_access_key_id: str | None = None
    """Access key; left out, the process' own role is used."""
    s3_secret_access_key: SecretStr | None = None
    """Secret of the access key."""
    sftp_known_hosts: Path | None = None
    """File with the host keys of SFTP servers, as `ssh-keyscan` writes them; without one nothing is connected to."""
    sftp_key_file: Path | None = None
    """Private key that an SFTP landing root is opened with."""
    sftp_key_passphrase: SecretStr | None = None
    """Passphrase of the private key."""
    sftp_password: SecretStr | None = None
    """Password, for SFTP servers that take no keys."""
    landing_sqs_url: str | None = None
    """Queue that S3 sends its events about the landing root to; the sensor then looks only at what they name."""
    landing_full_listing_ticks: int = Field(240, ge=1)
    """With a queue, everything is still listed once in so many ticks of 15 seconds: events can be lost."""
    threads: int = Field(1, ge=1)
    """Threads of torch in one process; their number changes the last bits of a network, so a receipt names it."""
    training_processes: int = Field(1, ge=1)
    """Processes that fit a cycle's network together, each on its share of every batch; their number changes the last
    bits of a network, so its card names it. Where there are as many GPUs, each has one."""
    boosting_threads: int = Field(1, ge=1)
    """Threads of LightGBM; any number gives the same model. More than there are free cores make it far slower."""
    dbt_target: Literal["duckdb", "spark"] = "duckdb"
    """Engine of the SQL models."""
    executor: Literal["in_process", "multiprocess", "kubernetes"] = "multiprocess"
    """How Dagster runs steps."""
    code_revision: str | None = None
    """Revision of the code, for images that carry no git; left out, git is asked."""
    dagster_url: str = "http://127.0.0.1:3000"
    """Dagster's web server, asked to reload after the simulated clock moved; where set, the workbench links to it."""
    api_url: str = "http://127.0.0.1:8000"
    """The forecast API, named in messages."""
    api_access: Literal["open", "keys"] | None = None
    """`open`: whoever is on this machine reads, development only; `keys`: only who signs in or shows a key. Left out,
    `open` in development and `keys` in production."""
    api_requests_per_second: float = Field(100, gt=0)
    """Requests that a key or user may make per second and process; twice as many at once."""
    api_body_bytes: int = Field(2**20, ge=1024)
    """Longest body of a request, uploaded files and worksheets (8 MiB) aside."""
    api_upload_bytes: int = Field(2**30, ge=1024)
    """Largest file that is taken into the landing folder."""
    api_trusted_proxies: str = ""
    """Addresses or networks, separated by commas, whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""
    api_cors_origins: str = ""
    """Origins, separated by commas, whose pages may call the API, e.g. `https://planning.example.com`."""
    api_session_key_file: Path | None = None
    """PEM file of the P-256 private key that signs sessions; left out, each process makes its own."""
    alert_slack_token: SecretStr | None = None
    """Token of a Slack app that may write (`chat:write`), for channels that are named."""
    alert_slack_webhook_url: SecretStr | None = None
    """Incoming webhook of Slack, for the one channel that it was made for."""
    alert_slack_api_url: str = "https://slack.com/api/"
    """Where Slack answers."""
    alert_webhook_url: SecretStr | None = None
    """Where webhooks without a `url` of their own go."""
    alert_webhook_secret: SecretStr | None = None
    """What webhooks are signed with."""
    alert_smtp_host: str | None = None
    """Server that e-mail is handed to."""
    alert_smtp_port: int = 587
    """Its port."""
    alert_smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is encrypted; `none` only without a password."""
    alert_smtp_ca_file: Path | None = None
    """PEM file of the authority that vouches for the server; left out, those of the machine."""
    alert_smtp_user: str | None = None
    """User, where the server asks for one."""
    alert_smtp_password: SecretStr | None = None
    """The user's password."""
    alert_from: str = "demand-planner@localhost"
    """Sender of e-mail."""
    oidc_issuer: str | None = None
    """Issuer of OIDC tokens, exactly as their claim `iss` says it; left out, there are none."""
    oidc_audience: str | None = None
    """What their claim `aud` (or, in access tokens of Cognito, `client_id`) must hold."""
    oidc_jwks: str | None = None
    """URL or file of the issuer's keys; left out, `<issuer>/.well-known/jwks.json`."""
    oidc_name_claim: str = "sub"
    """Claim that names who it is."""
    oidc_roles_claim: str = "cognito:groups"
    """Claim that lists groups; those called like a role count as that role."""
    oidc_nodes_claim: str | None = None
    """Claim that lists nodes as `hierarchy:node`, `*` for all; left out, everybody works on all nodes."""

    @model_validator(mode="after")
    def _no_placeholder_in_production(self) -> Settings:
        secrets = {
            "DP_S3_SECRET_ACCESS_KEY": self.s3_secret_access_key,
            "DP_SFTP_PASSWORD": self.sftp_password,
            "DP_SFTP_KEY_PASSPHRASE": self.sftp_key_passphrase,
            "DP_ALERT_SLACK_TOKEN": self.alert_slack_token,
            "DP_ALERT_SLACK_WEBHOOK_URL": self.alert_slack_webhook_url,
            "DP_ALERT_WEBHOOK_URL": self.alert_webhook_url,
            "DP_ALERT_WEBHOOK_SECRET": self.alert_webhook_secret,
            "DP_ALERT_SMTP_PASSWORD": self.alert_smtp_password,
            "the password in DP_PLANNING_DATABASE_URL": _password(self.planning_database_url),
            "the password in DP_EXPORT_DATABASE_URL": _password(self.export_database_url),
            "the password in DP_STUDY_DATABASE_URL": _password(self.study_database_url),
        }
        for name, secret in secrets.items():
            placeholder = secret is not None and secret.get_secret_value().lower() in PLACEHOLDER_SECRETS
            if self.environment == "production" and placeholder:
                raise ValueError(f"{name} is a placeholder; set a real secret before production")
        return self

    @model_validator(mode="after")
    def _access_is_safe(self) -> Settings:
        if self.environment == "production" and self.api_access == "open":
            raise ValueError("DP_API_ACCESS=open is for development only; leave it out, or set keys, in production")
        if "*" in self.api_cors_origins:
            raise ValueError("DP_API_CORS_ORIGINS: expected origins by name, got *, which opens the API to every page")
        if "*" in self.api_trusted_proxies:
            raise ValueError("DP_API_TRUSTED_PROXIES: expected addresses, got *, which believes every client")
        if self.oidc_issuer and not self.oidc_audience:
            raise ValueError("DP_OIDC_ISSUER needs DP_OIDC_AUDIENCE: without it tokens for other programs would do")
        urls = [one for one in (self.oidc_issuer, self.oidc_jwks) if one and one.startswith("http://")]
        if self.environment == "production" and urls:
            raise ValueError(f"expected https in production, got {urls[0]}, which anybody on the way can answer for")
        return self

    @model_validator(mode="after")
    def _mail_is_encrypted(self) -> Settings:
        if self.alert_smtp_password is not None and self.alert_smtp_security == "none":
            raise ValueError("DP_ALERT_SMTP_PASSWORD would be sent in the open; set DP_ALERT_SMTP_SECURITY=starttls")
        return self

    @property
    def access(self) -> Literal["open", "keys"]:
        """Who the API answers."""
        return self.api_access or ("keys" if self.environment == "production" else "open")

    @property
    def planning_url(self) -> str:
        """URL of the planning database."""
        if self.planning_database_url is not None:
            return self.planning_database_url.get_secret_value()
        return f"sqlite:///{(self.state_dir / 'planning.db').resolve()}"

    def storage_options(self, root: str = "s3://") -> dict[str, Any]:
        """fsspec options for a root, by its scheme; empty for local ones."""
        if root.startswith("sftp://"):
            return self._sftp_options()
        return self._s3_options() if root.startswith("s3://") else {}

    def _s3_options(self) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self.s3_endpoint_url:
            options["endpoint_url"] = self.s3_endpoint_url
        if self.s3_access_key_id and self.s3_secret_access_key:
            options["key"] = self.s3_access_key_id
            options["secret"] = self.s3_secret_access_key.get_secret_value()
        return options

    def _sftp_options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"known_hosts": str(self.sftp_known_hosts) if self.sftp_known_hosts else None}
        if self.sftp_key_file:
            options["client_keys"] = [str(self.sftp_key_file)]
        if self.sftp_key_passphrase:
            options["passphrase"] = self.sftp_key_passphrase.get_secret_value()
        if self.sftp_password:
            options["password"] = self.sftp_password.get_secret_value()
        return options


def _password(url: SecretStr | None) -> SecretStr | None:
    """The password that a URL holds, beside the name or in its query."""
    if url is None:
        return None
    parts = urlsplit(url.get_secret_value())
    found = [*parse_qs(parts.query).get("password", []), parts.password]
    return next((SecretStr(one) for one in found if one is not None), None)
