"""The command line, and the only file that knows it. A command parses, calls one thing, prints.

Exit codes: 0 done; 1 done, but some items failed; 2 wrong use; 3 the knowledge base or a model cannot be used.
Nothing heavy is imported before a command needs it, so that --help answers at once.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Self

import typer

if TYPE_CHECKING:
    from assistant.answer import Answer
    from assistant.assistant import Assistant
    from assistant.batch import Done
    from assistant.settings import Settings
    from ingest import Outcome
    from kb import KnowledgeBase
    from kb.catalog import Catalog
    from kb.moving import Copied
    from kb.reranking import Reranker

__all__ = ["main"]

_SOME_FAILED, _WRONG_USE, _UNUSABLE = 1, 2, 3
_QUIET = 10.0  # seconds between two lines about how far a run has come

app = typer.Typer(
    help="Cited answers over articles about armed conflict: who says so, in their exact words.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
articles = typer.Typer(
    help="List, show or remove articles; list and retry what could not be added.", no_args_is_help=True
)
app.add_typer(articles, name="articles")
evaluation = typer.Typer(help="Measure search and answers against a gold set.", no_args_is_help=True)
app.add_typer(evaluation, name="evaluate")

Folder = Annotated[
    Path | None, typer.Option("--kb", metavar="DIR", help="Folder of the knowledge base (else ACCORDINGTO_KB).")
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="SPEC", help="Chat model that writes, such as ollama:llama3.2; else by quoting."),
]
Since = Annotated[str | None, typer.Option(help="Only articles published on or after this day, ISO.")]
Until = Annotated[str | None, typer.Option(help="Only articles published on or before this day, ISO.")]
OfOutlet = Annotated[str | None, typer.Option("--outlet", help="Only articles of this outlet.")]
OfOrigin = Annotated[
    str | None, typer.Option("--origin", help="Only articles that this agency, or outlet itself, reported first.")
]
Language = Annotated[str | None, typer.Option(help="Only articles in this language, such as en.")]
Place = Annotated[
    str | None, typer.Option(help='Only articles that name this place; its spellings parted by bars: "Shusha|Shushi".')
]
Side = Annotated[str | None, typer.Option(help="Only statements in which this side speaks.")]
Passages = Annotated[int | None, typer.Option("-k", min=1, max=100, help="How many passages to read.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


class AnswerForm(StrEnum):
    """How an answer is printed."""

    TEXT = "text"
    JSON = "json"
    MD = "md"
    CSV = "csv"
    BIBTEX = "bibtex"
    CSL = "csl"


class Engine(StrEnum):
    """Where an ingest reads, cleans and embeds."""

    LOCAL = "local"
    RAY = "ray"


class BatchForm(StrEnum):
    """How the answers of a batch are kept."""

    JSONL = "jsonl"
    CSV = "csv"
    MD = "md"


def main() -> None:
    """The console script."""
    from assistant.privacy import switch_off_telemetry

    switch_off_telemetry()
    try:
        app()
    except BrokenPipeError:
        # The reader of a pipe has seen enough; Python would complain again when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@app.command()
def ingest(
    paths: Annotated[
        list[str], typer.Argument(help="Files, folders, web addresses and feeds.", metavar="PATH|URL|FEED…")
    ],
    kb: Folder = None,
    outlet: Annotated[str | None, typer.Option(help="Outlet of all these articles.")] = None,
    date: Annotated[str | None, typer.Option(help="Publication date of all these articles, ISO.")] = None,
    origin: Annotated[str | None, typer.Option(help="Who reported all of them first, such as a wire agency.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; store nothing.")] = False,
    engine: Annotated[
        Engine, typer.Option(help="Read and embed in this process, or on a Ray cluster (ACCORDINGTO_RAY_ADDRESS).")
    ] = Engine.LOCAL,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that embed with --engine ray; else one for each core.")
    ] = None,
    as_json: Json = False,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Show progress on a terminal.")] = True,
) -> None:
    """Add articles to the knowledge base, from files of any kind, folders, archives, web pages and feeds."""
    from ingest import Cluster, Given, expected
    from ingest import ingest as run

    if workers and engine is Engine.LOCAL:
        _refuse("--workers are those of a cluster; add --engine ray", _WRONG_USE)
    with _refusals(), _base(kb, create=not dry_run) as base:
        given = Given(outlet=outlet, published=_day(date, "--date"), origin=origin)
        settings = _settings(kb)
        cluster = Cluster(settings.ray_address, workers) if engine is Engine.RAY else None
        allowed = settings.allow_private_addresses
        found = run(base, paths, given, dry_run=dry_run, allow_private_addresses=allowed, cluster=cluster)
        total = expected(*paths) if progress else None
        _report(base, _followed(found, progress, total), as_json=as_json, dry_run=dry_run)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    kb: Folder = None,
    as_json: Json = False,
    form: Annotated[
        AnswerForm, typer.Option("--format", help="The evidence as csv, bibtex or csl; the answer as json, md or text.")
    ] = AnswerForm.TEXT,
    since: Since = None,
    until: Until = None,
    outlet: OfOutlet = None,
    origin: OfOrigin = None,
    language: Language = None,
    place: Place = None,
    side: Side = None,
    k: Passages = None,
    model: Model = None,
) -> None:
    """Answer a question with exact quotes, or say that the articles do not say."""
    with _refusals():
        from assistant.assistant import Assistant
        from assistant.questions import Within

        bounds = *_days(since, until), outlet, side, k
        with Assistant.open(_settings(kb).kb, **_chosen(model)) as assistant:
            # Only now is the list of actors known by whose names a place goes.
            filters = Within(*bounds, origin=origin, language=language, place=place).filters
            answer = assistant.ask(question, filters=filters, side=side, k=k)
            _print(_written(answer, AnswerForm.JSON if as_json else form, assistant.base))


@app.command()
def timeline(
    question: Annotated[str | None, typer.Argument(help="What it is to be about, in quotes.")] = None,
    kb: Folder = None,
    as_json: Json = False,
    since: Annotated[str | None, typer.Option(help="Only what is about this day or later, ISO.")] = None,
    until: Annotated[str | None, typer.Option(help="Only what is about this day or earlier, ISO.")] = None,
    outlet: Annotated[str | None, typer.Option(help="Only articles of this outlet.")] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many sentences at most.")] = 60,
) -> None:
    """List what is said of each day, in order, with its source; undated articles stand apart."""
    with _refusals():
        from assistant.assistant import Assistant
        from assistant.rendering import timeline_text

        first, last = _days(since, until)
        with Assistant.open(_settings(kb).kb) as assistant:
            found = assistant.timeline(question, since=first, until=last, outlet=outlet, limit=n)
        if as_json:
            _print_json(found.to_json())
        else:
            _print(timeline_text(found).rstrip())


@app.command()
def batch(
    file: Annotated[
        Path, typer.Argument(help="Questions: .jsonl, .csv, .tsv or .txt; - for standard input.", metavar="FILE|-")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where the answers go.")],
    kb: Folder = None,
    form: Annotated[
        BatchForm | None, typer.Option("--format", help="Of the answers; else by the ending of their file.")
    ] = None,
    column: Annotated[str | None, typer.Option(help="The column that holds the questions; else guessed.")] = None,
    resume: Annotated[bool, typer.Option("--resume/--no-resume", help="Keep the answers of an earlier run.")] = True,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Processes at most; with a model, questions at once. Else one a core, or 8."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many questions.")] = None,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first question that fails.")] = False,
    since: Since = None,
    until: Until = None,
    outlet: OfOutlet = None,
    origin: OfOrigin = None,
    language: Language = None,
    place: Place = None,
    side: Side = None,
    k: Passages = None,
    model: Model = None,
    row_models: Annotated[
        bool, typer.Option("--row-models", help="Let rows name a chat model, which may be somebody else's server.")
    ] = False,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Show progress.")] = True,
) -> None:
    """Answer the questions of a file, in their order; a broken run goes on where it stopped."""
    with _refusals():
        from assistant.assistant import Assistant
        from assistant.batch import Within, answer_all, read_questions

        shape = form.value if form else _batch_form(out)
        bounds = *_days(since, until), outlet, side, k
        within = Within(*bounds, origin=origin, language=language, place=place)
        rows = read_questions(file, column)[:limit]
        with Assistant.open(_settings(kb).kb, **_chosen(model)) as assistant, _noticed(assistant.base):
            run = answer_all(
                assistant,
                rows,
                out,
                resume=resume,
                workers=workers,
                fail_fast=fail_fast,
                form=shape,
                within=within,
                row_models=row_models,
            )
            failed = _tell_batch(run, len(rows), out, progress)
    if failed:
        raise typer.Exit(_SOME_FAILED)


@app.command()
def chat(
    kb: Folder = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; the next free one if taken.")] = None,
    samples: Annotated[
        bool | None, typer.Option("--samples/--no-samples", help="Load the sample articles if there are none.")
    ] = None,
    model: Model = None,
) -> None:
    """Serve the web chat."""
    with _refusals():
        from assistant.logs import set_up
        from assistant.page import serve

        settings = _settings(kb)
        set_up(settings)
        with _assistant(kb, create=True, model=model) as assistant:
            assistant.answering  # noqa: B018 -- a chat model that cannot be used is said now, not to the first reader
            if not len(assistant.base) and (samples or (samples is None and _agreed_to_samples())):
                _load_samples(assistant.base)
            with _noticed(assistant.base):
                assistant.warm_up()
            serve(assistant, host or settings.host, port or settings.port, announce=_announce)


@articles.command("list")
def list_articles(kb: Folder = None, as_json: Json = False) -> None:
    """List all articles: id, date, outlet, title."""
    with _refusals(), _base(kb) as base:
        from assistant.rendering import article_document, printable

        sizes = base.sizes_of_origins()
        if as_json:
            keys = ("id", "title", "outlet", "origin", "published", "url", "language", "source", "added")
            documents = ((article_document(article), sizes.get(article.id, 1)) for article in base.articles())
            _print_json([{**{key: document[key] for key in keys}, "carried_by": size} for document, size in documents])
            return
        for article in base.articles():
            outlet = printable(article.outlet or "outlet unknown")
            known = [f"{article.published or 'undated':10}", f"{outlet:24}", printable(article.title)]
            if article.id in sizes:
                known.append(f"(one origin with {sizes[article.id] - 1} more)")
            if article.language not in (None, "en"):
                known.append(f"({article.language})")
            _print("  ".join([article.id, *known]))


@articles.command("show")
def show_article(
    article_id: Annotated[str, typer.Argument(help="The id, or the start of it.", metavar="ID")],
    kb: Folder = None,
    as_json: Json = False,
) -> None:
    """Show one article with what is known about it."""
    with _refusals(), _base(kb) as base:
        from assistant.rendering import article_document, article_text

        article = base.get(article_id)
        if as_json:
            _print_json(article_document(article, base.copies(article.id)))
        else:
            _print(article_text(article, base.copies(article.id)))


@articles.command("export")
def export_articles(
    kb: Folder = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where they go; else to standard output.")
    ] = None,
) -> None:
    """Write all articles as JSON Lines, from which ingest makes the same knowledge base."""
    with _refusals(), _base(kb) as base:
        from assistant.rendering import counted
        from ingest.exported import document

        lines = (json.dumps(document(article)) for article in base.articles())
        if out is None:
            for line in lines:
                _print(line)
            return
        count = _write_lines(out, lines)
        _note(
            f"{counted(count, 'article')} in {out}; make another knowledge base with: accordingto ingest {out} --kb DIR"
        )


@articles.command("remove")
def remove_article(
    article_id: Annotated[str, typer.Argument(help="The id, or the start of it.", metavar="ID")],
    kb: Folder = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove one article, after asking, and erase every trace of it."""
    with _refusals(), _base(kb) as base:
        from assistant.rendering import printable

        article = base.get(article_id)
        if not yes and not typer.confirm(f"Remove “{printable(article.title)}”?", err=True):
            raise typer.Exit(_SOME_FAILED)
        removal = base.remove(article.id)
        if as_json:
            _print_json({"id": article.id, "status": removal, "remains": base.remains})
        else:
            _print(f"{removal} {article.id}")
        if removal == "pending":
            _note("found no more; another process has the knowledge base open, and its traces go when that is done")
        elif base.remains:
            _note(base.remains)


