"""What the assistant says: an answer of statements, each with the citations it rests on. To and from JSON.

The JSON shape is a contract (schema 1): keys may be added, none changes its meaning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

__all__ = [
    "Answer",
    "Checks",
    "Citation",
    "Claim",
    "Dispute",
    "Figure",
    "Reason",
    "Relation",
    "Sources",
    "Stance",
    "Statement",
    "Verdict",
]

SCHEMA = 1
Stance = Literal["asserts", "denies", "accuses"]
Verdict = Literal["verified", "repaired", "unverified"]
Status = Literal["answered", "abstained"]
Reason = Literal["no_evidence", "weak_evidence"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody said something: who, on which side, with which verb, and whether it asserts, denies or accuses."""

    speaker: str | None
    """As the text names them, with their office where given; a pronoun is resolved. None if it names nobody."""
    side: str | None
    """The actor of the actor list that the speaker belongs to; None if unknown."""
    verb: str
    stance: Stance
    hedges: tuple[str, ...] = ()
    """Words that hold it back, as written: "reportedly", "at least", "could not be verified"."""
    quotations: tuple[str, ...] = ()
    """What is given as their very words, with the marks."""
    as_of: str | None = None
    """The ISO day, month or year on which they said it, where the sentence tells. Else unknown."""

    def to_json(self) -> dict[str, Any]:
        """The keys of the contract, and of the others those that say something."""
        more = {"hedges": list(self.hedges), "quotations": list(self.quotations), "as_of": self.as_of}
        known = {name: value for name, value in more.items() if value}
        return {"speaker": self.speaker, "side": self.side, "verb": self.verb, "stance": self.stance, **known}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Claim:
        return cls(
            document["speaker"],
            document["side"],
            document["verb"],
            document["stance"],
            hedges=tuple(document.get("hedges", ())),
            quotations=tuple(document.get("quotations", ())),
            as_of=document.get("as_of"),
        )


@dataclass(frozen=True, slots=True)
class Citation:
    """A slice of a stored article: `article.text[start:end] == quote`, in Unicode code points."""

    id: int
    """The number of its mark in the answer, from 1."""
    article_id: str
    title: str
    outlet: str | None
    origin: str | None
    published: str | None
    url: str | None
    start: int
    end: int
    quote: str

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in Citation.__slots__}


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that the answer says, with what it rests on. Never without a citation."""

    text: str
    citations: tuple[Citation, ...]
    verdict: Verdict = "verified"
    claims: tuple[Claim, ...] = ()
    """Empty where the outlet speaks in its own voice."""

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "citations": [citation.id for citation in self.citations],
            "verdict": self.verdict,
            "claims": [claim.to_json() for claim in self.claims],
        }


@dataclass(frozen=True, slots=True)
class Dispute:
    """A statement that somebody denies, or of which another side gives another account."""

    statement: int
    """Its place in the answer's statements, from 0."""
    denied_by: tuple[int, ...]
    """The numbers of the citations that hold the denial."""
    contrary: tuple[int, ...] = ()
    """The numbers of the citations that hold the other account."""

    def joined_by(self, numbers: tuple[int, ...], *, contrary: bool) -> Dispute:
        """With further citations that deny the statement, or that tell it otherwise."""
        if contrary:
            return replace(self, contrary=(*self.contrary, *numbers))
        return replace(self, denied_by=(*self.denied_by, *numbers))

    def to_json(self) -> dict[str, Any]:
        return {"statement": self.statement, "denied_by": list(self.denied_by), "contrary": list(self.contrary)}


@dataclass(frozen=True, slots=True)
class Figure:
    """A counted quantity: how many of what, according to whom, as of when."""

    what: str
    low: int
    high: int
    unit: str | None
    speaker: str | None
    as_of: str | None
    """The ISO date that the sentence gives for it. The day of publication is the citation's to tell."""
    citation: int
    written: str = ""
    """The number with the words that hold it back, exactly as it stands there: "at least 13", "dozens"."""
    side: str | None = None
    """The side of the one who counts."""
    whose: str | None = None
    """The side of those who are counted, where the words tell."""
    where: str | None = None
    is_part: bool = False
    """Whether it counts a part of the figure before it: "including six children"."""
    convention: str | None = None
    """Whose reading low and high are, where the words give no number: "ACLED"."""

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in Figure.__slots__}


RelationKind = Literal["superseded", "different_scope", "disputed"]


@dataclass(frozen=True, slots=True)
class Relation:
    """How two figures of an answer that could be taken for counts of one thing stand to each other."""

    kind: RelationKind
    figure: int
    """Its place in the answer's figures, from 0. Of "superseded" the earlier one."""
    other: int
    differs: str | None = None
    """Of "different_scope": what differs: "what", "place", "side", "unit", "part" or "period"."""

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in Relation.__slots__}


