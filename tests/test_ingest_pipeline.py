"""A whole run: one outcome for each record, in order, and nothing claimed that is not so."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from ingest import Given, Outcome, ingest, retry
from ingest.cleaning import clean
from ingest.loaders import Record, Rejection
from kb.article import Article
from kb.catalog import Failure
from kb.knowledge_base import Addition

STORY = "The river was crossed at dawn, officials in the town said on Friday."


class FakeBase:
    """Keeps articles by source, as the catalog does."""

    def __init__(self) -> None:
        self.stored: dict[str, Article] = {}
        self.batches: list[int] = []
        self.failed: dict[str, Failure] = {}

    def add_all(self, batches: Iterable[Sequence[Article]]) -> Iterator[list[Addition]]:
        for articles in batches:
            self.batches.append(len(articles))
            yield [self._one(article, write=True) for article in articles]

    def compare(self, articles: Sequence[Article]) -> list[Addition]:
        return [self._one(article, write=False) for article in articles]

    def failures(self) -> list[Failure]:
        return list(self.failed.values())

    def keep_failures(self, failed: Sequence[Failure], settled: Sequence[str]) -> None:
        for source in settled:
            self.failed.pop(source, None)
        self.failed.update({failure.source: failure for failure in failed})

    def _one(self, article: Article, *, write: bool) -> Addition:
        before = self.stored.get(article.source)
        if before and before.fingerprint == article.fingerprint:
            return Addition("unchanged", article.id)
        if any(other.id == article.id and other.source != article.source for other in self.stored.values()):
            return Addition("duplicate", article.id)
        if write:
            self.stored[article.source] = article
        return Addition("updated" if before else "added", article.id)


@pytest.fixture
def base() -> FakeBase:
    return FakeBase()


def table(path: Path, rows: Sequence[tuple[str, str]]) -> Path:
    path.write_text("".join(json.dumps({"id": key, "title": "River", "text": text}) + "\n" for key, text in rows))
    return path


def statuses(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


def test_outcomes_come_in_order_and_a_second_run_changes_nothing(tmp_path: Path, base: FakeBase) -> None:
    (tmp_path / "a.txt").write_text(f"River crossed\n\n{STORY}\n")
    (tmp_path / "b.txt").write_text("")
    path = table(tmp_path / "c.jsonl", [("1", STORY), ("2", "too short"), ("3", STORY), ("4", f"{STORY} Twice.")])
    outcomes = list(ingest(base, [tmp_path]))
    assert statuses(outcomes) == ["added", "rejected", "added", "rejected", "duplicate", "added"]
    assert outcomes[0] == Outcome(
        "added",
        str(tmp_path / "a.txt"),
        "River crossed",
        base.stored[str(tmp_path / "a.txt")].id,
        None,
        str(tmp_path / "a.txt"),
    )
    assert "empty" in (outcomes[1].reason or "")
    assert outcomes[2].article_id
    assert outcomes[2].article_id in (outcomes[4].reason or "")
    assert statuses(list(ingest(base, [tmp_path]))) == [
        "unchanged",
        "rejected",
        "unchanged",
        "rejected",
        "duplicate",
        "unchanged",
    ]
    table(path, [("1", f"{STORY} Now edited.")])
    assert statuses(list(ingest(base, [path]))) == ["updated"]


def test_an_outcome_is_json(tmp_path: Path, base: FakeBase) -> None:
    (outcome,) = ingest(base, [tmp_path / "nowhere"])
    assert json.loads(json.dumps(outcome.to_json())) == {
        "status": "rejected",
        "source": str(tmp_path / "nowhere"),
        "title": None,
        "article_id": None,
        "reason": "no such file or folder",
        "file": str(tmp_path / "nowhere"),
    }


def test_records_that_claim_one_source_do_not_replace_each_other(tmp_path: Path, base: FakeBase) -> None:
    path = table(
        tmp_path / "a.jsonl",
        [("1", STORY), ("1", f"{STORY} Twice."), ("1#2", f"{STORY} Thrice."), ("1", f"{STORY} Last.")],
    )
    outcomes = list(ingest(base, [path]))
    assert statuses(outcomes) == ["added"] * 4
    assert [outcome.source.removeprefix(str(path)) for outcome in outcomes] == ["#1", "#1#2", "#1#2#2", "#1#3"]
    assert statuses(list(ingest(base, [path]))) == ["unchanged"] * 4


def test_articles_are_stored_in_batches_and_reported_once_stored(tmp_path: Path, base: FakeBase) -> None:
    path = table(tmp_path / "a.jsonl", [(str(number), f"{STORY} {number}") for number in range(7)])
    run = ingest(base, [path], batch=3)
    assert base.batches == []
    next(run)
    assert base.batches == [3]
    assert len(list(run)) == 6
    assert base.batches == [3, 3, 1]
    with pytest.raises(ValueError, match="at least 1"):
        ingest(base, [path], batch=0)


def test_a_dry_run_writes_nothing_and_tells_the_same(tmp_path: Path, base: FakeBase) -> None:
    path = table(tmp_path / "a.jsonl", [("1", STORY), ("2", f"{STORY} Twice."), ("3", STORY)])
    rehearsed = list(ingest(base, [path], dry_run=True, batch=1))
    assert base.stored == {}
    assert statuses(rehearsed) == ["added", "added", "duplicate"]
    assert rehearsed == list(ingest(base, [path]))


def test_addresses_inside_are_refused_unless_they_are_allowed(base: FakeBase) -> None:
    address = "http://127.0.0.1:1/a"
    (refused,) = ingest(base, [address])
    assert "ACCORDINGTO_ALLOW_PRIVATE_ADDRESSES" in str(refused.reason)
    assert (refused.source, refused.file) == (address, address)
    (tried,) = ingest(base, [address], allow_private_addresses=True)
    assert "cannot be fetched" in str(tried.reason)


def test_what_the_user_gives_reaches_every_article(tmp_path: Path, base: FakeBase) -> None:
    list(
        ingest(
            base, [table(tmp_path / "a.jsonl", [("1", STORY), ("2", f"{STORY} Twice.")])], Given(outlet="The Sample")
        )
    )
    assert {article.outlet for article in base.stored.values()} == {"The Sample"}


def test_what_is_rejected_is_listed_until_it_goes_through(tmp_path: Path, base: FakeBase) -> None:
    good, bad = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    table(good, [("1", STORY), ("2", "too short")])
    table(bad, [("1", "short"), ("2", "short too")])
    list(ingest(base, [tmp_path], Given(outlet="The Sample")))
    assert sorted(base.failed) == [f"{good}#2", f"{bad}#1", f"{bad}#2"]
    assert {failure.file for failure in base.failures()} == {str(good), str(bad)}
    table(good, [("1", STORY), ("2", f"{STORY} Twice.")])
    table(bad, [("1", "short"), ("3", f"{STORY} Thrice.")])  # record 2 is gone: nothing is left to retry of it
    assert statuses(list(retry(base))) == ["unchanged", "added", "rejected", "added"]
    assert sorted(base.failed) == [f"{bad}#1"]
    assert {article.outlet for article in base.stored.values()} == {"The Sample"}
    table(bad, [("1", f"{STORY} At last.")])
    assert statuses(list(retry(base))) == ["added"]
    assert base.failed == {}
    assert list(retry(base)) == []


def test_a_run_that_is_broken_off_has_listed_what_it_told(tmp_path: Path, base: FakeBase) -> None:
    path = table(tmp_path / "a.jsonl", [("1", "short"), ("2", STORY), ("3", f"{STORY} Twice.")])
    run = ingest(base, [path])
    assert next(run).status == "rejected"
    run.close()  # type: ignore[attr-defined]
    assert sorted(base.failed) == [f"{path}#1"]


def test_a_dry_run_lists_no_failure(tmp_path: Path, base: FakeBase) -> None:
    list(ingest(base, [table(tmp_path / "a.jsonl", [("1", "short")])], dry_run=True))
    assert base.failed == {}


def test_reading_goes_ahead_but_not_far(tmp_path: Path, base: FakeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    path, cleaned = table(tmp_path / "a.jsonl", [(str(n), f"{STORY} {n}") for n in range(100)]), []

    def counted(found: Record, given: Given) -> Article | Rejection:
        cleaned.append(found)
        return clean(found, given)

    monkeypatch.setattr("ingest.pipeline.clean", counted)
    run = ingest(base, [path], batch=5)
    assert next(run).status == "added"
    assert len(cleaned) <= 5 + 5 + 1  # a batch, those that wait, and the one in hand
    threads = threading.active_count()
    run.close()  # type: ignore[attr-defined]
    assert threading.active_count() == threads - 1
    assert len(cleaned) <= 12


def test_an_error_while_reading_reaches_the_caller(
    tmp_path: Path, base: FakeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table(tmp_path / "a.jsonl", [(str(n), f"{STORY} {n}") for n in range(9)])

    def broken(found: Record, given: Given) -> Article | Rejection:
        if found.source.endswith("#7"):
            raise ZeroDivisionError
        return clean(found, given)

    monkeypatch.setattr("ingest.pipeline.clean", broken)
    told: list[Outcome] = []
    with pytest.raises(ZeroDivisionError):
        told.extend(ingest(base, [path], batch=2))
    assert len(base.stored) == 6


def test_a_run_starts_without_what_only_some_formats_need() -> None:
    heavy = ["trafilatura", "lxml", "yaml", "charset_normalizer", "dateparser", "torch", "chromadb"]
    heavy += ["pypdf", "docx", "feedparser", "httpx"]
    program = f"import sys, ingest; print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
