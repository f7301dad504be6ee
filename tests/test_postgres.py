"""What PostgreSQL must do beyond what the tests of the catalog ask of both databases."""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from assistant import Assistant
from ingest import ingest
from kb import Filters, KnowledgeBase
from kb.catalog import Catalog
from kb.dialects.postgres import _Tokenizer
from kb.embedding import HashEmbedder
from kb.errors import DatabaseAway, UnreadableKnowledgeBase
from kb.samples import samples
from kb.words import content_words
from tests import databases
from tests.conftest import article
from tests.processes import processes, run_ingest, write_articles
from tests.test_catalog import cut

QUESTIONS = (
    "Who is accused of laying the mines?",
    "How many people were killed in Barda?",
    "What did Azerbaijan's ministry of defence say about Ganja?",
    "peacekeepers in the Lachin corridor",
    "ex-soldier cease-fire 2020 re-opening",
    "mines",
    "the sources of the agency",
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with contextlib.closing(Catalog.open(tmp_path / "kb", create=True)) as opened:
        yield opened


@pytest.mark.postgres
def test_the_same_passages_are_found_in_the_same_order_with_the_same_scores(tmp_path: Path) -> None:
    found = []
    for name, url in (("lite", None), ("server", databases.url(tmp_path / "server"))):
        folder = tmp_path / name
        write_articles(tmp_path / "texts", range(120))
        opened = databases._open(folder, create=True, url=url)
        with contextlib.closing(opened) as catalog, catalog.writing() as writing:
            chance = random.Random(1)
            words = "mine mines laid ex-soldier ceasefire cease fire Ganja ganja, agency's café 2020 killed".split()
            for number in range(200):
                text = " ".join(chance.choices(words, k=chance.randint(3, 60))) + "."
                stored = article(
                    text, title=" ".join(chance.choices(words, k=4)), source=f"s{number}", outlet=str(number % 3)
                )
                writing.replace(stored, *cut(stored))
        again = databases._open(folder, create=False, url=url)
        with contextlib.closing(again) as catalog:
            found.append(
                [
                    [(number, round(score, 9)) for number, score in catalog.lexical(asked, filters, 50)]
                    for asked in [*(content_words(question) for question in QUESTIONS), words, ["ex-soldier"], ["café"]]
                    for filters in (Filters(), Filters(outlet="1"))
                ]
            )
            found[-1].append(sorted(catalog.document_frequencies([*words, "absent"]).items()))  # type: ignore[arg-type]
    assert found[0] == found[1]
    assert sum(map(len, found[0])) > 500


def test_a_word_is_cut_into_the_same_terms_wherever_it_stands() -> None:
    tokenizer = _Tokenizer()
    assert tokenizer.phrase("Ex-Soldier's") == ["ex", "soldier", "s"]
    assert tokenizer.phrase("Café") == tokenizer.phrase("cafe") == ["cafe"]
    assert tokenizer.phrase("'\\\0") in ([], ["0"])
    assert dict(tokenizer.of([(7, "Mines", "mining of mines")])[7]) == {
        "mine": [(0, 0), (1, 0), (1, 2)],
        "of": [(1, 1)],
    }


@pytest.mark.postgres
def test_terms_that_a_tsvector_cannot_take_as_they_are_can_be_stored_and_found(catalog: Catalog) -> None:
    long = "x" * 3000
    odd = article(f"{long} it's back\\slash " + "again " * 400 + "word " * 20_000 + "end.")
    with catalog.writing() as writing:
        writing.replace(odd, *cut(odd))
    assert len(catalog.lexical([long], Filters(), 9)) > 0
    assert catalog.lexical_problems() == []


@pytest.mark.postgres
def test_two_processes_that_write_at_once_lose_nothing_and_a_follower_sees_all(tmp_path: Path) -> None:
    write_articles(tmp_path / "a", range(60))
    write_articles(tmp_path / "b", range(60, 120))
    followed: dict[int, bool] = {}
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True) as base:
        running = [
            processes().Process(target=run_ingest, args=(tmp_path / "kb", [tmp_path / name], 4)) for name in ("a", "b")
        ]
        for process in running:
            process.start()
        seen = 0
        while any(process.is_alive() for process in running) or base._catalog.latest_change() > seen:
            for change in base._catalog.changes(seen):
                assert change.article not in followed
                followed[change.article] = change.added
                seen = change.seq
        for process in running:
            process.join()
        assert [process.exitcode for process in running] == [0, 0]
        assert len(base) == len(followed) == 120
        assert base.check() == []


@pytest.mark.postgres
def test_a_connection_that_breaks_is_made_again(tmp_path: Path) -> None:
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True) as base:
        base.add([article("A heron stood.", source="a")])
        schema = databases.schema(tmp_path / "kb")
        gone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        assert databases.sql(tmp_path / "kb", f"{gone} AND state = 'idle' AND backend_type = 'client backend'")
        assert base.add([article("A pelican sat.", source="b")])[0].status == "added"
        assert len(base.search("pelican")) == 2
        assert schema not in base.place


