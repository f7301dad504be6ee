"""The only package that knows Chroma: approximate vector indexes, projected from the catalog and rebuilt at will.

`folder` is the one in the knowledge base's own folder, `server` the one that a Chroma server keeps for many processes.
Either names candidates only; what they are worth is computed from the catalog's own vectors.
"""

from __future__ import annotations

from kb.vectors.folder import ChromaProjection, discard, owned_elsewhere, problems
from kb.vectors.server import Server, ServerProjection

__all__ = ["ChromaProjection", "Server", "ServerProjection", "discard", "owned_elsewhere", "problems"]
