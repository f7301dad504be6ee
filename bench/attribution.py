"""Who says what, against PolNeAR, where people marked source, cue and content of every attribution.

    python bench/attribution.py [--half report|tune|both] [--errors N] [--folder DIR]

Scores the attributions that `assistant.attribution` finds, beside a plain baseline: the nearest name or pronoun before
a verb of saying, and the rest of the sentence. Rules were tuned on one half of the documents only (those whose name
has a SHA-256 digest that begins with an even hex digit); what is reported is the other half.

A prediction counts for the marked attribution whose cue shares the most words with its own, one to one. "exact" asks
for the same words; "overlap" counts single words of the paired spans, and every word of an unpaired span as wrong.

"communication" keeps the attributions whose cue holds a verb or noun of communication, decided from the cue alone: one
of its words, in its base form, is in communication.txt, or it says "according". The same rule sorts the predictions.
"mostly communication" keeps those that hold a word which communicates in at least half of its tagged uses ("say", not
"expect", "impose" or "sign").
"""

from __future__ import annotations

import argparse
import hashlib
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import simplemma

from assistant.attribution import attributions
from kb.passages import sentences

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "polnear_dev"
PARTS = ("speaker", "cue", "content")
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_SAYING = re.compile(
    r"\b(?:says?|said|saying|tells?|told|adds?|added|adding|announced|reported|stated|claim(?:s|ed)|argu(?:es|ed)|noted|"
    r"warned|called|denied|accused|blamed|according to)\b"
)
_NAME = re.compile(r"(?:[A-Z][\w.’'-]*(?:\s+|$))+|\b(?:he|she|they|it|we|I)\b|\bthe [a-z]+\b")

Words = frozenset[int]


@dataclass(frozen=True, slots=True)
class Marked:
    """An attribution as the places of its words in the document."""

    speaker: Words
    cue: Words
    content: Words
    cue_text: str


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    text: str
    words: tuple[tuple[int, int], ...]
    gold: tuple[Marked, ...]

    def within(self, spans: Iterable[tuple[int, int]]) -> Words:
        return frozenset(n for n, (a, b) in enumerate(self.words) if any(s < b and a < e for s, e in spans))


def documents(folder: Path) -> Iterator[Document]:
    """The annotated documents; of those that two people marked, the first."""
    for path in sorted((folder / "text").glob("*.txt")):
        text = path.read_bytes().decode()
        blank = Document(path.stem, text, tuple(m.span() for m in _WORD.finditer(text)), ())
        marks = next(iter(sorted((folder / "attributions").glob(f"{path.stem}_????.ann"))))
        yield Document(blank.name, text, blank.words, tuple(_gold(marks.read_text("utf-8"), blank)))


def _gold(annotations: str, document: Document) -> Iterator[Marked]:
    lines = [line.split("\t") for line in annotations.splitlines()]
    spans = {line[0]: _spans(line[1]) for line in lines if line[0].startswith("T")}
    for line in (line for line in lines if line[0].startswith("E")):
        roles: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for role, name in (part.split(":") for part in line[1].split()):
            roles[role.rstrip("0123456789")] += spans[name]
        cue = " ".join(document.text[a:b] for a, b in roles["Cue"])
        yield Marked(
            document.within(roles["Source"]), document.within(roles["Cue"]), document.within(roles["Content"]), cue
        )


def _spans(field: str) -> list[tuple[int, int]]:
    """Start and end of each piece: "Source 89 106;110 120"."""
    return [(int(a), int(b)) for a, b in (piece.split() for piece in field.split(" ", 1)[1].split(";"))]


# -- what is compared


def rules(document: Document) -> Iterator[Marked]:
    """What the product finds."""
    for sentence in sentences(document.text):
        at = sentence.start
        for found in (f for f in attributions(sentence.of(document.text)) if not f.is_quoted):
            speaker = [(at + found.speaker.start, at + found.speaker.end)] if found.speaker else []
            cue = (at + found.cue.start, at + found.cue.end)
            content = [(at + span.start, at + span.end) for span in found.content]
            yield Marked(
                document.within(speaker), document.within([cue]), document.within(content), document.text[slice(*cue)]
            )


