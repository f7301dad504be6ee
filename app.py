"""The web chat as a script: `python app.py`, or `gradio app.py` to reload it at every change."""

from __future__ import annotations

import atexit

import typer

from assistant import Assistant, Settings
from assistant.page import build, launch

settings = Settings()
assistant = Assistant.open(own=True, create=True)
atexit.register(assistant.close)
demo = build(assistant)

if __name__ == "__main__":
    launch(demo, settings.host, settings.port, announce=typer.echo)
