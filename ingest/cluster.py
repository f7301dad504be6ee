"""Reading, cleaning and embedding on a Ray cluster. The only file that knows Ray.

Everything that decides anything is what a run on one machine uses: the same readers, the same cleaning, the same cut
into passages, the same embedder. What comes back is in the order of the files, and is stored by the process that asked.
A task that is lost is run again and gives the same; nothing was written by it.
"""

from __future__ import annotations

import importlib
import logging
import os
import pickle
import secrets
import socket
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from ingest.cleaning import Given
from ingest.loaders import Piece, Rejection, load_pieces, pieces
from ingest.pipeline import Item, cleaned
from kb.article import Article
from kb.embedding import Embedder, embedder
from kb.errors import KnowledgeBaseError, OtherModel

if TYPE_CHECKING:
    import pyarrow as pa

    from kb.catalog import Catalog

__all__ = ["Cluster", "prepared"]

_FILES = 16  # files that one task reads
_BLOCK = 1 << 17  # bytes that go from one task to the next; few, for one file is to keep several workers busy
_ARTICLES = 32  # that a worker gets at a time
_STORE = 256 << 20  # bytes of memory for what is on its way, on this machine
_READING = 0.25  # of a core, for reading waits for disks
_PATIENCE = 5.0  # seconds for a cluster to be reached; Ray itself takes minutes to give up


@dataclass(frozen=True, slots=True)
class Cluster:
    """Which machines, and how many of their cores."""

    address: str | None = None
    """Of the head of a cluster that runs and that this machine is of, host:port. None starts one on this machine, for
    one run."""
    workers: int | None = None
    """Processes that hold the embedding model, a core each; as many as there are cores if it is not said."""
    load: Callable[[str], Embedder] = embedder
    """How a worker gets the model, by the name of the knowledge base's own."""


class Where(Protocol):
    """What workers are told of a knowledge base."""

    @property
    def embedder(self) -> Embedder:
        """The model that it uses."""

    @property
    def folder(self) -> Path:
        """The folder that it is in."""

    @property
    def database(self) -> str | None:
        """The address of its database, if it is in one."""


def prepared(
    cluster: Cluster, base: Where, paths: Iterable[str | Path], given: Given, *, allow_private_addresses: bool = False
) -> Generator[Item]:
    """What a run on one machine would read and clean, in the same order, with passages and vectors.

    Raises:
        KnowledgeBaseError: Ray is not installed or does not answer, or its machines have another model.
    """
    with _connected(cluster) as (ray, workers):
        tasks = ray.data.from_arrow([_table(some) for some in _tasks(paths)] or [_table([])])
        read = tasks.map_batches(
            _read,
            fn_kwargs={"allow_private_addresses": allow_private_addresses},
            batch_size=None,
            batch_format="pyarrow",
            num_cpus=_READING,
        )
        model = base.embedder
        made = read.map_batches(
            _Worker,
            fn_constructor_kwargs={
                "load": cluster.load,
                "model": (model.name, model.digest),
                "base": (base.folder, base.database),
                "given": given,
            },
            batch_size=_ARTICLES,
            batch_format="pyarrow",
            num_cpus=1,
            compute=ray.data.ActorPoolStrategy(**workers),
        )
        try:
            for table in made.iter_batches(batch_size=None, batch_format="pyarrow"):
                yield from _items(table)
        except ray.exceptions.RayError as error:
            raise _told(error) from error


