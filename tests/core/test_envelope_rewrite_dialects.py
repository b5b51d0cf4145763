"""The copy of a request in the dialects other than chat: the same defaults and prompts under each one's own names."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pieces import Piece, body_of, spelled_pieces, with_last
from support.spelling import json_values, space

from pyproxy.rust_core import scan_envelope

if TYPE_CHECKING:
    from pyproxy.rust_core import Envelope

# By chat's name: the names it may have, and the names of which any makes a default needless.
NAMES: dict[str, dict[str, tuple[list[str], list[str]]]] = {
    "responses": {
        "temperature": (["temperature"], []),
        "top_p": (["top_p"], []),
        "max_tokens": (["max_output_tokens"], []),
        "max_completion_tokens": (["max_output_tokens"], []),
    },
    "anthropic": {
        "temperature": (["temperature"], ["top_p", "thinking"]),
        "top_p": (["top_p"], ["temperature", "thinking"]),
        "top_k": (["top_k"], ["thinking"]),
        "max_tokens": (["max_tokens"], []),
        "max_completion_tokens": (["max_tokens"], []),
        "stop": (["stop_sequences"], []),
    },
    "gemini": {
        "temperature": (["temperature"], []),
        "top_p": (["topP", "top_p"], []),
        "top_k": (["topK", "top_k"], []),
        "max_tokens": (["maxOutputTokens", "max_output_tokens"], []),
        "max_completion_tokens": (["maxOutputTokens", "max_output_tokens"], []),
        "stop": (["stopSequences", "stop_sequences"], []),
        "seed": (["seed"], []),
        "presence_penalty": (["presencePenalty", "presence_penalty"], []),
        "frequency_penalty": (["frequencyPenalty", "frequency_penalty"], []),
    },
}
PROMPT = {"responses": ["instructions"], "anthropic": ["system"], "gemini": ["systemInstruction", "system_instruction"]}
TURNS = {"responses": "input", "anthropic": "messages", "gemini": "contents"}
CONFIG = ["generationConfig", "generation_config"]


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@dataclass
class Members:
    """The members of an object that is built anew."""

    pieces: list[Piece]
    added: str = ""

    def last(self, name: str) -> Piece | None:
        return next((piece for piece in reversed(self.pieces) if piece.name == name), None)

    def given(self, names: list[str]) -> bool:
        return any((piece := self.last(name)) is not None and piece.value != "null" for name in names)

    def set(self, names: list[str], value: str) -> None:
        """Gives a value to a member that has none."""
        if self.given(names):
            return
        null = next((piece for name in names if (piece := self.last(name)) is not None), None)
        if null is not None:
            null.value = value
        else:
            self.added += f",{quoted(names[0])}:{value}"

    def text(self, before: str = "") -> str:
        if not self.pieces:
            return "{" + self.added[1:] + before + "}"
        self.pieces[-1].value += self.added
        return body_of(self.pieces)

    def fill(self, dialect: str, defaults: list[tuple[str, bytes]]) -> None:
        filled: list[str] = []
        for chat, json_bytes in defaults:
            names, rivals = NAMES[dialect].get(chat, ([], []))
            value = json_bytes.decode()
            if not names or value.strip() == "null" or self.given(names + rivals) or set(filled) & {names[0], *rivals}:
                continue
            filled.append(names[0])
            if chat == "stop" and isinstance(json.loads(value), str):
                value = f"[{value}]"
            if chat == "temperature" and dialect == "anthropic" and json.loads(value) > 1:
                value = "1"
            self.set(names, value)


@dataclass
class Body:
    """A body of a dialect, and Gemini's parameters within it."""

    dialect: str
    members: Members
    config: Members | None = None

    def text(self) -> str:
        return self.members.text()


