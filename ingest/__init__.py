"""From files to clean articles: `ingest` reads, cleans and stores, and says of each record what became of it; `retry`
does so again with what failed."""

from __future__ import annotations

from ingest.cleaning import Given
from ingest.cluster import Cluster
from ingest.loaders import expected
from ingest.pipeline import Outcome, ingest, retry

__all__ = ["Cluster", "Given", "Outcome", "expected", "ingest", "retry"]
