"""Which side a name belongs to: states by name, capital and demonym, groups and factions by list.

States come from the countryinfo library; actors.toml adds groups, corrects what the library has otherwise, and names
what is left out. A file of the user's own (the setting `actors`) is read after it and wins. A name that is in none of
them has no side: unknown stays unknown. Those who speak for a side are listed apart: a person is no state.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from assistant.errors import UnusableActors

__all__ = ["all_names", "digest", "names_of", "side_of", "side_of_speaker", "sides_named", "use"]


@dataclass(frozen=True, slots=True)
class _Name:
    """A name of the list: in lower case unless case counts for it, with its side."""

    text: str
    side: str
    exact: bool
    """Whether case counts: short names and common words are of other meaning in lower case ("us", "turkey")."""
    is_a_persons_too: bool

    def stands_in(self, text: str, at: int) -> bool:
        here = text[at : at + len(self.text)]
        if (here if self.exact else here.casefold()) != self.text:
            return False
        return not re.match(r"\w", text[at + len(self.text) : at + len(self.text) + 1])


@dataclass(frozen=True, slots=True, eq=False)
class _Actors:
    """The list as it is looked up: names by their first word, the longest first; and by their side."""

    by_word: Mapping[str, Sequence[_Name]]
    by_side: Mapping[str, Sequence[str]]
    speakers: Mapping[str, str]
    """Those who speak for a side, by name."""
    digest: str

    @functools.lru_cache(maxsize=5_000)  # noqa: B019 - lists are few and kept; sentences are looked at again and again
    def in_text(self, text: str) -> tuple[str, ...]:
        """The sides that a text names, in order. "Michael Jordan" is no state."""
        return tuple(self._in_text(text))

    def _in_text(self, text: str) -> Iterator[str]:
        done = 0
        for word in _WORD.finditer(text):
            if word.start() < done:
                continue
            for name in self.by_word.get(word.group().casefold(), ()):
                end = word.start() + len(name.text)
                if name.stands_in(text, word.start()):
                    done = end
                    if not (name.is_a_persons_too and _is_a_persons(text, word.start(), end)):
                        yield name.side
                    break


_WORD = re.compile(r"[^\W_]+")
_own: Path | None = None  # one list a process: sides are looked up deep inside pure functions


def use(path: Path | None) -> None:
    """Reads the user's own list from now on; None for the shipped one alone.

    Raises:
        UnusableActors: the file cannot be read, or is not a list of sides.
    """
    global _own
    _actors(path)
    _own = path


def side_of(name: str) -> str | None:
    """The side that a name belongs to: the first that it holds of the actor list ("the U.S. embassy in Baghdad" is
    the United States'), the longest if several begin there. None if it holds none."""
    return next(iter(_actors(_own).in_text(name)), None)


def side_of_speaker(name: str) -> str | None:
    """The same; and the side of one who speaks for it, or heads it: "Assad", "President Assad", "the regime of Mr.
    Assad", "Assad's army"; not "a critic of Mr. Assad"."""
    if (side := side_of(name)) is not None:
        return side
    head = re.sub(rf"['’]s?\s+{_BODY}\s*\Z", "", name.split(",")[0].strip())
    words = head.split()
    for first in range(max(0, len(words) - 3), len(words)):
        side = _actors(_own).speakers.get(" ".join(words[first:]))
        if side is not None and (_WHOSE.search(lead := " ".join(words[:first])) or not _LEADS_TO.search(lead)):
            return side
    return None


_BODY = r"(?:army|forces|troops|government|regime|administration|office|ministry|spokesman|spokeswoman|spokesperson)"
_WHOSE = re.compile(rf"\b{_BODY}\s+(?:of|for)\s*(?:\s[A-Z][\w.]*)*\Z")
_LEADS_TO = re.compile(r"\b(?:of|for|from|to|by|with|against|near|on|about|and|between)\b")


def sides_named(text: str) -> set[str]:
    """All sides that a text names."""
    return set(_actors(_own).in_text(text))


def all_names() -> Mapping[str, Sequence[str]]:
    """Every side of the list with the names it goes by."""
    return _actors(_own).by_side


def names_of(name: str) -> tuple[str, ...]:
    """A name and, if the list has it, every other one that its side goes by: "Baku" is said for "Azerbaijan"."""
    listed = next((side for side, names in all_names().items() if name.casefold() in map(str.casefold, names)), None)
    return tuple(dict.fromkeys([name, *(all_names()[listed] if listed else ())]))


def digest(path: Path | None) -> str:
    """Identifies the shipped list with the user's own: another list may give another answer.

    Raises:
        UnusableActors: as `use`.
    """
    return _actors(path).digest


def _is_a_persons(text: str, start: int, end: int) -> bool:
    """Whether a given name stands before it or a family name behind it: "Michael Jordan", "Chad Wolf"."""
    before = re.search(r"(\w[\w.]*)\s+\Z", text[:start])
    after = re.match(r"\s+([A-Z][a-z]+)\b", text[end:])
    is_title = before is not None and before[1].lower() in _TITLES
    given = before is not None and before[1][0].isupper() and not is_title and len(before[1]) > 2
    opens = before is not None and not text[:start].strip().removesuffix(before[1]).strip()
    if given and not (opens and before is not None and before[1].lower() in _OPENERS):
        return True
    return after is not None and after[1].lower() not in _BODIES


_TITLES = frozenset("in of the from to and or by for with on at between via near inside president king".split())
_OPENERS = frozenset("in from on at but and with while when after before as for both neighbouring meanwhile".split())
_BODIES = frozenset("and army government ministry foreign defence defense river valley times".split())


@functools.lru_cache(maxsize=8)
def _actors(own: Path | None) -> _Actors:
    shipped = tomllib.loads(resources.files("assistant").joinpath("actors.toml").read_text("utf-8"))
    states = shipped["states"]
    listed = dict(_of_states(frozenset(states["left_out"]), frozenset(states["ambiguous"]), states["called"]))
    listed |= _flat(shipped["sides"])
    speakers = {name: side for side, names in shipped["speakers"].items() for name in names}
    if own is not None:
        tables = _read(own)
        listed |= _flat(tables["sides"])
        speakers |= {name: side for side, names in tables["speakers"].items() for name in names}
    people, words = frozenset(states["people_too"]), frozenset(states["words_too"])
    by_word: dict[str, list[_Name]] = {}
    by_side: dict[str, list[str]] = {}
    for name, side in sorted(listed.items(), key=lambda item: -len(item[0])):
        exact = len(name) < 4 or name in words or name in people
        first = _WORD.search(name)
        if first is not None:
            known = _Name(name if exact else name.casefold(), side, exact, name in people)
            by_word.setdefault(first.group().casefold(), []).append(known)
    for known in itertools.chain.from_iterable(by_word.values()):
        by_side.setdefault(known.side, []).append(known.text)
    return _Actors(by_word, by_side, speakers, _hash_of(listed, speakers))


def _hash_of(*tables: Mapping[str, str]) -> str:
    lines = "\n\n".join("\n".join(f"{name}\t{side}" for name, side in sorted(table.items())) for table in tables)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def _flat(sides: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {name: side for side, names in sides.items() for name in (side, *names)}


def _read(path: Path) -> Mapping[str, Mapping[str, list[str]]]:
    """The tables of the user's own list."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
        tables = {"sides": document["sides"], "speakers": document.get("speakers", {})}
    except OSError as error:
        raise UnusableActors(f"the list of actors {path} cannot be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableActors(f"the list of actors {path} is not TOML: {error}") from error
    except KeyError:
        raise UnusableActors(f"the list of actors {path} has no table [sides]; write: [sides]") from None
    for table, sides in tables.items():
        wrong = next((side for side, names in _items(table, sides) if not _is_list_of_names(names)), None)
        if wrong is not None:
            raise UnusableActors(
                f'the list of actors {path}: {wrong} needs a list of names; write: {wrong} = ["a name"]'
            )
    return tables


def _is_list_of_names(names: Any) -> bool:
    return isinstance(names, list) and all(isinstance(name, str) and name for name in names)


def _items(table: str, sides: Any) -> Iterable[tuple[str, Any]]:
    return sides.items() if isinstance(sides, dict) else [(table, None)]


def _of_states(
    left_out: frozenset[str], ambiguous: frozenset[str], called: Mapping[str, str]
) -> Iterable[tuple[str, str]]:
    """Names, capitals, demonyms and their plurals of all states, but for names that two of them share."""
    from countryinfo import all_countries

    found: list[tuple[str, str]] = []
    for country in all_countries():
        data = country.info()
        if not data.get("ISO") or not data.get("capital") or data["name"] in left_out:
            continue
        side = called.get(data["name"], data["name"].removeprefix("The "))
        names = {side, data["name"].removeprefix("The "), str(data["capital"])}
        for demonym in re.split(r"[,/]", data.get("demonym") or ""):
            names |= {demonym, f"{demonym}s"} if demonym and not demonym.endswith(("s", "h", "ch", "se")) else {demonym}
        found += [(name, side) for name in names if len(name) > 3 and name not in ambiguous]
    shared = Counter(name for name, _ in set(found))
    return [(name, side) for name, side in found if shared[name] == 1]
