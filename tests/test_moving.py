"""A knowledge base is moved, backed up and restored whole, or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from assistant.command import app
from kb import Filters, KnowledgeBase, moving
from kb.catalog import TABLES, Catalog, Failure
from kb.dialects.sqlite import Sqlite
from kb.embedding import HashEmbedder
from kb.errors import KnowledgeBaseError, NotAKnowledgeBase, UnreadableKnowledgeBase
from kb.moving import Copied, backed_up, backup, move
from tests import databases
from tests.conftest import article
from tests.processes import processes, run_ingest, write_articles

PLACES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
STORY = "The ministry said that shells fell near Fizuli at dawn. Two houses were hit, a spokesman said on Tuesday. "


@pytest.fixture(autouse=True)
def files_where_no_database_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here both databases are used, whichever the others run on."""
    monkeypatch.setattr(Catalog, "open", databases._open)


def opened(folder: Path, kind: str, *, create: bool = False) -> contextlib.closing[Catalog]:
    url = databases.url(folder) if kind == "postgres" else None
    return contextlib.closing(Catalog.open(folder, create=create, url=url))


def base_at(folder: Path, kind: str) -> KnowledgeBase:
    url = databases.url(folder) if kind == "postgres" else None
    return KnowledgeBase.open(folder, model=HashEmbedder(), create=True, database=url)


@pytest.fixture(scope="module", autouse=True)
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(Catalog, "open", databases._open)
        _make(folder := tmp_path_factory.mktemp("made") / "kb", "sqlite")
    _made.append(folder)
    yield
    _made.clear()


_made: list[Path] = []


def fill(folder: Path, kind: str) -> None:
    """Some of everything that can be stored."""
    if kind == "sqlite":
        shutil.copytree(_made[0], folder)
    else:
        _make(folder, kind)


def _make(folder: Path, kind: str) -> None:
    texts = folder.parent / f"{folder.name} texts"
    write_articles(texts, range(30))
    with base_at(folder, kind) as base:
        base.add([article(path.read_text(), source=path.name, outlet="Á") for path in sorted(texts.iterdir())])
        base.add([article(STORY * 30, source=outlet, outlet=outlet, language="en-GB") for outlet in ("A", "B", "C")])
        odd = "It's back\\slash, “quoted” – ½ € 🕊 \u200b and\ttab. Γειά σου Κόσμε."
        base.add([article(odd, title="", source="odd", provenance={"outlet": "said ’so’"}, published="2023-09")])
        base.remove(base.add([article("A heron stood there, alone.", source="last")])[0].article_id)
        base.keep_failures([Failure(f"s{n}", f"f{n}", "no text", {"outlet": None}) for n in (3, 1, 2)], ())


def restore(file: Path, target: Catalog) -> Copied:
    with backed_up(file) as source:
        return moving.restore(source, target)


