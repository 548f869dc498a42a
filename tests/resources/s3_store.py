"""An S3 store of its own for tests: moto's server on loopback, with a bucket to land in and one for the lake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

from dp_resources.lake import Lake
from dp_resources.landing import Landing


@dataclass
class Store:
    """The store: client, options for fsspec, and where the server listens."""

    client: Any
    options: dict[str, Any]
    address: tuple[str, int]

    def put(self, uri: str, data: bytes) -> None:
        self.client.put_object(Bucket="landing", Key=f"in/{uri}", Body=data)

    @property
    def landing(self) -> Landing:
        return Landing("s3://landing/in", self.options)

    @property
    def lake(self) -> Lake:
        return Lake("s3://lake/v1", self.options)

    def other(self, service: str) -> Any:
        """A client of another service of the same server."""
        import boto3

        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.options["endpoint_url"], **keys)


@contextmanager
def run_store() -> Iterator[Store]:
    """Starts an empty store, and stops it."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    urlopen(Request(f"{endpoint}/moto-api/reset", method="POST")).close()  # the store outlives its server
    client = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test")
    for bucket in ("landing", "lake"):
        client.create_bucket(Bucket=bucket)
    yield Store(client, {"endpoint_url": endpoint, "key": "test", "secret": "test"}, (host, port))
    client.close()
    server.stop()
