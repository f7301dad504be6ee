"""Addresses: what is fetched, by which rules, and what never is."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import web
from ingest.loaders import Record, Rejection, load
from ingest.robots import Robots
from ingest.web import NotFetched, Web, inside
from tests import ingest_samples as samples
from tests.ingest_samples import STORY


@dataclass
class Reply:
    """What the server says at one path."""

    body: bytes = b""
    kind: str = "text/html"
    status: int = 200
    head: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """A web server on this machine."""

    url: str
    replies: dict[str, Reply]
    asked: list[str]
    heads: list[dict[str, str]]


@pytest.fixture
def site() -> Iterator[Site]:
    """A server that answers 404 to what it was not told."""
    replies: dict[str, Reply] = {}
    asked: list[str] = []
    heads: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            heads.append(dict(self.headers.items()))
            reply = replies.get(self.path, Reply(b"nothing here", status=404))
            self.send_response(reply.status)
            for name, value in {
                "Content-Type": reply.kind,
                "Content-Length": str(len(reply.body)),
                **reply.head,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", replies, asked, heads)
    server.shutdown()
    thread.join()
    server.server_close()


def fetched(*addresses: str) -> list[Record | Rejection]:
    return list(load(*addresses, allow_private_addresses=True))


def record(address: str) -> Record:
    (found,) = fetched(address)
    assert isinstance(found, Record), found
    return found


def reason(address: str, *, allow: bool = True) -> str:
    (found,) = load(address, allow_private_addresses=allow)
    assert isinstance(found, Rejection)
    assert (found.source, found.file) == (address, address)
    assert "\n" not in found.reason
    return found.reason


def test_a_page_is_an_article_under_the_address_it_came_from(site: Site) -> None:
    site.replies["/2023/09/19/river"] = Reply(samples.page().encode())
    found = record(f"{site.url}/2023/09/19/river#part")
    assert STORY in found.fields["text"]
    assert found.source == found.fields["url"] == f"{site.url}/2023/09/19/river"
    assert (found.fields["published"], found.provenance["published"]) == ("2023-09-19", "the page's address")
    assert site.asked == ["/robots.txt", "/2023/09/19/river"]
    assert all(head["User-Agent"].startswith("AccordingTo") for head in site.heads)


def test_a_copy_is_published_where_it_stands_whatever_it_calls_its_original(site: Site) -> None:
    page = samples.page(head='<link rel="canonical" href="https://elsewhere.example/2001/01/01/river">')
    site.replies["/copy"] = Reply(page.encode())
    found = record(f"{site.url}/copy")
    assert found.source == f"{site.url}/copy"
    assert "published" not in found.fields
    site.replies["/own"] = Reply(page.replace("https://elsewhere.example", site.url).encode())
    assert record(f"{site.url}/own").source == f"{site.url}/2001/01/01/river"


@pytest.mark.parametrize(
    ("path", "kind", "content"),
    [
        ("/a", "application/pdf", samples.pdf([[STORY]])),
        ("/a.pdf", "application/octet-stream", samples.pdf([[STORY]])),
        ("/a", "text/plain; charset=koi8-r", f"{STORY} Река пересечена.".encode("koi8-r")),
        ("/a.md?x=1", "text/plain", f"# River\n\n{STORY}".encode()),
        ("/a", "Text/HTML; charset=iso-8859-9", samples.page(story=[STORY, STORY, "şehir"]).encode("iso-8859-9")),
        ("/a", "application/zip", samples.archive({"a.txt": STORY})),
    ],
)
def test_what_an_address_gives_is_read_by_its_media_type(site: Site, path: str, kind: str, content: bytes) -> None:
    site.replies[path] = Reply(content, kind)
    found = record(site.url + path)
    assert STORY in found.fields["text"]
    assert found.file == site.url + path
    if "koi8" in kind:
        assert "Река" in found.fields["text"]
    if "8859" in kind:
        assert "şehir" in found.fields["text"]


def test_what_is_no_article_is_refused_with_what_it_is(site: Site) -> None:
    site.replies.update({"/a": Reply(b"\x89PNG", "image/png"), "/b": Reply(b"", "text/html")})
    assert "image/png" in reason(f"{site.url}/a")
    assert "empty" in reason(f"{site.url}/b")
    assert "404" in reason(f"{site.url}/none")


def test_redirects_are_followed_by_hand_and_not_for_ever(site: Site) -> None:
    site.replies["/old"] = Reply(status=302, head={"Location": "/new?x=1"})
    site.replies["/new?x=1"] = Reply(samples.page().encode())
    assert record(f"{site.url}/old").source == f"{site.url}/new?x=1"
    site.replies["/loop"] = Reply(status=301, head={"Location": "/loop"})
    assert "redirects" in reason(f"{site.url}/loop")
    site.replies["/file"] = Reply(status=301, head={"Location": "file:///etc/passwd"})
    assert "only http and https" in reason(f"{site.url}/file")
    site.replies["/odd"] = Reply(status=301, head={"Location": "http://[::"})
    assert "address" in reason(f"{site.url}/odd")


def test_robots_txt_is_respected_and_asked_once(site: Site) -> None:
    site.replies["/robots.txt"] = Reply(b"User-agent: accordingto\nDisallow: /private\n\nUser-agent: *\nDisallow: /\n")
    site.replies["/a"] = site.replies["/private/b"] = Reply(samples.page().encode())
    site.replies["/go"] = Reply(status=302, head={"Location": "/private/b"})
    found = fetched(f"{site.url}/a", f"{site.url}/private/b", f"{site.url}/go")
    assert [type(item) for item in found] == [Record, Rejection, Rejection]
    assert all("robots.txt" in item.reason for item in found if isinstance(item, Rejection))
    assert site.asked == ["/robots.txt", "/a", "/go"]


def test_a_site_that_cannot_say_what_it_allows_allows_nothing(site: Site) -> None:
    site.replies["/robots.txt"] = Reply(status=503)
    site.replies["/a"] = Reply(samples.page().encode())
    assert "503" in reason(f"{site.url}/a")
    assert site.asked == ["/robots.txt"]


def test_bodies_are_limited_packed_or_not(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.replies["/packed"] = Reply(gzip.compress(samples.page().encode()), head={"Content-Encoding": "gzip"})
    assert STORY in record(f"{site.url}/packed").fields["text"]
    monkeypatch.setattr(web, "_LARGEST", 5_000)
    site.replies["/large"] = Reply(b"word " * 2_000, "text/plain")
    site.replies["/bomb"] = Reply(gzip.compress(b"0" * 10**7), "text/plain", head={"Content-Encoding": "gzip"})
    site.replies["/nested"] = Reply(b"", head={"Content-Encoding": "gzip, gzip"})
    site.replies["/broken"] = Reply(b"no gzip", head={"Content-Encoding": "gzip"})
    assert "larger than" in reason(f"{site.url}/large")
    assert "larger than" in reason(f"{site.url}/bomb")
    assert "packed as" in reason(f"{site.url}/nested")
    assert "cannot be fetched" in reason(f"{site.url}/broken")


def test_time_is_limited(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.replies["/a"] = Reply(samples.page().encode())
    monkeypatch.setattr(web, "_SECONDS", 0.0)
    assert "took longer" in reason(f"{site.url}/a")


def test_a_server_that_drips_is_cut_off_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_SECONDS", 0.5)
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not stop.wait(0.02):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        assert "took longer" in reason(f"http://127.0.0.1:{listener.getsockname()[1]}/a")
    finally:
        stop.set()
        thread.join()
        listener.close()


def test_no_cookie_is_kept_and_no_proxy_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    site.replies["/a"] = Reply(samples.page().encode(), head={"Set-Cookie": "who=you; Path=/"})
    assert len(fetched(f"{site.url}/a", f"{site.url}/a")) == 2
    assert all("Cookie" not in head for head in site.heads)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://sample.example/a",
        "file:///etc/passwd",
        "http://",
        "http://user:secret@sample.example/",
        "http://a b/",
        "x://y",
    ],
)
def test_only_plain_web_addresses_are_fetched(address: str) -> None:
    told = reason(address)
    assert "secret" not in told


# -- what is inside


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
        ),
        *(
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
        ),
        *("fc00::1", "ff02::1", "fec0::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1"),
        *("2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2001:0:a00:1::"),
    ],
)
def test_addresses_that_are_not_of_the_public_internet_are_inside(address: str) -> None:
    assert inside(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_not(address: str) -> None:
    assert inside(address) is None


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "0"],
)
def test_this_machine_is_not_asked_however_it_is_written(site: Site, host: str) -> None:
    port = site.url.rpartition(":")[2]
    told = reason(f"http://{host}:{port}/a", allow=False)
    assert "ACCORDINGTO_ALLOW_PRIVATE_ADDRESSES" in told or "cannot be fetched" in told or "not an address" in told
    assert site.asked == []


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, list[list[str]]]], None]:
    """Lets names stand for addresses: each look-up of a name takes the next list of addresses, then the last."""
    real = socket.getaddrinfo

    def install(table: Mapping[str, list[list[str]]]) -> None:
        left = {name: list(answers) for name, answers in table.items()}

        def look_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
            if host not in left:
                return real(host, port, *args, **kwargs)
            answers = left[host].pop(0) if len(left[host]) > 1 else left[host][0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    return install


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch, site: Site) -> str:
    """Makes the site's address count as public and 127.0.0.2 as inside, for redirects from one to the other."""
    real = inside
    monkeypatch.setattr(web, "inside", lambda address: None if address == "127.0.0.1" else real(address))
    return site.url


