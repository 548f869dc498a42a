"""Settings come from the environment; placeholders do not reach production."""

from __future__ import annotations

import pytest

from dp_resources.settings import Settings


def test_a_placeholder_secret_refuses_to_start_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DP_ENVIRONMENT", "production")
    monkeypatch.setenv("DP_S3_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("DP_S3_SECRET_ACCESS_KEY", "changeme")
    with pytest.raises(ValueError, match="DP_S3_SECRET_ACCESS_KEY is a placeholder"):
        Settings()


def test_a_secret_is_handed_to_storage_but_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DP_S3_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("DP_S3_SECRET_ACCESS_KEY", "well-hidden")
    settings = Settings()
    assert settings.storage_options()["secret"] == "well-hidden"
    assert "well-hidden" not in repr(settings)


def test_options_of_a_root_follow_its_scheme_and_hide_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DP_SFTP_KNOWN_HOSTS", "/etc/known_hosts")
    monkeypatch.setenv("DP_SFTP_KEY_FILE", "/etc/key")
    monkeypatch.setenv("DP_SFTP_KEY_PASSPHRASE", "well-hidden")
    settings = Settings()
    options = {"known_hosts": "/etc/known_hosts", "client_keys": ["/etc/key"], "passphrase": "well-hidden"}
    assert settings.storage_options("sftp://me@host/in") == options
    assert settings.storage_options("/data/landing") == settings.storage_options("s3://bucket") == {}
    assert "well-hidden" not in repr(settings)