def contents(catalog: Catalog) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as another program would read them."""
    with catalog._engine.connect() as connection:
        rows = {
            table.name: [tuple(row) for row in connection.execute(table.select())] for table in TABLES.sorted_tables
        }
    return {name: found if name == "failures" else sorted(found, key=repr) for name, found in rows.items()}


@pytest.mark.parametrize("to", PLACES)
@pytest.mark.parametrize("kind", PLACES)
def test_what_is_moved_is_the_same_byte_for_byte_and_found_alike(tmp_path: Path, kind: str, to: str) -> None:
    fill(tmp_path / "a", kind)
    with opened(tmp_path / "a", kind) as source, opened(tmp_path / "b", to, create=True) as target:
        told: list[tuple[int, int]] = []
        before = contents(source)
        copied = move(source, target, lambda done, total: told.append((done, total)))
        assert contents(source) == contents(target) == before
        assert all(before[name] for name in before.keys() - {"reembedded", "erasures"})
        assert (copied.articles, copied.passages) == target.counts() == source.counts()
        assert told[-1][0] == told[-1][1] == 2 * sum(map(len, before.values()))
        assert target.lexical_problems() == target.integrity() == target.origin_problems() == []
        for words in (["ministry"], ["unique7", "shells"], ["κοσμε"]):
            found = [catalog.lexical(words, Filters(outlet="á"), 9) for catalog in (source, target)]
            assert [number for number, _ in found[0]] == [number for number, _ in found[1]]
            assert [score for _, score in found[0]] == pytest.approx([score for _, score in found[1]])
        assert [f.source for f in target.failures()] == ["s1", "s2", "s3"]


@pytest.mark.parametrize("to", PLACES)
@pytest.mark.parametrize("kind", PLACES)
def test_no_number_is_given_twice_after_a_move(tmp_path: Path, kind: str, to: str) -> None:
    fill(tmp_path / "a", kind)
    with opened(tmp_path / "a", kind) as source, opened(tmp_path / "b", to, create=True) as target:
        given = {change.article for change in source.changes(0)}
        move(source, target)
        latest = target.latest_change()
    with base_at(tmp_path / "b", to) as base:
        base.add([article("A pelican sat there.", source="new")])
        (change,) = base._catalog.changes(latest)
        assert change.article not in given
        assert base.check() == []


@pytest.mark.parametrize("to", PLACES)
def test_what_was_derived_before_a_move_is_used_after_it(tmp_path: Path, to: str) -> None:
    fill(tmp_path / "a", "sqlite")
    with opened(tmp_path / "a", "sqlite") as source, opened(tmp_path / "b", to, create=True) as target:
        move(source, target)
        assert target.mark(target.latest_change()) == source.mark(source.latest_change())


@pytest.mark.parametrize("to", PLACES)
def test_a_target_that_holds_something_is_refused_with_the_mend(tmp_path: Path, to: str) -> None:
    for name, kind in (("a", "sqlite"), ("b", to)):
        fill(tmp_path / name, kind)
    with opened(tmp_path / "a", "sqlite") as source, opened(tmp_path / "b", to) as target:
        before = contents(target)
        with pytest.raises(NotAKnowledgeBase, match="with 34 articles; name an empty or a new place"):
            move(source, target)
        with pytest.raises(NotAKnowledgeBase, match="with 34 articles"):
            move(source, source)
        assert contents(target) == before
    with (
        opened(tmp_path / "c", to, create=True) as target,
        pytest.raises(NotAKnowledgeBase, match="there is nothing to move"),
    ):
        move(target, target)


@pytest.mark.parametrize("to", PLACES)
def test_a_move_that_is_broken_off_leaves_nothing_and_can_be_run_again(tmp_path: Path, to: str) -> None:
    fill(tmp_path / "a", "sqlite")
    with opened(tmp_path / "a", "sqlite") as source, opened(tmp_path / "b", to, create=True) as target:
        total = 2 * sum(map(len, contents(source).values()))
        for at in (1, total // 3, total - 1):

            def stop(done: int, total: int, at: int = at) -> None:
                if done >= at:
                    raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                move(source, target, stop)
            assert target.empty
            assert target.counts() == (0, 0)
        assert move(source, target).articles == 34
        assert contents(target) == contents(source)


def _move_until_killed(source: Path, target: Path, kind: str) -> None:
    Catalog.open = staticmethod(databases._open)  # type: ignore[method-assign]
    with opened(source, "sqlite") as one, opened(target, kind, create=True) as other:
        move(one, other, lambda done, total: os.kill(os.getpid(), signal.SIGKILL) if done > total // 2 else None)


@pytest.mark.parametrize("to", PLACES)
def test_a_move_that_is_killed_leaves_nothing_and_can_be_run_again(tmp_path: Path, to: str) -> None:
    fill(tmp_path / "a", "sqlite")
    killed = processes().Process(target=_move_until_killed, args=(tmp_path / "a", tmp_path / "b", to))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    with opened(tmp_path / "a", "sqlite") as source, opened(tmp_path / "b", to) as target:
        assert target.empty
        assert move(source, target).articles == 34


@pytest.mark.parametrize("kind", PLACES)
def test_nobody_writes_to_what_is_being_moved(tmp_path: Path, kind: str) -> None:
    fill(tmp_path / "a", kind)
    with opened(tmp_path / "a", kind) as source, opened(tmp_path / "b", "sqlite", create=True) as target:
        waiting: list[threading.Thread] = []
        during = []

        def write() -> None:
            source.keep_failures([Failure("late", "late", "late", {})], ())

        def begin(done: int, total: int) -> None:
            if not waiting:
                waiting.append(threading.Thread(target=write))
                waiting[0].start()
            during.append(len(source.failures()))

        move(source, target, begin)
        waiting[0].join()
        assert set(during) == {3}
        assert len(source.failures()) == 4
        assert len(target.failures()) == 3


def test_a_target_that_gives_back_something_else_is_left_empty(tmp_path: Path) -> None:
    fill(tmp_path / "a", "sqlite")
    with opened(tmp_path / "a", "sqlite") as source, opened(tmp_path / "b", "sqlite", create=True) as target:
        with target._engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER spoil AFTER INSERT ON passages WHEN new.id = 3 "
                "BEGIN UPDATE passages SET vector = zeroblob(768) WHERE id = 3; END"
            )
        with pytest.raises(UnreadableKnowledgeBase, match="gives back other passages than it was given"):
            move(source, target)
        assert target.empty


# -- backups


@pytest.mark.parametrize("to", PLACES)
@pytest.mark.parametrize("kind", PLACES)
def test_a_backup_is_one_file_from_which_the_same_is_restored(tmp_path: Path, kind: str, to: str) -> None:
    fill(tmp_path / "a", kind)
    (tmp_path / "kept").mkdir()
    file = tmp_path / "kept" / "monday.backup"
    with opened(tmp_path / "a", kind) as source, opened(tmp_path / "b", to, create=True) as target:
        saved = backup(source, file)
        assert [path.name for path in file.parent.iterdir()] == ["monday.backup"]
        assert (saved.articles, saved.place) == (34, str(file))
        before = file.read_bytes()
        assert restore(file, target).articles == 34
        assert contents(target) == contents(source)
        assert target.lexical_problems() == []
        assert [path.name for path in file.parent.iterdir()] == ["monday.backup"]
        assert file.read_bytes() == before


def test_a_backup_is_a_knowledge_base_where_it_is_put_into_a_folder(tmp_path: Path) -> None:
    fill(tmp_path / "a", "sqlite")
    (tmp_path / "b").mkdir()
    with opened(tmp_path / "a", "sqlite") as source:
        backup(source, tmp_path / "b" / "catalog.sqlite")
    with base_at(tmp_path / "b", "sqlite") as base:
        assert base.check() == []
        assert base.search("Who said that shells fell near Fizuli?")


def test_nothing_that_was_removed_is_in_a_backup(tmp_path: Path) -> None:
    word = "zzxheronqq"
    with base_at(tmp_path / "a", "sqlite") as base:
        gone = article(f"The {word} stood there.", source="the heron")
        base.add([gone, article("A pelican sat.", source="b")])
        with base._catalog.writing() as writing:
            writing.erase(gone.id)  # and its traces are still there
    with opened(tmp_path / "a", "sqlite") as source:
        backup(source, tmp_path / "backup")
    assert word.encode() not in (tmp_path / "backup").read_bytes()
    assert b"pelican" in (tmp_path / "backup").read_bytes()


@pytest.mark.parametrize("kind", PLACES)
def test_a_backup_beside_a_writer_is_what_was_there_at_one_moment(tmp_path: Path, kind: str) -> None:
    with base_at(tmp_path / "a", kind) as base:
        stop = threading.Event()
        added: list[int] = []

        def write() -> None:
            while not stop.is_set():
                n = len(added)
                base.add([article(f"The word was unique{n}. {STORY}", source=f"s{n}", outlet=str(n))])
                added.append(n)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(3):
                least = len(added)
                with opened(tmp_path / "a", kind) as source:
                    backup(source, tmp_path / f"backup {number}")
                most = len(added) + 1
                folder = tmp_path / f"restored {number}"
                with opened(folder, "sqlite", create=True) as target:
                    restore(tmp_path / f"backup {number}", target)
                with base_at(folder, "sqlite") as restored:
                    assert restored.check() == []
                    sources = [found.source for found in restored.articles()]
                assert sources == [f"s{n}" for n in range(len(sources))]
                assert least <= len(sources) <= most
        finally:
            stop.set()
            writer.join()
        assert len(added) > 3


def test_a_backup_never_takes_the_place_of_a_file(tmp_path: Path) -> None:
    fill(tmp_path / "a", "sqlite")
    (tmp_path / "mine").write_text("precious")
    with opened(tmp_path / "a", "sqlite") as source:
        with pytest.raises(UnreadableKnowledgeBase, match="exists already; name another file"):
            backup(source, tmp_path / "mine")
        with pytest.raises(UnreadableKnowledgeBase, match="exists already"):
            backup(source, tmp_path)
    assert (tmp_path / "mine").read_text() == "precious"


@pytest.mark.parametrize(
    ("name", "reason"), [("absent/file", "No such file or directory"), ("a file/file", "Not a directory")]
)
def test_a_backup_that_cannot_be_written_says_why(tmp_path: Path, name: str, reason: str) -> None:
    fill(tmp_path / "a", "sqlite")
    (tmp_path / "a file").touch()
    with (
        opened(tmp_path / "a", "sqlite") as source,
        pytest.raises(UnreadableKnowledgeBase, match=rf"cannot be written: {reason}; name another file"),
    ):
        backup(source, tmp_path / name)


def test_a_backup_that_is_broken_off_leaves_no_file(tmp_path: Path) -> None:
    fill(tmp_path / "a", "sqlite")
    (tmp_path / "kept").mkdir()

    def stop(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with opened(tmp_path / "a", "sqlite") as source, pytest.raises(KeyboardInterrupt):
        backup(source, tmp_path / "kept" / "file", stop)
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_full_disk_is_said_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "a", "sqlite")
    (tmp_path / "kept").mkdir()
    engine = Sqlite.open

    def small(folder: Path, *, create: bool) -> Sqlite:
        made = engine(folder, create=create)
        sa.event.listen(made.engine, "connect", lambda raw, record: raw.execute("PRAGMA max_page_count = 46"))
        return made

    with opened(tmp_path / "a", "sqlite") as source:
        monkeypatch.setattr(Sqlite, "open", small)
        with pytest.raises(UnreadableKnowledgeBase, match="the disk is full"):
            backup(source, tmp_path / "kept" / "file")
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    fill(tmp_path / "a", "sqlite")
    with opened(tmp_path / "a", "sqlite") as source:
        backup(source, tmp_path / "backup")
    return tmp_path / "backup"


def test_wherever_a_backup_is_damaged_nothing_wrong_is_restored(tmp_path: Path, whole: Path) -> None:
    with opened(tmp_path / "a", "sqlite") as source:
        right = contents(source)
    sound, refused = whole.read_bytes(), 0
    pages = range(0, len(sound), 4096)
    for number, at in enumerate(pages[::2]):
        damaged = bytearray(sound)
        middle = slice(at + 1500, at + 1540)
        damaged[middle] = bytes(byte ^ 0xFF for byte in damaged[middle])
        (file := tmp_path / "damaged").write_bytes(damaged)
        with opened(tmp_path / f"restored {number}", "sqlite", create=True) as target:
            said = ""
            try:
                restore(file, target)
            except UnreadableKnowledgeBase as error:
                said = str(error)
            if said:
                refused += 1
                assert f"{file} cannot be restored" in said
                assert target.empty
            else:  # it was in what is made anew, or between the rows
                assert contents(target) == right
    assert refused > 6


@pytest.mark.parametrize("kept", [0, 10, 5000, 0.5, 0.8])
def test_a_backup_that_was_cut_off_is_refused(tmp_path: Path, whole: Path, kept: float) -> None:
    sound = whole.read_bytes()
    whole.write_bytes(sound[: int(kept if kept >= 1 or kept == 0 else kept * len(sound))])
    with opened(tmp_path / "b", "sqlite", create=True) as target:
        with pytest.raises(UnreadableKnowledgeBase, match="cannot be restored"):
            restore(whole, target)
        assert target.empty


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    fill(tmp_path / "a", "sqlite")
    (tmp_path / "text").write_text("once upon a time " * 999)
    with opened(tmp_path / "b", "sqlite", create=True) as target:
        for name, said in {
            "absent": "there is no file",
            "a": "there is no file",
            "text": "cannot be restored",
            "a/catalog.sqlite": "not what accordingto backup writes",
        }.items():
            with pytest.raises(UnreadableKnowledgeBase, match=said):
                restore(tmp_path / name, target)
        assert target.empty


def test_a_knowledge_base_is_not_overwritten_by_a_backup(tmp_path: Path, whole: Path) -> None:
    with opened(tmp_path / "a", "sqlite") as target:
        before = contents(target)
        with pytest.raises(NotAKnowledgeBase, match="with 34 articles; name an empty or a new place"):
            restore(whole, target)
        assert contents(target) == before


def test_a_backup_of_an_earlier_version_is_restored(tmp_path: Path, whole: Path) -> None:
    with contextlib.closing(sqlite3.connect(whole)) as connection:
        connection.execute("DROP INDEX articles_language")
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
        connection.commit()
    before = whole.read_bytes()
    with opened(tmp_path / "a", "sqlite") as source, opened(tmp_path / "b", "sqlite", create=True) as target:
        assert restore(whole, target).articles == 34
        assert contents(target) == contents(source)
    assert whole.read_bytes() == before


def test_a_backup_of_a_later_version_is_refused_with_the_mend(tmp_path: Path, whole: Path) -> None:
    with contextlib.closing(sqlite3.connect(whole)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with (
        opened(tmp_path / "b", "sqlite", create=True) as target,
        pytest.raises(KnowledgeBaseError, match="made by a newer version"),
    ):
        restore(whole, target)


@pytest.mark.postgres
def test_an_ingest_beside_a_move_goes_on_afterwards(tmp_path: Path) -> None:
    write_articles(tmp_path / "texts", range(80))
    fill(tmp_path / "a", "postgres")
    running = processes().Process(target=run_ingest, args=(tmp_path / "a", [tmp_path / "texts"], 2))
    running.start()
    with opened(tmp_path / "a", "postgres") as source, opened(tmp_path / "b", "sqlite", create=True) as target:
        moved = move(source, target)
        running.join()
        assert running.exitcode == 0
        assert source.count() > 34
        assert 34 <= moved.articles <= source.count()
    with base_at(tmp_path / "b", "sqlite") as base:
        assert base.check() == []


# -- the commands


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("ACCORDINGTO_KB", str(tmp_path / "a"))
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_commands_move_back_up_and_restore(tmp_path: Path, run: Callable[..., Result]) -> None:
    fill(tmp_path / "a", "sqlite")
    moved = run("move", "--to", tmp_path / "b")
    assert moved.exit_code == 0, moved.output
    assert moved.stdout == f"34 articles, 43 passages, copied to {tmp_path / 'b'} and compared row by row\n"
    assert f"use it with --kb {tmp_path / 'b'}; delete {tmp_path / 'a'}" in moved.stderr
    saved = run("backup", tmp_path / "file", "--kb", tmp_path / "b", "--json")
    assert json.loads(saved.stdout) == {"articles": 34, "passages": 43, "place": str(tmp_path / "file")}
    assert run("restore", tmp_path / "file", "--kb", tmp_path / "c").exit_code == 0
    with opened(tmp_path / "a", "sqlite") as first, opened(tmp_path / "c", "sqlite") as last:
        assert contents(first) == contents(last)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("backup {}/a", "exists already; name another file"),
        ("backup {}/no/file", "cannot be written: No such file or directory"),
        ("restore {}/no/file --kb {}/b", "there is no file"),
        ("restore {}/a --kb {}/b", "there is no file"),
        ("restore {}/a/catalog.sqlite --kb {}/b", "not what accordingto backup writes); name another backup"),
        ("restore {}/other --kb {}/b", "not what accordingto backup writes); name another backup"),
        ("restore {}/full/notes.txt --kb {}/b", "cannot be restored (file is not a database); name another backup"),
        ("move --to {}/a", "is a knowledge base already, with 34 articles; name an empty or a new place with --to"),
        ("move --to {}/full", "holds other files and no knowledge base; name an empty or a new folder with --to"),
        ("move --to {}/full/notes.txt", "is a file, not a knowledge base; name a folder with --to"),
        ("move --to {}/full/notes.txt/b", "name another with --to"),
        ("move --to {}/b --kb {}/no", "there is no knowledge base in"),
        ("move --to {}/b --kb {}/empty", "there is nothing to move"),
        ("move --to mysql://user:hush@host/name", "--to names no PostgreSQL database; write postgresql://"),
        ("move --to postgresql:/user:hush@host/name", "--to names no PostgreSQL database; write postgresql://"),
        ("move --to postgresql://user:hush@hush@host/name", "--to has more than one @; write %40"),
        ("move --to postgresql://user:hush@127.0.0.1:9/name", "see that it is running, or correct --to"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    tmp_path: Path, run: Callable[..., Result], command: str, said: str
) -> None:
    fill(tmp_path / "a", "sqlite")
    opened(tmp_path / "empty", "sqlite", create=True).__exit__()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("once upon a time")
    with contextlib.closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("CREATE TABLE birds (name)")
    with opened(tmp_path / "a", "sqlite") as source:
        before = contents(source)
        refused = run(*command.replace("{}", str(tmp_path)).split())
        assert (refused.exit_code, refused.stdout) == (3, "")
        (line,) = refused.stderr.splitlines()
        assert said in line
        assert "hush" not in line
        assert contents(source) == before
    assert not (tmp_path / "b").exists(), "nothing is left where nothing came"


@pytest.mark.postgres
def test_the_commands_take_a_knowledge_base_to_postgresql_and_back(
    tmp_path: Path, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "a", "sqlite")
    url = databases.url(tmp_path / "server")
    there = run("move", "--to", url)
    assert there.exit_code == 0, there.output
    monkeypatch.setenv("ACCORDINGTO_DATABASE_URL", url)
    assert run("backup", tmp_path / "file").exit_code == 0
    assert "with 34 articles" in run("restore", tmp_path / "file").stderr
    back = run("move", "--to", tmp_path / "b")
    assert back.exit_code == 0, back.output
    with opened(tmp_path / "a", "sqlite") as first, opened(tmp_path / "b", "sqlite") as last:
        assert contents(first) == contents(last)
