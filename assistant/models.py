"""Chat models by name, through LangChain, and what they reply. The one place that knows how providers fail.

Keys are never settings: each provider reads its own from the environment, and none is shown anywhere.
"""

from __future__ import annotations

import importlib.util
import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn

from assistant.errors import (
    ModelKeyMissing,
    ModelNotInstalled,
    ModelRefused,
    ModelReplyUnusable,
    ModelUnreachable,
    UnusableModel,
)
from assistant.privacy import switch_off_telemetry

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from assistant.settings import Settings

__all__ = ["Gate", "chat_model", "replied"]

_EXTRAS = {"openai": "langchain_openai", "anthropic": "langchain_anthropic", "ollama": "langchain_ollama"}
_KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "mistralai": "MISTRAL_API_KEY",
    "groq": "GROQ_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "google_genai": "GOOGLE_API_KEY",
    "cohere": "COHERE_API_KEY",
    "together": "TOGETHER_API_KEY",
    "fireworks": "FIREWORKS_API_KEY",
    "xai": "XAI_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
}
_PAUSE = 0.5  # seconds before the second try; doubled before each further one
_WAITS = 10  # times that one request waits as its server asks to
_LONGEST_WAIT = 120.0  # seconds; who is asked to wait longer is better told so
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)
_LOOKS_SECRET = re.compile(r"\b(?:sk|pk|key|Bearer)[-_ ][\w*.-]{6,}|(?<=://)[^/@\s]+@", re.IGNORECASE)


def chat_model(settings: Settings) -> BaseChatModel:
    """The chat model that the settings name, such as ollama:llama3.2 or openai:gpt-5-mini.

    With `base_url` and no provider in the name, the server there is taken to speak as OpenAI's does.

    Raises:
        ModelNotInstalled: an extra is missing, or the name is of no known form.
        ModelKeyMissing: the provider wants a key, and none is in the environment.
        UnusableModel: the provider's package does not take these settings.
    """
    provider, name = _parsed(settings)
    switch_off_telemetry()
    _require("langchain", provider)
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {"temperature": 0}
    if provider == "ollama":
        options |= {"num_predict": settings.reply_tokens, "client_kwargs": {"timeout": settings.reply_timeout}}
    else:
        # Tries are counted here, the same way for all, not by each provider's own package.
        options |= {"max_tokens": settings.reply_tokens, "timeout": settings.reply_timeout, "max_retries": 0}
    if settings.base_url:
        options["base_url"] = settings.base_url
    key = _KEYS.get(provider)
    if key and not os.environ.get(key):
        if not settings.base_url:
            raise ModelKeyMissing(f"{provider} wants a key; put it into the environment variable {key}")
        options["api_key"] = "none"  # a server of one's own mostly wants none, but the package wants to have one
    try:
        model: BaseChatModel = init_chat_model(name, model_provider=provider, **options)
        return model
    except ImportError as error:
        raise ModelNotInstalled(_install(provider, error)) from None
    except ValueError as error:
        if "Unsupported provider" in str(error):
            raise ModelNotInstalled(f"there is no provider {provider!r}; {_FORM}") from None
        raise UnusableModel(f"{settings.model} cannot be set up: {_quiet(error)}") from None
    except Exception as error:  # each provider's package has errors of its own; none may pass with a trace
        raise UnusableModel(f"{settings.model} cannot be set up: {_quiet(error)}") from None


_FORM = "name a model as provider:model, such as ollama:llama3.2, openai:gpt-5-mini or anthropic:claude-sonnet-4-5"


def _parsed(settings: Settings) -> tuple[str, str]:
    provider, colon, name = (settings.model or "").partition(":")
    if colon and re.fullmatch(r"[a-z][a-z0-9_-]*", provider) and name.strip():
        return provider.replace("-", "_"), name.strip()
    if settings.base_url and settings.model and settings.model.strip():
        return "openai", settings.model.strip()
    raise ModelNotInstalled(f"{settings.model!r} names no model; {_FORM}")


def _require(package: str, provider: str) -> None:
    for wanted in (package, _EXTRAS.get(provider)):
        if wanted and importlib.util.find_spec(wanted) is None:
            raise ModelNotInstalled(_install(provider, None))


def _install(provider: str, error: ImportError | None) -> str:
    if provider in _EXTRAS:
        return f"{provider} models need an extra; run: pip install 'accordingto[{provider}]'"
    named = re.search(r"pip install (?:-U )?([\w-]+)", str(error)) if error else None
    package = named[1] if named else f"langchain-{provider.replace('_', '-')}"
    return f"{provider} models need a package; run: pip install langchain {package}"


class Gate:
    """Lets so many requests through to a model at the same time, and none while its server has asked to wait. Safe to
    use from several threads."""

    def __init__(self, limit: int) -> None:
        self._free = threading.BoundedSemaphore(limit)
        self._closed_until = 0.0

    @contextmanager
    def passing(self) -> Iterator[None]:
        """One request, for the length of the block."""
        with self._free:
            # Looked at again after each sleep, for another request may have been told to wait longer.
            while (wait := self._closed_until - time.monotonic()) > 0:
                time.sleep(wait)
            yield

    def hold(self, seconds: float) -> None:
        """Lets nobody through for so long."""
        self._closed_until = max(self._closed_until, time.monotonic() + seconds)