def test_a_name_that_stands_for_this_machine_is_refused(
    site: Site, names: Callable[[Mapping[str, list[list[str]]]], None]
) -> None:
    names({"news.example": [["127.0.0.1"]], "mixed.example": [["93.184.216.34", "10.0.0.1"]]})
    port = site.url.rpartition(":")[2]
    assert "127.0.0.1, a loopback address" in reason(f"http://news.example:{port}/a", allow=False)
    assert "10.0.0.1, a private address" in reason(f"http://mixed.example:{port}/a", allow=False)
    assert site.asked == []


def test_a_name_that_changes_its_mind_is_asked_where_it_was_checked(
    site: Site, public: str, names: Callable[[Mapping[str, list[list[str]]]], None]
) -> None:
    port = public.rpartition(":")[2]
    site.replies["/a"] = Reply(samples.page().encode())
    names({"news.example": [["127.0.0.1"], ["127.0.0.1"], ["127.0.0.2"]]})
    (found,) = load(f"http://news.example:{port}/a")
    assert isinstance(found, Record)
    assert {head["Host"] for head in site.heads} == {f"news.example:{port}"}


def test_a_redirect_to_an_address_inside_is_refused(
    site: Site, public: str, names: Callable[[Mapping[str, list[list[str]]]], None]
) -> None:
    names({"inside.example": [["10.0.0.1"]]})
    for number, target in enumerate(
        (
            "http://127.0.0.2/a",
            "http://169.254.169.254/latest",
            "http://[::1]/",
            "http://inside.example/",
            "//127.0.0.3/x",
        )
    ):
        site.replies[f"/{number}"] = Reply(status=302, head={"Location": target})
        assert "ACCORDINGTO_ALLOW_PRIVATE_ADDRESSES" in reason(f"{public}/{number}", allow=False)


