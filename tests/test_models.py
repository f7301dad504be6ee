"""Chat models by name: every way in which they fail is said in one line with its mend, and no key shows anywhere."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from pydantic import ValidationError

from assistant import Settings, models
from assistant.doctor import Finding, examine
from assistant.errors import (
    ModelKeyMissing,
    ModelNotInstalled,
    ModelRefused,
    ModelReplyUnusable,
    ModelUnreachable,
    UnusableModel,
)
from assistant.models import chat_model, replied
from assistant.prompts import PROMPTS, digest, prompt
from tests.scripted_model import Reply, serving

KEY = "sk-secret-0123456789"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(models, "_PAUSE", 0.0)


def reply_of(url: str, *, retries: int = 0, timeout: float = 20) -> str:
    settings = Settings(model="openai:scripted", base_url=url)
    model = chat_model(settings)
    return "".join(replied(model, [HumanMessage("Who?")], timeout=timeout, retries=retries, name="openai:scripted"))


def test_a_server_that_speaks_as_openais_does_needs_no_key_and_no_provider() -> None:
    with serving(lambda _: Reply(("He", "llo"))) as model:
        assert reply_of(model.url) == "Hello"
        assert "".join(
            replied(
                chat_model(Settings(model="scripted", base_url=model.url)),
                [HumanMessage("Who?")],
                timeout=20,
                retries=0,
                name="scripted",
            )
        )  # fmt: skip
    assert [request["model"] for request in model.requests] == ["scripted", "scripted"]


@pytest.mark.parametrize(
    ("spec", "error", "says"),
    [
        ("openai:gpt-5-mini", ModelKeyMissing, "OPENAI_API_KEY"),
        ("anthropic:claude-sonnet-4-5", ModelKeyMissing, "ANTHROPIC_API_KEY"),
        ("gpt-5-mini", ModelNotInstalled, "name a model as provider:model"),
        ("openai:", ModelNotInstalled, "name a model as provider:model"),
        ("nobody:model", ModelNotInstalled, "no provider 'nobody'"),
        ("ibm:granite", ModelNotInstalled, "pip install langchain langchain-ibm"),
    ],
)
def test_a_model_that_cannot_be_set_up_is_said_with_its_mend(spec: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says) as refused:
        chat_model(Settings(model=spec))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("missing", ["langchain", "langchain_openai"])
def test_a_missing_extra_is_named_with_its_pip_line(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    with pytest.raises(ModelNotInstalled, match=r"pip install 'accordingto\[openai\]'"):
        chat_model(Settings(model="openai:gpt-5-mini"))


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (Reply(status=401, message=f"Incorrect API key provided: {KEY}"), ModelRefused, "the key is refused"),
        (Reply(status=403, message="no"), ModelRefused, "the key is refused"),
        (Reply(status=404, message="no such model"), ModelRefused, "no such model there"),
        (Reply(status=400, message=f"context length exceeded {KEY}"), ModelRefused, "lower ACCORDINGTO_PROMPT_TOKENS"),
        (Reply(status=429, message="slow down"), ModelUnreachable, "cannot answer now"),
        (Reply(status=500, message="oops"), ModelUnreachable, "cannot answer now"),
        (Reply(()), ModelReplyUnusable, "replied nothing"),
        (Reply(("A",), why="length"), ModelReplyUnusable, "raise ACCORDINGTO_REPLY_TOKENS"),
        (Reply((), why="content_filter"), ModelReplyUnusable, "withholds"),
    ],
)
def test_every_refusal_is_one_line_with_its_mend_and_without_the_key(
    reply: Reply, error: type[Exception], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serving(lambda _: reply) as model, pytest.raises(error, match=says) as refused:
        reply_of(model.url)
    assert KEY not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert model.headers[0]["authorization"] == f"Bearer {KEY}"  # the key does go where it belongs


def test_what_cannot_be_reached_now_is_tried_again_and_what_is_refused_is_not() -> None:
    replies = iter([Reply(status=503), Reply(status=429), Reply(("At last",))])
    with serving(lambda _: next(replies)) as model:
        assert reply_of(model.url, retries=2) == "At last"
    assert len(model.requests) == 3
    with serving(lambda _: Reply(status=404)) as model, pytest.raises(ModelRefused):
        reply_of(model.url, retries=2)
    assert len(model.requests) == 1


def test_nobody_there_is_said() -> None:
    with serving(lambda _: "") as model:
        url = model.url
    with pytest.raises(ModelUnreachable, match=r"cannot be reached; start its server"):
        reply_of(url)


class Slow:
    """A model whose second piece comes after the time is up."""

    def __init__(self, clock: list[float]) -> None:
        self._clock = clock

    def stream(self, messages: list[Any]) -> Any:
        from langchain_core.messages import AIMessageChunk

        yield AIMessageChunk(content="A ")
        self._clock[0] += 100
        yield AIMessageChunk(content="word")


def test_a_reply_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    pieces = replied(Slow(clock), [], timeout=50, retries=3, name="slow")  # type: ignore[arg-type]
    assert next(pieces) == "A "
    with pytest.raises(ModelUnreachable, match="not finished within 50 s"):
        list(pieces)


def test_an_error_that_nobody_foresaw_is_said_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "hunter2hunter2")

    class Broken:
        def stream(self, messages: list[Any]) -> Any:
            raise RuntimeError(f"failed with hunter2hunter2 and {KEY}\nand at http://me:pass@host/")
            yield

    with pytest.raises(UnusableModel, match="RuntimeError") as refused:
        list(replied(Broken(), [], timeout=5, retries=0, name="broken"))  # type: ignore[arg-type]
    for secret in ("hunter2", KEY, "me:pass"):
        assert secret not in str(refused.value)


@pytest.mark.parametrize("url", ["http://me:secret@host/v1", "https://host/v1?api_key=secret", "host:80", "ftp://host"])
def test_an_address_holds_no_secret(url: str) -> None:
    with pytest.raises(ValidationError, match=r"it is not an address|must hold no"):
        Settings(base_url=url)


def test_no_key_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    settings = Settings(model="openai:gpt-5-mini")
    model = chat_model(settings)
    for shown in (settings.model_dump_json(), repr(settings), repr(model), str(model)):
        assert KEY not in shown


def test_what_shapes_the_answer_is_in_the_digest() -> None:
    plain = Settings().digest()
    changed = {
        "model": "openai:gpt-5-mini",
        "base_url": "http://127.0.0.1:1/v1",
        "prompt_tokens": 999,
        "reply_tokens": 99,
        "entailment_model": "some-model",
        "statements": 2,
    }
    digests = {Settings(**{name: value}).digest() for name, value in changed.items()}  # type: ignore[arg-type]
    assert len(digests | {plain}) == len(changed) + 1
    assert Settings(reply_timeout=9, reply_retries=1, port=99).digest() == plain


def test_another_wording_of_a_prompt_is_another_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Settings().digest()
    monkeypatch.setattr("assistant.prompts._text", lambda name: f"other {name}")
    assert Settings().digest() != before


@pytest.mark.parametrize("name", sorted(PROMPTS))
def test_a_prompt_takes_the_variables_that_it_names(name: str) -> None:
    filled = prompt(name, **{variable: f"<{variable} $number>" for variable in PROMPTS[name]})
    for variable in PROMPTS[name]:
        assert f"<{variable} $number>" in filled  # what is filled in is not filled in again
    with pytest.raises(ValueError, match="takes"):
        prompt(name, nothing_of_the_kind=1)


def test_every_prompt_file_is_named() -> None:
    files = {path.stem for path in (Path(models.__file__).parent / "prompts").glob("*.md")}
    assert files == set(PROMPTS)
    assert len(digest()) == 16


def test_the_doctor_looks_at_the_chat_model_without_asking_it(tmp_path: Path) -> None:
    with serving(lambda _: "") as model:
        fine = list(examine(Settings(kb=tmp_path, embedding_model="hash", model="openai:any", base_url=model.url)))
        assert model.requests == []
    assert Finding(True, f"chat model openai:any, at {model.url}") in fine
    without_key = list(examine(Settings(kb=tmp_path, embedding_model="hash", model="openai:any")))
    assert any(not finding.ok and "OPENAI_API_KEY" in finding.text for finding in without_key)


def accordingto(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.argv = {['accordingto', *arguments]!r}\nfrom assistant.command import main\nmain()"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240, cwd=tmp_path)


@pytest.mark.sqlite
def test_on_the_command_line_a_model_that_cannot_be_used_is_exit_code_3(
    tmp_path: Path, sample_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda _: Reply(status=404)) as model:
        monkeypatch.setenv("ACCORDINGTO_BASE_URL", model.url)
        done = accordingto(tmp_path, "ask", "Who laid the mines?", f"--kb={sample_base}", "--model", "openai:x")
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == (
        "accordingto: openai:x: no such model there (404); check the name, or pull it first"
    )


@pytest.mark.sqlite
def test_on_the_command_line_a_model_answers(
    tmp_path: Path, sample_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Armenia said its armed forces had laid no mines there."
    with serving(lambda _: f"{said} [1]") as model:
        monkeypatch.setenv("ACCORDINGTO_BASE_URL", model.url)
        done = accordingto(
            tmp_path, "ask", "Who laid the mines?", f"--kb={sample_base}", "--model", "openai:x", "--json"
        )
    answer = json.loads(done.stdout)
    assert answer["writer"] == "openai:x"
    assert said in [statement["text"] for statement in answer["statements"]]
