"""Settings that change between machines: places, storage, the clock. Read from `DP_*` environment variables.

Belongs here: everything that differs between a laptop and production while code and `demand.yaml` stay the same.
Does not belong here: what the business decides (`demand.yaml`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PLACEHOLDER_SECRETS = frozenset({"", "changeme", "secret", "password", "placeholder"})


class Settings(BaseSettings):
    """The environment of one process; built when a resource is built, never at import."""

    model_config = SettingsConfigDict(env_prefix="DP_", extra="ignore", use_attribute_docstrings=True)

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
    clock: Literal["wall", "simulated"] = "wall"
    """Wall time, or the simulated time in `<state_dir>/clock.json`."""
    s3_endpoint_url: str | None = None
    """Endpoint of an S3-speaking store other than AWS."""
    s3_access_key_id: str | None = None
    """Access key; left out, the process' own role is used."""
    s3_secret_access_key: SecretStr | None = None
    """Secret of the access key."""
    threads: int = Field(1, ge=1)
    """Threads of the training and inference libraries in one process."""
    dbt_target: Literal["duckdb", "spark"] = "duckdb"
    """Engine of the SQL models."""
    executor: Literal["in_process", "multiprocess", "kubernetes"] = "multiprocess"
    """How Dagster runs steps."""
    code_revision: str | None = None
    """Revision of the code, for images that carry no git; left out, git is asked."""
    dagster_url: str = "http://127.0.0.1:3000"
    """Dagster's web server, asked to reload after the simulated clock moved."""
    api_url: str = "http://127.0.0.1:8000"
    """The forecast API, named in messages."""

    @model_validator(mode="after")
    def _no_placeholder_in_production(self) -> Settings:
        secret = self.s3_secret_access_key
        placeholder = secret is not None and secret.get_secret_value().lower() in PLACEHOLDER_SECRETS
        if self.environment == "production" and placeholder:
            raise ValueError("DP_S3_SECRET_ACCESS_KEY is a placeholder; set a real secret before production")
        return self

    def storage_options(self) -> dict[str, Any]:
        """fsspec options for `s3://` roots; empty for local ones."""
        options: dict[str, Any] = {}
        if self.s3_endpoint_url:
            options["endpoint_url"] = self.s3_endpoint_url
        if self.s3_access_key_id and self.s3_secret_access_key:
            options["key"] = self.s3_access_key_id
            options["secret"] = self.s3_secret_access_key.get_secret_value()
        return options
