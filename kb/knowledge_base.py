"""What everybody else uses: add, get, remove, search and check articles in one folder."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

import numpy as np

from kb import exact, vectors
from kb.article import Article, Hit, Passage
from kb.catalog import Catalog, Failure, Filters, Listing, Making, Order, Stored, twice
from kb.embedding import Embedder, Vectors, embedder
from kb.errors import ArticleNotFound, KnowledgeBaseError, OtherModel, VectorServerAway
from kb.exact import ExactIndex
from kb.origins import Copy, collapsed
from kb.passages import SCHEME, split
from kb.query import Period, Query
from kb.remembering import Remembering
from kb.reranking import Reranker, reranked
from kb.search import ARTICLE, Weighing, varied
from kb.together import Together
from kb.vectors import ChromaProjection, Server, ServerProjection

__all__ = ["Addition", "Embedded", "KnowledgeBase", "Problem", "Removal", "Status", "prepare"]

Status = Literal["added", "updated", "unchanged", "duplicate"]
Removal = Literal["erased", "pending"]
_CANDIDATES = 100  # passages by vectors, and articles by words, that are looked at closer
_READ = 50  # passages of these that are read, to see which words they hold
_FORESIGHT = 0.6  # see where it is used
_PATIENCE = 10.0  # seconds that a removal waits for others who have the knowledge base open
_TENDING = 2.0  # seconds between two looks of an owner at what other processes did


_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Addition:
    """What became of one article that was to be added."""

    status: Status
    article_id: str
    """The stored article's id; of a duplicate, the id of the one that is stored."""

    @property
    def is_new(self) -> bool:
        """Whether the article was not stored before."""
        return self.status in ("added", "updated")


Embedded = Mapping[str, tuple[list[Passage], Vectors]]
"""Passages and vectors of articles, by their ids."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Articles that are to be added, with passages and vectors of those that were not stored before, by their id."""

    articles: Sequence[Article]
    embedded: Embedded
    settled: list[Addition] | None = None
    """What becomes of them, where nothing is to be stored and nothing was being stored when that was looked up."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a knowledge base."""

    text: str
    derived: bool
    """Whether `repair` mends it, since what it is about is made from the record. Otherwise the record is damaged."""
    checked: bool = True
    """Whether it was seen to be wrong; otherwise it could not be looked at, and the text says how to mend that."""


