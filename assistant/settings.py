"""What can be set, and nothing else: data only. Keyword arguments win over the environment, it over secret files, they
over the defaults."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import parse_qs, urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from assistant import actors, prompts

if TYPE_CHECKING:
    from kb.vectors import Server

__all__ = ["Settings", "may_show"]

_SECRETS = Path("/run/secrets")
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

    model_config = SettingsConfigDict(env_prefix="ACCORDINGTO_", extra="forbid", frozen=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Keywords, the environment, then files as containers are given secrets: accordingto_database_url and so on."""
        if not _SECRETS.is_dir():
            return init_settings, env_settings
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, _SECRETS)

    kb: Path = Field(
        default_factory=lambda: user_data_path("accordingto", appauthor=False) / "kb",
        description="Folder of the knowledge base.",
    )
    database_url: SecretStr | None = Field(
        None, description="PostgreSQL database for the articles, postgresql://…; unset for a file in the folder."
    )
    chroma_url: str | None = Field(
        None,
        description="Address of a Chroma server for the vector index, https://host:port, with `?tenant=…&database=…` "
        "if need be; unset for the folder.",
    )
    chroma_headers: dict[str, SecretStr] = Field(
        default_factory=dict,
        description='What that server wants to be sent, as JSON: `{"Authorization": "Bearer …"}` or '
        '`{"X-Chroma-Token": "…"}`.',
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

    log_format: Literal["text", "json"] = Field(
        "text", description="Form of the chat's log on standard error: `text`, or `json` for one object a line."
    )
    log_questions: bool = Field(False, description="Whether the log may hold what was asked.")
    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Port on which the chat gives its counts to Prometheus; unset: nowhere."
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
        return None if self.database_url is None else self.database_url.get_secret_value()

    def digest(self) -> str:
        """Identifies the settings that shape an answer: equal digests, equal answers from equal articles."""
        shaping = self.model_dump_json(include=_SHAPING)
        return hashlib.sha256(f"{shaping}{prompts.digest()}{actors.digest(self.actors)}".encode()).hexdigest()[:16]

    @property
    def chroma(self) -> Server | None:
        """The Chroma server, with its headers in clear; None if none is named."""
        if self.chroma_url is None:
            return None
        from kb.vectors import Server

        return Server(self.chroma_url, {name: value.get_secret_value() for name, value in self.chroma_headers.items()})

    @field_validator("chroma_url")
    @classmethod
    def _names_a_server(cls, url: str | None) -> str | None:
        parts = urlsplit(url or "")
        if url is not None and (parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0):
            raise ValueError("it is no address such as http://127.0.0.1:8000")
        if parts.username or parts.password:
            raise ValueError("it must hold no user name and no password; send them by ACCORDINGTO_CHROMA_HEADERS")
        if set(parse_qs(parts.query)) - {"tenant", "database"} or parts.fragment:
            raise ValueError(
                "besides ?tenant=…&database=… it may hold no more; send keys by ACCORDINGTO_CHROMA_HEADERS"
            )
        return url

    @field_validator("chroma_headers")
    @classmethod
    def _can_be_sent(cls, headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, value in headers.items():
            if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
                raise ValueError("a header's name may hold letters, digits and dashes only")
            if not re.fullmatch(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?", value.get_secret_value()):
                raise ValueError("a header's value must be one line of plain characters")
        return headers

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


def may_show(name: str) -> bool:
    """Whether the value of a setting may stand in a message: it is no secret, and nobody could have put one there."""
    field = Settings.model_fields.get(name)
    return field is None or not (name.endswith("_url") or "SecretStr" in str(field.annotation))
