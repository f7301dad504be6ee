"""The command line as a user meets it: what it prints, and the exit codes of the contract."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assistant.command import app
from kb import KnowledgeBase
from kb.embedding import HashEmbedder
from tests.conftest import article

Run = Callable[..., Result]
STORY = "A short brief\n\nYerevan said on Friday that the northern road was open again. Baku denied closing it.\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line on a knowledge base of the test's own, without a model."""
    monkeypatch.setenv("ACCORDINGTO_KB", str(tmp_path / "kb"))
    monkeypatch.setenv("ACCORDINGTO_EMBEDDING_MODEL", "hash")
    monkeypatch.setenv("ACCORDINGTO_CONFIDENCE", "0.01")

    def invoke(*arguments: str | Path, **options: Any) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)

    return invoke


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "texts" / "story.txt"
    path.parent.mkdir()
    path.write_text(STORY)
    return path


def _refused(result: Result, code: int, *words: str) -> None:
    """One line that names the mend, on standard error, and the exit code."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    (line,) = result.stderr.strip().splitlines()
    assert all(word in line for word in words), line


def test_a_timeline_is_told_in_words_and_as_a_document(run: Run, tmp_path: Path) -> None:
    brief = tmp_path / "brief.md"
    brief.write_text("---\npublished: 2023-09-19\n---\n\nThe road was closed on Monday, the mayor said.\n", "utf-8")
    assert run("ingest", brief).exit_code == 0
    document = json.loads(run("timeline", "road", "--json").stdout)
    assert [(e["day"], e["basis"], e["written"]) for e in document["entries"]] == [("2023-09-18", "text", "Monday")]
    assert "18 September 2023" in run("timeline", "--since", "2023-09-18", "--until", "2023-09-18").stdout
    assert run("timeline", "--until", "2023-09-17").stdout == "The articles do not say.\n"
    _refused(run("timeline"), 2, "needs a question", "--since")
    _refused(run("timeline", "road", "--until", "soon"), 2, "--until", "soon")


def test_what_was_ingested_is_listed_shown_asked_about_and_removed(run: Run, story: Path) -> None:
    assert run("ingest", story).stdout == "1 added\n"
    assert run("ingest", story).stdout == "1 unchanged\n"
    (listed,) = json.loads(run("articles", "list", "--json").stdout)
    assert listed["title"] == "A short brief"
    shown = json.loads(run("articles", "show", listed["id"], "--json").stdout)
    assert shown["text"] == STORY
    assert shown["published"] is shown["published_from"] is None
    assert "A short brief" in run("articles", "show", listed["id"][:6]).stdout
    answer = json.loads(run("ask", "Who denied closing the northern road?", "--json").stdout)
    assert answer["status"] == "answered"
    for citation in answer["citations"]:
        assert shown["text"][citation["start"] : citation["end"]] == citation["quote"]
    assert run("articles", "remove", listed["id"], input="n\n").exit_code == 1
    assert run("articles", "remove", listed["id"], "--yes").stdout == f"erased {listed['id']}\n"
    assert json.loads(run("articles", "list", "--json").stdout) == []


def test_an_edited_article_replaces_the_older_one(run: Run, story: Path) -> None:
    run("ingest", story)
    story.write_text(STORY + "\nA quaggamire was reported later.\n")
    assert run("ingest", story).stdout == "1 updated\n"
    assert len(json.loads(run("articles", "list", "--json").stdout)) == 1
    assert "quaggamire" in run("ask", "Where was the quaggamire reported?").stdout


def test_a_dry_run_stores_nothing_and_makes_nothing(run: Run, story: Path, tmp_path: Path) -> None:
    run("ingest", story)
    story.write_text("Another brief\n\nNobody said anything about the southern road on Friday.\n")
    assert run("ingest", story, "--dry-run").stdout == "Would be: 1 updated\n"
    assert json.loads(run("articles", "list", "--json").stdout)[0]["title"] == "A short brief"


def test_flags_win_and_say_so(run: Run, story: Path) -> None:
    run("ingest", story, "--outlet", "Sample Courier", "--date", "2023-09", "--origin", "Sample Wire")
    (listed,) = json.loads(run("articles", "list", "--json").stdout)
    shown = json.loads(run("articles", "show", listed["id"], "--json").stdout)
    assert (shown["outlet"], shown["published"], shown["origin"]) == ("Sample Courier", "2023-09", "Sample Wire")
    assert shown["published_from"] == "command line"


def test_bad_files_are_listed_with_their_reason_and_the_rest_is_stored(run: Run, story: Path) -> None:
    folder = story.parent
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (folder / "empty.txt").write_text("")
    (folder / "page.html").write_text("<html><body><script>x()</script></body></html>")
    (folder / "rows.jsonl").write_text('{"title": "T", "text": "A row of its own with enough words."}\n{broken\n')
    (folder / "table.csv").write_text("name,age\nx,1\n")
    (folder / "README.md").write_text("no article")
    result = run("ingest", folder)
    assert result.exit_code == 1
    assert result.stdout == "2 added, 5 rejected\n"
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 5
    for name, reason in (
        ("binary.txt", "binary"),
        ("empty.txt", "empty"),
        ("page.html", "no article"),
        ("rows.jsonl", "line 2"),
        ("table.csv", "name"),
    ):
        assert any(name in line and reason in line for line in lines), (name, reason, lines)


def test_text_that_is_not_utf8_is_read_or_refused_with_the_reason(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "encodings"
    folder.mkdir()
    body = "Yerevan said the café near the façade was open again on Friday, and that naïve reports were wrong.\n"
    (folder / "latin.txt").write_bytes(f"Headline\n\n{body * 3}".encode("latin-1"))
    (folder / "sixteen.txt").write_bytes(f"Headline two\n\n{body}".encode("utf-16"))
    result = run("ingest", folder)
    assert result.stdout == "2 added\n"
    for entry in json.loads(run("articles", "list", "--json").stdout):
        assert "café near the façade" in json.loads(run("articles", "show", entry["id"], "--json").stdout)["text"]


def test_an_unreadable_file_is_listed(run: Run, story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = story.with_name("locked.txt")
    locked.write_text(STORY)
    opening = Path.open

    def refuse(self: Path, *arguments: Any, **options: Any) -> Any:
        if self.name == "locked.txt":
            raise PermissionError(13, "Permission denied", str(self))
        return opening(self, *arguments, **options)

    # Tests may run as root, whom no permission stops.
    monkeypatch.setattr(Path, "open", refuse)
    result = run("ingest", story.parent)
    assert (result.exit_code, result.stdout) == (1, "1 added, 1 rejected\n")
    assert "locked.txt" in result.stderr
    assert "ermission" in result.stderr


def test_a_missing_path_is_listed(run: Run, story: Path) -> None:
    result = run("ingest", story, story.with_name("gone.txt"))
    assert (result.exit_code, result.stdout) == (1, "1 added, 1 rejected\n")
    assert "gone.txt" in result.stderr


def test_a_question_that_is_none_is_wrong_use(run: Run, story: Path) -> None:
    run("ingest", story)
    _refused(run("ask", ""), 2, "empty")
    _refused(run("ask", "  \n"), 2, "empty")
    _refused(run("ask", "why " * 25_000), 2, "100,000 characters", "2,000", "shorten")


def test_abstaining_is_no_failure(run: Run, story: Path) -> None:
    run("ingest", story)
    result = run("ask", "Who won the 1998 World Cup?")
    assert result.exit_code == 0
    assert result.stdout.startswith("The articles do not say")


def test_without_a_knowledge_base_the_mend_is_named(run: Run, tmp_path: Path) -> None:
    for command in (("ask", "Who?"), ("articles", "list"), ("check",)):
        _refused(run(*command), 3, "no knowledge base", "accordingto ingest")
    assert not (tmp_path / "kb").exists()


@pytest.mark.sqlite
def test_a_folder_that_is_something_else_is_left_alone(run: Run, story: Path) -> None:
    _refused(run("ingest", story, "--kb", story.parent), 3, "no knowledge base", "--kb")
    _refused(run("ask", "Who?", "--kb", story), 3, "is a file", "--kb")
    assert list(story.parent.iterdir()) == [story]


def test_a_knowledge_base_of_another_model_is_refused(run: Run, story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("ingest", story)
    monkeypatch.delenv("ACCORDINGTO_EMBEDDING_MODEL")
    _refused(run("ask", "Who?"), 3, "'hash'", "all-MiniLM-L6-v2", "ACCORDINGTO_EMBEDDING_MODEL=hash")


@pytest.mark.sqlite
def test_a_read_only_folder_can_be_asked_but_not_added_to(
    run: Run, story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("ingest", story)
    access = os.access
    inside = str(tmp_path / "kb")
    # Tests may run as root, whom no permission stops.
    monkeypatch.setattr(
        os, "access", lambda path, mode: access(path, mode) and not (mode & os.W_OK and str(path).startswith(inside))
    )
    assert run("ask", "Who denied closing the road?").exit_code == 0
    story.write_text(STORY + "More was said on Saturday about it.\n")
    result = run("ingest", story)
    assert result.exit_code == 3
    assert "read-only" in result.stderr
    assert "--kb" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_made_is_refused(run: Run, story: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    _refused(run("ingest", story, "--kb", locked / "kb"), 3, "--kb")


@pytest.mark.sqlite
def test_a_damaged_catalog_is_refused(run: Run, story: Path, tmp_path: Path) -> None:
    run("ingest", story)
    (tmp_path / "kb" / "catalog.sqlite").write_bytes(b"not a database" * 1000)
    for wal in (tmp_path / "kb").glob("catalog.sqlite-*"):
        wal.unlink()
    _refused(run("ask", "Who?"), 3, "damaged", "backup")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ask", "Who?", "--since", "yesterday"), ("--since", "yesterday", "2023-09-19")),
        (("ask", "Who?", "--since", "2024", "--until", "2023-05"), ("since 2024", "until 2023-05", "change the two")),
        (("timeline", "--since", "2024", "--until", "2023-05"), ("since 2024", "until 2023-05", "change the two")),
        (("articles", "show", "nothing"), ("nothing", "articles list")),
    ],
)
def test_wrong_use_names_the_value_and_the_mend(
    run: Run, story: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    run("ingest", story)
    _refused(run(*arguments), 2, *words)


def test_a_setting_out_of_range_is_named(run: Run, story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("ingest", story)
    monkeypatch.setenv("ACCORDINGTO_PASSAGES", "0")
    _refused(run("ask", "Who?"), 2, "ACCORDINGTO_PASSAGES", "'0'")


def test_batch_answers_a_file_and_counts(run: Run, story: Path, tmp_path: Path) -> None:
    run("ingest", story)
    (tmp_path / "q.csv").write_text('question\nWho denied closing the road?\n" "\n')
    result = run("batch", tmp_path / "q.csv", "-o", tmp_path / "a.jsonl")
    assert result.exit_code == 1
    assert "2 questions: 1 answered, 1 failed" in result.stderr
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 2
    _refused(run("batch", tmp_path / "gone.csv", "-o", tmp_path / "b.jsonl"), 2, "gone.csv")


def test_a_long_command_says_what_was_mended(run: Run, story: Path, tmp_path: Path) -> None:
    run("ingest", story)
    (tmp_path / "q.txt").write_text("Who denied closing the road?\n")
    command = ("batch", tmp_path / "q.txt", "-o", tmp_path / "a.jsonl", "--no-resume")
    assert len(run(*command).stderr.splitlines()) == 1
    (vectors,) = (tmp_path / "kb" / "vectors").glob("*.vectors.npy")
    vectors.write_bytes(b"noise")
    said = run(*command).stderr.splitlines()
    assert sorted(line.startswith("the file of vectors was damaged") for line in said) == [False, True]
    assert any("1 answered" in line for line in said)
    assert len(run(*command).stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-o", "a.docx"), ("no ending that tells the format", "--format")),
        (("-o", "gone/a.jsonl"), ("cannot be written", "-o")),
        (("-o", "a.jsonl", "--since", "yesterday"), ("--since", "'yesterday'")),
        (("-o", "a.jsonl", "--since", "2024", "--until", "2023"), ("since 2024", "until 2023", "change the two")),
        (("-o", "a.jsonl", "--until", "2023-02-30"), ("--until", "no such day")),
        (("-o", "a.jsonl", "--column", "nothing"), ("no nothing among", "--column")),
        (("-o", "a.jsonl", "--model", "nobody:nothing"), ("nobody",)),
    ],
)
def test_a_batch_refuses_what_it_cannot_do_in_one_line(
    run: Run,
    story: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    words: tuple[str, ...],
) -> None:
    run("ingest", story)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "q.csv").write_text("question\nWho denied closing the road?\n")
    _refused(run("batch", "q.csv", *options), 3 if "--model" in options else 2, *words)
    assert not list(tmp_path.glob("a.*"))


@pytest.mark.parametrize(
    "options",
    [
        *(
            ("--workers", "0"),
            ("--workers", "65"),
            ("--workers", "x"),
            ("--limit", "0"),
            ("--limit", "-1"),
            ("-k", "0"),
        ),
        *(("-k", "101"), ("--format", "pdf"), ("--nothing",)),
    ],
)
def test_a_batch_option_out_of_range_is_wrong_use(
    run: Run, story: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    run("ingest", story)
    (tmp_path / "q.csv").write_text("question\nWho denied closing the road?\n")
    result = run("batch", tmp_path / "q.csv", "-o", tmp_path / "a.jsonl", *options)
    assert result.exit_code == 2
    assert not (tmp_path / "a.jsonl").exists()


def test_a_batch_takes_standard_input_limits_and_bounds(run: Run, story: Path, tmp_path: Path) -> None:
    run("ingest", story)
    out = tmp_path / "a.jsonl"
    asked = "Who denied closing the road?\nWho said the road was open?\nWho else?\n"
    result = run("batch", "-", "-o", out, "--limit", "2", "--workers", "2", "--side", "Azerbaijan", input=asked)
    assert result.exit_code == 0, result.output
    assert [line["filters"] for line in map(json.loads, out.read_text().splitlines())] == [{"side": "Azerbaijan"}] * 2
    for text in ('{"question": "Who denied it?", "desk": 1}\n', "desk,question\n1,Who denied it?\n"):
        assert run("batch", "-", "-o", tmp_path / "b.jsonl", "--no-resume", input=text).exit_code == 0
        line = json.loads((tmp_path / "b.jsonl").read_text())
        assert (line["question"], str(line["desk"])) == ("Who denied it?", "1")


def test_a_batch_that_fails_fast_or_is_stopped_goes_on(
    run: Run, story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("ingest", story)
    (tmp_path / "q.csv").write_text('question\nWho denied closing the road?\n" "\nWho said so?\n')
    command = ("batch", tmp_path / "q.csv", "-o", tmp_path / "a.csv", "--workers", "1")
    stopped = run(*command, "--fail-fast")
    assert stopped.exit_code == 2
    assert "goes on from there" in stopped.stderr
    partial = tmp_path / "a.csv.jsonl.partial"
    kept = sum('"status"' in line for line in partial.read_text("utf-8").splitlines())
    assert f"1 failed{f', {kept} kept' if kept else ''}" in run(*command).stderr

    def interrupted(*_: object) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("assistant.batch._Files.finish", interrupted)
    broken = run(*command)
    assert broken.exit_code == 130
    assert "the same command goes on from there" in broken.stderr


@pytest.mark.parametrize("form", ["text", "json", "md", "csv", "bibtex", "csl"])
def test_an_answer_comes_in_every_format(run: Run, story: Path, form: str) -> None:
    run("ingest", story, "--outlet", "The Sample")
    result = run("ask", "Who denied closing the northern road?", "--format", form)
    assert result.exit_code == 0, result.output
    assert "The Sample" in result.stdout
    assert run("ask", "Who?", "--format", "pdf").exit_code == 2


def test_articles_are_exported_and_come_back(run: Run, story: Path, tmp_path: Path) -> None:
    run("ingest", story)
    out = tmp_path / "all.jsonl"
    assert "1 article in" in run("articles", "export", "-o", out).stderr
    assert run("articles", "export").stdout == out.read_text()
    assert run("ingest", out).stdout == "1 unchanged\n"
    assert run("ingest", out, "--kb", tmp_path / "again").stdout == "1 added\n"
    shown = [run("articles", "list", "--json", "--kb", tmp_path / kb).stdout for kb in ("kb", "again")]
    assert shown[0] == shown[1]
    _refused(run("articles", "export", "-o", tmp_path / "gone" / "all.jsonl"), 2, "cannot be written", "-o")
    assert run("articles", "export", "--kb", tmp_path / "nothing").exit_code == 3


def test_failures_are_listed_and_tried_again(run: Run, story: Path) -> None:
    assert run("ingest", story).exit_code == 0
    assert run("articles", "failures").output == ""
    late = story.with_name("late.txt")
    late.write_text("")
    assert run("ingest", story.parent, "--outlet", "The Sample").exit_code == 1
    (failure,) = json.loads(run("articles", "failures", "--json").stdout)
    assert (failure["source"], failure["file"]) == (str(late), str(late))
    assert failure["reason"]
    assert failure["at"].endswith("+00:00")
    listed = run("articles", "failures")
    assert failure["reason"] in listed.stdout
    assert "accordingto articles retry" in listed.stderr
    again = run("articles", "retry")
    assert (again.exit_code, again.stdout) == (1, "1 rejected\n")
    late.write_text("Another brief\n\nThe southern road was closed on Sunday, officials of the town said.\n")
    assert run("articles", "retry", "--json").exit_code == 0
    assert json.loads(run("articles", "failures", "--json").stdout) == []
    outlets = {entry["title"]: entry["outlet"] for entry in json.loads(run("articles", "list", "--json").stdout)}
    assert outlets["Another brief"] == "The Sample"


def test_an_interrupted_ingest_says_how_to_go_on_and_goes_on(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(150):
        (folder / f"{number:03}.txt").write_text(
            f"Brief {number}\n\nThe road number {number} was open on Friday again.\n"
        )
    embedded: list[int] = []
    embed = HashEmbedder.passages

    def interrupted(self: HashEmbedder, texts: list[str]) -> Any:
        if sum(embedded) >= 128 and len(embedded) == 2:
            embedded.append(0)
            raise KeyboardInterrupt
        embedded.append(len(texts))
        return embed(self, texts)

    monkeypatch.setattr(HashEmbedder, "passages", interrupted)
    result = run("ingest", folder)
    assert result.exit_code == 130
    until_now, how_to_go_on = result.stderr.splitlines()
    assert until_now == "until now: 128 added"
    assert "the same command goes on from there" in how_to_go_on
    assert run("check").stdout == "128 articles, nothing wrong\n"
    assert run("ingest", folder).stdout == "22 added, 128 unchanged\n"
    assert sum(embedded) == 150


def _many(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:03}.txt").write_text(
            f"Brief {number}\n\nThe road number {number} was open on Friday again.\n"
        )
    return folder


def test_a_terminal_shows_how_far_a_run_has_come_and_what_is_left(tmp_path: Path) -> None:
    import pty

    command = [
        sys.executable,
        "-m",
        "assistant",
        "ingest",
        str(_many(tmp_path / "many", 150)),
        "--kb",
        f"{tmp_path}/kb",
    ]
    environment = {**os.environ, "ACCORDINGTO_EMBEDDING_MODEL": "hash", "TERM": "xterm", "COLUMNS": "120"}
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stderr=theirs, stdout=subprocess.PIPE, env=environment, text=True) as child:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # what reading a terminal without a writer ends with
            while piece := os.read(ours, 4096):
                shown += piece
        os.close(ours)
        assert child.stdout is not None
        assert child.stdout.read() == "150 added\n"
    text = shown.decode()
    assert "150/150" in text
    assert re.search(r"\d+ articles/s .*elapsed, .*left", text)


def test_elsewhere_a_line_now_and_then_tells_it(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(10_000))
    monkeypatch.setattr("assistant.command.time.monotonic", lambda: float(next(clock)))
    folder = _many(tmp_path / "many", 25)
    told = run("ingest", folder)
    assert told.stderr.splitlines() == [
        "10 of about 25 articles, 1 articles/s, about 15 s left",
        "20 of about 25 articles, 1 articles/s, about 5 s left",
    ]
    assert run("ingest", folder, "--no-progress").stderr == ""


def test_doctor_gives_one_line_a_finding_and_the_mend(run: Run, story: Path) -> None:
    before = run("doctor")
    assert before.exit_code == 3
    assert any(line.startswith("MEND") and "accordingto ingest" in line for line in before.stdout.splitlines())
    run("ingest", story)
    after = run("doctor")
    assert after.exit_code == 0, after.stdout
    assert "1 article" in after.stdout


def test_check_finds_what_was_lost(run: Run, story: Path, tmp_path: Path) -> None:
    run("ingest", story)
    assert "nothing wrong" in run("check").stdout
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder()) as base:
        base.add([article("Another story with enough words in it.", source="x")])
    assert run("check").exit_code == 0
