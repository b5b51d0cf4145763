"""Embeddings: ``/v1/embeddings`` from Gemini's ``batchEmbedContents``, whether one text is asked for or many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyproxy.dialects.translation.chat_over_gemini.choice import usage_of
from pyproxy.dialects.translation.fields import Fields
from pyproxy.dialects.translation.gemini.vectors import as_base64, as_numbers
from pyproxy.dialects.translation.losses import Losses
from pyproxy.dialects.translation.translator import PureTranslator, Translated

if TYPE_CHECKING:
    from pyproxy.dialects.translation.translator import Call, Json

__all__ = ["EMBEDDINGS_OVER_GEMINI"]


def _request(body: Json, call: Call) -> Translated:
    """Return the body of a ``batchEmbedContents``."""
    losses = Losses()
    fields = Fields(body, losses=losses)
    for name in ("model", "encoding_format"):
        fields.get(name)
    texts = _texts(fields)
    dimensions = fields.count("dimensions")
    fields.done()
    common: Json = {"model": f"models/{call.model.removeprefix('models/')}"}
    if dimensions is not None:
        common["outputDimensionality"] = dimensions
    return Translated({"requests": [{**common, "content": {"parts": [{"text": text}]}} for text in texts]}, losses.names)


def _response(body: Json, call: Call) -> Translated:
    """Return the answer, its vectors in the form that was asked for."""
    fields = Fields(body, gemini=True, answer=True)
    vectors = [as_numbers(embedding.get("values")) for embedding in fields.objects("embeddings")]
    wanted = call.asked.get("input")
    if len(vectors) != (len(wanted) if isinstance(wanted, list) else 1):
        raise ValueError("The provider's answer has not as many embeddings as texts were sent.")
    packed = call.asked.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": as_base64(vector) if packed else vector}
        for index, vector in enumerate(vectors)
    ]
    used = (usage_of(fields) or {}).get("prompt_tokens", 0)
    usage = {"prompt_tokens": used, "total_tokens": used}
    return Translated({"object": "list", "data": data, "model": call.model, "usage": usage})


def _texts(body: Fields) -> list[str]:
    wanted = body.get("input")
    texts = wanted if isinstance(wanted, list) else [wanted]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise body.fault("input", "input is neither a text nor an array of texts; this provider cannot read tokens.")
    return texts


EMBEDDINGS_OVER_GEMINI = PureTranslator(_request, _response)
