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
    # What Gradio keeps of the last ten thousand events, and sums up anew after each one, goes nowhere but takes time.
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**12),
    "ANONYMIZED_TELEMETRY": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}


def switch_off_telemetry() -> None:
    """Switches off what the libraries would send by themselves. To be called before they are imported: LangSmith
    traces every chain if a variable says so, Gradio and Chroma report their use by default."""
    os.environ.update(_SWITCHES)
