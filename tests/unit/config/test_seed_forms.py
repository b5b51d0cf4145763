"""The configurations that the project began with load as they were written, given the models they name and the parent they inherit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyproxy.config import Config, check_config

if TYPE_CHECKING:
    from pathlib import Path

MODELS = """
providers: {p: {base_url: "http://127.0.0.1:1/v1"}}
models:
  openai-gpt4: {provider: p, model: gpt-4}
  openai-gpt4-turbo: {provider: p, model: gpt-4-turbo}
  openai-gpt3.5-turbo: {provider: p, model: gpt-3.5-turbo}
  anthropic-claude-opus: {provider: p, model: opus}
  anthropic-claude-3-opus: {provider: p, model: opus-3}
  anthropic-claude-3-sonnet: {provider: p, model: sonnet-3}
  anthropic-claude-3-haiku: {provider: p, model: haiku-3}
  gemini-pro: {provider: p, model: gemini-pro}
"""
PLAN = "echelon1: {models: [openai-gpt4]}\nechelon2: {models: [openai-gpt4-turbo]}\n"
THINK = 'name: "thinking_group"\n' + PLAN

GROUPS = """
task_groups:
  fast_group:
    description: "fast answers"
    echelon1:
      models: ["openai-gpt4", "anthropic-claude-opus"]
      concurrency_limit: 10
      rpm_limit: 100
      priority: 1
      timeout: 30
      max_retries: 3
    fallback_strategy: "echelon_down"
  fast_small_group:
    description: "small models by task"
    translation:
      models: ["openai-gpt3.5-turbo", "gemini-pro"]
      concurrency_limit: 100
      rpm_limit: 1000
    fallback_strategy: "model_rotate"
polling_pools:
  single_turn_pool:
    task_groups: ["fast_group", "fast_small_group"]
    rotation_strategy: "round_robin"
    health_check_interval: 30
    rate_limiting:
      enabled: true
      algorithm: "token_bucket"
"""

FAST_GROUP = """
name = "fast_group"
description = "fast answers"

[echelon1]
models = ["openai-gpt4", "anthropic-claude-3-opus"]
concurrency_limit = 10
rpm_limit = 100
priority = 1
temperature = 0.7
max_tokens = 2000

[echelon2]
models = ["openai-gpt4-turbo", "anthropic-claude-3-sonnet"]
priority = 2
timeout = 25

[fallback_config]
strategy = "echelon_down"
fallback_groups = ["fast_group.echelon2", "fast_group.echelon3"]
max_attempts = 3
retry_delay = 1.0

[fallback_config.circuit_breaker]
failure_threshold = 5
recovery_time = 60
half_open_requests = 1
"""

FAST_POOL = """
name = "fast_pool"
inherits_from = "../global.toml"
task_groups = ["fast_group"]
rotation_strategy = "round_robin"

[health_check]
interval = 30
failure_threshold = 3
recovery_time = 60

[fallback_config]
strategy = "instance_rotation"
max_instance_attempts = 2

[rate_limiting]
enabled = true
algorithm = "token_bucket"

[rate_limiting.token_bucket]
bucket_size = 1000
refill_rate = 16.67
"""

WRAPPER = """
name = "pool_wrapper"
type = "pool"
description = "a pool as one"

[default_config]
pool_name = "fast_pool"
enable_health_check = true
enable_metrics = true

[monitoring]
metrics_enabled = true
health_check_interval = 30
alerting_enabled = true

[performance]
request_timeout = 30
max_concurrent_requests = 100
queue_size = 1000
"""

NESTED = """
[task_group]
name = "plan_group"

[task_group.echelons.echelon1]
models = ["openai-gpt4"]

[task_group.echelons.echelon2]
models = ["p:other"]
"""

NODES = """
nodes:
  planning_node:
    type: "llm_node"
    config:
      llm_group: "plan_group.echelon1"
      fallback_groups: ["plan_group.echelon2", "thinking_group.echelon1"]
      system_prompt: "You plan."
      max_tokens: 3000
"""


def loaded(folder: Path, **files: str) -> Config:
    (folder / "models.yaml").write_text(MODELS)
    for name, text in files.items():
        kind, stem, ending = name.rsplit("__", 2)
        path = folder / kind / f"{stem}.{ending}" if kind else folder / f"{stem}.{ending}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    config, faults = check_config(folder, {})
    assert config is not None, "\n".join(map(str, faults))
    return config


def test_groups_and_pools_in_one_file(tmp_path: Path) -> None:
    config = loaded(tmp_path, groups___task_groups__yaml=GROUPS)
    assert config.task_groups["fast_small_group"].fallback_config.strategy == "model_rotate"
    assert [echelon.name for echelon in config.task_groups["fast_small_group"].echelons] == ["translation"]
    assert config.polling_pools["single_turn_pool"].health_check_interval == 30


def test_a_group_whose_echelons_are_at_the_top_of_its_file(tmp_path: Path) -> None:
    group = loaded(tmp_path, groups__fast_group__toml=FAST_GROUP).task_groups["fast_group"]
    assert [echelon.name for echelon in group.echelons] == ["echelon1", "echelon2"]
    assert group.fallback_config.fallback_groups == ("fast_group.echelon2",)
    assert group.fallback_config.circuit_breaker is not None


def test_a_pool_that_inherits_and_a_wrapper_of_it(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        groups__fast_group__toml=FAST_GROUP,
        polling_pools__fast_pool__toml=FAST_POOL,
        wrappers__pool_wrapper__toml=WRAPPER,
        __global__toml="[health_check]\ninterval = 5\n",
    )
    pool, wrapper = config.polling_pools["fast_pool"], config.wrappers["pool_wrapper"]
    assert (pool.health_check_interval, pool.fallback_strategy) == (30, "instance_rotation")
    assert (wrapper.type, wrapper.target, wrapper.concurrency_limit, wrapper.queue_size) == ("pool", "fast_pool", 100, 1000)


def test_nested_tables_and_the_nodes_of_a_workflow(tmp_path: Path) -> None:
    config = loaded(tmp_path, groups__plan__toml=NESTED, groups__thinking_group__yaml=THINK, workflows__nodes__yaml=NODES)
    assert config.nodes["planning_node"].llm_group == "plan_group.echelon1"
    assert config.nodes["planning_node"].max_tokens == 3000


@pytest.mark.parametrize("ending", ["yaml", "toml"])
def test_wrappers_as_inline_tables(tmp_path: Path, ending: str) -> None:
    text = {
        "yaml": "wrappers: {w: {type: task_group, task_group_name: plan}, x: {type: direct, target: 'p:other'}}\n",
        "toml": '[wrappers]\nw = {type = "task_group", task_group_name = "plan"}\nx = {type = "direct", target = "p:other"}\n',
    }[ending]
    config = loaded(tmp_path, groups__plan__yaml=PLAN, **{f"wrappers__all__{ending}": text})
    assert (config.wrappers["w"].target, config.wrappers["x"].target) == ("plan", "p:other")
