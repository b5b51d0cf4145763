"""Random configurations in their canonical form, and the canonical form of a loaded one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

if TYPE_CHECKING:
    from pyproxy.config import Config

SURPRISING = ["no", "on", "true", "null", "012", "0x1F", "1e3", "1_0", "1-10", "inf", "2024-05-13", "_", "y"]
"""Names that a reader could take for something else."""

words = st.one_of(st.sampled_from(SURPRISING), st.from_regex(r"[a-z][A-Za-z0-9_-]{0,5}", fullmatch=True))
texts = st.one_of(
    st.sampled_from([*SURPRISING, "1.10", "~", "a: b", "# c", "- d", "${", "$${X}", "'", '"', "\\", "\n", "\r\n", " x ", "\t", "[[a]]"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
some_text = texts.filter(bool)
visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=6)
counts, seconds = st.integers(1, 1_000_000), st.one_of(st.integers(1, 86_400), st.floats(1e-9, 86_400))
penalties = st.one_of(st.integers(-2, 2), st.floats(-2, 2))

LONGEST_ANSWER = 1000  # so that no limit of tokens is below it
LIMITS: dict[str, st.SearchStrategy[Any]] = {
    "concurrency_limit": counts,
    "rpm_limit": counts,
    "tpm_limit": st.integers(LONGEST_ANSWER, 1_000_000),
}
PARAMETERS: dict[str, st.SearchStrategy[Any]] = {
    "temperature": st.one_of(st.integers(0, 2), st.floats(0, 2)),
    "top_p": st.floats(1e-300, 1),
    "max_tokens": st.integers(1, LONGEST_ANSWER),
    "frequency_penalty": penalties,
    "presence_penalty": penalties,
    "stop": st.lists(some_text, max_size=3),
}


def table(required: dict[str, st.SearchStrategy[Any]], optional: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


@st.composite
def canonical_configs(draw: st.DrawFn) -> dict[str, Any]:
    """A configuration without a fault, as a mapping; its texts hold no variables."""
    providers = draw(st.lists(words, min_size=1, max_size=3, unique=True))
    names = iter(draw(st.lists(words, min_size=10, max_size=10, unique=True)))
    models = [next(names) for _ in range(draw(st.integers(0, 3)))]
    upstream = st.tuples(st.sampled_from(providers), st.sampled_from(["m", "m:x", "012", "1.10"])).map(":".join)
    model = st.one_of(st.sampled_from(models), upstream) if models else upstream
    groups = {next(names): draw(st.lists(words, min_size=1, max_size=3, unique=True)) for _ in range(draw(st.integers(0, 2)))}
    group_names = [*groups, *(f"{group}.{echelon}" for group, echelons in groups.items() for echelon in echelons)]
    config: dict[str, Any] = {
        "server": draw(_server()),
        "providers": {name: draw(_provider()) for name in providers},
        "models": {name: draw(_model(providers)) for name in models},
        "task_groups": {name: draw(_group(echelons, model, _below(name, groups))) for name, echelons in groups.items()},
    }
    if groups:
        some_groups = st.lists(st.sampled_from(group_names), max_size=3)
        fallback = {"description": texts, "fallback_groups": some_groups}
        config["nodes"] = {
            next(names): draw(
                table({"llm_group": st.sampled_from(group_names)}, {**fallback, **LIMITS, **PARAMETERS, "system_prompt": texts})
            )
        }
        wrapped = {"type": st.just("task_group"), "target": st.sampled_from(group_names)}
        config["wrappers"] = {next(names): draw(table(wrapped, fallback))}
        config["aliases"] = {f"{next(names)}*": draw(st.sampled_from(group_names))}
        config["polling_pools"] = {next(names): draw(_pool(group_names))}
    kept = draw(st.sets(st.sampled_from(["server", *(name for name, section in config.items() if not section)])))
    return _escaped({name: section for name, section in config.items() if section or name in kept})


def _below(name: str, groups: dict[str, list[str]]) -> list[str]:
    """What a group may fall back to without a circle: its own echelons, and the groups before it with theirs."""
    before = list(groups)[: list(groups).index(name)]
    return [*before, *(f"{group}.{echelon}" for group in (*before, name) for echelon in groups[group])]


def _server() -> st.SearchStrategy[dict[str, Any]]:
    optional = {"host": st.sampled_from(["::1", "localhost"]), "port": st.integers(0, 65_535), "drain_timeout": seconds}
    return table({}, {**optional, "max_body_bytes": st.integers(1, 1 << 40), "allowed_hosts": st.lists(st.sampled_from(["a.b", "1.10"]))})


def _provider() -> st.SearchStrategy[dict[str, Any]]:
    base = {"base_url": st.sampled_from(["http://127.0.0.1:9/v1", "https://north.example"])}
    headers = st.dictionaries(st.from_regex(r"[a-z]{1,3}(-[0-9])?", fullmatch=True).map("x-".__add__), visible, max_size=2)
    optional = {"dialect": st.sampled_from(["openai", "gemini"]), "headers": headers}
    keys = st.lists(visible, min_size=1, max_size=3, unique=True)
    return st.one_of(table(base, {**optional, "api_key": visible}), table(base, {**optional, "api_keys": keys}))


def _model(providers: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    optional = {"context_window": counts, "weight": st.integers(1, 1_000_000), **LIMITS}
    return table({"provider": st.sampled_from(providers), "model": some_text}, optional)


@st.composite
def _group(draw: st.DrawFn, echelons: list[str], model: st.SearchStrategy[str], groups: list[str]) -> dict[str, Any]:
    breaker = table({}, {"failure_threshold": counts, "recovery_time": seconds, "half_open_requests": counts})
    numbers = {"max_attempts": counts, "attempt_budget": counts, "retry_delay": seconds, "retry_after_wait": seconds}
    fallback = table({}, {"fallback_groups": st.lists(st.sampled_from(groups), max_size=3), "circuit_breaker": breaker, **numbers})
    times = table({}, dict.fromkeys(("connect", "first_byte", "idle", "total"), seconds))
    guarantee = st.sampled_from(["first_content", "complete"])
    settings = draw(
        table({}, {"description": texts, "timeouts": times, "fallback_config": fallback, "stream_guarantee": guarantee, **LIMITS})
    )
    own = {"priority": st.integers(-3, 3), "timeout": seconds, "max_retries": st.integers(0, 100)}
    echelon = table({"models": st.lists(model, min_size=1, max_size=3, unique=True)}, {**own, **LIMITS, **PARAMETERS})
    return {**settings, **{name: draw(echelon) for name in echelons}}


def _pool(groups: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    bucket = table({"bucket_size": counts, "refill_rate": st.floats(1e-9, 1e12)}, {})
    limiting = table({}, {"enabled": st.booleans(), "algorithm": st.just("token_bucket"), "token_bucket": bucket})
    optional = {"rotation_strategy": st.sampled_from(["random", "weighted"]), "rate_limiting": limiting, "recovery_time": seconds}
    return table({"task_groups": st.lists(st.sampled_from(groups), min_size=1, max_size=3, unique=True)}, optional)


def canonical(config: Config) -> dict[str, Any]:
    """Write a configuration back to the form that it is read from: echelons as tables of their group, defaults written out."""
    written = {name: _plain(getattr(config, name)) for name in type(config).model_fields}
    written["models"] = {name: model for name, model in written["models"].items() if name != f"{model['provider']}:{model['model']}"}
    for group in written["task_groups"].values():
        del group["name"]
        group.update({echelon.pop("name"): echelon for echelon in group.pop("echelons")})
    return _escaped(written)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        settings = {name: _plain(getattr(value, name)) for name in type(value).model_fields}
        return {name: setting for name, setting in settings.items() if setting is not None and (name, setting) != ("api_keys", [])}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _escaped(table: dict[str, Any]) -> dict[str, Any]:
    return {key: _escaped_value(value) for key, value in table.items()}


def _escaped_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _escaped(value)
    if isinstance(value, list):
        return [_escaped_value(item) for item in value]
    return value.replace("${", "$${") if isinstance(value, str) else value
