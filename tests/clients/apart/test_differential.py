"""Our translations beside litellm's, over the same bodies: they mean the same, but for disagreements that each have a rule and a reason.

Runs where `CLIENTS` names `litellm` or `all`: `make test-clients`. `DIFFERENTIAL` says how many bodies each translation gets.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest
from clients.apart.chosen import chosen
from clients.apart.differential import disagreements
from clients.apart.differential.comparison import RULES, compare
from clients.apart.differential.corpus import CORPORA
from clients.apart.differential.translations import TRANSLATIONS, Case, Litellm, ours
from hypothesis import HealthCheck, given, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

BODIES: Final = int(os.environ.get("DIFFERENTIAL", "150"))
EXAMPLES: Final = [(name, translation) for name, known in RULES.items() for translation in known.examples]

pytestmark = pytest.mark.skipif(not chosen(["litellm"]), reason="set CLIENTS=litellm to run them; they install litellm")


@pytest.fixture(scope="module")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Litellm]:
    running = Litellm(tmp_path_factory.mktemp("litellm"))
    yield running
    running.close()


@pytest.mark.parametrize("translation", TRANSLATIONS)
def test_both_mean_the_same_but_for_what_is_known(translation: str, litellm: Litellm) -> None:
    applied: Counter[str] = Counter()
    bodies = agreed = 0

    # The same bodies at each run: a new disagreement comes of a change, here or there, not of chance.
    @settings(max_examples=BODIES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(CORPORA[translation])
    def check(case: Case) -> None:
        nonlocal bodies, agreed
        compared = compare(case, ours(case), litellm(case))
        bodies, agreed = bodies + 1, agreed + (not compared.applied)
        applied.update(compared.applied)
        assert compared.ours == compared.theirs

    check()
    sys.stdout.write(f"\n{translation}: {bodies} bodies, {agreed} without a disagreement; {dict(applied)}\n")


@pytest.mark.parametrize(("name", "translation"), EXAMPLES)
def test_a_rule_explains_its_example_and_nothing_else_does(name: str, translation: str, litellm: Litellm) -> None:
    case = Case(translation, RULES[name].examples[translation])
    mine, theirs = ours(case), litellm(case)
    explained, unexplained = compare(case, mine, theirs), compare(case, mine, theirs, without=[name])
    assert explained.ours == explained.theirs
    assert unexplained.ours != unexplained.theirs, "the two agree by now: take the rule out of the list"
    assert name in explained.applied


def test_a_rule_is_about_translations_that_there_are() -> None:
    assert disagreements
    assert {translation for _, translation in EXAMPLES} <= TRANSLATIONS.keys()
    assert CORPORA.keys() == TRANSLATIONS.keys()