def test_robots_txt_leads_nowhere_inside_either(site: Site, public: str) -> None:
    site.replies["/robots.txt"] = Reply(status=302, head={"Location": "http://127.0.0.2/robots.txt"})
    assert "127.0.0.2" in reason(f"{public}/a", allow=False)
    assert site.asked == ["/robots.txt"]


def test_the_address_connected_to_is_checked_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web._Backend, "_addresses", lambda *_: ["127.0.0.1"])
    assert "127.0.0.1" in reason(f"http://news.example:{site.url.rpartition(':')[2]}/a", allow=False)
    assert site.asked == []


def test_nothing_is_asked_before_an_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with Web():
        pass


def test_a_name_without_an_address_is_refused(names: Callable[[Mapping[str, list[list[str]]]], None]) -> None:
    names({"none.example": [[]]})
    assert "has no address" in reason("http://none.example/")
    with Web() as opened, pytest.raises(NotFetched, match="cannot be fetched"):
        opened.get(f"http://{'x' * 70}.example/")


# -- robots.txt

ROBOTS = """
# a comment
User-agent: OtherBot
User-agent: AccordingTo/1.0
Disallow: /a
Allow: /a/b
Disallow: /*.pdf$
Disallow: /search*page=
Crawl-delay: 5
User-agent: *
Disallow: /
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/a", False),
        ("/a/c", False),
        ("/a/b/c", True),
        ("/x.pdf", False),
        ("/x.pdf?y", True),
        ("/search?q=1&page=2", False),
        ("/search?q=1", True),
        ("/%61/c", False),
        ("/robots.txt", True),
    ],
)
def test_the_most_specific_rule_for_us_decides(path: str, allowed: bool) -> None:
    assert Robots.parse(ROBOTS, "accordingto").allows(path) is allowed


def test_without_rules_for_us_those_for_everyone_hold() -> None:
    assert not Robots.parse(ROBOTS, "nobody").allows("/b")
    assert Robots.parse("User-agent: *\nDisallow:\n", "nobody").allows("/b")
    assert Robots.parse("Disallow: /\n", "nobody").allows("/b")
    assert Robots.parse("", "nobody").allows("")


@given(st.text("*$/ab:\n#- UserAgentDisallow", max_size=200), st.text("/ab%2", max_size=20))
def test_robots_can_be_anything(text: str, path: str) -> None:
    assert Robots.parse(f"User-agent: *\n{text}", "x").allows(path) in (True, False)
