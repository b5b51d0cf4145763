"""What `Traffic` has counted, as metrics; those of OpenTelemetry's conventions for generative AI under their names."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pyproxy.domain import Usage
from pyproxy.observe.buckets import SECOND, Buckets
from pyproxy.observe.known import NOBODY
from pyproxy.observe.metrics import Metric, Sample
from pyproxy.rust_core import Flow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pyproxy.observe.traffic import FlowKey, Traffic

__all__ = ["traffic_metrics"]

_Labels = tuple[tuple[str, str], ...]


def traffic_metrics(traffic: Traffic) -> Iterator[Metric]:
    """Requests, calls, fallbacks, tokens, what they cost, and how long they took."""
    flows = traffic.flows()
    asked = {key: flow for key, flow in flows.items() if key.operation != "-" and key.target != NOBODY}
    answered = {key: flow for key, flow in asked.items() if key.model != NOBODY}
    by_end = _together(flows, _end)
    yield Metric(
        "pyproxy_requests_total",
        "counter",
        "Finished requests, by what the client got and why.",
        tuple(Sample(flow.requests, dict(labels)) for labels, flow in by_end.items()),
    )
    calls = sorted(traffic.calls().items())
    yield Metric(
        "pyproxy_upstream_attempts_total",
        "counter",
        "Calls to instances, by how they ended.",
        tuple(Sample(ended.number, {"instance": instance, "outcome": outcome}) for (instance, outcome), ended in calls),
    )
    yield Metric(
        "pyproxy_upstream_attempt_seconds_total",
        "counter",
        "Seconds from the start of calls to the first of their answers, or to their failure.",
        tuple(Sample(ended.taken_ns / 1e9, {"instance": instance, "outcome": outcome}) for (instance, outcome), ended in calls),
    )
    yield Metric(
        "pyproxy_fallbacks_total",
        "counter",
        "Requests that went on from one call to another, and why.",
        tuple(
            Sample(number, {"group": group, "from": source, "to": to, "reason": reason})
            for (group, source, to, reason), number in sorted(traffic.moves().items())
        ),
    )
    by_model = _together(answered, _model)
    yield _counter(
        "pyproxy_cached_input_tokens_total",
        "Tokens of prompts that providers read from a cache.",
        by_model,
        lambda flow: Usage(*flow.usage).cached,
    )
    written = "Tokens of prompts that providers wrote to a cache"
    yield _counter(
        "pyproxy_cache_write_tokens_total", f"{written}, those for an hour left out.", by_model, lambda flow: Usage(*flow.usage).cache_write
    )
    yield _counter(
        "pyproxy_cache_write_1h_tokens_total", f"{written} for an hour.", by_model, lambda flow: Usage(*flow.usage).cache_write_1h
    )
    yield _counter("pyproxy_cost_total", "What answers cost, by the prices of the configuration.", by_model, lambda flow: flow.cost)
    by_target = _together(asked, lambda key: (("target", key.target),))
    yield _histogram(
        "pyproxy_queue_seconds", "Seconds that requests waited for room.", by_target, lambda flow: Buckets(*flow.queue, SECOND)
    )
    yield _histogram(
        "gen_ai_client_operation_duration_seconds",
        "Seconds from a request's arrival to its end.",
        _together(asked, lambda key: (*_convention(key), *_error(key))),
        lambda flow: Buckets(*flow.duration, SECOND),
    )
    together = _together(answered, _convention)
    yield _histogram(
        "gen_ai_server_time_to_first_token_seconds",
        "Seconds from the arrival of a request for a stream to the first byte of its answer.",
        together,
        lambda flow: Buckets(*flow.first_token, SECOND),
    )
    tokens = (
        sample
        for labels, flow in together.items()
        for kind, buckets in (("input", Buckets(*flow.input)), ("output", Buckets(*flow.output)))
        if buckets.count
        for sample in buckets.samples({**dict(labels), "gen_ai_token_type": kind})
    )
    yield Metric("gen_ai_client_token_usage", "histogram", "Tokens of a request, as its provider counted them.", tuple(tokens))


def _end(key: FlowKey) -> _Labels:
    return (("target", key.target), ("status", NOBODY if key.status is None else str(key.status)), ("flag", key.flag))


def _model(key: FlowKey) -> _Labels:
    return (("target", key.target), ("model", key.model))


def _convention(key: FlowKey) -> _Labels:
    return (
        ("gen_ai_operation_name", key.operation),
        ("gen_ai_provider_name", key.provider),
        ("gen_ai_request_model", key.target),
        ("gen_ai_response_model", key.model),
    )


def _error(key: FlowKey) -> _Labels:
    return () if key.flag == NOBODY else (("error_type", key.flag),)


def _together(flows: Mapping[FlowKey, Flow], labels: Callable[[FlowKey], _Labels]) -> dict[_Labels, Flow]:
    found: defaultdict[_Labels, Flow] = defaultdict(Flow)
    for key, flow in flows.items():
        found[labels(key)].merge(flow)
    return dict(sorted(found.items()))


def _counter(name: str, meaning: str, flows: Mapping[_Labels, Flow], value: Callable[[Flow], float]) -> Metric:
    return Metric(name, "counter", meaning, tuple(Sample(value(flow), dict(labels)) for labels, flow in flows.items() if value(flow)))


def _histogram(name: str, meaning: str, flows: Mapping[_Labels, Flow], buckets: Callable[[Flow], Buckets]) -> Metric:
    counted = ((labels, buckets(flow)) for labels, flow in flows.items())
    told = (sample for labels, each in counted if each.count for sample in each.samples(dict(labels)))
    return Metric(name, "histogram", meaning, tuple(told))
