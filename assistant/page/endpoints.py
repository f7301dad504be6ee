"""The page's functions for programs: gradio_client, curl and MCP."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import gradio as gr
from gradio.events import api
from pydantic import Field, ValidationError, validate_call

from assistant.answering import LONGEST_QUESTION
from assistant.assistant import Assistant
from assistant.page.access import Gate
from assistant.page.inside import in_words
from assistant.rendering import article_document
from kb import Filters, Hit
from kb.article import day_range

__all__ = ["endpoints"]

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")
_Question = Annotated[str, Field(max_length=LONGEST_QUESTION)]


def endpoints(assistant: Assistant, gate: Gate) -> None:
    """Adds the endpoints to the Blocks that are being built."""

    def ask(
        question: _Question,
        since: str | None = None,
        until: str | None = None,
        outlet: str | None = None,
        side: str | None = None,
    ) -> dict[str, Any]:
        """Answers a question from the articles: the document of accordingto ask --json. Optional: the first and the
        last day of publication (ISO), the outlet, and the side that must speak."""
        for day in filter(None, (since, until)):
            day_range(day)
        filters = Filters(since or None, until or None, outlet or None)
        with gate.entered():
            return assistant.ask(question, filters=filters, side=side or None).to_json()

    def search(question: _Question, k: Annotated[int, Field(ge=1, le=100)] = 10) -> list[dict[str, Any]]:
        """The k passages that fit a question best, best first."""
        return [_hit(hit) for hit in assistant.base.search(question, k)]

    def article(article_id: str) -> dict[str, Any]:
        """One stored article: the document of accordingto articles show --json."""
        return article_document(assistant.base.get(article_id))

    def timeline(
        question: Annotated[str | None, Field(max_length=LONGEST_QUESTION)] = None,
        since: str | None = None,
        until: str | None = None,
        outlet: str | None = None,
    ) -> dict[str, Any]:
        """What is said of each day, in order: the document of accordingto timeline --json. Needs a question, or the
        first or the last day (ISO); optional: the outlet."""
        found = assistant.timeline(question or None, since=since or None, until=until or None, outlet=outlet or None)
        return found.to_json()

    for function in (ask, search, article, timeline):
        # The gate lets so many questions in as the settings say.
        api(_refusing(function), api_name=function.__name__, concurrency_limit=None if function is ask else 4)


def _refusing(function: Callable[_Given, _Made]) -> Callable[_Given, _Made]:
    """The function with its arguments checked, and with whatever it raises in one line."""
    checked: Callable[..., _Made] = validate_call(function)
    signature = inspect.signature(function)

    @wraps(function)
    def refusing(*args: _Given.args, **kwargs: _Given.kwargs) -> _Made:
        try:
            # By name, for so are wrong ones spoken of.
            return checked(**signature.bind(*args, **kwargs).arguments)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise gr.Error(wrong, print_exception=False) from None
        except ValueError as error:  # a date that is none
            raise gr.Error(str(error), print_exception=False) from None
        except Exception as error:  # the border to the caller: an answer in words, never a traceback
            raise gr.Error(in_words(error), print_exception=False) from None

    return refusing


def _hit(hit: Hit) -> dict[str, Any]:
    passage, article = hit.passage, hit.article
    return {
        "article_id": article.id,
        "title": article.title,
        "outlet": article.outlet,
        "published": article.published,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "score": hit.score,
    }
