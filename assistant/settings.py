"""What can be set, and nothing else: data only. Keyword arguments win over the environment, it over the defaults."""

from __future__ import annotations

import hashlib
from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings"]


_SHAPING = {"embedding_model", "passages", "statements", "confidence", "reranker", "reader"}


class Settings(BaseSettings):
    """Every setting, its default and one line about it. In the environment each is ACCORDINGTO_ and its name."""

    model_config = SettingsConfigDict(env_prefix="ACCORDINGTO_", extra="forbid", frozen=True)

    kb: Path = Field(
        default_factory=lambda: user_data_path("accordingto", appauthor=False) / "kb",
        description="Folder of the knowledge base.",
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
    host: str = Field("127.0.0.1", description="Address on which the chat listens.")
    port: int = Field(7860, ge=1, le=65535, description="Port of the chat; the next free one is taken if it is in use.")

    allow_private_addresses: bool = Field(
        False, description="Whether `ingest` may fetch from this machine and its network."
    )

    def digest(self) -> str:
        """Identifies the settings that shape an answer: equal digests, equal answers from equal articles."""
        shaping = self.model_dump_json(include=_SHAPING)
        return hashlib.sha256(shaping.encode()).hexdigest()[:16]
