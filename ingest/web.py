"""Fetching what the user named, and nothing else: within limits, by the rules of the site, and never from inside.

Which address is asked is decided once: the name is resolved, every address it has is checked, and the connection goes
to the one that was checked. So neither a redirect nor a name server that changes its mind leads to this machine or the
network it stands in.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Any

import httpcore
import httpx

from ingest.robots import Robots

__all__ = ["Fetched", "NotFetched", "Web", "inside"]

ROBOT = "AccordingTo"
_REDIRECTS = 5
_LARGEST = 32 * 2**20  # bytes
_LARGEST_ROBOTS = 500 * 2**10  # bytes: RFC 9309 asks for as much, and lets the rest go
_SECONDS = 60.0  # for one address, redirects and all
_PATIENCE = 15.0  # seconds without a byte
_PACKINGS = {"", "identity", "gzip", "deflate"}  # and none within another, for each can be a thousand times larger
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ALLOW = "set ACCORDINGTO_ALLOW_PRIVATE_ADDRESSES=true to allow it"


class NotFetched(Exception):
    """The address gave nothing that can be read. The message says why, and the mend."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address gave."""

    url: str
    """Where it was in the end, after redirects."""
    kind: str
    """Its media type, in lower case and without parameters; empty if it has none."""
    charset: str | None
    content: bytes


def inside(address: str) -> str | None:
    """What keeps an IP address from being asked: that it is this machine's, its network's, or nobody's. None if it
    is one of the public internet. One that leads to another counts as that one."""
    for ip in _meant(ipaddress.ip_address(address.partition("%")[0])):
        for what, is_so in (
            ("unspecified", ip.is_unspecified),
            ("loopback", ip.is_loopback),
            ("link-local", ip.is_link_local),
            ("multicast", ip.is_multicast),
            ("reserved", ip.is_reserved),
            ("private", not ip.is_global or (ip.version == 6 and ip.is_site_local)),
        ):
            if is_so:
                return what
    return None


