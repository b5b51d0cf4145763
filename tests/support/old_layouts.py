"""Old configurations in the layouts that people give them."""

import difflib

YAML_LAYOUTS = {
    "nested": """\
# top
global_fallback:
  max_attempts: 4
  targets:
  - fast

task_groups:
  # the fast one
  fast:
    one:   # first
      models: [a]
      # rpm_limit: 3

  # the slow one
  slow:
    description: >
      long
      text
    two:
      models:
      - a
      - b
# end
""",
    "wide": """\
task_groups:
    fast:
        one: {models: [a],
  timeout: 3}
global_fallback: {max_attempts: 4}
""",
    "without an end": "global_fallback: {max_attempts: 4}\ntask_groups:\n fast:\n  one:\n   models:\n   - a",
    "literal last": """\
global_fallback:
  max_attempts: 4
task_groups:
  fast:
    one: {models: [a]}
    description: |+
      x


  slow:
    one: {models: [b]}
""",
    "anchors": """\
global_fallback: {max_attempts: 4}
task_groups:
  fast: &fast
    one: &one
      models: [a]
  slow:
    <<: *fast
    two: *one
""",
    "quoted": """\
global_fallback: {max_attempts: 4}
'task_groups':
  "fast":
    'one': {models: [a]}
    description: 'a

      b'
...
""",
}
TOML_MAIN = """\
[providers.p]
base_url = "http://127.0.0.1:1/v1"
[models.a]
provider = "p"
model = "a"
[models.b]
provider = "p"
model = "b"
"""
TOML_LAYOUTS = {
    "headers": """\
# top
[global_fallback]
max_attempts = 4

[global_fallback.circuit_breaker]
failure_threshold = 2

# the fast one
[task_groups.fast.one]
models = [
  "a", # first
]
# rpm_limit = 3

# the slow one
[task_groups.slow]
description = \"""
# not a comment
\"""
[task_groups.slow.one]
models = ["b"]
# end
""",
    "dots": """\
global_fallback.max_attempts = 4
task_groups.fast.one.models = ["a"]
task_groups."slow-one".one.models = ["b"]
[server]
port = 9
""",
    "turns": """\
[global_fallback]
max_attempts = 4
[task_groups.fast.one]
models = ["a"]
[task_groups.slow.one]
models = ["b"]
# comment of two
[task_groups.fast.two]
models = ["b"]
[server]
port = 9
""",
}


def only_adds(before: str, after: str) -> bool:
    changes = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return not [line for line in changes if line.startswith("- ")]