class KnowledgeBase:
    """The articles in one folder. Safe to use from several threads; several processes may use one folder.

    Open it with `KnowledgeBase.open`, and close it or use it in a `with` block.
    """

    def __init__(self, catalog: Catalog, model: Embedder, reranker: Reranker | None = None) -> None:
        self._catalog = catalog
        self._model = model
        self._embedder: Embedder = Remembering(model)
        self._reranker = reranker
        self._exact: ExactIndex | None = None
        self._chroma: ChromaProjection | None = None
        self._server: ServerProjection | None = None
        self._chroma_tried = False
        self._own = False
        self._opening = threading.Lock()
        self._erasing = threading.Lock()
        self._notices: list[str] = []
        self._closing = threading.Event()
        self._tending: threading.Thread | None = None

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        model: Embedder | None = None,
        create: bool = False,
        own: bool = False,
        any_model: bool = False,
        reranker: Reranker | None = None,
        database: str | None = None,
        chroma: Server | None = None,
    ) -> KnowledgeBase:
        """The knowledge base in `folder`; with `database`, the address of a PostgreSQL database, its articles are there
        and the folder holds only what this machine derives from them.

        `create` makes it if the folder is absent or empty. `own` is for long-lived processes: they search through the
        Chroma index (if no other process owns it) and keep it up to date; without it searches are exact.
        `any_model` opens what another model has embedded, for `reembed`. A `reranker` orders what a search found. With
        `chroma` the index is on that server, for as many processes as like, in place of the folder.

        Raises:
            NotAKnowledgeBase: there is none, and none may be made.
            OtherModel: its vectors were made with another embedding model than `model`.
            UnreadableKnowledgeBase: it is damaged, locked or not permitted.
        """
        model = model or embedder()
        base = cls(Catalog.open(Path(folder).expanduser(), create=create, url=database), model, reranker)
        base._own = own
        if chroma is not None:
            base._server = ServerProjection(base._catalog, chroma)
        try:
            if not any_model:
                base._refuse_other_model()
            base._erase(patience=0)
        except BaseException:
            base.close()
            raise
        return base

    def close(self) -> None:
        """Gives everything back."""
        self._closing.set()
        if self._tending is not None:
            self._tending.join()
        if self._chroma is not None:
            self._chroma.close()
        if self._server is not None:
            self._server.close()
        self._catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- articles

    def __len__(self) -> int:
        return self._catalog.count()

    @property
    def folder(self) -> Path:
        return self._catalog.folder

    @property
    def place(self) -> str:
        """Where the articles are, as messages name it: the folder, or the database without its password."""
        return self._catalog.place

    @property
    def database(self) -> str | None:
        """The address with which another process opens the same, password and all; None where the folder does."""
        return self._catalog.url

    @property
    def remains(self) -> str | None:
        """What may keep a trace of an erased article and is out of our hands, in one line; None if nothing may."""
        server = "the Chroma server's own files keep its vectors until they are vacuumed" if self._server else None
        return "; ".join(filter(None, (self._catalog.remains, server))) or None

    @property
    def embedder(self) -> Embedder:
        return self._embedder

    @contextmanager
    def embedding_together(self) -> Iterator[Together]:
        """For the length of a `with` block, what the threads ask for that take turns is embedded together: sooner, and
        to the same vectors. For long runs of questions."""
        alone, together = self._embedder, Together(self._model)
        self._embedder = Remembering(together)
        try:
            yield together
        finally:
            self._embedder = alone

    def articles(self) -> Iterator[Article]:
        """All articles in the order in which they were added."""
        return self._catalog.articles()

    def browse(
        self, words: str = "", filters: Filters = Filters(), *, order: Order = "newest", start: int = 0, limit: int = 50
    ) -> Listing:
        """A part of the list of those articles that have the words in title, outlet or text, without their texts."""
        return self._catalog.browse(words, filters, order, start, limit)

    def outlets(self) -> dict[str, int]:
        """Every outlet with the number of its articles, most first."""
        return self._catalog.outlets()

    def months(self) -> dict[tuple[str | None, str | None], int]:
        """How many articles each outlet (None: unknown) has published in each month (None: unknown)."""
        return self._catalog.months()

    @property
    def version(self) -> int:
        """Grows with every article that comes or goes, whichever process did it."""
        return self._catalog.latest_change()

    def mentioned(self, words: Sequence[str]) -> dict[str, int]:
        """In how many passages each of these words or names occurs."""
        return self._catalog.document_frequencies(words)

    def find(self, article_id: str) -> Article | None:
        """The article with exactly this id; None if there is none."""
        return self._catalog.get(article_id)

    def get(self, article_id: str) -> Article:
        """The article with this id, or with the only id that begins so.

        Raises:
            ArticleNotFound: no id does, or several do.
        """
        article = self._catalog.get(article_id)
        if article is not None:
            return article
        # Below four characters a start is a guess, not a reference.
        starting = self._catalog.ids_starting(article_id) if len(article_id) >= 4 else []
        found = self._catalog.get(starting[0]) if len(starting) == 1 else None
        if found is None:
            which = f"; it could be {', '.join(starting)}" if starting else "; see: accordingto articles list"
            raise ArticleNotFound(f"no article has the id {article_id[:80]!r}{which}")
        return found

    def add(self, articles: Sequence[Article], embedded: Embedded | None = None) -> list[Addition]:
        """Stores articles in one transaction and says of each, in order, what became of it.

        An article of a source that is stored with another text replaces the older one; the same text from the same
        outlet under another source is a duplicate and is not stored again. When this returns, what it reports is on
        disk. Nothing is embedded that is not stored, nor what `prepare` has `embedded` elsewhere.
        """
        return self._store(self._prepared(articles) if embedded is None else _Prepared(articles, embedded))

    def add_all(self, batches: Iterable[Sequence[Article]]) -> Iterator[list[Addition]]:
        """What `add` would report of each batch, in order. While one is stored, the next is asked for and embedded."""
        coming: Future[list[Addition]] | None = None
        before: _Prepared | None = None
        ended: BaseException | None = None
        left = iter(batches)
        with ThreadPoolExecutor(1, "storing") as storing:
            while True:
                try:
                    articles = next(left, None)
                    before = None if articles is None else self._prepared(articles, before)
                except (Exception, KeyboardInterrupt) as error:
                    # What is being stored will be, and has to be told first.
                    ended, before = error, None
                if coming is not None:
                    yield coming.result()
                if ended is not None:
                    raise ended
                if before is None:
                    return
                coming = storing.submit(self._store, before)

    def _prepared(self, articles: Sequence[Article], before: _Prepared | None = None) -> _Prepared:
        """The articles cut and embedded, as far as they are to be stored after those before them."""
        plan = self._plan(articles)
        new = {addition.article_id: article for article, addition in plan if addition.is_new}
        if not new and (before is None or before.settled is not None):
            return _Prepared(articles, {}, [addition for _, addition in plan])
        for known in before.embedded if before else ():
            new.pop(known, None)
        passages = [split(article) for article in new.values()]
        vectors = _embed(self._embedder, list(zip(new.values(), passages, strict=True)))
        return _Prepared(articles, dict(zip(new, zip(passages, vectors, strict=True), strict=True)))

    def _store(self, prepared: _Prepared) -> list[Addition]:
        if prepared.settled is not None:
            return prepared.settled
        plan = self._plan(prepared.articles)
        new = [article for article, addition in plan if addition.is_new]
        embedded = dict(prepared.embedded)
        if missing := [article for article in new if article.id not in embedded]:
            # What these would have been a copy of has gone meanwhile.
            embedded.update(self._prepared(missing).embedded)
        if new:
            twice(lambda: self._write(new, embedded))
        return [addition for _, addition in plan]

    def _write(self, new: Sequence[Article], embedded: Embedded) -> None:
        making = self._making
        with self._catalog.writing() as writing:
            writing.made_by(making)
            for article in new:
                writing.replace(article, *embedded[article.id])

    def compare(self, articles: Sequence[Article]) -> list[Addition]:
        """What `add` would report, without doing anything."""
        return [addition for _, addition in self._plan(articles)]

    def remove(self, article_id: str) -> Removal:
        """Deletes an article and everything derived from it: "erased" if no file of the knowledge base holds a trace
        of it any more. Beside other processes that have it open it may be "pending": then it is found no more, and
        whoever owns the Chroma index, or opens the knowledge base next, does the rest.

        Raises:
            ArticleNotFound: no article has this id.
        """
        with self._catalog.writing() as writing:
            if not writing.erase(article_id):
                raise ArticleNotFound(f"no article has the id {article_id[:80]!r}; see: accordingto articles list")
        return "erased" if self._erase(_PATIENCE) else "pending"

    def _erase(self, patience: float) -> bool:
        """Sees to it that no file holds traces of what was removed, or that another process does; False if that is
        not so after `patience` seconds."""
        until = time.monotonic() + patience
        while self._catalog.writable and (removals := self._catalog.erasures()):
            if self._erase_now(removals, min(patience, 1.0)):
                return True
            if time.monotonic() >= until:
                return False
            # The owner of the Chroma index may be at it.
            time.sleep(min(patience, 0.1))
        return True

    def _erase_now(self, removals: Sequence[int], patience: float) -> bool:
        with self._erasing:
            if self._server is not None and not self._server.settled():
                return False
            if self._chroma is not None:
                self._chroma.begin_anew()
            elif not vectors.discard(self.folder):
                return False
            # Last the catalog, for the other two are made from it.
            done = exact.discard(self.folder) and self._catalog.scrub(patience)
            if done:
                self._catalog.erased(removals)
                made = self._catalog.making()
                if made is not None:
                    ExactIndex(self._catalog, made.dimension).save()
            return done

    def _plan(self, articles: Sequence[Article]) -> list[tuple[Article, Addition]]:
        ids = [article.id for article in articles]  # each is a digest of the whole text
        known = self._catalog.stored([article.source for article in articles], ids)
        by_source = {stored.source: stored for stored in known}
        by_id = {stored.article_id: stored for stored in known}
        plan = []
        for article, own_id in zip(articles, ids, strict=True):
            before, same = by_source.get(article.source), by_id.get(own_id)
            status = _status(article, before, same)
            plan.append((article, Addition(status, own_id)))
            if status in ("added", "updated"):
                stored = Stored(0, own_id, article.source, article.fingerprint)
                if before:
                    by_id.pop(before.article_id, None)
                by_source[article.source] = by_id[own_id] = stored
        return plan

    # -- origins

    def origins(self, article_ids: Iterable[str]) -> dict[str, str]:
        """The origin of each of these articles, as the id of the first article that is of it: those that carry one
        report, copied, cut or edited, have the same one."""
        return self._catalog.origins(list(article_ids))

    def copies(self, article_id: str) -> list[Copy]:
        """The other articles of the same origin, with the evidence, the strongest first."""
        return self._catalog.copies(article_id)

    def sizes_of_origins(self) -> dict[str, int]:
        """How many articles are of one origin with each that is not alone, itself counted; by article id."""
        return self._catalog.sizes()

    # -- what could not be added

    def failures(self) -> list[Failure]:
        """The records of which no article could be made so far."""
        return self._catalog.failures()

    def keep_failures(self, failed: Sequence[Failure], settled: Sequence[str]) -> None:
        """Keeps records that failed, and strikes off the sources that did not this time."""
        twice(lambda: self._catalog.keep_failures(failed, settled))

    # -- search

    def search(
        self,
        question: str,
        k: int = 10,
        filters: Filters = Filters(),
        *,
        voices: Callable[[Hit], Collection[str]] | None = None,
        copies: bool = False,
    ) -> list[Hit]:
        """The `k` passages that fit the question best, best first; a story that several articles carry counts once,
        with their passages beside it, unless `copies` are asked for too. `voices` names who is heard in a passage
        besides its outlet: of those that fit about equally well, the ones with voices not yet heard come first."""
        if len(question) > 0 and not question.isspace() and k > 0 and len(self):
            # Copies are few, so twice as many as asked for leave enough.
            hits = twice(lambda: self._ranked(question, max(2 * k + 10, _READ), filters))
            if self._reranker is not None:
                hits = reranked(question, hits, self._reranker)
            if not copies:
                hits = collapsed(hits, self.origins(hit.passage.article_id for hit in hits))
            return varied(hits, k, voices)
        return []

    def _ranked(self, question: str, count: int, filters: Filters) -> list[Hit]:
        """About `count` hits, best first: candidates by vectors and by words, all weighed by both."""
        if self._catalog.making() != self._making:
            self._exact = None  # another process has embedded all anew; what follows refuses and says so
        query = Query.parse(question)
        admitted = self._catalog.admitted(filters) if filters else None
        vector = self._embedder.questions([question])[0]
        near = self._near(vector, max(_CANDIDATES, count), admitted)
        if query.period is not None:
            near += self._near_in(query.period, vector, admitted)
        words = (*query.words, *query.phrases)
        lexical = dict(self._catalog.lexical(words, filters, max(_CANDIDATES, count)))
        # One article's words count for all its passages, so each of them is a candidate.
        scored = self._index().score(vector, near, list(lexical))
        by_words = np.array([lexical.get(article, 0.0) for article in scored.articles.tolist()])
        scores = scored.cosines + ARTICLE * by_words
        # Reading a passage costs more than all before. What its words will add is not known yet, but it goes with what
        # the article's words have added.
        chosen = np.lexsort((scored.passages, -scores - _FORESIGHT * by_words))[:count]
        candidates = zip(
            scored.passages[chosen].tolist(), scores[chosen].tolist(), scored.cosines[chosen].tolist(), strict=True
        )
        found = self._catalog.passages(scored.passages[chosen].tolist())
        weighing = Weighing(self._catalog.document_frequencies(query.words), len(self), query.period)
        hits = [
            Hit(*found[passage], score=score + weighing.of(*found[passage]), similarity=cosine)
            for passage, score, cosine in candidates
            if passage in found
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage.id or 0))

    def _near(self, vector: Vectors, count: int, admitted: Sequence[int] | None) -> list[int]:
        """The passages nearest to a vector, all or those of the admitted articles."""
        if admitted is None:
            candidates = self._candidates(vector, count)
            if candidates is not None:
                return candidates
        # Chroma filters after the fact and slowly; the exact scan only looks at what is admitted.
        return [passage for passage, _ in self._index().search(vector, count, admitted)]

    def _near_in(self, period: Period, vector: Vectors, admitted: Sequence[int] | None) -> list[int]:
        """The nearest passages of articles that were published in a period: what a question with a date is about may
        be far down among all that is like it."""
        published = self._catalog.published_in(period.first, period.last)
        if admitted is not None:
            published = sorted(set(published) & set(admitted))
        return [passage for passage, _ in self._index().search(vector, _CANDIDATES // 2, published)]

    def _candidates(self, vector: Vectors, count: int) -> list[int] | None:
        """What the Chroma index names, if this process has one that is up to date."""
        if self._server is None:
            return self._with_chroma(lambda chroma: chroma.candidates(vector, count))
        if not self._own:
            return None
        self._begin_tending()
        return self._server.candidates(vector, count)

    def _with_chroma(self, act: Callable[[ChromaProjection], _T]) -> _T | None:
        """What the act gives, on an index that is up to date; None if this process has none, or none any more."""
        try:
            chroma = self._projection()
            if chroma is None:
                return None
            chroma.sync()
            return act(chroma)
        except KnowledgeBaseError:
            raise
        except Exception as error:
            # Whatever a damaged index or a full disk makes Chroma raise, the catalog's own vectors answer.
            self._give_up_chroma(error)
            return None

    def _give_up_chroma(self, error: Exception) -> None:
        with self._opening:
            chroma, self._chroma = self._chroma, None
            if chroma is not None:
                chroma.abandon()
            elif self._tending is not None:
                return  # another thread has just given it up
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            self._notices.append(
                f"the vector index failed ({reason}); searches go on without it, and it is rebuilt at the next start"
            )

    def rarity(self, words: Iterable[str]) -> dict[str, float]:
        """How rare each word is among the articles: from 0 (in all of them) to 1 (in one, or none)."""
        import math

        words = list(words)
        total = max(len(self), 2)
        frequencies = self._catalog.document_frequencies(words)
        return {word: math.log(total / min(max(frequencies[word], 1), total)) / math.log(total) for word in words}

    def save(self) -> None:
        """Writes what lets the next process open at once; for the end of a run. Nothing depends on it."""
        if self._catalog.writable and len(self):
            self._index().save()

    def sync(self) -> None:
        """Brings the Chroma index up to date now, if this process may own it; searches do so by themselves."""
        if self._server is None:
            self._with_chroma(lambda chroma: None)
        elif self._own:
            with suppress(VectorServerAway):  # which `notice` tells
                self._server.sync()

    def attend(self) -> None:
        """Begins to look after the Chroma index, if this process may own it. What lies in the folder is brought up to
        date; a server is reached, and gets what it lacks in the background."""
        if self._server is None or not self._own:
            self.sync()
            return
        with suppress(VectorServerAway):
            self._server.reach()
        self._begin_tending()

    @property
    def vector_search(self) -> Literal["exact", "folder", "server"]:
        """What a search without filters goes through now: the catalog's own vectors, or a Chroma index."""
        if self._server is not None:
            return "server" if self._own and self._server.current else "exact"
        return "folder" if self._chroma is not None else "exact"

    @property
    def notice(self) -> str | None:
        """One line about what was mended or given up since the opening, if anything was."""
        server = self._server
        told = [] if server is None else [server.rebuilt, server.trouble and f"{server.trouble}; searches are exact"]
        return "; ".join(filter(None, [*self._notices, *told])) or None

    def check(self) -> list[Problem]:
        """What is wrong with the knowledge base; empty if nothing is. Reads all of it."""
        problems = [Problem(text, derived=False) for text in self._catalog.integrity()]
        derived = self._catalog.lexical_problems()
        if not problems:
            derived += self._catalog.origin_problems()
        made = self._catalog.making()
        if made is not None:
            derived += ExactIndex(self._catalog, made.dimension).problems()
            derived += vectors.problems(self._catalog, made.dimension)
        return [*problems, *(Problem(text, derived=True) for text in derived), *self._problems_of_server()]

    def _problems_of_server(self) -> list[Problem]:
        if self._server is None:
            return []
        try:
            return [Problem(text, derived=True) for text in self._server.problems()]
        except VectorServerAway as error:
            return [Problem(str(error), derived=True, checked=False)]

    def repair(self) -> list[str]:
        """Makes everything anew that is derived from the record, and says what was done, one line each."""
        self._catalog.rebuild_lexical()
        self._catalog.rebuild_origins()
        done = ["the lexical index was made anew", "the articles were grouped by origin anew"]
        made = self._catalog.making()
        if exact.discard(self.folder):
            if made is not None:
                ExactIndex(self._catalog, made.dimension).save()
            done.append("the file of vectors was written anew")
        if self._server is not None:
            done.append(self._repair_server(self._server))
        elif self._chroma is not None:
            self._chroma.begin_anew()
            self.sync()
            done.append("the Chroma index was made anew")
        elif vectors.discard(self.folder):
            done.append("the Chroma index was deleted; who owns it next makes it anew")
        else:
            done.append("the Chroma index was left to the process that owns it, which looks after it")
        return done

    def _repair_server(self, server: ServerProjection) -> str:
        try:
            server.begin_anew()
            server.sync()
        except VectorServerAway as error:
            return f"the collection on the Chroma server was not made anew: {error}"
        return "the collection on the Chroma server was made anew"

    def reembed(self) -> Iterator[int]:
        """Embeds every passage anew with this knowledge base's model, and says how many are done. The old vectors stay
        until all are; a run that is broken off goes on where it stopped."""
        made, making = self._catalog.making(), self._making
        if made is None:
            return
        # Passages stay as they were cut.
        making = replace(making, scheme=made.scheme)
        yield from self._catalog.reembed(making, self._embedder.passages)
        # Their marks would tell, but a check would have to say so.
        vectors.discard(self.folder)
        ExactIndex(self._catalog, making.dimension).save()

    def _index(self) -> ExactIndex:
        with self._opening:
            if self._exact is None:
                making = self._making
                if self._catalog.making() not in (None, making):
                    raise OtherModel(
                        f"{self.place} was embedded with other weights of {making.embedder!r}; bring those back, or "
                        "embed the articles anew with: accordingto check --reembed"
                    )
                self._exact = ExactIndex(self._catalog, making.dimension)
                if self._exact.distrusted:
                    self._notices.append(f"{self._exact.distrusted}, and was written anew from the catalog")
                    self._exact.save()
            return self._exact

    def _projection(self) -> ChromaProjection | None:
        if not self._own:
            return None
        with self._opening:
            if not self._chroma_tried:
                self._chroma_tried = True
                self._chroma = ChromaProjection.open(self._catalog, self._making.dimension)
                if self._chroma is not None:
                    if self._chroma.rebuilt:
                        self._notices.append(self._chroma.rebuilt)
                    self._tending = threading.Thread(target=self._tend, name="tending", daemon=True)
                    self._tending.start()
            return self._chroma

    def _begin_tending(self) -> None:
        with self._opening:
            if self._tending is None:
                self._tending = threading.Thread(target=self._tend, args=(0.0,), name="tending", daemon=True)
                self._tending.start()

    def _tend(self, first: float = _TENDING) -> None:
        """What an owner does while nobody asks: follows what other processes add, and erases what they remove."""
        pause = first
        while not self._closing.wait(pause):
            pause = _TENDING
            try:
                self._erase(patience=0)
                if self._server is not None:
                    self._server.tend()
                else:
                    self.sync()
            except Exception as error:
                # The border of this thread. A full disk may be free again at the next turn; a question would say so.
                _log.warning("the knowledge base in %s cannot be tended now: %s", self.place, error)

    @cached_property
    def _making(self) -> Making:
        return Making(self._embedder.name, self._embedder.digest, self._embedder.dimension, SCHEME)

    def _refuse_other_model(self) -> None:
        """Compares by name first, for a digest may have to load the model."""
        made = self._catalog.making()
        if made is None:
            return
        if made.embedder != self._embedder.name:
            raise OtherModel(
                f"{self.place} was embedded with {made.embedder!r}, and the setting says {self._embedder.name!r}; "
                f"set ACCORDINGTO_EMBEDDING_MODEL={made.embedder}, or embed the articles anew with: "
                "accordingto check --reembed"
            )
        if made.scheme != SCHEME:
            raise OtherModel(
                f"the passages in {self.place} were cut by another version ({made.scheme}, this one {SCHEME}); "
                "install the version that made it, or ingest the articles into a new folder"
            )


def prepare(model: Embedder, articles: Sequence[Article], catalog: Catalog | None) -> Embedded:
    """What adding these articles takes longest to make; of those alone that would be stored, if the catalog can be
    asked. It may be made on another machine, and decides nothing: `KnowledgeBase.add` does."""
    if catalog is not None:
        return KnowledgeBase(catalog, model)._prepared(articles).embedded
    passages = [split(article) for article in articles]
    vectors = _embed(model, list(zip(articles, passages, strict=True)))
    return dict(zip((a.id for a in articles), zip(passages, vectors, strict=True), strict=True))


def _embed(model: Embedder, new: list[tuple[Article, list[Passage]]]) -> list[Vectors]:
    """The vectors of each article's passages; the title is embedded with every passage."""
    texts = [f"{article.title}\n{passage.text}" for article, passages in new for passage in passages]
    if not texts:
        return [model.passages([]) for _ in new] if new else []
    vectors = model.passages(texts)
    found, at = [], 0
    for _, passages in new:
        found.append(vectors[at : at + len(passages)])
        at += len(passages)
    return found


def _status(article: Article, before: Stored | None, same: Stored | None) -> Status:
    if before is not None and before.fingerprint == article.fingerprint:
        return "unchanged"
    if same is not None and (before is None or same.article_id != before.article_id):
        return "duplicate"
    return "updated" if before is not None else "added"
