"""The words that tell of speech, from lexicon.toml, and the small words of English by which a sentence is read."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from assistant.answer import Stance

__all__ = [
    "AFTER_VERB",
    "ARTICLES",
    "BE",
    "BEFORE_DAYS",
    "BOUNDS",
    "DASHES",
    "DAYS",
    "DETERMINERS",
    "DO_NOT",
    "HAVE",
    "INSIDE",
    "LEADS",
    "MODAL",
    "NEGATIONS",
    "NOMINAL",
    "NO_ADVERBS",
    "PRONOUNS",
    "RAISING",
    "RELATIVE",
    "SKIPPED",
    "also_nouns",
    "base_forms",
    "counting_verbs",
    "cue_words",
    "irregular_pasts",
    "lexicon",
    "naming_verbs",
    "needing_verbs",
    "plurals",
    "saying_nouns",
    "titles",
    "verbs",
]


PRONOUNS = frozenset("it he she they we i you".split())
DASHES = frozenset("-- — –".split())
BOUNDS = frozenset(
    """that but while when as after before because which who whom although though if since where than whether or so
    until unless whereas how why what once even""".split()
)
BE = frozenset("is are was were be been being am 's 're 'm isn't wasn't aren't weren't".split())
HAVE = frozenset("has have had having hasn't haven't hadn't 've 'd".split())
MODAL = frozenset("would will could may might must can should shall do does did won't wouldn't can't couldn't".split())
DO_NOT = frozenset("didn't doesn't don't".split())
NEGATIONS = frozenset("not never no n't".split()) | DO_NOT | {"hasn't", "haven't", "hadn't", "won't", "wouldn't"}
SKIPPED = (  # between a subject and its verb
    frozenset(
        """also each both again later earlier then since now still already soon once together likewise meanwhile however
        reportedly yet twice first himself herself itself themselves long further even just ever never not
        instead too often all rather always sometimes nonetheless nevertheless therefore thus perhaps maybe almost has
        have had having""".split()
    )
    | MODAL
    | DO_NOT
    | HAVE
)
RAISING = frozenset(  # "went on to say", "appeared to blame": who speaks stands before them
    "continue continues continued on appear appears appeared seem seems seemed began begin begins started".split()
) | {"to", "went"}
DAYS = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday today yesterday week month year day night morning
    evening afternoon january february march april may june july august september october november december weekend
    tonight overnight""".split()
)
BEFORE_DAYS = frozenset("on in late early last this the same over next".split())
DETERMINERS = frozenset(
    "the a an its his her their our my your this these those one some several many most another each".split()
)
NO_ADVERBS = frozenset("family assembly rally supply reply ally anomaly tally multiply apply".split())
RELATIVE = frozenset("who which whom".split())
ARTICLES = frozenset("the a an its his her their our my your".split())
INSIDE = frozenset(
    "of in for from at with by to on against near behind between across through about into over around along".split()
)
LEADS = frozenset(
    """in on at for by from with during amid despite following under over since after before as to like unlike while
    when if although though because until among according of about speaking asked""".split()
)
NOMINAL = (  # what stands before a noun, not before a verb
    ARTICLES | frozenset("no any this that these those to of in for from by with on so-called such 's under".split())
)
AFTER_VERB = (  # what may follow a verb, not an adjective: "blamed the rebels", not "armed rebels"
    DETERMINERS | INSIDE | DAYS | BOUNDS
) | frozenset("and not up out off down back away again him them it about himself itself themselves herself".split())


@functools.cache
def lexicon() -> Mapping[str, Any]:
    """lexicon.toml as it is."""
    return tomllib.loads(resources.files("assistant").joinpath("lexicon.toml").read_text("utf-8"))


@functools.cache
def verbs() -> Mapping[str, Stance]:
    """Every form of every verb of saying, denying and accusing, with what it does."""
    stances: tuple[Stance, ...] = ("asserts", "denies", "accuses")
    return {form: stance for stance in stances for forms in lexicon()[stance]["verbs"] for form in forms.split()}


@functools.cache
def base_forms() -> frozenset[str]:
    """The forms of these verbs that stand behind "did": "say", not "said"."""
    return frozenset(
        forms.split()[0] for stance in ("asserts", "denies", "accuses") for forms in lexicon()[stance]["verbs"]
    )


@functools.cache
def saying_nouns() -> Mapping[str, Stance]:
    stances: tuple[Stance, ...] = ("asserts", "denies", "accuses")
    return {noun: stance for stance in stances for noun in lexicon()[stance].get("nouns", ())}


@functools.cache
def counting_verbs() -> frozenset[str]:
    """Verbs that give a figure: "put the dead at 3,825"."""
    return frozenset(form for forms in lexicon()["counts"]["verbs"] for form in forms.split())


@functools.cache
def needing_verbs() -> Mapping[str, frozenset[str]]:
    """Verbs that tell of speech only with certain words next to them, with these words."""
    listed = lexicon()["needs"].items()
    return {form: frozenset(words.split()) for words, forms in listed for form in forms.split()}


@functools.cache
def cue_words() -> frozenset[str]:
    """Every word that can tell of speech by itself, in whatever surroundings."""
    return frozenset([*verbs(), *saying_nouns(), *needing_verbs(), *counting_verbs(), "according"])


@functools.cache
def irregular_pasts() -> frozenset[str]:
    return frozenset(lexicon()["grammar"]["irregular_pasts"].split())


@functools.cache
def also_nouns() -> frozenset[str]:
    return frozenset(lexicon()["grammar"]["also_nouns"].split())


@functools.cache
def naming_verbs() -> frozenset[str]:
    return frozenset(lexicon()["grammar"]["naming"].split())


@functools.cache
def titles() -> frozenset[str]:
    return frozenset(lexicon()["grammar"]["titles"].split())


@functools.cache
def plurals() -> frozenset[str]:
    return frozenset(lexicon()["grammar"]["plurals"].split())