def replied(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    *,
    timeout: float,
    retries: int,
    name: str,
    gate: Gate | None = None,
) -> Iterator[str]:
    """What the model replies, piece by piece. Tried again only while nothing of it has come. A server that says how
    long to wait is waited for, by all who go through the gate, and that costs no try.

    Raises:
        ModelUnreachable: no connection, or no end within `timeout` seconds, after all tries.
        ModelRefused: the provider refuses the key, the model's name or the request.
        ModelReplyUnusable: the reply is empty, withheld, or cut off (then after what there is of it).
    """
    gate = gate or Gate(1)
    tried = waited = 0
    while True:
        begun = False
        try:
            with gate.passing():
                for piece in _pieces(model, messages, timeout, name):
                    begun = True
                    yield piece
            return
        except ModelUnreachable as error:
            if error.after is not None and waited < _WAITS and not begun:
                waited += 1
                gate.hold(error.after)
            elif begun or tried == retries:
                raise
            else:
                time.sleep(_PAUSE * 2**tried)
                tried += 1


def _pieces(model: BaseChatModel, messages: Sequence[BaseMessage], timeout: float, name: str) -> Iterator[str]:
    ends = time.monotonic() + timeout
    said, why = False, ""
    try:
        for chunk in model.stream(list(messages)):
            text = str(chunk.text)
            metadata = chunk.response_metadata
            why = str(
                metadata.get("finish_reason") or metadata.get("stop_reason") or metadata.get("done_reason") or why
            )
            if text:
                said = said or bool(text.strip())
                yield text
            if time.monotonic() > ends:
                raise ModelUnreachable(f"{name} has not finished within {timeout:g} s; raise ACCORDINGTO_REPLY_TIMEOUT")
    except UnusableModel:
        raise
    except Exception as error:  # whatever the provider's package raises is said in our words
        _fail(error, name, timeout)
    if why in ("content_filter", "refusal", "safety", "SAFETY"):
        raise ModelReplyUnusable(f"{name} withholds its reply ({why}); ask otherwise, or use another model")
    if why in ("length", "max_tokens", "MAX_TOKENS"):
        raise ModelReplyUnusable(f"the reply of {name} was cut off; raise ACCORDINGTO_REPLY_TOKENS")
    if not said:
        raise ModelReplyUnusable(f"{name} replied nothing; ask again, or use another model")


def _fail(error: Exception, name: str, timeout: float) -> NoReturn:
    """Raises what a provider's error means for the user. `from None`: its own text may hold the key."""
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    names = {kind.__name__ for kind in type(error).__mro__}
    if status in (401, 403):
        raise ModelRefused(
            f"{name}: the key is refused ({status}); check the provider's key in the environment"
        ) from None
    if status == 404:
        raise ModelRefused(f"{name}: no such model there (404); check the name, or pull it first") from None
    if status in (408, 409, 425, 429) or (isinstance(status, int) and status >= 500):
        raise ModelUnreachable(
            f"{name}: the server cannot answer now ({status}); try again later", after=_asked_to_wait(error)
        ) from None
    if isinstance(status, int) and status >= 400:
        raise ModelRefused(
            f"{name}: the request is refused ({status}): {_quiet(error)}; if it is too long, lower "
            "ACCORDINGTO_PROMPT_TOKENS"
        ) from None
    if any("Timeout" in kind for kind in names):
        raise ModelUnreachable(f"{name} did not answer within {timeout:g} s; raise ACCORDINGTO_REPLY_TIMEOUT") from None
    if any("Connect" in kind or kind in ("NetworkError", "RemoteProtocolError", "ReadError") for kind in names):
        raise ModelUnreachable(
            f"{name} cannot be reached; start its server, or check ACCORDINGTO_BASE_URL and the network"
        ) from None
    if "authentication" in str(error).lower() or "api_key" in str(error).lower() or "api key" in str(error).lower():
        raise ModelKeyMissing(f"{name} wants a key; put it into the provider's environment variable") from None
    raise UnusableModel(f"{name} failed ({type(error).__name__}): {_quiet(error)}") from None


def _asked_to_wait(error: Exception) -> float | None:
    """The seconds after which a server says that it can be asked again; None if it says nothing, or too much."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    said = str(headers.get("retry-after") or "") if headers is not None else ""
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(0.0, seconds) if seconds <= _LONGEST_WAIT else None


def _quiet(error: Exception) -> str:
    """An error's own words, short, in one line, without anything that is or looks like a secret."""
    text = " ".join(str(error).split())
    for variable, value in os.environ.items():
        if len(value) >= 6 and _SECRET.search(variable):
            text = text.replace(value, "…")
    return _LOOKS_SECRET.sub("…", text)[:200]