def _told(error: BaseException) -> BaseException:
    """What a worker raised, if it is ours to tell; what Ray makes of it names its own inside."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, KnowledgeBaseError):
            return cause
        cause = getattr(cause, "cause", None) or cause.__cause__
    line = next(filter(None, map(str.strip, reversed(str(error).splitlines()))), type(error).__name__)
    return KnowledgeBaseError(f"the Ray cluster gave up ({line[:200]}); what was reported is stored, run it again")


def _tasks(paths: Iterable[str | Path]) -> Iterator[list[Piece | Rejection]]:
    """A few files each. All addresses are in one, so that each server is asked by one client, at its pace."""
    found: list[Piece | Rejection] = []
    addresses: list[Piece | Rejection] = []
    for piece in pieces(*paths):
        if isinstance(piece, Piece) and piece.address:
            addresses.append(piece)
            continue
        found.append(piece)
        if len(found) == _FILES:
            yield found
            found = []
    yield from filter(None, (found, addresses))


# -- what the workers do


def _read(tasks: pa.Table, *, allow_private_addresses: bool) -> Iterator[pa.Table]:
    for record in load_pieces(_items(tasks), allow_private_addresses=allow_private_addresses):
        yield _table([record])


class _Worker:
    """Holds the model; cleans, cuts and embeds."""

    def __init__(
        self,
        load: Callable[[str], Embedder],
        model: tuple[str, str],
        base: tuple[Path, str | None],
        given: Given,
    ) -> None:
        name, digest = model
        self._model = load(name)
        if self._model.digest != digest:
            raise OtherModel(f"a machine of the cluster has other weights of {name!r}; install the same on all of them")
        self._base = base
        self._given = given

    def __call__(self, records: pa.Table) -> pa.Table:
        from kb.knowledge_base import prepare

        found = [cleaned(record, self._given) for record in _items(records)]
        with _catalog(*self._base) as catalog:
            made = prepare(self._model, [item.result for item in found if isinstance(item.result, Article)], catalog)
        return _table(
            [
                replace(item, embedded=made.get(item.result.id)) if isinstance(item.result, Article) else item
                for item in found
            ]
        )


@contextmanager
def _catalog(folder: Path, url: str | None) -> Iterator[Catalog | None]:
    """The record, to see what is stored already; None on a machine that does not reach it. Opened for each batch, so
    that many workers do not hold many connections."""
    from kb.catalog import Catalog

    try:
        catalog = Catalog.open(folder, create=False, url=url)
    except KnowledgeBaseError:
        yield None
        return
    with closing(catalog):
        yield catalog


# -- what goes from one to the next


def _table(items: Sequence[object]) -> pa.Table:
    import pyarrow as pa

    return pa.table({"item": pa.array([pickle.dumps(item) for item in items], pa.large_binary())})


def _items(table: pa.Table) -> Iterator[Any]:
    for item in table["item"].to_pylist():
        yield pickle.loads(item)  # noqa: S301 - made by `_table`, in a process of this run


# -- the cluster


@contextmanager
def _connected(cluster: Cluster) -> Iterator[tuple[Any, dict[str, int]]]:
    """Ray, and the bounds of the pool of workers."""
    _told_beforehand(cluster.address)
    try:
        ray: Any = importlib.import_module("ray")
        importlib.import_module("ray.data")
        logging.getLogger("ray.data").setLevel(logging.ERROR)
    except ImportError as error:
        raise KnowledgeBaseError(
            "--engine ray needs the extra of that name; run: pip install 'accordingto[ray]'"
        ) from error
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as scratch:
        try:
            if cluster.address is None:
                count = cluster.workers or os.cpu_count() or 1
                _start_here(ray, count, scratch)
                workers = {"size": count}
            else:
                _reach(cluster.address)
                ray.init(cluster.address, log_to_driver=False, logging_level=logging.ERROR)
                cores = int(ray.cluster_resources().get("CPU", 1))
                workers = {"min_size": 1, "max_size": cluster.workers or max(cores, 1)}
        except (OSError, RuntimeError, ValueError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise KnowledgeBaseError(
                f"no Ray cluster at {cluster.address} ({reason}); start it, correct ACCORDINGTO_RAY_ADDRESS, give the "
                "token that it asks for as RAY_AUTH_TOKEN, or leave out --engine ray"
                if cluster.address
                else f"Ray does not start on this machine ({reason}); leave out --engine ray"
            ) from error
        try:
            context = ray.data.DataContext.get_current()
            context.execution_options.preserve_order = True  # so that articles get the numbers they would get here
            context.enable_progress_bars = False
            context.target_max_block_size = _BLOCK
            yield ray, workers
        finally:
            ray.shutdown()


def _told_beforehand(address: str | None) -> None:
    """What Ray reads from the environment when it is imported."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # it would report its use by default
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what matters is raised
    if address is None:
        # Its ports are open to the network whatever it is told, so nobody gets in without a word that is made up here.
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        return
    os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")  # of connecting, each of which takes most of a minute
    # `ray start` asks for a token wherever it finds one. Whoever connects has to be told to bring it.
    if {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys() or Path("~/.ray/auth_token").expanduser().exists():
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def _reach(address: str) -> None:
    """
    Raises:
        OSError: nobody listens there.
        ValueError: it is no address, or not one that Ray Data can use.
    """
    if "://" in address:
        raise ValueError("Ray Data does not run through Ray's client; give the head's host:port")
    parts = urlsplit(f"//{address}")
    if parts.hostname and parts.port:
        socket.create_connection((parts.hostname, parts.port), _PATIENCE).close()


def _start_here(ray: Any, workers: int, scratch: str) -> None:
    ray.init(
        address="local",
        num_cpus=workers + 1,  # so that there is room to read while all workers embed
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        object_store_memory=_STORE,
        _node_ip_address="127.0.0.1",
        _temp_dir=scratch,  # what it keeps of texts goes with it
    )
