"""What YAML makes of unquoted words and numbers never reaches a setting that means a text, nor the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from unit.config.conftest import Check

TEXTS = {
    "a provider's address": "providers: {{p: {{base_url: {}}}}}",
    "a credential": "providers: {{p: {{base_url: 'http://x', api_key: {}}}}}",
    "one of the credentials": "providers: {{p: {{base_url: 'http://x', api_keys: [{}]}}}}",
    "a header": "providers: {{p: {{base_url: 'http://x', headers: {{a: {}}}}}}}",
    "a model": "providers: {{p: {{base_url: 'http://x'}}}}\nmodels: {{m: {{provider: p, model: {}}}}}",
    "a model's provider": "providers: {{p: {{base_url: 'http://x'}}}}\nmodels: {{m: {{provider: {}, model: x}}}}",
    "a description": "task_groups: {{g: {{description: {}, e: {{models: [m]}}}}}}",
    "a model of an echelon": "task_groups: {{g: {{e: {{models: [{}]}}}}}}",
    "a stop text": "task_groups: {{g: {{e: {{models: [m], stop: [{}]}}}}}}",
    "a fallback group": "task_groups: {{g: {{e: {{models: [m]}}, fallback_config: {{fallback_groups: [{}]}}}}}}",
    "an alias": "aliases: {{a: {}}}",
    "a host": "server: {{host: {}}}",
    "an allowed host": "server: {{allowed_hosts: [{}]}}",
    "a prompt": "nodes: {{n: {{llm_group: g, system_prompt: {}}}}}",
    "a wrapper's type": "wrappers: {{w: {{type: {}, target: g}}}}",
}
READ_AS = {
    "true or false": ("no", "No", "off", "yes", "on", "true"),
    "a number": ("1.10", "1", "0x1F", "1_0", ".5", "1.", "-0", "0b1", ".inf", ".nan", "+7"),
}


@pytest.mark.parametrize("form", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize(("kind", "word"), [(kind, word) for kind, words in READ_AS.items() for word in words])
def test_a_word_that_yaml_reads_as_something_else_is_told_where_a_text_is_meant(form: str, kind: str, word: str, check: Check) -> None:
    config, faults = check(form.format(word))
    assert config is None
    line = form.format("\0").replace("{{", "{").split("\n")[-1]
    hint = f"unquoted, the file reads it as {kind}: put it in double quotes"
    found = [(fault.message, fault.column) for fault in faults if fault.hint == hint]
    assert [column for _, column in found] == [line.index("\0") + 1]
    assert found[0][0].startswith("must be ")


@pytest.mark.parametrize("word", [word for words in READ_AS.values() for word in words if word != "-0"])
def test_a_key_that_yaml_reads_as_something_else_is_told(word: str, check: Check) -> None:
    _, faults = check(f"aliases:\n  {word}: m\n")
    (fault,) = [fault for fault in faults if fault.hint == "put the key in quotes"]
    assert (fault.line, fault.column) == (2, 3)
    assert "a key must be text, and unquoted this one reads as" in fault.message


@pytest.mark.parametrize("word", ["012", "12:30", "2024-05-13", "1e3", "0o17", "y", "n", "1.2.3", "0x", "1__x", "=", "None"])
def test_a_text_that_other_readers_take_for_something_else_stays_as_it_is_written(word: str, check: Check) -> None:
    config, faults = check(f"providers: {{p: {{base_url: 'http://x'}}}}\nmodels: {{m: {{provider: p, model: {word}}}}}\n")
    assert faults == ()
    assert config is not None
    assert config.models["m"].model == word


@pytest.mark.parametrize("number", ["0123", "010", "+01", "-012", "00", "'0123'"])
def test_a_number_that_may_be_octal_is_told_where_a_number_is_meant(number: str, check: Check) -> None:
    for setting in ("port", "drain_timeout"):
        config, faults = check(f"server: {{{setting}: {number}}}\n")
        assert config is None
        assert "must be a number that does not begin with 0" in faults[0].message
        assert faults[0].column == len(setting) + 12
    assert check("server: {port: 0, drain_timeout: 0.5}\n")[0] is not None


def test_a_variable_with_such_a_number_is_told_by_its_name(check: Check) -> None:
    _, faults = check("server: {port: '${PORT}'}\n", {"PORT": "0123"})
    assert (faults[0].hint, "0123" in str(faults[0])) == ("the value comes from ${PORT}", False)


@pytest.mark.parametrize(
    ("text", "place", "lines"),
    [
        ("a: {b: 1, b: 2}", (1, 11), (1, 1)),
        ("a:\n  b: 1\n  'b': 2\n", (3, 3), (2, 3)),
        ("a: &x {b: 1}\nc: {<<: *x, b: 2, b: 3}\n", (2, 19), (2, 2)),
        ("a: [{b: 1,\n b: 2}]", (2, 2), (1, 2)),
        ("? b\n: 1\n? !!str b\n: 2\n", (3, 3), (1, 3)),
    ],
)
def test_a_key_written_twice_is_told_with_both_places(text: str, place: tuple[int, int], lines: tuple[int, int], check: Check) -> None:
    _, faults = check(text)
    found = [fault for fault in faults if "is written twice" in fault.message]
    assert [(fault.line, fault.column) for fault in found] == [place]
    where = " and ".join(f"on line {line}" for line in dict.fromkeys(lines))
    assert found[0].message == f"the key 'b' is written twice: {where}"
