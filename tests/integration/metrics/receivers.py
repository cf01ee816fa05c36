"""Where Airflow's metrics go: a StatsD socket, and an OpenTelemetry collector over HTTP."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)

from tests.http_receiver import Answer, receiving


@contextmanager
def statsd() -> Iterator[socket.socket]:
    """A UDP socket on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.setblocking(False)
        yield listening


def lines(listening: socket.socket) -> dict[str, str]:
    """What arrived: ``value|kind`` by name."""
    found = {}
    while True:
        try:
            datagram = listening.recv(65_536).decode()
        except BlockingIOError:
            return found
        for line in datagram.splitlines():
            name, _, value = line.partition(":")
            found[name] = value


@dataclass
class Collector:
    """Attributes:
    points: (value, tags) by name; the last that arrived.
    """

    port: int = 0
    points: dict[str, tuple[float, dict[str, str]]] = field(default_factory=dict)

    def take(self, body: bytes) -> Answer:
        request = ExportMetricsServiceRequest.FromString(body)
        metrics = (
            metric
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        )
        for metric in metrics:
            kind = metric.WhichOneof("data")
            for point in getattr(metric, kind).data_points if kind in ("gauge", "sum") else ():
                value = getattr(point, point.WhichOneof("value"))
                tags = {a.key: a.value.string_value for a in point.attributes}
                self.points[metric.name] = (float(value), tags)
        return 200, ExportMetricsServiceResponse().SerializeToString()


@contextmanager
def collector() -> Iterator[Collector]:
    """One that listens on loopback."""
    found = Collector()
    with receiving(found.take, "application/x-protobuf") as found.port:
        yield found
