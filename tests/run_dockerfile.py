"""Runs the steps of the Dockerfile where there is no Docker: in a folder of its own, with an empty home and nothing of
this environment but the registry. Then runs what was built, without a network, as the user that the Dockerfile names.

    python tests/run_dockerfile.py [FOLDER]

PYTHON names the interpreter to build on, where this one lies in a home that the image's user may not read.
The steps are read from the Dockerfile. Absolute paths that it makes (WORKDIR, COPY, VOLUME, the environment) are put
below the folder; both stages share them, which is why a COPY between stages must not move anything.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MADE = ("/opt/accordingto", "/src", "/data")
_PATH = re.compile(rf"(?<![\w/.])({'|'.join(MADE)})(?![\w-])")


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile with their arguments, lines joined and comments left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found = [line.strip().partition(" ") for line in joined.splitlines()]
    return [(name.upper(), rest.strip()) for name, _, rest in found]


@dataclass
class Image:
    """What the steps make."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path = Path()
    user: str | None = None
    entry: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def placed(self, text: str) -> str:
        """A text with the paths of the image put below its folder."""
        return _PATH.sub(lambda match: f"{self.root}{match[1]}", text)

    def step(self, name: str, rest: str) -> None:
        print(f"{name} {rest}", flush=True)
        act = getattr(self, f"do_{name.lower()}", None)
        if act is None:
            raise SystemExit(f"{name} is not known here; teach it, or leave it out of the Dockerfile")
        act(rest)

    def do_from(self, rest: str) -> None:
        self.folder, self.environment = self.root, self._clean() | {"HOME": str(self.root / "home")}

    def do_arg(self, rest: str) -> None:
        if rest in os.environ:
            self.environment[rest] = os.environ[rest]

    def do_env(self, rest: str) -> None:
        for pair in shlex.split(rest):
            key, _, value = pair.partition("=")
            self.environment[key] = self.placed(value.replace("$PATH", self.environment["PATH"]))

    def do_workdir(self, rest: str) -> None:
        self.folder = Path(self.placed(rest))
        self.folder.mkdir(parents=True, exist_ok=True)

    def do_run(self, rest: str) -> None:
        subprocess.run(["/bin/sh", "-ec", self.placed(rest)], cwd=self.folder, env=self.environment, check=True)

    def do_user(self, rest: str) -> None:
        self.user = rest

    def do_healthcheck(self, rest: str) -> None:
        self.health = json.loads(rest[rest.index("CMD") + 3 :])

    def do_entrypoint(self, rest: str) -> None:
        self.entry = json.loads(rest)

    def do_cmd(self, rest: str) -> None:
        self.command = json.loads(rest)

    def do_expose(self, rest: str) -> None:
        """Nothing to do, as for a volume."""

    do_volume = do_expose

    def _clean(self) -> dict[str, str]:
        tools = self.root / "tools"
        tools.mkdir(parents=True, exist_ok=True)
        (self.root / "home").mkdir(exist_ok=True)
        python = tools / "python"
        if not python.exists():  # what the base image calls so
            python.symlink_to(os.environ.get("PYTHON") or sys.executable)
        registry = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        return {"PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **registry}

    def do_copy(self, rest: str) -> None:
        words = shlex.split(rest)
        options = [word for word in words if word.startswith("--")]
        *sources, target = [word for word in words if not word.startswith("--")]
        if any(option.startswith("--from=") for option in options):
            assert sources == [target], "the stages share their folder, so nothing may be moved between them"
            assert Path(self.placed(target)).exists(), target
            return
        for source in sources:
            place = Path(self.placed(target))
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)

    def run(self, *arguments: str, network: bool = False, **more: str) -> subprocess.Popen[str]:
        """Starts what the image starts, with other arguments."""
        return self.start([*self.entry, *arguments], network=network, **more)

    def start(self, command: Sequence[str], *, network: bool = False, **more: str) -> subprocess.Popen[str]:
        words = [*_without_network(network), *_as(self.user, self.root), *command]
        return subprocess.Popen(
            words, cwd=self.folder, env={**self.environment, **more}, stdout=subprocess.PIPE, text=True
        )


def _without_network(network: bool) -> list[str]:
    if network or os.geteuid() != 0:
        return []
    possible = subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode == 0
    return ["unshare", "--net"] if possible else []


def _as(user: str | None, root: Path) -> list[str]:
    """How to become the image's user, if that is possible here and the interpreter is where they may read it."""
    if user is None or os.geteuid() != 0:
        return []
    number, _, group = user.partition(":")
    words = ["setpriv", f"--reuid={number}", f"--regid={group or number}", "--clear-groups"]
    python = str(root / "opt/accordingto/bin/python")
    reachable = subprocess.run([*words, python, "-c", ""], check=False, capture_output=True).returncode == 0
    if not reachable:
        print(f"note: user {number} cannot read this machine's Python, so this user runs it", flush=True)
    return words if reachable else []


def _output(process: subprocess.Popen[str], code: int = 0) -> str:
    found, _ = process.communicate(timeout=300)
    assert process.returncode == code, (process.args, process.returncode, found)
    return found


def _tried(image: Image) -> None:
    """What was built answers, from its own weights; serves; is healthy; and ends in good order."""
    assert image.user not in (None, "0", "root", "0:0"), "it must not run as root"
    samples = _output(
        image.start(
            [image.placed("/opt/accordingto/bin/python"), "-c", "from kb.samples import samples; print(samples())"]
        )
    ).strip()
    assert samples.startswith(str(image.root)), samples
    print(_output(image.run("ingest", samples)), end="")
    answer = _output(image.run("ask", "Who is accused of laying the mines?"))
    print(answer.splitlines()[0])
    assert "accused Armenian armed groups" in answer or "blamed Armenian armed groups" in answer
    port = _free_port()
    chat = image.run(*image.command, network=True, ACCORDINGTO_PORT=str(port), ACCORDINGTO_HOST="127.0.0.1")
    try:
        probe = [word.replace(":7860", f":{port}") for word in image.health]
        until = time.monotonic() + 180
        while subprocess.run(
            probe, cwd=image.folder, env=image.environment, capture_output=True, check=False
        ).returncode:
            assert time.monotonic() < until, "it did not become healthy"
            assert chat.poll() is None, "it ended"
            time.sleep(0.5)
        print("healthy")
    finally:
        chat.send_signal(signal.SIGTERM)
    _output(chat)
    print("ended in good order")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main(folder: Path) -> None:
    image = Image(folder.resolve())
    begun = time.monotonic()
    for name, rest in instructions((ROOT / "Dockerfile").read_text("utf-8")):
        image.step(name, rest)
    print(f"built in {time.monotonic() - begun:.0f} s")
    _tried(image)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory(prefix="accordingto-image-") as scratch:
            Path(scratch).chmod(0o755)
            main(Path(scratch))
