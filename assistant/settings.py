"""What can be set, and nothing else: data only. Keyword arguments win over the environment, it over the defaults."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant import actors, prompts

__all__ = ["Settings"]

_SHAPING: Final = {
    "embedding_model",
    "passages",
    "statements",
    "confidence",
    "reranker",
    "reader",
    "model",
    "base_url",
    "prompt_tokens",
    "reply_tokens",
    "entailment_model",
}
"""The settings that shape an answer."""


class Settings(BaseSettings):
    """Every setting, its default and one line about it. In the environment each is ACCORDINGTO_ and its name."""

    model_config = SettingsConfigDict(env_prefix="ACCORDINGTO_", extra="forbid", frozen=True)

    kb: Path = Field(
        default_factory=lambda: user_data_path("accordingto", appauthor=False) / "kb",
        description="Folder of the knowledge base.",
    )
    database_url: SecretStr | None = Field(
        None, description="PostgreSQL database for the articles, postgresql://…; unset for a file in the folder."
    )
    embedding_model: str = Field("all-MiniLM-L6-v2", description="Name or folder of a sentence-transformers model.")
    passages: int = Field(10, ge=1, le=100, description="How many passages are read for an answer.")
    statements: int = Field(4, ge=1, le=20, description="How many statements an answer makes at most.")
    confidence: float | None = Field(
        None, ge=0, le=1, description="Score below which the assistant abstains; unset for the learned one."
    )
    reranker: str | None = Field(
        None, description="Name or folder of a cross-encoder that orders the passages found; unset for none."
    )
    reader: str | None = Field(
        None, description="Name or folder of a cross-encoder that chooses the sentences; unset for the learned weights."
    )
    model: str | None = Field(
        None, description="Chat model that writes, as provider:model; unset for quoting without a model."
    )
    base_url: str | None = Field(None, description="Address of the chat model's server, where it is not the usual one.")
    reply_timeout: float = Field(
        120, gt=0, description="Seconds after which a chat model that has not finished is given up."
    )
    reply_retries: int = Field(
        2, ge=0, le=10, description="How often a chat model that cannot be reached is tried again."
    )
    model_requests: int = Field(
        4, ge=1, le=64, description="How many requests a chat model gets at the same time at most."
    )
    prompt_tokens: int = Field(
        4000, ge=200, description="How many tokens of passages and question a chat model gets at most."
    )
    reply_tokens: int = Field(800, ge=16, description="How many tokens a chat model's reply has at most.")
    entailment_model: str | None = Field(
        None, description="Name or folder of a cross-encoder that must also find a statement implied by its quote."
    )
    actors: Path | None = Field(
        None, description="TOML file with further sides for the list of actors; its names win over the shipped ones."
    )
    host: str = Field("127.0.0.1", description="Address on which the chat listens.")
    port: int = Field(7860, ge=1, le=65535, description="Port of the chat; the next free one is taken if it is in use.")

    logins: dict[str, SecretStr] = Field(
        default_factory=dict,
        description='Who may use the chat, as JSON: `{"name": "password"}`; empty: everybody who reaches it.',
    )
    editors: frozenset[str] | None = Field(
        None,
        description='Who of them may add and remove articles in the chat, as JSON: `["name"]`; `[]`: nobody; '
        "unset: everybody.",
    )
    conversations: Path | None = Field(
        None, description="Folder in which the server keeps conversations; unset: each reader's browser keeps them."
    )
    upload_mb: int = Field(50, ge=1, le=10_000, description="Largest file that may be added in the chat, in MB.")
    questions_at_once: int = Field(2, ge=1, le=64, description="How many questions the chat answers at the same time.")
    questions_waiting: int = Field(
        30, ge=0, le=1000, description="How many more may wait; others are told to come again."
    )

    ray_address: str | None = Field(
        None, description="Ray cluster for `ingest --engine ray`; unset for one on this machine, for the run."
    )
    allow_private_addresses: bool = Field(
        False, description="Whether `ingest` may fetch from this machine and its network."
    )

    @property
    def database(self) -> str | None:
        """The database's address in clear."""
        return self.database_url.get_secret_value() if self.database_url else None

    def digest(self) -> str:
        """Identifies the settings that shape an answer: equal digests, equal answers from equal articles."""
        shaping = self.model_dump_json(include=_SHAPING)
        return hashlib.sha256(f"{shaping}{prompts.digest()}{actors.digest(self.actors)}".encode()).hexdigest()[:16]

    @field_validator("base_url")
    @classmethod
    def _no_secret(cls, url: str | None) -> str | None:
        """A user name, password or key in an address would show wherever settings do."""
        parts = urlsplit(url or "")
        if url is not None and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("it is not an address such as http://127.0.0.1:8080/v1")
        if parts.username or parts.password or parts.query:
            raise ValueError("it must hold no user name, password or key; put the key into the provider's variable")
        return url

    @property
    def writes_by_quoting(self) -> bool:
        """Whether no chat model is asked."""
        return self.model is None or self.model.strip().lower() in ("", "quoting")
