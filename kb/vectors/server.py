"""A Chroma server as the vector index, for as many processes as like.

The collection carries in its metadata how far it follows the catalog, so that the watermark goes where the vectors go:
a server that comes back empty, or from a backup, is caught up from there. Whoever gets the lock sends what is missing;
the others see it. To send twice does no harm, for a passage has one number and one vector for ever.

No question waits for the server longer than `_ASKING` seconds, and none when it is known to be away or behind: then the
catalog's own vectors are searched. What a server says is never shown, since it may repeat what it was sent.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeGuard, cast
from urllib.parse import parse_qs, urlsplit

import numpy as np
from filelock import FileLock, Timeout

from kb.catalog import Catalog, Change
from kb.embedding import Vectors
from kb.errors import KnowledgeBaseError, VectorServerAway
from kb.vectors.feeding import CONFIGURATION, Row, forget, portions, send

if TYPE_CHECKING:
    import chromadb
    from chromadb.api import ServerAPI

__all__ = ["Server", "ServerProjection"]

_LOCK = "chroma-server.lock"
_FORMAT = 1
_ASKING = 3.0  # seconds that a question waits for the server
_WRITING = 60.0  # seconds that an update waits for it
_LONGEST_PAUSE = 30.0  # seconds between two tries to reach a server that is away
_ROWS = 2000  # passages sent at a time, if the server takes as many
_ARTICLES = 500  # articles after which the watermark moves

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Server:
    """Where a Chroma server is, and what it wants to be shown."""

    url: str
    """https://host:port, with ?tenant=…&database=… where they are not Chroma's default ones."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with every request, such as a token."""

    @property
    def place(self) -> str:
        """The server as messages name it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"

    @property
    def tenant(self) -> str:
        return parse_qs(urlsplit(self.url).query).get("tenant", ["default_tenant"])[0]

    @property
    def database(self) -> str:
        return parse_qs(urlsplit(self.url).query).get("database", ["default_database"])[0]


@dataclass(frozen=True, slots=True)
class _Connection:
    """One collection, as those who ask and those who write reach it, and what is known of it."""

    asking: chromadb.Collection
    writing: chromadb.Collection
    apis: tuple[Any, Any]
    watermark: int = -1
    """The change up to which it is known to be complete."""
    mark: str | None = None
    """The mark of that change."""
    count: int = 0
    """How many passages it has then."""


class ServerProjection:
    """One process's view of the collection of one knowledge base. Nothing is connected before `sync`. Safe to use from
    several threads."""

    def __init__(self, catalog: Catalog, server: Server) -> None:
        self._catalog = catalog
        self._server = server
        self._syncing = threading.RLock()
        self._connection: _Connection | None = None
        self._failures = 0
        self._next = 0.0
        self._lock = FileLock(catalog.folder / _LOCK)
        self.trouble: str | None = None
        """Why searches go on without the server now, in one line; None if they need not."""
        self.rebuilt: str | None = None
        """Why the collection was filled anew the last time, in one line; None if it never was."""

    @property
    def current(self) -> bool:
        """Whether questions are asked of the server now: it is within reach and holds all that the catalog holds."""
        return self._fits(self._connection)

    def _fits(self, connection: _Connection | None) -> TypeGuard[_Connection]:
        """Whether a collection is the catalog's as of now: not behind, and not of one that was there before it."""
        if connection is None or connection.watermark != self._catalog.latest_change():
            return False
        return connection.mark == self._catalog.mark(connection.watermark)

    def candidates(self, vector: Vectors, k: int) -> list[int] | None:
        """About the `k` nearest passages to a unit vector of shape (dimension,), by their numbers; None if the server
        is away, behind, or answers what cannot be."""
        connection = self._connection
        if not self._fits(connection):
            return None
        if not connection.count:
            return []
        try:
            found = connection.asking.query(query_embeddings=vector.reshape(1, -1), n_results=k, include=[])
            numbers = [int(key) for key in found["ids"][0]]
            if len(set(numbers)) < min(k, connection.count):
                raise ValueError("fewer than there are")
        except Exception as error:  # the border to another program, which may say anything
            self._lost(connection, error)
            return None
        self._failures = 0
        return numbers

    def tend(self) -> None:
        """What is to be done again and again: reaches the server if it is away, and brings it up to date. Does not
        raise for what the server does, and leaves it alone for a while after it has failed."""
        if time.monotonic() >= self._next:
            with contextlib.suppress(VectorServerAway):
                self.sync()

    def reach(self) -> None:
        """Connects, without sending anything.

        Raises:
            VectorServerAway: it cannot be used now; the message names the mend.
        """
        with self._syncing, self._mapped():
            self._connection = self._connection or self._connect()

    def sync(self) -> None:
        """Brings the collection up to the catalog's latest change, unless another process is at it.

        Raises:
            VectorServerAway: it cannot be used now; the message names the mend.
        """
        with self._syncing, self._mapped():
            self._connection = self._connection or self._connect()
            with self._alone() as alone:
                self._follow(alone)
        if self.trouble:
            _log.warning("the Chroma server at %s is in use again", self._server.place)
            self.trouble = None

    def settled(self) -> bool:
        """Brings the collection up to date, as `tend`; whether that went through."""
        self.tend()
        return self.current

    def begin_anew(self) -> None:
        """Deletes the collection; the next `sync` fills it again.

        Raises:
            VectorServerAway: it cannot be used now, or another process is filling it.
        """
        with self._syncing, self._mapped(), self._alone() as alone:
            if not alone:
                raise VectorServerAway(f"another process is filling the Chroma server at {self._server.place}; wait")
            self._connection = self._anew(self._connection or self._connect())

    def problems(self) -> list[str]:
        """What differs between the collection and the catalog, one line each; reads every vector.

        Raises:
            VectorServerAway: it cannot be used now; the message names the mend.
        """
        self.sync()
        with self._syncing, self._mapped():
            connection = self._connection
            assert connection is not None
            seen = right = 0
            for rows in _portioned(self._catalog.vectors(), _ROWS):
                seen += len(rows)
                right += _right(connection.writing, rows)
            wrong = seen - right + max(connection.writing.count() - seen, 0)
        return [f"the Chroma server differs from the catalog in {wrong} passages"] if wrong else []

    def close(self) -> None:
        """Lets the server go. The object is of no use afterwards."""
        self._next = float("inf")
        with self._syncing:
            self._let_go()

    # -- the server's side

    def _connect(self) -> _Connection:
        identity = self._catalog.identity()
        if identity is None:
            raise VectorServerAway(f"{self._catalog.folder} is read-only, so no name for its collection can be kept")
        asking, writing = self._api(_ASKING), self._api(_WRITING)
        try:
            return self._collection(asking, writing, f"accordingto-{identity}")
        except BaseException:
            _stop(asking, writing)
            raise

    def _collection(self, asking: Any, writing: Any, name: str) -> _Connection:
        from chromadb.api.models.Collection import Collection
        from chromadb.errors import NotFoundError

        there = {"tenant": self._server.tenant, "database": self._server.database}
        try:
            # By the impatient one, so that a server which hangs is noticed as soon.
            model = asking.get_collection(name, **there)
        except NotFoundError:
            # Its metadata is for a new one only; another process may just have made it.
            model = writing.create_collection(
                name, configuration=CONFIGURATION, metadata=self._mark(0), get_or_create=True, **there
            )
        reached = [Collection(client=api, model=model, embedding_function=None) for api in (asking, writing)]
        return _Connection(reached[0], reached[1], (asking, writing))

    def _api(self, seconds: float) -> ServerAPI:
        """Chroma's client over a connection that gives up. Its own constructor waits for ever, and asks at once."""
        os.environ["ANONYMIZED_TELEMETRY"] = "False"
        import httpx
        from chromadb.api import ServerAPI
        from chromadb.config import Settings, System

        parts = urlsplit(self._server.url)
        settings = Settings(
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host=self._server.place,
            chroma_server_http_port=parts.port or (443 if parts.scheme == "https" else 80),
            chroma_server_ssl_enabled=parts.scheme == "https",
            chroma_server_headers=dict(self._server.headers),
            anonymized_telemetry=False,
        )
        api: Any = System(settings).instance(cast(Any, ServerAPI))
        api._session.timeout = httpx.Timeout(seconds, connect=min(seconds, _ASKING))
        return cast("ServerAPI", api)

    def _mark(self, watermark: int) -> dict[str, Any]:
        mark = self._catalog.mark(watermark) or ""
        dimension = self._dimension if watermark else 0  # before the first article it is not known
        return {"format": _FORMAT, "dimension": dimension, "watermark": watermark, "mark": mark}

    @property
    def _dimension(self) -> int:
        made = self._catalog.making()
        return made.dimension if made else 0

    def _read_mark(self, connection: _Connection) -> int | None:
        """How far the collection goes; None if that is not known, or it is another catalog's."""
        from chromadb.errors import NotFoundError

        there = {"tenant": self._server.tenant, "database": self._server.database}
        try:
            model = connection.apis[0].get_collection(connection.asking.name, **there)
        except NotFoundError:
            return None
        mark = model.metadata or {}
        watermark = mark.get("watermark")
        known = model.id == connection.asking.id and isinstance(watermark, int)
        return watermark if known and mark == self._mark(cast(int, watermark)) else None

    def _follow(self, alone: bool) -> None:
        """Sends what is missing, if nobody else does; what is then known of the collection is kept."""
        connection = self._connection
        assert connection is not None
        watermark = self._read_mark(connection)
        if watermark is None:
            # Somebody else may have made it anew, or it came back from a backup, or is not ours.
            self._let_go()
            connection = self._connection = self._connect()
            watermark = self._read_mark(connection)
        if watermark is None:
            if not alone:
                return
            self.rebuilt = f"the collection on {self._server.place} did not fit the articles, and was filled anew"
            connection, watermark = self._anew(connection), 0
        changes = self._catalog.changes(watermark)
        if changes and alone:
            watermark = self._send(connection, changes)
        if watermark != connection.watermark:
            self._connection = self._counted(connection, watermark, alone)

    def _send(self, connection: _Connection, changes: Sequence[Change]) -> int:
        """Brings the collection up to the last of these changes, and its mark with it, portion by portion."""
        collection = connection.writing
        limit = connection.apis[1].get_max_batch_size()
        limit = min(limit, _ROWS) if limit > 0 else _ROWS
        dimension = self._dimension
        gone = {change.article for change in changes if not change.added}
        for at in range(0, len(changes), _ARTICLES):
            some = changes[at : at + _ARTICLES]
            forget(collection, {change.article for change in some if not change.added})
            came = {change.article for change in some if change.added} - gone
            for rows in portions(self._catalog, came, limit):
                send(collection, rows, dimension)
            collection.modify(metadata=self._mark(some[-1].seq))
        return changes[-1].seq

    def _counted(self, connection: _Connection, watermark: int, alone: bool) -> _Connection:
        """The connection, good for questions if the collection holds as many passages as the catalog; else it is filled
        anew, once."""
        for again in (False, True):
            count, expected = connection.writing.count(), self._catalog.counts()[1]
            if self._catalog.latest_change() != watermark:
                return replace(connection, watermark=-1)  # not to be compared; the next turn will
            if count == expected:
                return replace(connection, watermark=watermark, mark=self._catalog.mark(watermark), count=count)
            if again or not alone:
                break
            self.rebuilt = f"the collection on {self._server.place} was incomplete, and was filled anew"
            connection = self._anew(connection)
            watermark = self._send(connection, self._catalog.changes(0))
        raise ValueError("fewer than there are")

    def _anew(self, connection: _Connection) -> _Connection:
        from chromadb.errors import NotFoundError

        asking, writing = connection.apis
        self._connection = replace(connection, watermark=-1)
        with contextlib.suppress(NotFoundError):
            writing.delete_collection(
                connection.writing.name, tenant=self._server.tenant, database=self._server.database
            )
        self._connection = self._collection(asking, writing, connection.writing.name)
        return self._connection

    # -- what goes wrong

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether no other process sends now; for the length of a `with` block none does then."""
        try:
            self._lock.acquire(blocking=False)
        except (Timeout, OSError):  # a folder that may not be written
            yield False
            return
        try:
            with self._catalog.projecting() as alone:
                yield alone
        finally:
            self._lock.release()

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        """Turns whatever the server makes of a request into one error of ours."""
        try:
            yield
        except KnowledgeBaseError:
            raise
        except Exception as error:
            # Not chained: a trace of theirs may show what was sent.
            raise VectorServerAway(self._lost(self._connection, error)) from None

    def _lost(self, connection: _Connection | None, error: Exception) -> str:
        """Goes on without the server for a while, and says why."""
        message = f"the Chroma server at {self._server.place} {_why(error)}"
        if self._connection is not connection:
            return message  # another thread has noticed before
        self._failures += 1
        self._next = time.monotonic() + min(2.0 ** min(self._failures, 9), _LONGEST_PAUSE)
        self._let_go()
        if self.trouble != message:
            self.trouble = message
            _log.warning("%s; searches go on without it", message)
        return message

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            _stop(*connection.apis)


def _stop(*apis: Any) -> None:
    for api in apis:
        api._session.close()


def _portioned(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    rows = iter(rows)
    while portion := list(itertools.islice(rows, size)):
        yield portion


def _right(collection: chromadb.Collection, rows: Sequence[Row]) -> int:
    """How many of these passages a collection holds as the catalog does."""
    held = collection.get(ids=[str(row[0]) for row in rows], include=["embeddings"])
    embeddings = held["embeddings"]
    vectors = dict(zip(held["ids"], [] if embeddings is None else embeddings, strict=True))
    right = 0
    for passage, _, stored in rows:
        expected, found = np.frombuffer(stored, np.float16), vectors.get(str(passage))
        right += found is not None and len(found) == len(expected) and np.allclose(found, expected, atol=1e-4)
    return right


def _why(error: Exception) -> str:
    """What is wrong, and the mend. Nothing that the server says is repeated."""
    import httpx
    from chromadb.errors import AuthorizationError, ChromaAuthError, ChromaError

    status = _status(error)
    if status in (401, 403) or isinstance(error, AuthorizationError | ChromaAuthError):
        return f"does not let us in ({status}); correct ACCORDINGTO_CHROMA_HEADERS"
    if isinstance(error, httpx.TimeoutException):
        return "did not answer in time; see what keeps it busy"
    if isinstance(error, httpx.ConnectError):
        if "CERTIFICATE" in str(error):
            return "shows a certificate that is not trusted; name the file of its authority in SSL_CERT_FILE"
        if "WRONG_VERSION_NUMBER" in str(error):
            return "does not speak https; begin ACCORDINGTO_CHROMA_URL with http://, or set up TLS before it"
        return f"does not answer ({error}); start it, or correct ACCORDINGTO_CHROMA_URL"
    if isinstance(error, httpx.TransportError):
        return f"broke off ({type(error).__name__}); see whether it is at work, or correct ACCORDINGTO_CHROMA_URL"
    if isinstance(error, ChromaError):
        return f"refuses ({error.name()}); see its log, or correct ACCORDINGTO_CHROMA_URL"
    if status is not None:
        return f"answers {status}; see its log, or correct ACCORDINGTO_CHROMA_URL"
    return f"answers what no Chroma server does ({type(error).__name__}); correct ACCORDINGTO_CHROMA_URL"


def _status(error: BaseException | None) -> int | None:
    """The HTTP status that led to an error, which Chroma's client keeps only in its context."""
    while error is not None:
        response = getattr(error, "response", None)
        if response is not None:
            return int(response.status_code)
        error = error.__cause__ or error.__context__
    return None