@articles.command("failures")
def list_failures(kb: Folder = None, as_json: Json = False) -> None:
    """List what could not be added, with the reason."""
    with _refusals(), _base(kb) as base:
        from assistant.rendering import printable

        failures = base.failures()
        if as_json:
            _print_json([{"source": f.source, "file": f.file, "reason": f.reason, "at": f.at} for f in failures])
            return
        for failure in failures:
            _print(f"{failure.at}  {printable(failure.source)}: {printable(failure.reason)}")
        if failures:
            _note("try them again with: accordingto articles retry")


@articles.command("retry")
def retry_failures(kb: Folder = None, as_json: Json = False) -> None:
    """Try again what could not be added."""
    from ingest import retry

    with _refusals(), _base(kb) as base:
        found = retry(base, allow_private_addresses=_settings(kb).allow_private_addresses)
        _report(base, _followed(found, True), as_json=as_json)


@app.command()
def check(
    kb: Folder = None,
    repair: Annotated[bool, typer.Option("--repair", help="Make anew what is derived from the articles.")] = False,
    reembed: Annotated[
        bool, typer.Option("--reembed", help="Embed everything anew with the model that is set now.")
    ] = False,
) -> None:
    """Check the knowledge base against itself; make anew what is derived."""
    with _refusals(), _base(kb, any_model=reembed) as base:
        from assistant.rendering import counted

        if reembed:
            _reembed(base)
        for line in base.repair() if repair else []:
            _print(line)
        problems = base.check()
        for problem in problems:
            mended = problem.derived and problem.checked
            _print(problem.text + ("; mend it with: accordingto check --repair" if mended else ""))
        if any(not problem.derived for problem in problems):
            _refuse("the articles are damaged; restore a backup, or ingest them into a new folder", _UNUSABLE)
        if problems:
            raise typer.Exit(_SOME_FAILED)
        _print(f"{counted(len(base), 'article')}, nothing wrong")