@dataclass(frozen=True, slots=True)
class Sources:
    """How much stands behind an answer. Copies of one story are several articles and one origin."""

    articles: int = 0
    origins: int = 0
    outlets: int = 0
    sides: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """"single_origin" and "single_side", as they apply."""

    def to_json(self) -> dict[str, Any]:
        return {
            "articles": self.articles,
            "origins": self.origins,
            "outlets": self.outlets,
            "sides": list(self.sides),
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class Checks:
    """What the check of every sentence that was written came to."""

    verified: int = 0
    repaired: int = 0
    """Held by another sentence than the one cited; that one is cited now."""
    unverified: int = 0
    """Held by none; left out."""

    def to_json(self) -> dict[str, int]:
        return {"verified": self.verified, "repaired": self.repaired, "unverified": self.unverified}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question, or the statement that the articles hold none."""

    question: str
    status: Status
    text: str = ""
    """Markdown, with marks such as [1] that name citations."""
    reason: Reason | None = None
    """Why there is no answer; None if there is one."""
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    """All that the text refers to, by number. Of an abstained answer: the nearest passages."""
    disputes: tuple[Dispute, ...] = ()
    no_response: tuple[int, ...] = ()
    """Places of statements that accuse somebody, to which a search found neither denial nor other account."""
    figures: tuple[Figure, ...] = ()
    relations: tuple[Relation, ...] = ()
    """How the figures stand to each other; none where they do not touch."""
    sources: Sources = Sources()
    checks: Checks = Checks()
    writer: str = "quoting"
    """Who wrote: "quoting", or the chat model's name."""
    understood_as: str | None = None
    """The question as it was searched for, where the conversation had to complete it."""
    settings: str = ""
    """Digest of every setting that shaped the answer."""
    seconds: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The document of `ask --json`."""
        return {
            "schema": SCHEMA,
            "question": self.question,
            "understood_as": self.understood_as,
            "status": self.status,
            "reason": self.reason,
            "text": self.text,
            "statements": [statement.to_json() for statement in self.statements],
            "citations": [citation.to_json() for citation in self.citations],
            "disputes": [dispute.to_json() for dispute in self.disputes],
            "no_response": list(self.no_response),
            "figures": [figure.to_json() for figure in self.figures],
            "relations": [relation.to_json() for relation in self.relations],
            "sources": self.sources.to_json(),
            "checks": self.checks.to_json(),
            "writer": self.writer,
            "settings": self.settings,
            "seconds": dict(self.seconds),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Answer:
        """The answer that `to_json` wrote. Unknown keys are passed over.

        Raises:
            ValueError: the document has another schema, or misses a key.
        """
        if document.get("schema") != SCHEMA:
            raise ValueError(
                f"an answer of schema {document.get('schema')!r} cannot be read; this version reads {SCHEMA}"
            )
        try:
            citations = {c["id"]: Citation(**{n: c[n] for n in Citation.__slots__}) for c in document["citations"]}
            return cls(
                question=document["question"],
                status=document["status"],
                text=document["text"],
                reason=document["reason"],
                statements=tuple(_statement(s, citations) for s in document["statements"]),
                citations=tuple(citations.values()),
                disputes=tuple(
                    Dispute(d["statement"], tuple(d["denied_by"]), tuple(d.get("contrary", ())))
                    for d in document["disputes"]
                ),
                no_response=tuple(document.get("no_response", ())),
                figures=tuple(_known(Figure, figure) for figure in document["figures"]),
                relations=tuple(_known(Relation, relation) for relation in document.get("relations", ())),
                sources=_sources(document["sources"]),
                checks=_checks(document),
                writer=document.get("writer", "quoting"),
                understood_as=document.get("understood_as"),
                settings=document["settings"],
                seconds=document["seconds"],
            )
        except KeyError as error:
            raise ValueError(f"the answer misses {error}") from error


_Value = TypeVar("_Value", Figure, Relation)


def _known(kind: type[_Value], document: Mapping[str, Any]) -> _Value:
    """The value without the keys that this version does not know."""
    return kind(**{name: document[name] for name in kind.__slots__ if name in document})


def _statement(document: Mapping[str, Any], citations: Mapping[int, Citation]) -> Statement:
    return Statement(
        text=document["text"],
        citations=tuple(citations[number] for number in document["citations"]),
        verdict=document["verdict"],
        claims=tuple(Claim.from_json(claim) for claim in document["claims"]),
    )


def _checks(document: Mapping[str, Any]) -> Checks:
    """Of answers that were written down before checks were counted, the statements tell."""
    counts = document.get("checks") or Counter(statement["verdict"] for statement in document["statements"])
    return Checks(**{name: counts.get(name, 0) for name in Checks.__slots__})


def _sources(document: Mapping[str, Any]) -> Sources:
    return Sources(
        articles=document["articles"],
        origins=document["origins"],
        outlets=document["outlets"],
        sides=tuple(document["sides"]),
        warnings=tuple(document["warnings"]),
    )