def slow_rewrite(
    body: Body, model: str, space_of_config: str, *, defaults: list[tuple[str, bytes]], system: str | None, prefill: str | None
) -> str:
    """The same by building the body anew from its pieces."""
    dialect, members = body.dialect, Members([replace(piece) for piece in body.members.pieces])
    turns = members.last(TURNS[dialect])
    read = None if turns is None else json.loads(turns.value)
    model_piece = members.last("model")
    if model_piece is not None and isinstance(named := json.loads(model_piece.value), str):
        prefix = "models/" if dialect == "gemini" and named.startswith("models/") and "/" not in model else ""
        model_piece.value = quoted(prefix + model)
    objects = read if isinstance(read, list) else [*read.values()] if isinstance(read, dict) else []
    spoken = [turn.get("role") for turn in objects if isinstance(turn, dict) and dialect != "gemini"]
    if system is not None and "system" not in spoken and "developer" not in spoken:
        members.set(PROMPT[dialect], quoted(system) if dialect != "gemini" else f'{{"parts":[{{"text":{quoted(system)}}}]}}')
    if prefill is not None and isinstance(read, list):
        assert turns is not None
        said = (
            f'"role":"model","parts":[{{"text":{quoted(prefill)}}}]'
            if dialect == "gemini"
            else f'"role":"assistant","content":{quoted(prefill)}'
        )
        turns.value = with_last(turns.value, f"{{{said}}}")
    if dialect != "gemini":
        members.fill(dialect, defaults)
    elif body.config is not None:
        config = Members([replace(piece) for piece in body.config.pieces])
        config.fill(dialect, defaults)
        place = next(piece for name in CONFIG if (piece := members.last(name)) is not None)
        place.value = config.text(space_of_config)
    else:
        config = Members([])
        config.fill(dialect, defaults)
        if config.added:
            members.set(CONFIG, "{" + config.added[1:] + "}")
    return members.text()


texts = st.text(max_size=10)
values = json_values("role", "content", "parts")
roles = st.sampled_from(["system", "developer", "user", "assistant", "model", 5, None])
turns = st.lists(st.fixed_dictionaries({"role": roles}, optional={"content": values, "parts": values}) | values, max_size=3) | values
odd_names = st.sampled_from(["other", "metadata", "tools", "x y", "é"])


def filling(dialect: str) -> list[str]:
    return sorted({name for names, rivals in NAMES[dialect].values() for name in [*names, *rivals]})


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Body, str, str]:
    """A body, its text, and the space in parameters that are empty."""
    dialect = draw(st.sampled_from(sorted(NAMES)))
    random = draw(st.randoms(use_true_random=False))
    parameters = st.dictionaries(st.sampled_from(filling(dialect)), st.none() | st.just(5), max_size=4)
    others = st.dictionaries(odd_names, values, max_size=2)
    members = draw(others)
    if dialect != "gemini":
        members |= draw(parameters)
        members["model"] = draw(texts.filter(bool))
        prompt: st.SearchStrategy[Any] = st.none() | texts
    else:
        members |= draw(st.dictionaries(st.just("model"), st.sampled_from(["m", "models/m", "models/", 5, None])))
        prompt = st.none() | st.just({"parts": []})
    members |= draw(st.dictionaries(st.sampled_from(PROMPT[dialect]), prompt))
    members |= draw(st.dictionaries(st.just(TURNS[dialect]), turns))
    config = None
    if dialect == "gemini":
        members |= draw(st.dictionaries(st.sampled_from(CONFIG), st.none() | st.just(5), max_size=1))
        if draw(st.booleans()):
            members = {name: value for name, value in members.items() if name not in CONFIG}
            members[draw(st.sampled_from(CONFIG))] = {}
            config = draw(parameters) | draw(others)
            if len(config.keys() & {"maxOutputTokens", "max_output_tokens"}) > 1:
                config.pop("max_output_tokens")  # both are refused
    pieces = spelled_pieces(draw(st.permutations([*members.items()])), random)
    blank = space(random)
    inside = None
    if config is not None:
        inside = Members(spelled_pieces([*config.items()], random))
        place = next(piece for piece in pieces if piece.name in CONFIG)
        place.value = body_of(inside.pieces) if inside.pieces else "{" + blank + "}"
    return Body(dialect, Members(pieces), inside), body_of(pieces), blank


chat_names = sorted({name for names in NAMES.values() for name in names} | {"logit_bias", "n", "response_format"})
sampled = st.sampled_from([b"1", b"1.5", b"0.25", b" 2 ", b"null"])
stops = st.sampled_from([b'"END"', b'["END","\\u00e9"]', b' "x" ', b"null", b"[]"])
defaults = st.lists(
    st.sampled_from(chat_names).flatmap(lambda name: st.tuples(st.just(name), stops if name == "stop" else sampled)), max_size=5
)


@given(bodies(), texts, st.fixed_dictionaries({"defaults": defaults, "system": st.none() | texts, "prefill": st.none() | texts}))
def test_a_copy_differs_from_its_body_in_what_was_asked_for_and_in_no_other_byte(
    made: tuple[Body, str, str], model: str, extra: dict[str, Any]
) -> None:
    body, text, blank = made
    if body.dialect == "responses":
        extra["prefill"] = None
    envelope = scanned(body.dialect, text)
    assert envelope.rewrite(text.encode(), model, **extra).decode() == slow_rewrite(body, model, blank, **extra)


