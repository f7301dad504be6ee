"""Counts for Prometheus, served on a port of their own, which no reader of the page has to reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from assistant.errors import AssistantError
from kb import KnowledgeBaseError

if TYPE_CHECKING:
    from assistant.watch import Asked
    from kb import KnowledgeBase

__all__ = ["Metrics"]

_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120)


class Metrics:
    """What one process counts. Give `count` to the watchers of an assistant."""

    def __init__(self, base: KnowledgeBase, *, at_work: Callable[[], int], turned_away: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        for make in (ProcessCollector, PlatformCollector, GCCollector):
            make(registry=self.registry)
        self._questions = Counter(
            "accordingto_questions", "Questions, by how they ended.", ["outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "accordingto_stage_seconds",
            "How long the stages of an answer took.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._sentences = Counter(
            "accordingto_sentences", "Sentences of answers, by verdict.", ["verdict"], registry=self.registry
        )
        self._errors = Counter(
            "accordingto_errors", "Questions that failed, by kind of error.", ["kind"], registry=self.registry
        )
        for outcome in ("answered", "abstained", "refused", "failed", "stopped"):
            self._questions.labels(outcome)  # so that a rate is there before the first one
        for verdict in ("verified", "repaired", "unverified"):
            self._sentences.labels(verdict)
        self.registry.register(_State(base, at_work, turned_away))

    def count(self, asked: Asked) -> None:
        """Counts one question that is over."""
        self._questions.labels(asked.outcome).inc()
        for stage, seconds in asked.seconds.items():
            self._seconds.labels(stage).observe(seconds)
        for verdict in ("verified", "repaired", "unverified"):
            self._sentences.labels(verdict).inc(getattr(asked.checks, verdict))
        if asked.error is not None:
            self._errors.labels(asked.error).inc()

    @contextmanager
    def served(self, host: str, port: int) -> Iterator[None]:
        """Serves /metrics for the length of a `with` block.

        Raises:
            UnusablePort: the port cannot be listened on.
        """
        try:
            server, thread = start_http_server(port, host, self.registry)
        except OSError as error:
            raise UnusablePort(
                f"port {port} of {host} cannot be listened on for metrics ({error.strerror or error}); "
                "name another in ACCORDINGTO_METRICS_PORT"
            ) from error
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class UnusablePort(AssistantError):
    """The port that a setting names cannot be listened on."""


class _State(Collector):
    """What is so at the moment of asking."""

    def __init__(self, base: KnowledgeBase, at_work: Callable[[], int], turned_away: Callable[[], int]) -> None:
        self._base, self._at_work, self._turned_away = base, at_work, turned_away

    def describe(self) -> list[Metric]:
        return []  # else the registry would ask the catalog when this is registered

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("accordingto_questions_at_work", "Questions at work or waiting.", self._at_work())
        yield CounterMetricFamily(
            "accordingto_questions_turned_away", "Questions that found too many waiting.", self._turned_away()
        )
        readable = True
        try:
            articles, search = len(self._base), self._base.vector_search
        except KnowledgeBaseError:
            readable = False
        yield GaugeMetricFamily("accordingto_catalog_readable", "Whether the catalog can be read.", int(readable))
        if readable:
            yield GaugeMetricFamily("accordingto_articles", "Articles in the knowledge base.", articles)
            way = GaugeMetricFamily(
                "accordingto_vector_search", "Through what vectors are searched now (1).", labels=["way"]
            )
            for name in ("exact", "folder", "server"):
                way.add_metric([name], int(name == search))
            yield way
