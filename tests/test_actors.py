from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import actors
from assistant.actors import side_of, side_of_speaker, sides_named
from assistant.errors import UnusableActors
from assistant.settings import Settings


@pytest.fixture(autouse=True)
def shipped_list_afterwards() -> Iterator[None]:
    yield
    actors.use(None)


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("the Azerbaijani foreign ministry", "Azerbaijan"),
        ("the Brazilian president", "Brazil"),
        ("Manila", "Philippines"),
        ("Malian officials", "Mali"),
        ("South Sudanese soldiers", "South Sudan"),
        ("Equatorial Guinea", "Equatorial Guinea"),
        ("the Syrian Observatory for Human Rights", "Syrian Observatory for Human Rights"),
        ("a Jordanian official", "Jordan"),
        ("Jordan", "Jordan"),
        ("the army of Jordan", "Jordan"),
        ("Michael Jordan", None),
        ("Chad Wolf", None),
        ("a roast turkey", None),
        ("the ministry", None),
        ("", None),
    ],
)
def test_states_go_by_name_capital_and_demonym(name: str, side: str | None) -> None:
    assert side_of(name) == side


def test_a_name_that_two_states_share_stands_for_neither() -> None:
    assert side_of("Dominican officials") is None


def test_the_users_own_list_wins_over_the_shipped_one(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[sides]\n"Blue Militia" = ["Blues"]\n"Northern Front" = ["Baku"]\n', "utf-8")
    assert side_of("the Blues") is None
    actors.use(own)
    assert sides_named("the Blues and Baku and Paris") == {"Blue Militia", "Northern Front", "France"}
    actors.use(None)
    assert side_of("Baku") == "Azerbaijan"


def test_another_list_is_another_digest(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[sides]\n"Blue Militia" = []\n', "utf-8")
    speaking = tmp_path / "speaking.toml"
    speaking.write_text('[sides]\n[speakers]\n"Blue Militia" = ["Blue Militia"]\n', "utf-8")
    digests = {settings.digest() for settings in (Settings(), Settings(actors=own), Settings(actors=speaking))}
    assert len(digests) == 3, "who speaks for a side is no side"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[sides", "is not TOML"),
        ("[other]\n", r"no table \[sides\]"),
        ('[sides]\nBlues = "Blue"\n', "Blues needs a list"),
        ("sides = 3", "needs a list"),
        ('[sides]\n[speakers]\nBlues = "Ali Khan"\n', "Blues needs a list"),
    ],
)
def test_a_list_that_is_none_is_refused_with_the_mend(tmp_path: Path, text: str, says: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text, "utf-8")
    with pytest.raises(UnusableActors, match=says):
        actors.use(own)


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableActors, match="cannot be read"):
        actors.use(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("speaker", "side"),
    [
        ("Assad", "Syria"),
        ("President Bashar al-Assad, who left", "Syria"),
        ("The regime of Mr. Assad", "Syria"),
        ("Assad’s army", "Syria"),
        ("a spokesman for Putin", "Russia"),
        ("a critic of Mr. Assad", None),
        ("aides to Obama", None),
        ("Assad critics", None),
    ],
)
def test_who_speaks_for_a_side_or_heads_it_has_its_side(speaker: str, side: str | None) -> None:
    assert side_of_speaker(speaker) == side


def test_a_person_is_no_state() -> None:
    assert side_of("Assad") is None
    assert sides_named("Assad said so.") == set()


def test_the_users_own_list_may_name_who_speaks_for_a_side(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[sides]\n[speakers]\n"Blue Front" = ["Ali Khan"]\n', "utf-8")
    actors.use(tmp_path / "own.toml")
    assert side_of_speaker("Commander Ali Khan") == "Blue Front"
    assert side_of_speaker("Assad") == "Syria", "the shipped ones stay"