@app.command()
def move(
    to: Annotated[str, typer.Option(metavar="DIR|URL", help="A new folder, or an empty database: postgresql://…")],
    kb: Folder = None,
    as_json: Json = False,
) -> None:
    """Copy the knowledge base into another database, verified; the old one stays as it is."""
    with _refusals():
        from kb.catalog import Catalog
        from kb.moving import move as run

        url = to if re.match(r"\w{2,}:", to) else None  # also where a slash was forgotten
        folder = _settings(kb).kb if url else Path(to).expanduser()
        with _catalog(kb) as source:
            source.refuse_if_empty()  # before anything is made where nothing would come
            with closing(Catalog.open(folder, create=True, url=url, named="--to")) as target:
                _copied(run(source, target, _told()), as_json)
            place = f"ACCORDINGTO_DATABASE_URL={target.place} (with the password)" if url else f"--kb {folder}"
            _note(f"use it with {place}; delete {source.place} when nothing misses it")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A file that does not exist yet.")],
    kb: Folder = None,
    as_json: Json = False,
) -> None:
    """Write the whole knowledge base into one file, verified; it may be in use meanwhile."""
    with _refusals(), _catalog(kb) as source:
        from kb.moving import backup as run

        _copied(run(source, file, _told()), as_json)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that backup has written.")],
    kb: Folder = None,
    as_json: Json = False,
) -> None:
    """Make an empty or new knowledge base what a backup holds, verified, in a folder or in PostgreSQL."""
    with _refusals():
        from kb.moving import backed_up
        from kb.moving import restore as run

        # In this order: what is no backup makes no knowledge base.
        with backed_up(file) as source, _catalog(kb, create=True) as target:
            _copied(run(source, target, _told()), as_json)


