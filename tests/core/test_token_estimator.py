"""The estimate of a request's tokens, against slow models in exact fractions and lists."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import TokenEstimator

OVERHEAD = 8
IMAGE = 1_100
END = 2**64 - 1


class SlowRatio:
    """The average as its formula says, in fractions."""

    def __init__(self) -> None:
        self.ratio = Fraction(1, 4)
        self.before = 1_024

    def record(self, text_bytes: int, tokens: int) -> None:
        sample = Fraction(tokens, text_bytes)
        sample = max(self.ratio / 2, min(sample, self.ratio * 2))
        sample = max(Fraction(1, 16), min(sample, Fraction(2)))
        kept = self.before - self.before // 64
        weight = min(text_bytes, self.before * 4)
        self.ratio = (self.ratio * kept + sample * weight).limit_denominator(10**15) / (kept + weight)
        self.before = min(kept + weight, 2**40)


def slow_output(answers: list[int]) -> int:
    last = sorted(answers[-128:])
    told = last[ceil(len(last) * Fraction(9, 10)) - 1] if last else 0
    return told if len(last) >= 10 else max(told, 1_024)


sizes: st.SearchStrategy[int] = st.integers(0, 3_000) | st.integers(0, 2**24) | st.sampled_from([0, 1, 2**40, 2**63, END])
tokens: st.SearchStrategy[int] = st.integers(0, 2_000) | st.integers(0, 2**24) | st.sampled_from([0, 1, 2**63, END])
requests = st.tuples(sizes, st.sampled_from([0, 0, 0, 1, END]), tokens, tokens)


@given(st.lists(requests, max_size=60), sizes, st.integers(0, 5), st.none() | tokens)
def test_an_estimate_is_what_its_formulas_say(history: list[tuple[int, int, int, int]], size: int, images: int, bound: int | None) -> None:
    estimator, slow = TokenEstimator(), SlowRatio()
    for text_bytes, pictures, prompt, completion in history:
        estimator.record(text_bytes, pictures, prompt, completion)
        if text_bytes and not pictures and prompt:
            slow.record(text_bytes, max(0, prompt - OVERHEAD))
    told, output = estimator.estimate(size, images, bound)
    exact = OVERHEAD + size * slow.ratio + images * IMAGE
    assert abs(min(exact, Fraction(END)) - told) <= 1 + exact / 10**6
    expected = slow_output([completion for *_, completion in history])
    assert output == (expected if bound is None else min(expected, bound))


@given(st.lists(requests, max_size=40), sizes, sizes)
def test_an_estimate_is_never_nothing_and_grows_with_the_text(history: list[tuple[int, int, int, int]], one: int, other: int) -> None:
    estimator = TokenEstimator()
    for each in history:
        estimator.record(*each)
    small, large = sorted([one, other])
    assert 1 <= estimator.estimate(small)[0] <= estimator.estimate(large)[0]
    assert min(END, OVERHEAD + large // 16) <= estimator.estimate(large)[0] <= min(END, OVERHEAD + large * 2)


def test_what_it_begins_with() -> None:
    assert TokenEstimator().estimate(0) == (8, 1_024)
    assert TokenEstimator().estimate(4_000, 0, None) == (1_008, 1_024)
    assert TokenEstimator().estimate(4_001, 2, 100) == (8 + 1_001 + 2_200, 100)
    assert TokenEstimator().estimate(END, END, END) == (END, 1_024)
    assert TokenEstimator().estimate(0, END) == (END, 1_024)
    assert repr(TokenEstimator()) == "TokenEstimator(250 tokens per 1000 bytes, 1024 an answer)"


@given(st.integers(16, 1_000_000), st.fractions(Fraction(1, 16), Fraction(2)), st.integers(1, 2_000_000))
def test_a_constant_stream_is_learned(text_bytes: int, ratio: Fraction, size: int) -> None:
    estimator = TokenEstimator()
    for _ in range(500):
        estimator.record(text_bytes, 0, OVERHEAD + max(1, round(text_bytes * ratio)), 1)
    learned = min(Fraction(2), Fraction(max(1, round(text_bytes * ratio)), text_bytes))
    learned = max(Fraction(1, 16), learned)
    assert estimator.estimate(size)[0] == pytest.approx(float(OVERHEAD + size * learned), rel=0.01, abs=1)


def test_a_few_requests_suffice_to_come_near() -> None:
    estimator = TokenEstimator()
    for _ in range(16):
        estimator.record(8_000, 0, OVERHEAD + 4_800, 1)
    assert estimator.estimate(8_000)[0] == pytest.approx(4_808, rel=0.1)


@given(st.integers(100, 100_000), sizes.filter(bool), tokens.filter(bool))
def test_a_strange_request_moves_the_ratio_little(text_bytes: int, strange_bytes: int, strange_tokens: int) -> None:
    estimator = TokenEstimator()
    for _ in range(300):
        estimator.record(text_bytes, 0, OVERHEAD + text_bytes // 3, 1)
    before = estimator.estimate(10**9)[0]
    estimator.record(strange_bytes, 0, strange_tokens, 1)
    moved = estimator.estimate(10**9)[0] / before
    assert 0.59 <= moved <= 1.81
    if strange_bytes <= text_bytes:
        assert 0.98 <= moved <= 1.02


@pytest.mark.parametrize("short", [9, 99])
def test_short_prompts_do_not_spoil_what_is_known_of_long_ones(short: int) -> None:
    estimator = TokenEstimator()
    for _ in range(20):
        estimator.record(100_000, 0, OVERHEAD + 25_000, 1)
        for _ in range(short):
            estimator.record(20, 0, 60, 1)
    assert estimator.estimate(100_000)[0] == pytest.approx(25_000, rel=0.1)


def test_images_and_prompts_of_no_tokens_teach_nothing_of_text() -> None:
    estimator = TokenEstimator()
    for _ in range(100):
        estimator.record(1_000, 1, 5_000, 1)
        estimator.record(1_000, 0, 0, 1)
        estimator.record(0, 0, 500, 1)
    assert estimator.estimate(4_000)[0] == 1_008


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=400))
def test_the_output_is_the_ninetieth_percentile_of_the_last_answers(answers: list[int]) -> None:
    estimator = TokenEstimator()
    for at, answer in enumerate(answers, 1):
        estimator.record(1, 0, 1, answer)
        assert estimator.estimate(1)[1] == slow_output(answers[:at])


def test_old_answers_are_forgotten() -> None:
    estimator = TokenEstimator()
    for answer in [*[100_000] * 500, *[10] * 128]:
        estimator.record(1, 0, 1, answer)
    assert estimator.estimate(1)[1] == 10


def test_an_answer_counts_among_the_next_127_and_no_longer() -> None:
    estimator = TokenEstimator()
    for answer in [9_000, *[10] * 116, *[9_000] * 11]:
        estimator.record(1, 0, 1, answer)
    assert estimator.estimate(1)[1] == 10
    estimator.record(1, 0, 1, 9_000)
    assert estimator.estimate(1)[1] == 10
    estimator.record(1, 0, 1, 9_000)
    assert estimator.estimate(1)[1] == 9_000