def scanned(dialect: str, body: str) -> Envelope:
    asked: dict[str, Any] = {"model": "m", "stream": True} if dialect == "gemini" else {}
    return scan_envelope(body.encode(), dialect, **asked)


def rewritten(dialect: str, body: str, model: str = "n", **how: Any) -> str:
    return scanned(dialect, body).rewrite(body.encode(), model, **how).decode()


EVERYTHING = [
    ("temperature", b"0.5"),
    ("top_p", b"0.9"),
    ("top_k", b"7"),
    ("max_tokens", b"9"),
    ("stop", b'["END"]'),
    ("seed", b"3"),
    ("presence_penalty", b"1"),
    ("frequency_penalty", b"-1"),
]


def test_defaults_have_the_names_of_their_dialect_and_those_without_one_are_left_out() -> None:
    assert rewritten("responses", '{"model":"m"}', defaults=EVERYTHING) == (
        '{"model":"n","temperature":0.5,"top_p":0.9,"max_output_tokens":9}'
    )
    assert rewritten("anthropic", '{"model":"m"}', defaults=EVERYTHING) == (
        '{"model":"n","temperature":0.5,"top_k":7,"max_tokens":9,"stop_sequences":["END"]}'
    )
    assert rewritten("gemini", '{"contents":[] }', defaults=EVERYTHING) == (
        '{"contents":[],"generationConfig":{"temperature":0.5,"topP":0.9,"topK":7,"maxOutputTokens":9,"stopSequences":["END"],'
        '"seed":3,"presencePenalty":1,"frequencyPenalty":-1} }'
    )
    assert rewritten("gemini", "{ }", defaults=EVERYTHING[:1]) == '{"generationConfig":{"temperature":0.5} }'
    assert rewritten("gemini", '{"generation_config":{ }}', defaults=EVERYTHING[:1]) == '{"generation_config":{"temperature":0.5 }}'
    assert rewritten("gemini", '{"generationConfig":null}', defaults=EVERYTHING[:1]) == '{"generationConfig":{"temperature":0.5}}'
    assert rewritten("gemini", '{"generationConfig":null}', defaults=[("logit_bias", b"{}")]) == '{"generationConfig":null}'


def test_a_client_that_lets_its_model_think_or_samples_in_another_way_has_chosen() -> None:
    fill = EVERYTHING[:4]
    assert rewritten("anthropic", '{"model":"m","thinking":{}}', defaults=fill) == '{"model":"n","thinking":{},"max_tokens":9}'
    assert rewritten("anthropic", '{"model":"m","top_p":1}', defaults=fill) == '{"model":"n","top_p":1,"top_k":7,"max_tokens":9}'
    assert rewritten("gemini", '{"generationConfig":{"topP":1}}', defaults=fill[:1]) == '{"generationConfig":{"topP":1,"temperature":0.5}}'


def test_a_temperature_of_chat_is_no_higher_than_messages_take_it() -> None:
    for value, written in ((b"1.5", "1"), (b"2", "1"), (b"1.0", "1.0"), (b"0.3", "0.3"), (b'"warm"', '"warm"')):
        assert rewritten("anthropic", '{"model":"m"}', defaults=[("temperature", value)]) == f'{{"model":"n","temperature":{written}}}'
        assert json.loads(rewritten("gemini", "{}", defaults=[("temperature", value)]))["generationConfig"]["temperature"] == json.loads(
            value
        )


def test_one_text_that_ends_an_answer_is_written_as_a_list() -> None:
    assert rewritten("anthropic", '{"model":"m"}', defaults=[("stop", b'"E"')]) == '{"model":"n","stop_sequences":["E"]}'
    assert rewritten("gemini", '{"generationConfig":{"stop_sequences":null}}', defaults=[("stop", b' "E"')]) == (
        '{"generationConfig":{"stop_sequences":[ "E"]}}'
    )


