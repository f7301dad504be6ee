"""What the README says is so."""

from __future__ import annotations

import re
import shlex
import textwrap
import tomllib
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from assistant.command import app
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_every_setting_is_documented_with_its_default_and_its_line() -> None:
    rows = {m[1]: (m[2].strip(" `"), m[3]) for m in re.finditer(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", README, re.M)}
    assert set(rows) == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        default, line = rows[name]
        assert line == field.description
        if field.default_factory is None and field.default is not None:
            assert default == str(field.default)


def test_every_bench_that_the_documents_name_is_there() -> None:
    texts = (file.read_text("utf-8") for file in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "Makefile"))
    named = {name for text in texts for name in re.findall(r"bench/\w+\.\w+", text)}
    assert len(named) > 10
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_command_is_documented_and_has_help() -> None:
    group = typer.main.get_command(app)
    commands = group.commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        assert f"`accordingto {name}" in README, name
        assert command.help, name


def test_every_dependency_earns_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    table = README[README.index("## What it is built on") :].lower()
    for requirement in project["dependencies"]:
        name = re.split(r"[<>=\[]", requirement)[0]
        assert name in table, name


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pinned = {line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()}
    wanted = [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]
    names = {re.split(r"[<>=\[]", requirement)[0].lower() for requirement in wanted}
    assert names - pinned == set()


def test_every_make_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, re.M)
    assert {"chat", "test", "check", "bench", "help"} <= set(targets)
    assert all(re.search(rf"^{target}:.*## \w", makefile, re.M) for target in targets)


def test_every_setting_and_every_count_of_the_operations_page_exists() -> None:
    from assistant.metrics import Metrics

    page = (ROOT / "docs/operations.md").read_text("utf-8")
    named = {name.lower() for name in re.findall(r"ACCORDINGTO_([A-Z_]+)", page)}
    named |= set(re.findall(r"`([a-z_]+)=", page))
    assert {"database_url", "chroma_url", "metrics_port", "log_format"} <= named
    assert named <= set(Settings.model_fields)
    metrics = Metrics(_Empty(), at_work=lambda: 0, turned_away=lambda: 0)  # type: ignore[arg-type]
    counted = {family.name.removesuffix("_total") for family in metrics.registry.collect()}
    told = {name.removesuffix("_total") for name in re.findall(r"accordingto_[a-z_]+", page)}
    assert told - counted == {"accordingto_database_url", "accordingto_chroma_headers", "accordingto_logins"}


class _Empty:
    """A knowledge base without articles."""

    vector_search = "exact"

    def __len__(self) -> int:
        return 0


@pytest.mark.parametrize("shown", re.findall(r"^<!-- \w+ -->$(.+?)^<!-- /", README, re.M | re.S))
def test_what_it_shows_is_what_the_commands_print(
    shown: str, sample_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCORDINGTO_KB", str(sample_base))
    command, lines = textwrap.dedent(shown).strip().split("\n", 1)
    printed = CliRunner().invoke(app, shlex.split(command.removeprefix("$ accordingto "))).stdout
    assert lines == re.sub(r" +$", "", printed, flags=re.M).replace(f"{ROOT}/", "").strip()


@pytest.mark.parametrize("link", re.findall(r"\]\(((?!http)[^)#]+)\)", README))
def test_every_link_into_the_repository_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