@app.command()
def doctor(kb: Folder = None) -> None:
    """Say what is installed, which model is used and where the data is, with a mend for what is wrong."""
    from assistant.doctor import examine

    with _refusals():
        findings = list(examine(_settings(kb)))
        for finding in findings:
            _print(f"{'ok  ' if finding.ok else 'MEND'} {finding.text}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(_UNUSABLE)


@evaluation.command("retrieval")
def evaluate_retrieval(
    corpus: Annotated[Path, typer.Option(help="Documents, JSON Lines: _id, title, text.")],
    queries: Annotated[Path, typer.Option(help="Questions, JSON Lines: _id, text.")],
    qrels: Annotated[Path, typer.Option(help="Judgements, TSV with a header: query, document, grade.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Where the values of each query go, as JSON.")] = None,
    against: Annotated[
        Path | None, typer.Option(help="An earlier run's file, to compare with by a paired test.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure the search on a BEIR-shaped collection, in a knowledge base of its own."""
    with _refusals():
        from assistant.evaluation import compare, document, means, read_scores, read_topics, retrieval, scratch
        from kb import KnowledgeBase
        from kb.embedding import embedder

        topics, settings = read_topics(corpus, queries, qrels), _settings(None)
        others = read_scores(against) if against else None
        with scratch() as folder:
            model = embedder(settings.embedding_model)
            with KnowledgeBase.open(folder, model=model, create=True, reranker=_reranker(settings)) as base:
                scores = retrieval(topics, base)
        compared = compare(scores, others) if others else []
        if out:
            out.write_text(json.dumps(document(scores, settings.digest(), compared), indent=2) + "\n", "utf-8")
        if as_json:
            _print_json(document(scores, settings.digest(), compared))
            return
        _print("  ".join(f"{name} {value:.3f}" for name, value in means(scores).items()))
        for line in compared:
            _print(str(line))


@evaluation.command("answers")
def evaluate_answers(
    gold: Annotated[Path, typer.Argument(help="JSON Lines: question, answers (none: an empty list), perhaps article.")],
    kb: Folder = None,
    as_json: Json = False,
) -> None:
    """Measure the answers of a knowledge base against a gold file."""
    with _refusals():
        from assistant.evaluation import judge, read_gold, summary

        asked = read_gold(gold)
        with _assistant(kb) as assistant:
            sources = {article.id: article.source for article in assistant.base.articles()}
            outcomes = [judge(one, assistant.ask(one.question), sources) for one in asked]
        if as_json:
            listed = [{"question": o.gold.question, "verdict": o.verdict, "quoted": o.quoted} for o in outcomes]
            _print_json({"summary": summary(outcomes), "outcomes": listed})
            return
        for outcome in outcomes:
            _print(f"{outcome.verdict:18} {' '.join(outcome.gold.question.split())}")
        _print(", ".join(f"{name}: {number:.0f}" for name, number in summary(outcomes).items()))


# -- what the commands share


def _written(answer: Answer, form: AnswerForm, base: KnowledgeBase) -> str:
    from assistant import exports
    from assistant.rendering import plain

    match form:
        case AnswerForm.JSON:
            return json.dumps(answer.to_json(), ensure_ascii=False, indent=2)
        case AnswerForm.MD:
            return exports.answer_report(answer).rstrip()
        case AnswerForm.CSV:
            return exports.evidence_csv(answer).rstrip("\r\n")
        case AnswerForm.BIBTEX:
            return exports.bibtex(answer, base.find).rstrip()
        case AnswerForm.CSL:
            return json.dumps(exports.csl_json(answer, base.find), ensure_ascii=False, indent=2)
    return plain(answer).rstrip()


def _batch_form(out: Path) -> str:
    forms = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".md": "md", ".markdown": "md"}
    if out.suffix.lower() not in forms:
        _refuse(f"-o {out} has no ending that tells the format; say --format jsonl, csv or md", _WRONG_USE)
    return forms[out.suffix.lower()]


def _write_lines(out: Path, lines: Iterable[str]) -> int:
    """Writes a file as a whole or not at all."""
    new = out.with_name(f".{out.name}.new")
    count = 0
    try:
        with new.open("w", encoding="utf-8", newline="\n") as opened:
            for line in lines:
                opened.write(f"{line}\n")
                count += 1
            opened.flush()
            os.fsync(opened.fileno())
        new.replace(out)
    except OSError as error:
        _refuse(f"{out} cannot be written: {error.strerror or error}; name another file with -o", _WRONG_USE)
    finally:
        with suppress(OSError):
            new.unlink()
    return count


def _tell_batch(run: Iterator[Done], total: int, out: Path, progress: bool) -> int:
    """Follows a batch, says what became of it, and how many questions failed."""
    counts, unverified, tokens = Counter[str](), 0, [0, 0]
    begun = time.monotonic()
    with _Progress(total, progress) as bar:
        for done in run:
            counts[done.outcome] += 1
            unverified += done.unverified
            tokens = [tokens[0] + done.tokens[0], tokens[1] + done.tokens[1]]
            if done.error:
                bar.say(f"failed {done.row.id}: {done.error}")
            bar.advance(asked=done.outcome != "kept")
    seconds = time.monotonic() - begun
    asked = total - counts["kept"]
    words = [f"{total} questions: {_in_words(counts)}", f"{unverified} unverified", f"{seconds:.1f} s"]
    words += [f"{asked / seconds:.1f} questions/s"] if asked else []
    words += [f"{tokens[0]:,} tokens read and {tokens[1]:,} written by the model"] if any(tokens) else []
    _note(f"{', '.join(words)}, in {out}")
    return counts["failed"]


class _Progress:
    """How far a batch has got, with its rate and the time left: a bar on a terminal, now and then a line elsewhere."""

    _EVERY = 10.0  # seconds between two lines

    def __init__(self, total: int, shown: bool) -> None:
        self._total, self._shown = total, shown
        self._number = self._asked = 0
        self._begun = self._told = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> Self:
        if self._shown and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("questions"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, TextColumn("{task.fields[pace]}"), console=Console(stderr=True))
            self._bar.start()
            self._task = self._bar.add_task("questions", total=self._total, pace="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def say(self, text: str) -> None:
        """Prints a line without breaking the bar."""
        if self._bar is None:
            _note(text)
        else:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def advance(self, *, asked: bool) -> None:
        """Counts one more; those that are kept from an earlier run tell nothing about the pace."""
        self._number += 1
        self._asked += asked
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._task, advance=1, pace=self._pace(now))
        elif self._shown and now - self._told >= self._EVERY:
            self._told = now
            _note(f"{self._number} of {self._total}, {self._pace(now)}")

    def _pace(self, now: float) -> str:
        rate = self._asked / max(now - self._begun, 1e-9)
        left = (self._total - self._number) / rate if rate else 0
        return f"{rate:.1f} questions/s, {int(left) // 60}:{int(left) % 60:02} left" if self._asked else ""


@contextmanager
def _refusals() -> Iterator[None]:
    """Turns errors into one line and an exit code. The border at which every foreseen error ends."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from assistant.errors import AssistantError, UnusableModel
    from assistant.settings import may_show
    from kb.errors import ArticleNotFound, KnowledgeBaseError

    try:
        yield
    except (UnusableModel, KnowledgeBaseError) as error:
        _refuse(str(error), _WRONG_USE if isinstance(error, ArticleNotFound) else _UNUSABLE)
    except AssistantError as error:
        _refuse(str(error), _WRONG_USE)
    except ValidationError as error:
        first = error.errors()[0]
        name = "ACCORDINGTO_" + "_".join(map(str, first["loc"])).upper()
        value = f"={first.get('input')!r}" if may_show(str(first["loc"][0])) else ""
        _refuse(f"{name}{value} cannot be used: {first['msg'].removeprefix('Value error, ')}", _WRONG_USE)
    except SettingsError as error:
        named = re.search(r'field "(\w+)"', str(error))  # the one thing in the message that a user knows
        name = f"ACCORDINGTO_{named[1].upper()}" if named else "a setting"
        _refuse(f"{name} cannot be used: it is no JSON", _WRONG_USE)
    except KeyboardInterrupt:
        _refuse("stopped; what was reported is stored, and the same command goes on from there", 130)


def _refuse(message: str, code: int) -> NoReturn:
    _note(f"accordingto: {' '.join(message.split())}")
    raise typer.Exit(code)


def _settings(kb: Path | None) -> Settings:
    from assistant.settings import Settings

    return Settings(kb=kb.expanduser()) if kb else Settings()


@contextmanager
def _base(kb: Path | None, *, create: bool = False, any_model: bool = False) -> Iterator[KnowledgeBase]:
    from kb import KnowledgeBase
    from kb.embedding import embedder

    settings = _settings(kb)
    model = embedder(settings.embedding_model)
    with KnowledgeBase.open(
        settings.kb,
        model=model,
        create=create,
        any_model=any_model,
        database=settings.database,
        chroma=settings.chroma,
    ) as base:
        yield base


@contextmanager
def _catalog(kb: Path | None, *, create: bool = False) -> Iterator[Catalog]:
    """The record alone, for what needs no model."""
    from kb.catalog import Catalog

    settings = _settings(kb)
    with closing(Catalog.open(settings.kb, create=create, url=settings.database)) as catalog:
        yield catalog


def _told() -> Callable[[int, int], None]:
    """Says now and then how much of a copy is done."""
    said = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said >= _QUIET:
            said = time.monotonic()
            _note(f"{done * 100 // total} % copied and compared")

    return tell


def _copied(copied: Copied, as_json: bool) -> None:
    from assistant.rendering import counted

    if as_json:
        _print_json(asdict(copied))
    else:
        held = f"{counted(copied.articles, 'article')}, {counted(copied.passages, 'passage')}"
        _print(f"{held}, copied to {copied.place} and compared row by row")


def _chosen(model: str | None) -> dict[str, Any]:
    """The model as a setting, if the command line names one; else the environment's holds."""
    return {} if model is None else {"model": model}


def _assistant(kb: Path | None, *, create: bool = False, model: str | None = None) -> Assistant:
    """The assistant of a long-lived command, which owns the Chroma index if nobody else does."""
    from assistant.assistant import Assistant

    return Assistant.open(_settings(kb).kb, own=True, create=create, **_chosen(model))


def _reranker(settings: Settings) -> Reranker | None:
    from kb.reranking import CrossEncoderScorer

    return CrossEncoderScorer(settings.reranker) if settings.reranker else None


def _day(value: str | None, option: str) -> str | None:
    from kb.article import day_range

    if value is not None:
        try:
            day_range(value)
        except ValueError as error:
            _refuse(f"{option}: {error}", _WRONG_USE)
    return value


def _days(since: str | None, until: str | None) -> tuple[str | None, str | None]:
    from kb.article import days_between

    bounds = _day(since, "--since"), _day(until, "--until")
    try:
        days_between(*bounds)
    except ValueError as error:
        _refuse(f"--since, --until: {error}", _WRONG_USE)
    return bounds


@contextmanager
def _noticed(base: KnowledgeBase) -> Iterator[None]:
    """Says what was mended at opening, and at the end what was given up meanwhile."""
    base.attend()
    said = base.notice
    if said:
        _note(said)
    try:
        yield
    finally:
        if base.notice != said:
            _note((base.notice or "").removeprefix(f"{said}; "))


def _reembed(base: KnowledgeBase) -> None:
    done = 0
    for done in base.reembed():
        if sys.stderr.isatty():
            _note(f"{done} passages embedded")
    _print(f"{done} passages embedded anew with {base.embedder.name}")


def _agreed_to_samples() -> bool:
    return sys.stdin.isatty() and typer.confirm(
        "The knowledge base is empty. Load the sample articles, to see how it works?", default=True, err=True
    )


def _load_samples(base: KnowledgeBase) -> None:
    from ingest import ingest as run
    from kb.samples import samples

    counts = Counter(outcome.status for outcome in run(base, [samples()]))
    base.save()
    _note(f"sample articles: {_in_words(counts)}")


def _report(base: KnowledgeBase, outcomes: Iterator[Outcome], *, as_json: bool, dry_run: bool = False) -> None:
    """Goes through a run, says what became of everything, and exits as the contract has it."""
    counts, rejected, listed = Counter[str](), [], []
    try:
        for outcome in outcomes:
            counts[outcome.status] += 1
            if outcome.status == "rejected":
                rejected.append(outcome)
            if as_json:
                listed.append(outcome.to_json())
    except KeyboardInterrupt:
        _note(f"until now: {_in_words(counts)}")
        raise
    base.save()
    if as_json:
        _print_json({"counts": dict(counts), "dry_run": dry_run, "outcomes": listed})
    else:
        _print(("Would be: " if dry_run else "") + _in_words(counts))
    for outcome in rejected:
        _note(f"rejected {outcome.source}: {outcome.reason}")
    if rejected:
        raise typer.Exit(_SOME_FAILED)


def _followed(outcomes: Iterator[Outcome], shown: bool, total: int | None = None) -> Iterator[Outcome]:
    """The outcomes, with a bar on a terminal and a line now and then elsewhere. `total` may be off a little."""
    if not shown:
        yield from outcomes
    elif sys.stderr.isatty():
        yield from _with_bar(outcomes, total)
    else:
        yield from _with_lines(outcomes, total)


def _with_bar(outcomes: Iterator[Outcome], total: int | None) -> Iterator[Outcome]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("articles"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]:.0f} articles/s"),
        TimeElapsedColumn(),
        TextColumn("elapsed,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, speed_estimate_period=60) as bar:
        task = bar.add_task("articles", total=total, speed=0.0)
        for number, outcome in enumerate(outcomes, 1):
            elapsed = bar.tasks[task].elapsed or 0
            speed = number / elapsed if elapsed else 0
            bar.update(task, completed=number, total=total and max(total, number), speed=speed)
            yield outcome


def _with_lines(outcomes: Iterator[Outcome], total: int | None) -> Iterator[Outcome]:
    begun = said = time.monotonic()
    for number, outcome in enumerate(outcomes, 1):
        yield outcome
        now = time.monotonic()
        if now - said >= _QUIET:
            said, speed = now, number / (now - begun)
            left = f", about {(total - number) / speed:.0f} s left" if total and total > number else ""
            _note(f"{number}{f' of about {total}' if total else ''} articles, {speed:.0f} articles/s{left}")


def _in_words(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{number} {status}" for status, number in sorted(counts.items())) or "nothing found"


def _announce(url: str) -> None:
    _print(f"AccordingTo is at {url}  (Ctrl-C stops it)")


def _print(text: str) -> None:
    typer.echo(text)


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _note(text: str) -> None:
    typer.echo(text, err=True)
