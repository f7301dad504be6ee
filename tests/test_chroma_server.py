"""A Chroma server as the vector index: shared, caught up, and never trusted further than it can be."""

from __future__ import annotations

import datetime
import ipaddress
import itertools
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant import Assistant
from assistant.command import app
from kb import KnowledgeBase
from kb.catalog import Catalog, Making
from kb.embedding import HashEmbedder
from kb.errors import VectorServerAway
from kb.vectors import Server, ServerProjection
from tests.chroma_servers import ChromaServer, Gate, free_port, gate
from tests.conftest import article
from tests.processes import processes, run_ingest, write_articles
from tests.test_exact import DIMENSION, brute, drop, fill, unit

TOKEN = "s3cret-token-of-the-server"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog.open(tmp_path / "kb", create=True)) as opened:
        with opened.writing() as writing:
            writing.made_by(Making("some model", "", DIMENSION, "1"))
        yield opened


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ChromaServer]:
    """One that a test may kill."""
    with ChromaServer(tmp_path / "server").running() as server:
        yield server


@pytest.fixture
def through(chroma_server: ChromaServer) -> Iterator[Gate]:
    """A gate before the server that all tests share."""
    with gate(chroma_server.url) as opened:
        yield opened


@pytest.fixture
def projected(catalog: Catalog) -> Callable[..., AbstractContextManager[ServerProjection]]:
    @contextmanager
    def project(url: str, headers: dict[str, str] | None = None) -> Iterator[ServerProjection]:
        with closing(ServerProjection(catalog, Server(url, headers or {}))) as projection:
            yield projection

    return project


def nearest(projection: ServerProjection, seed: int, k: int = 10) -> set[int] | None:
    found = projection.candidates(unit(1, seed)[0], k)
    return None if found is None else set(found)


def expected(catalog: Catalog, seed: int, k: int = 10) -> set[int]:
    return {number for number, _ in brute(catalog, unit(1, seed)[0], k)}


def collection(projection: ServerProjection) -> Any:
    connection = projection._connection
    assert connection is not None
    return connection.writing


# -- the same projection


def test_it_names_the_nearest_and_follows_what_comes_and_goes(
    catalog: Catalog, chroma_server: ChromaServer, projected: Any
) -> None:
    stored = fill(catalog, unit(60, seed=1))
    with projected(chroma_server.url) as projection:
        assert nearest(projection, 2) is None  # nothing is asked before it is known to be complete
        projection.sync()
        assert nearest(projection, 2) == expected(catalog, 2)
        drop(catalog, stored[::2])
        fill(catalog, unit(10, seed=3), "more")
        assert nearest(projection, 2) is None  # behind
        projection.sync()
        assert nearest(projection, 2) == expected(catalog, 2)
        drop(catalog, [*stored[1::2]])
        projection.sync()
        assert nearest(projection, 2, 50) == expected(catalog, 2, 50)


def test_nothing_is_found_where_nothing_is(catalog: Catalog, chroma_server: ChromaServer, projected: Any) -> None:
    with projected(chroma_server.url) as projection:
        projection.sync()
        assert projection.candidates(unit(1, seed=4)[0], 5) == []
        fill(catalog, unit(3, seed=5))
        projection.sync()
        assert nearest(projection, 6, 50) == {1, 2, 3}
        assert projection.rebuilt is None


