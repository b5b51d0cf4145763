"""Gemini requests as clients write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clients.apart.differential.corpus.shared import SAMPLING, called_tools, declared, objects, perhaps, together, words
from hypothesis import strategies as st

if TYPE_CHECKING:
    from clients.apart.differential.requests import Json

__all__ = ["gemini_requests"]


def _gemini_tool(name: str, description: str | None, schema: Any) -> Json:
    described = {"description": description, "parametersJsonSchema": schema}
    return {"name": name, **{key: value for key, value in described.items() if value is not None}}


@st.composite
def _gemini_contents(draw: st.DrawFn) -> list[Json]:
    picture = st.sampled_from(
        [
            {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
            {"fileData": {"mimeType": "image/png", "fileUri": "https://example.com/a.png"}},
        ]
    )
    said = st.lists(words.map(lambda text: {"text": text}) | picture, min_size=1, max_size=3)
    contents: list[Json] = [{"role": "user", "parts": draw(said)}]
    for number in range(draw(st.integers(0, 2))):
        named = draw(st.booleans())
        calls = [
            {"functionCall": {**({"id": f"{id_}_{number}"} if named else {}), "name": name, "args": value}}
            for id_, name, value in draw(called_tools)
        ]
        texts = [{"text": text} for text in draw(st.lists(words, min_size=0 if calls else 1, max_size=2))]
        contents.append({"role": "model", "parts": [*texts, *calls]})
        results = []
        for call in calls:
            called = {name: value for name, value in call["functionCall"].items() if name != "args"}
            response = draw(st.fixed_dictionaries({"result": words}) | objects)
            results.append({"functionResponse": {**called, "response": response}})
        spoken = draw(said) if not calls or draw(st.booleans()) else []
        if draw(st.booleans()):
            contents.append({"role": "user", "parts": [*results, *spoken]})
        else:
            contents += [{"role": "user", "parts": parts} for parts in (results, spoken)]
    return [content for content in contents if content["parts"]]


_gemini_choices = st.one_of(
    st.sampled_from(["AUTO", "ANY", "NONE"]).map(lambda mode: {"mode": mode}),
    st.just({"mode": "ANY", "allowedFunctionNames": ["look"]}),
)
gemini_requests = together(
    st.fixed_dictionaries(
        {"contents": _gemini_contents()},
        optional={
            # OpenAI asks whether a message speaks of JSON where it is to answer in it.
            "systemInstruction": (words | st.just("Answer in JSON.")).map(lambda text: {"parts": [{"text": text}]}),
            "generationConfig": st.fixed_dictionaries(
                {},
                optional={
                    "temperature": SAMPLING["temperature"],
                    "topP": SAMPLING["top_p"],
                    "maxOutputTokens": st.integers(1, 9_000),
                    "stopSequences": st.lists(words, min_size=1, max_size=2),
                    "responseMimeType": st.just("application/json"),
                },
            ),
        },
    ),
    perhaps(
        st.fixed_dictionaries(
            {"tools": declared(_gemini_tool).map(lambda declared: [{"functionDeclarations": declared}])},
            optional={"toolConfig": _gemini_choices.map(lambda choice: {"functionCallingConfig": choice})},
        )
    ),
)
