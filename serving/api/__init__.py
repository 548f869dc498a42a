"""The forecast API: one folder per noun, each with endpoints, service and schemas."""

from serving.api.app import create_app

__all__ = ["create_app"]
