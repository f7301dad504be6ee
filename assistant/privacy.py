"""No telemetry, whatever the environment says."""

from __future__ import annotations

import os

__all__ = ["switch_off_telemetry"]

_SWITCHES = {
    "LANGSMITH_TRACING": "false",
    "LANGSMITH_TRACING_V2": "false",
    "LANGCHAIN_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGCHAIN_CALLBACKS_BACKGROUND": "false",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}


def switch_off_telemetry() -> None:
    """Switches off what the libraries would send by themselves. To be called before they are imported: LangSmith
    traces every chain if a variable says so, Gradio and Chroma report their use by default."""
    os.environ.update(_SWITCHES)
