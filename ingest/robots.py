"""What a site's robots.txt allows, by RFC 9309: the most specific rule wins. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

__all__ = ["Robots"]

_MOST_RULES = 5_000  # lines that are read; files with more exist, and none that a reader needs


@dataclass(frozen=True, slots=True)
class _Rule:
    path: str
    allows: bool

    def fits(self, path: str) -> bool:
        """Whether the rule speaks of `path`: "*" is anything, "$" the end."""
        ends = self.path.endswith("$")
        first, *rest = self.path.removesuffix("$").split("*")
        if not path.startswith(first):
            return False
        at = len(first)
        for number, piece in enumerate(rest, 1):
            last = ends and number == len(rest)
            found = path.rfind(piece, at) if last else path.find(piece, at)
            if found < 0:
                return False
            at = found + len(piece)
        return not ends or at == len(path)


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one site for one robot."""

    rules: Sequence[_Rule] = ()

    @classmethod
    def parse(cls, text: str, robot: str) -> Robots:
        """The rules for `robot`, else those for every robot."""
        ours: list[_Rule] = []
        everyones: list[_Rule] = []
        named = False
        groups: list[list[_Rule]] = []
        opens_group = True
        for line in text.splitlines()[:_MOST_RULES]:
            name, colon, value = (part.strip() for part in line.partition("#")[0].partition(":"))
            match name.lower() if colon else "":
                case "user-agent":
                    groups = groups if opens_group else []
                    opens_group = True
                    agent = re.match(r"[A-Za-z_-]*|\*", value)
                    if value == "*":
                        groups = [*groups, everyones]
                    elif agent and agent[0].lower() == robot.lower():
                        named = True
                        groups = [*groups, ours]
                case "allow" | "disallow":
                    opens_group = False
                    for group in groups if value else ():
                        group.append(_Rule(unquote(value), name.lower() == "allow"))
                case _:
                    pass
        return cls(tuple(ours if named else everyones))

    def allows(self, path: str) -> bool:
        """Whether the robot may ask for `path`, its query included. Among rules of one length, the one that allows."""
        plain = unquote(path or "/")
        fitting = [(len(rule.path), rule.allows) for rule in self.rules if rule.fits(plain)]
        return plain == "/robots.txt" or max(fitting, default=(0, True))[1]
