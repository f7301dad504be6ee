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

__all__ = ["endpoints"]

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")
_Question = Annotated[str, Field(max_length=LONGEST_QUESTION)]
_Passages = Annotated[int, Field(ge=1, le=100)]


def endpoints(assistant: Assistant, gate: Gate) -> None:
    """Adds the endpoints to the Blocks that are being built."""

    def ask(
        question: _Question,
        since: str | None = None,
        until: str | None = None,
        outlet: str | None = None,
        side: str | None = None,
        k: _Passages | None = None,
    ) -> dict[str, Any]:
        """Answers a question from the stored articles on armed conflict, with exact quotes that say who says so, or
        says that the articles do not say. Never answers from anywhere else.

        Args:
            question: A question in English, of at most 2,000 characters.
            since: First day, month or year of publication: 2023-09-19, 2023-09 or 2023. Undated articles are left out.
            until: Last day, month or year of publication, likewise.
            outlet: Only articles of this outlet; upper and lower case are alike.
            side: Only statements in which this side speaks, such as Armenia.
            k: How many passages are read, from 1 to 100.

        Returns:
            the document of accordingto ask --json: status, text, statements, citations, disputes, figures, sources
        """
        filters = _filters(since, until, outlet)
        with gate.entered():
            return assistant.ask(question, filters=filters, side=side or None, k=k).to_json()

    def search(
        question: _Question,
        k: _Passages = 10,
        since: str | None = None,
        until: str | None = None,
        outlet: str | None = None,
    ) -> list[dict[str, Any]]:
        """Finds the passages of the stored articles that fit a question or some words best.

        Args:
            question: A question or words in English, of at most 2,000 characters.
            k: How many passages, from 1 to 100.
            since: First day, month or year of publication: 2023-09-19, 2023-09 or 2023. Undated articles are left out.
            until: Last day, month or year of publication, likewise.
            outlet: Only articles of this outlet; upper and lower case are alike.

        Returns:
            passages, best first, each with its article_id, its text, and where that starts and ends in the article
        """
        return [_hit(hit) for hit in assistant.base.search(question, k, _filters(since, until, outlet))]

    def article(article_id: str) -> dict[str, Any]:
        """Gives one stored article with its whole text, and how each thing about it was found.

        Args:
            article_id: The id from a citation or a passage, or the start of it if no other begins so.

        Returns:
            the document of accordingto articles show --json; offsets count Unicode code points of its text
        """
        found = assistant.base.get(article_id)
        return article_document(found, assistant.base.copies(found.id))

    def timeline(
        question: Annotated[str | None, Field(max_length=LONGEST_QUESTION)] = None,
        since: str | None = None,
        until: str | None = None,
        outlet: str | None = None,
    ) -> dict[str, Any]:
        """Lists what the stored articles say happened, day by day: dated statements in order, each with its source and
        exact quote. Undated ones stand apart and are never placed. Needs a question, or a first or a last day.

        Args:
            question: A question in English, of at most 2,000 characters; without one, all statements of those days.
            since: First day of the events told: 2023-09-19, 2023-09 or 2023.
            until: Last day of the events told, likewise.
            outlet: Only articles of this outlet; upper and lower case are alike.

        Returns:
            the document of accordingto timeline --json: entries in order, undated, citations, how many are left_out
        """
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


def _filters(since: str | None, until: str | None, outlet: str | None) -> Filters:
    return Filters(since or None, until or None, outlet or None)


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
