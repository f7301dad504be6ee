"""Questions to begin with, made from the articles at hand: whom somebody accuses, what somebody denies, how many."""

from __future__ import annotations

import calendar
import re
import threading
from collections.abc import Callable, Iterator
from itertools import islice

from assistant.answer import Claim
from assistant.assistant import Assistant
from assistant.claims import Speech, side_of
from assistant.figures import figures_in
from kb import Article, KnowledgeBaseError
from kb.passages import split

__all__ = ["Examples"]

_LOOKED_AT = 40  # articles
_SENTENCES = 25  # of each
_TRIED = 16  # questions that are put to the assistant
_SHOWN = 4
_PLACE = re.compile(r"\b(?:in|at|near) (?:the (?:town|city|village) of )?([A-Z][\w’'-]+(?: [A-Z][\w’'-]+)?)\b")


class Examples:
    """A few questions that these articles answer, of different kinds, made anew when the articles change. They are
    made in the background: until then there are none."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._made: tuple[int, tuple[str, ...]] = (0, ())
        self._making = threading.Lock()

    def now(self) -> tuple[str, ...]:
        """What there is; if the articles have changed, new ones are begun."""
        if self._made[0] != self._assistant.base.version and self._making.acquire(blocking=False):
            threading.Thread(target=self._make, name="examples", daemon=True).start()
        return self._made[1]

    def wait(self) -> tuple[str, ...]:
        """The same, once they are made."""
        self.now()
        with self._making:
            return self._made[1]

    def _make(self) -> None:
        try:
            version = self._assistant.base.version
            self._made = (version, tuple(islice(self._answered(), _SHOWN)))
        except KnowledgeBaseError:
            pass  # closed meanwhile; nobody waits for them
        finally:
            self._making.release()

    def _answered(self) -> Iterator[str]:
        """Candidates that are answered, one of each kind first."""
        by_kind: dict[Callable[..., str | None], list[str]] = {}
        for kind, question in self._candidates():
            by_kind.setdefault(kind, []).append(question)
        in_turn = [questions[n] for n in range(_TRIED) for questions in by_kind.values() if n < len(questions)]
        for question in list(dict.fromkeys(in_turn))[:_TRIED]:
            if self._assistant.ask(question).status == "answered":
                yield question

    def _candidates(self) -> Iterator[tuple[Callable[..., str | None], str]]:
        listed = self._assistant.base.browse(limit=_LOOKED_AT).articles
        speech = Speech()
        for each in listed:
            article = self._assistant.base.find(each.id)
            if article:
                yield from _questions(article, speech)


def _questions(article: Article, speech: Speech) -> Iterator[tuple[Callable[..., str | None], str]]:
    spans = (span for passage in split(article) for span in passage.sentences)
    for span in islice(dict.fromkeys(spans), _SENTENCES):
        sentence = span.of(article.text)
        claims = speech.claims(article, span)
        for kind in (_denied, _accused, _counted):
            question = kind(sentence, claims)
            if question:
                yield kind, question


def _denied(sentence: str, claims: tuple[Claim, ...]) -> str | None:
    """Of a sentence with a denial."""
    speaker = next((c.side for c in claims if c.stance == "denies" and c.side), None)
    place = _place(sentence)
    return f"What did {speaker} deny about {place}?" if speaker and place else None


def _accused(sentence: str, claims: tuple[Claim, ...]) -> str | None:
    """Of a sentence with an accusation."""
    speaker = next((c.side for c in claims if c.stance == "accuses" and c.side), None)
    place = _place(sentence)
    return f"Whom does {speaker} accuse over {place}?" if speaker and place else None


def _counted(sentence: str, claims: tuple[Claim, ...]) -> str | None:
    """Of a sentence with a toll."""
    figure = next(iter(figures_in(sentence, claims, 1)), None)
    place = _place(sentence)
    return f"How many people were {figure.what} in {place}?" if figure and place and figure.what in _DONE else None


_TIMES = frozenset([*calendar.month_name, *calendar.day_name, "Spring", "Summer", "Autumn", "Winter"])
_DONE = ("killed", "wounded", "injured", "displaced", "captured")


def _place(sentence: str) -> str | None:
    """A place that the sentence names, which is no side that speaks."""
    places = (match[1].removesuffix("'s") for match in _PLACE.finditer(sentence))
    return next((place for place in places if place.split()[0] not in _TIMES and side_of(place) is None), None)
