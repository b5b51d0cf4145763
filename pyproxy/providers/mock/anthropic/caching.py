"""The prompt cache: which part of a request was read from it, written to it, or neither, in words."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from pyproxy.providers.mock.anthropic.shape import CountTokens, Text
from pyproxy.providers.mock.reading import words
from pyproxy.providers.mock.reply import BadRequestError

_KEPT: Final = 1_000
_MOST_MARKS: Final = 4


class PromptUsage(NamedTuple):
    """How the words of a prompt are counted: each in one of the places, the created ones by how long they are kept."""

    plain: int
    read: int
    created_5m: int
    created_1h: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.plain + self.read + self.created_5m + self.created_1h


class PromptCache:
    """Remembers the prefixes that requests marked, the last thousand of them."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def use(self, asked: CountTokens) -> PromptUsage:
        """Count a request's words, and remember its marked prefixes."""
        blocks = list(_blocks(asked))
        marked = [index for index, block in enumerate(blocks) if block.control is not None]
        if asked.cache_control is not None and blocks and blocks[-1].control is None:
            blocks[-1] = blocks[-1]._replace(control=asked.cache_control)
            marked.append(len(blocks) - 1)
        digest = hashlib.sha256(asked.model.encode())
        prefixes: dict[int, bytes] = {}
        counted: list[int] = []
        total = 0
        for index, block in enumerate(blocks):
            if marked:
                digest.update(block.content())
            total += block.words
            counted.append(total)
            if block.control is not None:
                prefixes[index] = digest.digest()
        hit = max((index for index in marked if prefixes[index] in self._known), default=None)
        read = 0 if hit is None else counted[hit]
        created = {"5m": 0, "1h": 0}
        start = read
        for index in marked:
            self._remember(prefixes[index])
            if counted[index] > start:
                created[blocks[index].control.ttl or "5m"] += counted[index] - start
                start = counted[index]
        return PromptUsage(total - start, read, created["5m"], created["1h"])

    def _remember(self, prefix: bytes) -> None:
        self._known[prefix] = None
        self._known.move_to_end(prefix)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)


def check_marks(asked: CountTokens) -> None:
    """Check the number of marks and their order: what is kept for an hour comes before what is kept for minutes.

    Raises:
        BadRequestError: If there are too many, or in another order.
    """
    marked = [block for block in _blocks(asked) if block.control is not None]
    count = len(marked) + (asked.cache_control is not None)
    if count > _MOST_MARKS:
        raise BadRequestError(f"A maximum of {_MOST_MARKS} blocks with cache_control may be provided. Found {count}.")
    for before, block in pairwise(marked):
        if block.control.ttl == "1h" and before.control.ttl != "1h":
            raise BadRequestError(
                f"{block.place}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
                "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
            )


class _Marked(NamedTuple):
    block: BaseModel
    place: str
    role: str
    words: int
    control: Any

    def content(self) -> bytes:
        """Give what the cache compares: the block without its mark, and who says it."""
        return (self.role + self.block.model_dump_json(exclude={"cache_control"}, exclude_none=True)).encode()


def _blocks(asked: CountTokens) -> Iterator[_Marked]:
    """Give all blocks in the order in which the cache sees them: tools, system, messages."""
    for index, tool in enumerate(asked.tools):
        yield _marked(tool, f"tools.{index}")
    system = asked.system or []
    for index, text in enumerate([Text(type="text", text=system)] if isinstance(system, str) else system):
        yield _marked(text, f"system.{index}")
    for turn, message in enumerate(asked.messages):
        for index, block in enumerate(message.blocks()):
            yield _marked(block, f"messages.{turn}.content.{index}", message.role)


def _marked(block: BaseModel, place: str, role: str = "") -> _Marked:
    text = getattr(block, "text", None)
    count = words(text) if isinstance(text, str) else words(block.model_dump_json(exclude={"cache_control"}, exclude_none=True))
    return _Marked(block, place, role, count, getattr(block, "cache_control", None))
