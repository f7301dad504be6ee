"""The guide's examples, run as they stand there."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant
from assistant.page import build, running

# Gradio, its client and the MCP client leave event loops, streams and sockets to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

GUIDE = (Path(__file__).resolve().parents[1] / "docs" / "guide.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)( served)?\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
needs_mcp = pytest.mark.skipif(importlib.util.find_spec("mcp") is None, reason="the extra mcp is not installed")


def _blocks(kind: str, *, served: bool) -> list[str]:
    return [text for language, mark, text in BLOCKS if language == kind and bool(mark) == served]


@pytest.fixture(scope="module")
def address(sample_base: Path) -> Iterator[str]:
    with Assistant.open(sample_base) as assistant, running(build(assistant), port=17860) as found:
        yield found


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {language for language, _, _ in BLOCKS} == {"python", "sh"}
    assert len(BLOCKS) == GUIDE.count("\n```") / 2


def test_the_python_blocks_run_in_order(
    sample_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"kb": sample_base}
    for block in _blocks("python", served=False):
        exec(block, names)
    said = capsys.readouterr().out
    assert "accused Armenian armed groups" in said
    assert "mines answered" in said
    assert "@misc{samplecourier2023-" in said


@pytest.mark.sqlite
def test_the_commands_run(sample_base: Path, tmp_path: Path) -> None:
    (tmp_path / "questions.csv").write_text("question\nWho blocked the Lachin road?\n")
    command = tmp_path / "bin" / "accordingto"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m assistant "$@"\n')
    command.chmod(0o755)
    root = str(Path(__file__).resolve().parents[1])
    environment = {
        "PATH": f"{command.parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "PYTHONPATH": root,
        "ACCORDINGTO_KB": str(sample_base),
    }
    for block in _blocks("sh", served=False):
        subprocess.run(["sh", "-ec", block], cwd=tmp_path, env=environment, check=True, timeout=240)
    assert "Lachin" in (tmp_path / "answers.csv").read_text("utf-8-sig")
    assert "## 1. Who blocked" in (tmp_path / "answers.md").read_text("utf-8")
    lines = (tmp_path / "articles.jsonl").read_text("utf-8").splitlines()
    with Assistant.open(sample_base) as whole, Assistant.open(tmp_path / "another-kb") as again:
        assert list(again.base.articles()) == list(whole.base.articles())
        assert len(lines) == len(whole.base)


@needs_mcp
def test_the_blocks_for_programs_run(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    for block in _blocks("python", served=True):
        exec(block, {"address": address})
    said = capsys.readouterr().out
    assert said.count("answered") == 2
    assert "['ask', 'search', 'article'" in said


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_curl_runs(address: str) -> None:
    for block in _blocks("sh", served=True):
        done = subprocess.run(
            ["sh", "-ec", block],
            env={"ADDRESS": address.rstrip("/"), "PATH": "/usr/bin:/bin", "no_proxy": "*"},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        data = next(line for line in done.stdout.splitlines() if line.startswith("data: "))
        assert json.loads(data[6:])[0]["status"] == "answered"


@needs_mcp
def test_only_what_is_for_programs_is_a_tool_and_each_says_what_it_takes(address: str) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def look() -> Any:
        async with (
            streamable_http_client(f"{address}gradio_api/mcp/") as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            refused = await session.call_tool("article", {"article_id": "nobody-has-this"})
            return await session.list_tools(), refused, await session.list_resources(), await session.list_prompts()

    tools, refused, resources, prompts = asyncio.run(look())
    assert {tool.name for tool in tools.tools} == {"ask", "search", "article", "timeline"}
    assert (resources.resources, prompts.prompts) == ([], [])
    for tool in tools.tools:
        assert tool.description
        assert all(known.get("description") for known in tool.inputSchema["properties"].values()), tool.name
    assert refused.isError
    assert "no article has the id" in refused.content[0].text
