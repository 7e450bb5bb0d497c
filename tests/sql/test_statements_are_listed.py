"""Each verb takes as many statements as its page says, on each database."""

from inspect import isfunction, signature

import pytest
from tests.docs.statements import AS, ASKED, NOT_LISTED, PAGES, listed, measured
from tests.sql.stores import DATABASES

from distcore import engine


@pytest.mark.parametrize("database", DATABASES)
def test_a_verb_takes_as_many_statements_as_are_listed(database: str) -> None:
    most = measured(database)
    for page in PAGES:
        assert listed(page, database) == most, "write it anew: python -m tests.docs.statements"


def test_what_is_listed_are_verbs_of_the_engine() -> None:
    verbs = set(listed(PAGES[0], "sqlite"))
    assert verbs <= set(engine.__all__)
    assert verbs.isdisjoint(AS)
    assert set(ASKED) < verbs
    assert {verb for verb in engine.__all__ if _asks_a_store(getattr(engine, verb))} - verbs == NOT_LISTED


def _asks_a_store(verb: object) -> bool:
    return isfunction(verb) and next(iter(signature(verb).parameters), None) == "tx"
