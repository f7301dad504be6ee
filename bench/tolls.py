"""Tolls of one incident as several outlets give them, asked for and laid out.

    python bench/tolls.py [--folder DIR] [--incidents N] [--kb DIR]

Reads fa_kes, articles on the Syrian war from outlets with opposed accounts, into a knowledge base, and takes the weeks
and places of which most outlets report dead with differing numbers. For each it asks how many people were killed,
prints the answer with its table, and checks that every figure's number slices from the stored text that its citation
names.
"""

from __future__ import annotations

import argparse
import csv
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assistant import Assistant
from assistant.answer import Answer
from assistant.figures import figures_in
from assistant.rendering import dated, plain
from kb import Article, Filters, KnowledgeBase
from kb.days import precision
from kb.passages import sentences

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "fa_kes"
_CITY = re.compile(
    r"\b(?:Aleppo|Idlib|Homs|Hama|Damascus|Ghouta|Raqqa|Deir (?:Ezzor|al-Zor|ez-Zor)|Daraa|Latakia|Manbij|Afrin|Palmyra"
    r"|Tartus|Jableh|Khan Sheikhoun|Qamishli|Hasaka|Douma|Madaya|Tabqa|Atareb|Rastan|Houla)\b"
)


@dataclass(frozen=True, slots=True)
class Incident:
    """A week and a place of which several outlets report dead."""

    place: str
    since: str
    until: str
    outlets: int
    numbers: tuple[int, ...]


def articles(folder: Path) -> Iterator[Article]:
    path = next(folder.glob("*.csv"))
    with path.open(encoding="latin-1", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            text = row["article_content"].strip()
            if text:
                day = datetime.strptime(row["date"].strip(), "%m/%d/%Y").date().isoformat()  # noqa: DTZ007 - a date only
                yield Article(
                    text=text,
                    title=row["article_title"].strip(),
                    source=f"fa_kes#{number}",
                    outlet=row["source"].strip(),
                    published=day,
                    provenance={"published": "column date", "outlet": "column source"},
                )


def incidents(stored: Sequence[Article], limit: int) -> list[Incident]:
    """The places and weeks with most outlets that count dead there, each with at least two different numbers."""
    told: dict[tuple[str, str], dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for article in stored:
        if article.published is None or precision(article.published) != "day":
            continue
        week = datetime.fromisoformat(article.published).strftime("%G-W%V")
        for span in sentences(article.text):
            sentence = span.of(article.text)
            counted = [f for f in figures_in(sentence, (), 0) if f.what == "killed"]
            for place in set(_CITY.findall(sentence)):
                for figure in counted:
                    told[place, week][article.outlet or ""].add(figure.low)
    found = []
    for (place, week), outlets in told.items():
        numbers = {number for own in outlets.values() for number in own}
        if len(outlets) > 1 and len(numbers) > 1:
            first = datetime.fromisoformat(f"{week}-1").date().isoformat()
            last = datetime.fromisoformat(f"{week}-7").date().isoformat()
            found.append(Incident(place, first, last, len(outlets), tuple(sorted(numbers))))
    found.sort(key=lambda i: (-i.outlets, i.since, i.place))
    return found[:limit]


def slices(answer: Answer, base: KnowledgeBase) -> tuple[int, int]:
    """How many figures of an answer there are, and of how many the number stands in the stored text where it says."""
    by_number = {citation.id: citation for citation in answer.citations}
    held = 0
    for figure in answer.figures:
        citation = by_number[figure.citation]
        stored = base.get(citation.article_id).text[citation.start : citation.end]
        held += stored == citation.quote and figure.written in stored
    return len(answer.figures), held


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--folder", type=Path, default=FOLDER)
    arguments.add_argument("--incidents", type=int, default=5)
    arguments.add_argument("--kb", type=Path, help="where to keep the knowledge base between runs")
    given = arguments.parse_args()
    stored = list(articles(given.folder))
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.kb or Path(scratch) / "kb"
        with Assistant.open(folder, create=True) as assistant:
            if not len(assistant.base):
                assistant.base.add(stored)
            figures = held = 0
            for incident in incidents(stored, given.incidents):
                question = f"How many people were killed in {incident.place}?"
                print(f"\n## {incident.place}, {dated(incident.since)} to {dated(incident.until)}")
                print(f"{incident.outlets} outlets, numbers in the texts: {', '.join(map(str, incident.numbers))}\n")
                answer = assistant.ask(question, filters=Filters(incident.since, incident.until))
                print(plain(answer, 110))
                own, good = slices(answer, assistant.base)
                figures, held = figures + own, held + good
            print(f"\n{held} of {figures} figures slice from the stored text")


if __name__ == "__main__":
    main()
