"""Whatever bytes a file holds, only articles and rejections come out. `bench/fuzz_ingest.py` does it at length."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.cleaning import clean
from ingest.loaders import Record, Rejection, load
from kb.article import Article
from tests.ingest_samples import mutated, one_of_each

KINDS = one_of_each()


def outcomes(name: str, content: bytes) -> list[Article | Rejection]:
    """What a run would make of the file, in a folder so that nothing is fetched."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(content)
        return [clean(item) if isinstance(item, Record) else item for item in load(folder)]


def check(found: list[Article | Rejection]) -> None:
    for item in found:
        if isinstance(item, Rejection):
            assert item.reason
            assert "\n" not in item.reason
        else:
            item.text.encode()
            item.title.encode()
            assert all(0 <= mark.start <= mark.end <= len(item.text) for mark in item.boilerplate)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_valid_file_of_every_kind_is_all_articles(name: str) -> None:
    found = outcomes(name, KINDS[name])
    check(found)
    assert found
    assert all(isinstance(item, Article) for item in found)


@pytest.mark.parametrize("name", sorted(KINDS))
@settings(max_examples=30, deadline=10_000, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**64 - 1))
def test_a_damaged_file_gives_articles_and_rejections_and_nothing_else(name: str, seed: int) -> None:
    check(outcomes(name, mutated(KINDS[name], seed)))


@settings(max_examples=40, deadline=10_000)
@given(name=st.sampled_from(sorted(KINDS)), content=st.binary(max_size=400))
def test_any_bytes_will_do(name: str, content: bytes) -> None:
    check(outcomes(name, content))