def _meant(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The addresses at which a connection to `ip` may end: IPv6 can carry an IPv4 address in five ways, of which two
    stand for nothing else."""
    if isinstance(ip, ipaddress.IPv4Address):
        return [ip]
    last = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.ipv4_mapped or ip in _NAT64:
        return [last]
    tunnelled = (ip.sixtofour, *(ip.teredo or ()))
    return [ip, *(carried for carried in tunnelled if carried is not None)]


class Web:
    """The web as one run sees it. Nothing is asked before `get`, and robots.txt once for each site."""

    def __init__(self, *, allow_private_addresses: bool = False) -> None:
        self._clock = _Clock()
        self._robots: dict[str, Robots | str] = {}
        self._client = httpx.Client(
            transport=_Transport(_Backend(self._clock, allow_private_addresses)),
            headers={"User-Agent": _user_agent(), "Accept-Encoding": "gzip, deflate", "Accept": "*/*"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=_PATIENCE,
            trust_env=False,  # no proxy, which would resolve names in our stead, and no passwords from .netrc
            follow_redirects=False,
        )

    def __enter__(self) -> Web:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def get(self, address: str) -> Fetched:
        """What is at `address`, an http or https URL.

        Raises:
            NotFetched: it is not allowed, by the site or by us, is too large or too slow, or is not there.
        """
        self._clock.start(_SECONDS)
        url = _url(address)
        for _ in range(_REDIRECTS + 1):
            self._ask_robots(url)
            with self._asked(url) as response:
                if not response.is_redirect:
                    return _fetched(response)
                url = _target(response)
        raise NotFetched(f"more than {_REDIRECTS} redirects, the last to {_shown(url)}; check the address")

    def _ask_robots(self, url: httpx.URL) -> None:
        site = str(url.copy_with(raw_path=b"/robots.txt"))
        if site not in self._robots:
            self._robots[site] = self._rules(httpx.URL(site))
        rules = self._robots[site]
        if isinstance(rules, str):
            raise NotFetched(f"robots.txt of {url.host} cannot be read ({rules}); try again later")
        if not rules.allows(url.raw_path.decode("ascii")):
            raise NotFetched(f"robots.txt of {url.host} does not allow it; save the page and ingest the file")

    def _rules(self, url: httpx.URL) -> Robots | str:
        """The site's rules, or why nobody can tell. A site that has none allows everything; one that is broken may
        have some, and allows nothing."""
        for _ in range(_REDIRECTS + 1):
            with self._asked(url) as response:
                if response.is_redirect:
                    url = _target(response)
                elif response.status_code >= 500:
                    return f"status {response.status_code}"
                elif response.is_success:
                    return Robots.parse(_body(response, _LARGEST_ROBOTS, cut=True).decode("utf-8", "replace"), ROBOT)
                else:
                    return Robots()
        return Robots()

    @contextmanager
    def _asked(self, url: httpx.URL) -> Iterator[httpx.Response]:
        """The answer to one request, its body not yet read. Every error of the libraries ends here."""
        try:
            with self._client.stream("GET", url) as response:
                yield response
        except httpx.TimeoutException:
            self._clock.left(None)  # says so if it was the time for the whole that ran out
            raise NotFetched(f"{url.host} was silent for {_PATIENCE:.0f} seconds; try again later") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise NotFetched(f"{_why(error)}; check the address") from None


def _why(error: Exception) -> str:
    return " ".join(f"cannot be fetched ({type(error).__name__}): {error}".split())[:200]


def _url(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise NotFetched(f"not an address ({error}); write https://host/path") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise NotFetched(f"only http and https are fetched, not {_shown(url)}")
    if url.userinfo:
        raise NotFetched(
            "an address with a password would be stored with the article; save the page and ingest the file"
        )
    return url


def _target(response: httpx.Response) -> httpx.URL:
    """Where a redirect leads."""
    try:
        return _url(str(response.url.join(response.headers["location"])))
    except (httpx.InvalidURL, ValueError) as error:
        raise NotFetched(f"a redirect to no address ({error}); check the address") from None


def _shown(url: httpx.URL) -> str:
    return str(url)[:100]


def _fetched(response: httpx.Response) -> Fetched:
    if not response.is_success:
        status = f"{response.status_code} {response.reason_phrase}".strip()
        raise NotFetched(f"{response.url.host} answered with status {status}; check the address or try again later")
    content = _body(response, _LARGEST)
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Fetched(str(response.url), kind, response.charset_encoding, content)


def _body(response: httpx.Response, largest: int, *, cut: bool = False) -> bytes:
    """The body, unpacked. One that is larger is refused, or cut if it is as good without its end."""
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing not in _PACKINGS:
        raise NotFetched(f"packed as {packing[:40]!r}, which was not asked for; save the page and ingest the file")
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes(2**16):
        parts.append(part)
        size += len(part)
        if size > largest:
            if cut:
                break
            raise NotFetched(f"larger than {largest // 2**20} MB; download it, split it and ingest the files")
    return b"".join(parts)[:largest]


def _user_agent() -> str:
    try:
        return f"{ROBOT}/{version('accordingto')}"
    except PackageNotFoundError:
        return ROBOT


class _Clock:
    """How much time is left for the address at hand."""

    def __init__(self) -> None:
        self._until = 0.0

    def start(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self, wanted: float | None) -> float:
        """As many seconds as are wanted, and no more than are left."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise NotFetched(f"took longer than {_SECONDS:.0f} seconds; try again later")
        return left if wanted is None else min(wanted, left)


class _Backend(httpcore.NetworkBackend):
    """Connects to checked addresses only, and keeps to the clock."""

    def __init__(self, clock: _Clock, allow_private_addresses: bool) -> None:
        self._clock = clock
        self._allow = allow_private_addresses
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._addresses(host, port):
            try:
                stream = self._sockets.connect_tcp(
                    address, port, self._clock.left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
                continue
            try:
                self._check(host, stream.get_extra_info("server_addr")[0])
            except NotFetched:
                stream.close()
                raise
            return _Stream(stream, self._clock)
        raise failed

    def _addresses(self, host: str, port: int) -> list[str]:
        """What the name stands for, in numbers. One bad address spoils all: a public name has none."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            self._check(host, address)
        return addresses

    def _check(self, host: str, address: str) -> None:
        if not self._allow and (what := inside(address)):
            raise NotFetched(f"{host} is at {address}, a {what} address; {_ALLOW}")


class _Stream(httpcore.NetworkStream):
    """A connection of which no read waits longer than the clock allows, however few bytes come at a time."""

    def __init__(self, stream: httpcore.NetworkStream, clock: _Clock) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._clock.left(timeout)), self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Transport(httpx.HTTPTransport):
    """httpx's own, but over our backend, for which it has no argument."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=backend, max_keepalive_connections=2)