def baseline(document: Document) -> Iterator[Marked]:
    """The nearest name, pronoun or "the …" before a verb of saying, else after it; the rest is what is said."""
    for sentence in sentences(document.text):
        words = sentence.of(document.text)
        for cue in _SAYING.finditer(words):
            before = list(_NAME.finditer(words, 0, cue.start()))
            name = before[-1] if before else _NAME.search(words, cue.end())
            at, end = sentence.start, sentence.end
            speaker = [(at + name.start(), at + len(words[: name.end()].rstrip()))] if name else []
            after = [(at + cue.end(), end)]
            before_name = [(at, at + min(cue.start(), name.start() if name else cue.start()))]
            content = after if len(words) - cue.end() > cue.start() else before_name
            place = [(at + cue.start(), at + cue.end())]
            yield Marked(document.within(speaker), document.within(place), document.within(content), cue.group())


# -- scores


@dataclass(slots=True)
class Score:
    exact: Counter[str]
    shared: Counter[str]
    predicted: Counter[str]
    marked: Counter[str]
    spans_predicted: Counter[str]
    spans_marked: Counter[str]

    @classmethod
    def empty(cls) -> Score:
        return cls(*(Counter() for _ in range(6)))

    def add(self, gold: Sequence[Marked], predicted: Sequence[Marked]) -> None:
        for part in PARTS:
            for marked in gold:
                self.marked[part] += len(getattr(marked, part))
                self.spans_marked[part] += bool(getattr(marked, part))
            for found in predicted:
                self.predicted[part] += len(getattr(found, part))
                self.spans_predicted[part] += bool(getattr(found, part))
            for marked, found in paired(gold, predicted):
                own, other = getattr(marked, part), getattr(found, part)
                self.shared[part] += len(own & other)
                self.exact[part] += bool(own) and own == other

    def f1(self, part: str, *, exact: bool) -> tuple[float, float, float]:
        """Precision, recall, F1."""
        hits = (self.exact if exact else self.shared)[part]
        precision = hits / max(1, (self.spans_predicted if exact else self.predicted)[part])
        recall = hits / max(1, (self.spans_marked if exact else self.marked)[part])
        return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def paired(gold: Sequence[Marked], predicted: Sequence[Marked]) -> list[tuple[Marked, Marked]]:
    """One to one, by the words that the cues share; ties go to the pair whose speakers share more."""
    by_word = defaultdict(list)
    for number, found in enumerate(predicted):
        for word in found.cue:
            by_word[word].append(number)
    options = sorted(
        (-len(marked.cue & predicted[n].cue), -len(marked.speaker & predicted[n].speaker), g, n)
        for g, marked in enumerate(gold)
        for n in {n for word in marked.cue for n in by_word[word]}
    )
    taken_gold, taken, pairs = set[int](), set[int](), []
    for _, _, g, n in options:
        if g not in taken_gold and n not in taken:
            taken_gold.add(g)
            taken.add(n)
            pairs.append((gold[g], predicted[n]))
    return pairs


def communicates(cue: str, words: frozenset[str]) -> bool:
    found = (word.group().casefold() for word in _WORD.finditer(cue))
    return any(w == "according" or w in words or simplemma.lemmatize(w, lang="en").casefold() in words for w in found)


def communication(*, mostly: bool = False) -> frozenset[str]:
    """The words of communication.txt, or those that mostly communicate."""
    text = Path(__file__).with_name("communication.txt").read_text("utf-8")
    read = text[: text.index("[sometimes]")] if mostly else text
    return frozenset(word for line in read.splitlines() if line[:1] not in ("#", "[") for word in line.split())