@pytest.mark.postgres
def test_a_question_that_is_broken_off_at_any_statement_is_answered_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "kb"
    with KnowledgeBase.open(folder, model=HashEmbedder(), create=True) as base:
        list(ingest(base, [samples()]))
    with Assistant.open(folder, embedding_model="hash", confidence=0.01) as assistant:
        expected = assistant.ask(QUESTIONS[0])
        assert expected.statements
        for at in itertools.count():
            with _broken_off(assistant.base, at) as broken:
                answer = assistant.ask(QUESTIONS[0])
            if not broken:
                break
            assert (answer.statements, answer.citations) == (expected.statements, expected.citations), broken
        assert at > 5


@contextlib.contextmanager
def _broken_off(base: KnowledgeBase, at: int) -> Iterator[list[str]]:
    """Ends the connection of the statement of that number, as a server does that is stopped; gives the statement, if
    there were so many in the block."""
    number, broken = itertools.count(), list[str]()

    def before(connection: sa.Connection, cursor: object, statement: str, *_: object) -> None:
        if next(number) == at:
            broken.append(statement)
            process = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
            databases.sql(base.folder, f"SELECT pg_terminate_backend({process}, 5000)")

    engine = base._catalog._engine
    sa.event.listen(engine, "before_cursor_execute", before)
    try:
        yield broken
    finally:
        sa.event.remove(engine, "before_cursor_execute", before)


@pytest.mark.postgres
def test_what_is_erased_is_in_no_file_of_the_database(tmp_path: Path) -> None:
    (row,) = databases.sql(
        tmp_path,
        "SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database "
        "WHERE datname = current_database()",
    )
    files = Path(row[0])
    if not files.is_dir():
        pytest.skip("the server's files are not on this machine, or may not be read")
    word = "zzxheronqq"
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True) as base:
        gone = article(f"The {word} stood there.", title=f"A {word}", source=f"the {word}")
        base.add([gone, article("A pelican sat.", source="b")])
        databases.sql(tmp_path / "kb", "ANALYZE articles, passages, lexical")  # of this schema alone
        databases.sql(tmp_path, "CHECKPOINT")
        assert any(word.encode() in file.read_bytes() for file in files.iterdir())
        assert base.remove(gone.id) == "erased"
        databases.sql(tmp_path, "CHECKPOINT")
        assert [file.name for file in files.iterdir() if word.encode() in file.read_bytes()] == []
        assert base.remains is not None
        assert "write-ahead log" in base.remains
        assert "backups" in base.remains


@pytest.mark.postgres
def test_a_reader_keeps_an_erasure_pending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.knowledge_base._PATIENCE", 0.1)
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True) as base:
        base.add([article("A heron.", source="a")])
        with base._catalog._engine.connect() as reader:
            reader.exec_driver_sql("SELECT * FROM articles")
            assert base.remove(article("A heron.").id) == "pending"
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder()) as base:
        assert base._catalog.erasures() == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://user:hush@127.0.0.1:9/nothing", "cannot connect"),
        ("postgres://user:hush@127.0.0.1:9/nothing", "cannot connect"),
        ("postgresql://user:hush@hush@127.0.0.1/nothing", "more than one @"),
        ("postgresql://user:hush@127.0.0.1:port/nothing", "names no PostgreSQL database"),
        ("postgres://user:hush@127.0.0.1:port/nothing", "names no PostgreSQL database"),
        ("mysql://user:hush@127.0.0.1/nothing", "names no PostgreSQL database"),
        ("hush", "names no PostgreSQL database"),
        ("", "names no PostgreSQL database"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_without_its_password(tmp_path: Path, url: str, said: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(UnreadableKnowledgeBase, match=said) as refused:
        databases._open(tmp_path / "kb", create=True, url=url)
    assert "hush" not in str(refused.value)
    assert "ACCORDINGTO_DATABASE_URL" in str(refused.value)
    assert isinstance(refused.value, DatabaseAway) == (said == "cannot connect")
    assert not (tmp_path / "kb").exists()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("changed", "said"),
    [({"username": "nobody"}, "nobody"), ({"database": "absent"}, "absent"), ({"query": {"optoins": "x"}}, "optoins")],
)
def test_what_the_server_says_to_a_wrong_address_is_told(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    assert databases.URL
    url = sa.make_url(databases.URL).set(**changed).render_as_string(hide_password=False)
    with pytest.raises(UnreadableKnowledgeBase, match=rf"{said}.*; see that it is running, or correct ACC") as refused:
        databases._open(tmp_path / "kb", create=True, url=url)
    assert "reported" not in str(refused.value), "nothing was, yet"