def test_the_systems_prompt_goes_where_each_dialect_has_it() -> None:
    assert rewritten("responses", '{"model":"m","input":"x"}', system="é") == '{"model":"n","input":"x","instructions":"é"}'
    assert rewritten("anthropic", '{"model":"m","system":null}', system='"') == '{"model":"n","system":"\\""}'
    assert rewritten("gemini", '{"contents":[]}', system="s") == '{"contents":[],"systemInstruction":{"parts":[{"text":"s"}]}}'
    for dialect, given_one in (
        ("responses", '{"model":"n","instructions":""}'),
        ("responses", '{"model":"n","input":[{"role":"developer","content":"x"}]}'),
        ("anthropic", '{"model":"n","system":[]}'),
        ("gemini", '{"system_instruction":{"parts":[]}}'),
    ):
        assert rewritten(dialect, given_one, system="s") == given_one


def test_what_the_answer_begins_with_goes_to_the_end() -> None:
    assert rewritten("anthropic", '{"model":"m","messages":[{} ]}', prefill="p", system="s") == (
        '{"model":"n","messages":[{} ,{"role":"assistant","content":"p"}],"system":"s"}'
    )
    assert rewritten("gemini", '{"contents":[ ]}', prefill="p") == '{"contents":[ {"role":"model","parts":[{"text":"p"}]}]}'
    for body in ('{"model":"m"}', '{"model":"m","input":[]}'):
        with pytest.raises(ValueError, match="cannot be given in the dialect responses"):
            rewritten("responses", body, prefill="p")


def test_of_two_spellings_the_one_with_a_value_counts() -> None:
    for null, given_one in (("topP", "top_p"), ("top_p", "topP")):
        body = f'{{"generationConfig":{{"{null}":null,"{given_one}":1}}}}'
        assert rewritten("gemini", body, defaults=[("top_p", b"0.5")]) == body
    body = '{"systemInstruction":null,"system_instruction":{"parts":[]}}'
    assert rewritten("gemini", body, system="s") == body


def test_usage_is_asked_for_in_chat_only() -> None:
    for dialect in NAMES:
        body = '{"model":"n","stream":true,"stream_options":{"include_usage":false}}'
        assert rewritten(dialect, body, include_usage=True) == body


def test_a_model_that_a_body_of_gemini_names_is_named_anew_wherever_it_stands() -> None:
    one = '{"model": "models/m","content":{"parts":[{"text":"x","model":"models/y"}]}}'
    assert rewritten("gemini", one) == one.replace("models/m", "models/n")
    many = '{"requests":[ {"model":"models/a","content":{}}, {"content":{},"mod\\u0065l" : "b"},5,{"model":7},{},[{"model":"c"}]]}'
    assert rewritten("gemini", many) == many.replace("models/a", "models/n").replace('"b"', '"n"')
    for name in ("generateContentRequest", "generate_content_request"):
        counted = f'{{"{name}":{{"model":"models/m","contents":[{{"model":"x"}}]}}}}'
        assert rewritten("gemini", counted) == counted.replace("models/m", "models/n")
        assert rewritten("gemini", counted, "tunedModels/t") == counted.replace("models/m", "tunedModels/t")
    left = '{"other":{"model":"x"},"requests":"model"}'
    assert rewritten("gemini", left) == left


@pytest.mark.parametrize("dialect", sorted(NAMES))
def test_what_cannot_be_a_default_in_chat_cannot_be_one_anywhere(dialect: str) -> None:
    for name in ("model", "messages", "stream", "stream_options"):
        with pytest.raises(ValueError, match=f"'{name}' cannot have a default"):
            rewritten(dialect, '{"model":"m"}', defaults=[(name, b"1")])
    with pytest.raises(ValueError, match="the default for 'logit_bias' is not one JSON value in UTF-8"):
        rewritten(dialect, '{"model":"m"}', defaults=[("logit_bias", b"{")])


@given(st.sampled_from(sorted(NAMES)), st.binary(max_size=60), st.integers(0, 60))
def test_any_other_body_of_the_same_length_is_refused_or_copied_but_breaks_nothing(dialect: str, noise: bytes, at: int) -> None:
    body = (
        b'{"model":"m","messages":[],"contents":[],"generationConfig":{"topP":null},"temperature":null,'
        b'"requests":[{"model":"models/m"}],"system":null}'
    )
    other = (body[:at] + noise + body[at + len(noise) :])[: len(body)]
    prefill = None if dialect == "responses" else "p"
    try:
        scanned(dialect, body.decode()).rewrite(other, "n", defaults=EVERYTHING, system="s", prefill=prefill)
    except ValueError as error:
        assert "not the body that was scanned" in str(error)  # noqa: PT017
    with pytest.raises(ValueError, match="not the body that was scanned"):
        scanned(dialect, body.decode()).rewrite(body + b" ", "n")