def half(name: str) -> str:
    return "tune" if int(hashlib.sha256(name.encode()).hexdigest()[0], 16) % 2 == 0 else "report"


# -- where the errors lie


def kinds_of_error(
    gold: Sequence[Marked], predicted: Sequence[Marked]
) -> Iterator[tuple[str, Marked | None, Marked | None]]:
    pairs = paired(gold, predicted)
    for marked, found in pairs:
        if marked.speaker == found.speaker:
            continue
        if not marked.speaker or not found.speaker:
            yield ("speaker found, none marked" if found.speaker else "no speaker found"), marked, found
        elif marked.speaker & found.speaker:
            yield ("too short" if found.speaker < marked.speaker else "too long or shifted"), marked, found
        else:
            yield "another speaker", marked, found
    seen = {id(m) for m, _ in pairs}
    yield from (("cue not found", marked, None) for marked in gold if id(marked) not in seen)
    seen = {id(f) for _, f in pairs}
    yield from (("nothing marked there", None, found) for found in predicted if id(found) not in seen)


def _shown(document: Document, words: Words) -> str:
    if not words:
        return "–"
    return " ".join(document.text[document.words[min(words)][0] : document.words[max(words)][1]].split())[:90]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--folder", type=Path, default=FOLDER)
    arguments.add_argument("--half", choices=("report", "tune", "both"), default="report")
    arguments.add_argument("--errors", type=int, default=0, help="how many errors of each kind to show")
    given = arguments.parse_args()
    read = [d for d in documents(given.folder) if given.half in (half(d.name), "both")]
    words = communication()
    print(f"{len(read)} documents ({given.half}), {sum(len(d.gold) for d in read)} attributions")
    systems: dict[str, Callable[[Document], Iterator[Marked]]] = {"baseline": baseline, "rules": rules}
    kept = {
        "cue of communication": words,
        "cue of mostly communication": communication(mostly=True),
        "all attributions": None,
    }
    for title, asked in kept.items():
        print(f"\n{title}")
        print(f"{'':10}{'':9}{'exact P':>9}{'R':>7}{'F1':>7}{'overlap P':>11}{'R':>7}{'F1':>7}")
        for name, system in systems.items():
            score, begun = Score.empty(), time.perf_counter()
            for document in read:
                found = list(system(document))
                score.add(
                    [m for m in document.gold if asked is None or communicates(m.cue_text, asked)],
                    [m for m in found if asked is None or communicates(m.cue_text, asked)],
                )
            seconds = time.perf_counter() - begun
            for part in PARTS:
                exact, overlap = score.f1(part, exact=True), score.f1(part, exact=False)
                figures = "".join(f"{v:>{w}.3f}" for v, w in zip((*exact, *overlap), (9, 7, 7, 11, 7, 7), strict=True))
                print(f"{name:10}{part:9}{figures}")
            print(f"{name:10}{len(read) / seconds:.0f} documents a second")
    _print_errors(read, words, given.errors)


def _print_errors(read: Sequence[Document], words: frozenset[str], shown: int) -> None:
    kinds, examples = Counter[str](), defaultdict(list)
    for document in read:
        gold = [m for m in document.gold if communicates(m.cue_text, words)]
        found = [m for m in rules(document) if communicates(m.cue_text, words)]
        for kind, marked, other in kinds_of_error(gold, found):
            kinds[kind] += 1
            cue = marked.cue if marked else other.cue if other else frozenset()
            examples[kind].append(
                f"[{_shown(document, cue)}] marked: {_shown(document, marked.speaker) if marked else '–'}"
                f" | found: {_shown(document, other.speaker) if other else '–'}"
            )
    print("\nwhere the rules and the marks differ (cue of communication, speaker)")
    for kind, number in kinds.most_common():
        print(f"{number:5} {kind}")
        step = max(1, len(examples[kind]) // shown) if shown else 1
        for example in examples[kind][::step][:shown]:
            print(f"        {example}")


if __name__ == "__main__":
    main()