def test_two_see_what_one_has_sent_and_send_nothing_twice(
    catalog: Catalog, through: Gate, projected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.vectors.server._ARTICLES", 7)
    fill(catalog, unit(20, seed=7))
    with projected(through.url) as first, projected(through.url) as second:
        first.sync()
        sent = [path for path in through.asked if path.endswith("/upsert")]
        second.sync()
        assert nearest(first, 8) == nearest(second, 8) == expected(catalog, 8)
        assert [path for path in through.asked if path.endswith("/upsert")] == sent
        assert len(sent) == 3


def test_knowledge_bases_on_one_server_do_not_mix(tmp_path: Path, chroma_server: ChromaServer) -> None:
    server = Server(chroma_server.url)
    with (
        KnowledgeBase.open(tmp_path / "a", model=HashEmbedder(), create=True, own=True, chroma=server) as one,
        KnowledgeBase.open(tmp_path / "b", model=HashEmbedder(), create=True, own=True, chroma=server) as other,
    ):
        one.add([article("A convoy left Goris for Lachin.")])
        other.add([article("A ceasefire was declared in Moscow.")])
        for base, word in ((one, "convoy"), (other, "ceasefire")):
            base.sync()
            assert base.vector_search == "server"
            assert word in base.search("convoy ceasefire", 5)[0].passage.text
            assert len(base.search("convoy ceasefire", 5)) == 1


SPOILT: dict[str, tuple[Callable[[Any], object], str]] = {
    "a mark of another catalog": (lambda held: held.modify(metadata={**held.metadata, "mark": "0"}), "did not fit"),
    "no mark": (lambda held: held.modify(metadata={"else": 1}), "did not fit"),
    "another dimension": (lambda held: held.modify(metadata={**held.metadata, "dimension": 7}), "did not fit"),
    "passages are missing": (lambda held: held.delete(ids=["3", "4"]), "incomplete"),
    "passages too many": (lambda held: held.upsert(ids=["99"], embeddings=unit(1, 99)), "incomplete"),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_collection_that_is_not_the_catalogs_is_filled_anew(
    catalog: Catalog, chroma_server: ChromaServer, projected: Any, kind: str
) -> None:
    spoil, reason = SPOILT[kind]
    fill(catalog, unit(30, seed=9))
    with projected(chroma_server.url) as projection, projected(chroma_server.url) as another:
        projection.sync()
        spoil(collection(projection))
        another.sync()
        assert reason in another.rebuilt
        assert nearest(another, 10, 30) == set(range(1, 31))
        # Who held the old one takes the new one up.
        projection.sync()
        assert nearest(projection, 10) == expected(catalog, 10)


def test_vectors_that_were_changed_are_found_by_a_check(
    catalog: Catalog, chroma_server: ChromaServer, projected: Any
) -> None:
    fill(catalog, unit(5, seed=11))
    with projected(chroma_server.url) as projection:
        assert projection.problems() == []
        collection(projection).update(ids=["2"], embeddings=unit(1, seed=12))
        assert projection.problems() == ["the Chroma server differs from the catalog in 1 passages"]
        projection.begin_anew()
        assert projection.problems() == []


# -- away, slow, restarted


def test_a_killed_server_is_done_without_and_caught_up_when_it_is_back(
    catalog: Catalog, own_server: ChromaServer, projected: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="kb")
    stored = fill(catalog, unit(40, seed=13))
    with projected(own_server.url) as projection:
        projection.sync()
        assert nearest(projection, 14) == expected(catalog, 14)
        own_server.kill()
        assert nearest(projection, 14) is None
        assert nearest(projection, 14) is None
        drop(catalog, stored[:5])
        fill(catalog, unit(20, seed=15), "meanwhile")
        with pytest.raises(VectorServerAway, match="does not answer"):
            projection.sync()
        assert not projection.settled()
        assert "Connection refused" in (projection.trouble or "")
        own_server.start()
        projection.sync()
        assert projection.trouble is None
        assert projection.rebuilt is None  # what it had was whole
        assert nearest(projection, 14) == expected(catalog, 14)
    told = [record.getMessage() for record in caplog.records if record.name.startswith("kb")]
    assert len(told) == 2  # that it went, and that it came back
    assert "searches go on without it" in told[0]
    assert "in use again" in told[1]


def test_a_server_that_comes_back_empty_is_filled(
    catalog: Catalog, own_server: ChromaServer, projected: Any, tmp_path: Path
) -> None:
    fill(catalog, unit(25, seed=16))
    with projected(own_server.url) as projection:
        projection.sync()
        own_server.kill()
        with ChromaServer(tmp_path / "another", own_server.port).running():
            assert nearest(projection, 17) is None
            projection.sync()
            assert nearest(projection, 17) == expected(catalog, 17)


def test_a_server_that_hangs_costs_a_question_once(
    catalog: Catalog, own_server: ChromaServer, projected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.vectors.server._ASKING", 0.2)
    fill(catalog, unit(5, seed=18))
    with projected(own_server.url) as projection:
        projection.sync()
        with own_server.paused():
            assert nearest(projection, 19) is None
            assert "did not answer in time" in (projection.trouble or "")
            assert not projection.current  # so nobody waits again
            with pytest.raises(VectorServerAway, match="in time"):
                projection.sync()
        projection.sync()
        assert nearest(projection, 19) == expected(catalog, 19)


def test_a_server_that_fails_is_left_alone_for_longer_and_longer(
    catalog: Catalog, projected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("kb.vectors.server.time.monotonic", lambda: now[0])
    with projected(f"http://127.0.0.1:{free_port()}") as projection:
        tried = []
        for _ in range(200):
            before = projection._failures
            projection.tend()
            if projection._failures > before:
                tried.append(now[0])
            now[0] += 1
    pauses = [second - first for first, second in itertools.pairwise(tried)]
    assert pauses[:5] == [2, 4, 8, 16, 30]
    assert set(pauses[5:]) == {30}


# -- who is let in, and what is said


def _repeating(path: str) -> tuple[int, bytes]:
    return 500, f"internal error, you sent {TOKEN}".encode()


NONSENSE: dict[str, tuple[Callable[[str], tuple[int, bytes] | None], str]] = {
    "a page of another program": (lambda path: (200, b"<html>It works!</html>"), "no Chroma server"),
    "nothing": (lambda path: (200, b""), "no Chroma server"),
    "a list": (lambda path: (200, b"[1, 2]"), "no Chroma server"),
    "a proxy without a server": (lambda path: (502, b"Bad Gateway"), "502"),
    "a redirect": (lambda path: (302, b""), "302"),
    "no such path": (lambda path: (404, b"not found"), "404"),
    "an error that repeats the token": (_repeating, "500"),
    "a refusal of Chroma's": (lambda path: (400, b'{"error":"InvalidArgumentError","message":"x"}'), "refuses"),
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_is_said_without_being_repeated(catalog: Catalog, through: Gate, projected: Any, kind: str) -> None:
    through.instead, reason = NONSENSE[kind]
    fill(catalog, unit(3, seed=20))
    with projected(through.url, HEADERS) as projection:
        with pytest.raises(VectorServerAway, match=reason) as raised:
            projection.sync()
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__
        assert through.url in str(raised.value)
        assert "\n" not in str(raised.value)
        assert TOKEN not in str(raised.value)
        assert "correct ACCORDINGTO_CHROMA_" in str(raised.value)
        assert nearest(projection, 21) is None


@pytest.mark.parametrize(
    "found",
    [
        {"ids": [["x", "y"]]},
        {"ids": [[]]},
        {"ids": []},
        {"ids": [["1", "1", "1"]]},
        {},
        [],
        "ids",
        {"ids": [[None] * 3]},
    ],
    ids=str,
)
def test_candidates_that_cannot_be_are_not_taken(
    catalog: Catalog, through: Gate, projected: Any, found: object
) -> None:
    fill(catalog, unit(3, seed=22))
    with projected(through.url) as projection:
        projection.sync()
        through.instead = lambda path: (200, json.dumps(found).encode()) if path.endswith("/query") else None
        assert projection.candidates(unit(1, seed=23)[0], 3) is None
        assert projection.trouble
        through.instead = lambda path: None
        projection.sync()
        assert nearest(projection, 23, 3) == {1, 2, 3}


def test_only_who_shows_the_token_gets_in(catalog: Catalog, through: Gate, projected: Any) -> None:
    through.wanted = ("Authorization", HEADERS["Authorization"])
    fill(catalog, unit(3, seed=24))
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        with (
            projected(through.url, headers) as projection,
            pytest.raises(VectorServerAway, match=r"let us in \(401\); correct ACCORDINGTO_CHROMA_HEADERS"),
        ):
            projection.sync()
    with projected(through.url, HEADERS) as projection:
        projection.sync()
        assert nearest(projection, 25, 3) == {1, 2, 3}
        assert TOKEN not in repr(projection._server)


def make_certificate(folder: Path) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = datetime.datetime.now(datetime.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


def test_tls_is_spoken_and_a_certificate_looked_at(
    catalog: Catalog, chroma_server: ChromaServer, projected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    fill(catalog, unit(3, seed=26))
    with gate(chroma_server.url, certificate) as opened, projected(opened.url) as projection:
        with pytest.raises(VectorServerAway, match="not trusted; name the file of its authority in SSL_CERT_FILE"):
            projection.sync()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        projection.sync()
        assert nearest(projection, 27, 3) == {1, 2, 3}


# -- the knowledge base on it


def test_answers_are_the_same_with_and_without_the_server(sample_base: Path, own_server: ChromaServer) -> None:
    questions = ["Who is accused of laying the mines?", "How many were killed in Barda?", "Who signed the statement?"]

    def asked(assistant: Assistant) -> list[dict[str, Any]]:
        return [{**assistant.ask(question).to_json(), "seconds": None} for question in questions]

    with Assistant.open(sample_base, own=True) as assistant:
        without = asked(assistant)
        assert assistant.base.vector_search == "folder"
    with Assistant.open(sample_base, own=True, chroma_url=own_server.url) as assistant:
        assistant.base.sync()
        assert assistant.base.vector_search == "server"
        assert asked(assistant) == without
        assert assistant.base.vector_search == "server"
        own_server.kill()
        assert asked(assistant) == without
        assert [assistant.base.vector_search] == ["exact"]
        assert "searches are exact" in (assistant.base.notice or "")


def test_who_serves_follows_what_other_processes_store(tmp_path: Path, chroma_server: ChromaServer) -> None:
    write_articles(tmp_path / "texts", range(8))
    server = Server(chroma_server.url)
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True, own=True, chroma=server) as base:
        base.attend()
        writer = processes().Process(target=run_ingest, args=(tmp_path / "kb", [tmp_path / "texts"]))
        writer.start()
        writer.join()
        projection, seen = base._server, threading.Event()
        assert projection is not None
        for _ in range(200):
            if projection.current and projection._connection and projection._connection.count:
                break
            seen.wait(0.05)
        assert base.vector_search == "server"
        assert base.check() == []


def test_what_is_removed_leaves_the_server_too(tmp_path: Path, own_server: ChromaServer) -> None:
    server = Server(own_server.url)

    def opened(**given: Any) -> KnowledgeBase:
        return KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True, chroma=server, **given)

    with opened(own=True) as base:
        texts = ("A convoy left Goris.", "Shells fell.")
        kept, gone = (addition.article_id for addition in base.add([article(text, source=text) for text in texts]))
        base.sync()
        held = collection(base._server) if base._server else None
        assert held is not None
        assert held.count() == 2
    with opened() as base:  # a command
        own_server.kill()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("kb.knowledge_base._PATIENCE", 0.5)
            assert base.remove(gone) == "pending"
        assert (
            base.search(
                "Shells",
                5,
            )[0].article.id
            == kept
        )
    own_server.start()
    with opened() as base:  # whoever opens it next
        assert not base._catalog.erasures()
        assert base._server is not None
        assert collection(base._server).get()["ids"] == ["1"]
    assert b"Shells" not in b"".join(file.read_bytes() for file in (tmp_path / "kb").rglob("*") if file.is_file())


def test_check_and_repair_go_to_the_server(tmp_path: Path, own_server: ChromaServer) -> None:
    server = Server(own_server.url)
    with KnowledgeBase.open(tmp_path / "kb", model=HashEmbedder(), create=True, chroma=server, own=True) as base:
        base.add([article("A convoy left Goris.")])
        assert base.check() == []
        assert base._server is not None
        collection(base._server).update(ids=["1"], embeddings=[[0.5] * 384])
        assert [problem.text for problem in base.check()] == [
            "the Chroma server differs from the catalog in 1 passages"
        ]
        assert "the collection on the Chroma server was made anew" in base.repair()
        assert base.check() == []
        own_server.kill()
        assert [(problem.derived, problem.checked) for problem in base.check()] == [(True, False)]
        assert any("was not made anew" in line for line in base.repair())


def test_a_token_shows_nowhere(
    tmp_path: Path, through: Gate, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("ACCORDINGTO_KB", str(tmp_path / "kb"))
    monkeypatch.setenv("ACCORDINGTO_EMBEDDING_MODEL", "hash")
    monkeypatch.setenv("ACCORDINGTO_CHROMA_URL", through.url)
    monkeypatch.setenv("ACCORDINGTO_CHROMA_HEADERS", json.dumps(HEADERS))
    write_articles(tmp_path / "texts", range(2))
    run = CliRunner().invoke
    assert run(app, ["ingest", str(tmp_path / "texts")]).exit_code == 0
    for instead, code in ((lambda path: None, 0), (_repeating, 3)):
        through.instead = instead
        doctor = run(app, ["doctor"])
        assert doctor.exit_code == code
        assert through.url in doctor.output
        check = run(app, ["check"])
        assert check.exit_code == (1 if code else 0)
        asked = run(app, ["ask", "Where did shells fall?"])
        assert asked.exit_code == 0
        for output in (doctor.output, check.output, asked.output, caplog.text):
            assert TOKEN not in output


WRONG = {
    "ACCORDINGTO_CHROMA_URL": [f"ftp://{TOKEN}", f"https://me:{TOKEN}@host", f"https://host?key={TOKEN}", TOKEN],
    "ACCORDINGTO_CHROMA_HEADERS": [TOKEN, json.dumps([TOKEN]), json.dumps({"A": f"{TOKEN}\n"}), json.dumps({TOKEN: 5})],
    "ACCORDINGTO_LOGINS": [TOKEN, json.dumps({"reader": [TOKEN]})],
    "ACCORDINGTO_BASE_URL": [f"https://me:{TOKEN}@host"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_setting_that_is_wrong_is_named_and_its_secret_is_not(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, ["ask", "Who?"])
    assert done.exit_code == 2
    assert name.removeprefix("ACCORDINGTO_").lower() in done.output.lower()
    assert done.output.count("\n") == 1
    assert value == json.dumps({TOKEN: 5}) or TOKEN not in done.output
