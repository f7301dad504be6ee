"""Where somebody speaks: cue, speaker and content. The sentences are made up for these tests."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.attribution import attributions, quoted, tokens_of
from assistant.attribution.words import cue_words

SPOKEN = (
    ("The road is shut, said Ali Khan, the head of the council.", "Ali Khan, the head of the council", "said"),
    (
        "Maria Petrova, a spokeswoman for the army, said it was quiet.",
        "Maria Petrova, a spokeswoman for the army",
        "said",
    ),
    ("A spokesman for the northern council said the road was shut.", "A spokesman for the northern council", "said"),
    (
        "The mayor, the police and rebel leaders have demanded a truce.",
        "The mayor, the police and rebel leaders",
        "demanded",
    ),
    ("Nobody was hurt, attorneys for the family said.", "attorneys for the family", "said"),
    ("Citing two witnesses, the paper reported a blast.", "the paper", "reported"),
    ("The general met reporters in Minsk and said the army would stay.", "The general", "said"),
    ("Residents, who said they heard shots, left.", "who", "said"),
    ("The group went on to say that it was over.", "The group", "say"),
    ("KYIV -- President Ivanov said the army held.", "President Ivanov", "said"),
    ("A report released by the ministry says 12 died.", "A report released by the ministry", "says"),
    ("Armenia's claim that the road was shut was new.", "Armenia's", "claim"),
    ("The attack was condemned by the council of elders.", "the council of elders", "condemned"),
    ("On the other side Armenia's ministry gave 12 dead.", "Armenia's ministry", "gave"),
    ("The strike wounded 60 people said the Observatory.", "the Observatory", "said"),
    ("The court ruled that the road must be opened.", "The court", "ruled"),
    (
        "The council, the body that runs the town, said it was quiet.",
        "The council, the body that runs the town",
        "said",
    ),
    ("Judges hearing appeals against the ban have cited the truce.", "Judges hearing appeals against the ban", "cited"),
    ("People who fled the village said it burned.", "People who fled the village", "said"),
    ("Guards who asked not to be named told reporters little.", "Guards who asked not to be named", "told"),
    ("A letter that said he had fled was shown.", "that", "said"),
    ("In Minsk Belarusian Foreign Minister Ivan Petrov said no.", "Belarusian Foreign Minister Ivan Petrov", "said"),
    ("Ali Khan (north) and Sami Noor (east) all said no.", "Ali Khan (north) and Sami Noor (east)", "said"),
    ("The paper quoted the mayor as saying the bridge fell.", "the mayor", "saying"),
    ("According to the council, a bridge fell near the mill.", "the council", "According"),
    ("The crowd, which had met rebels, moved on, and said it would return.", "The crowd, which had met rebels", "said"),
    ("The army issued a statement accusing the rebels.", "The army", "accusing"),
    ("The claim was new, denied by the council of elders.", "the council of elders", "denied"),
    ("The bridge was hit, officials and the army said.", "officials and the army", "said"),
    ("The bridge was hit, al-Noor said.", "al-Noor", "said"),
    ("Said the guard, “Nobody came.”", "the guard", "Said"),
    ("The brigade said by phone that it left.", "The brigade", "said"),
    ("The bridge fell, sources familiar with the matter said.", "sources familiar with the matter", "said"),
    ("“They left,” [Sen. Ali Khan] said.", "Sen. Ali Khan", "said"),
    ("The hunt, now long, is under way, said Ali Khan, a guard.", "Ali Khan, a guard", "said"),
    ("“It fell,” said Ali Khan, who added that it was old.", "Ali Khan", "said"),
    ("It fell, said Ali Khan, a guard in Minsk, Belarus.", "Ali Khan, a guard in Minsk, Belarus", "said"),
    (
        "Tanks held the bridge over the Mill Brook, a stream near the town, Ali Khan, the mayor, said.",
        "Ali Khan, the mayor",
        "said",
    ),
    ("His first aide, Ali Khan, a former guard, told us so.", "His first aide, Ali Khan, a former guard", "told"),
    (
        "Facing losses, three generals -- Khan, Noor and Ray -- admitted it.",
        "three generals -- Khan, Noor and Ray",
        "admitted",
    ),
    ("The army said that the rebels' pledge of a truce was false, adding that it was late.", "The army", "adding"),
    ("Baku wants a treaty, the aide said, but Yerevan has refused, urging more talks.", "Yerevan", "urging"),
    ("The army spoke of a “risk to the town,” referring to the flood.", "The army", "referring"),
    ("Ali Khan countered that technology is cheap.", "Ali Khan", "countered"),
    ("The mayor has nonetheless insisted it was so.", "The mayor", "insisted"),
    ("Ali Khan agreed.", "Ali Khan", "agreed"),
    ("Russia welcomed the truce.", "Russia", "welcomed"),
    ("Protests followed accusations from Baku that the road was shut.", "Baku", "accusations"),
    ("Washington (CNN) President Ali Khan declared that it was over.", "President Ali Khan", "declared"),
    ("(CNN) Minister Ali Khan said that it was over.", "Minister Ali Khan", "said"),
    ("Upper Town, Lower Land (Some Wire) -- Saying it was over, the mayor left.", "the mayor", "Saying"),
    ("The Upper Brigade (UB) Commander said that it was over.", "The Upper Brigade (UB) Commander", "said"),
)


@pytest.mark.parametrize(("sentence", "speaker", "verb"), SPOKEN)
def test_who_speaks_with_the_whole_of_their_name(sentence: str, speaker: str, verb: str) -> None:
    found = [a for a in attributions(sentence) if a.verb.of(sentence) == verb]
    assert [a.speaker.of(sentence) if a.speaker else None for a in found] == [speaker]


@pytest.mark.parametrize(
    "sentence",
    [
        "The swing states of the north were quiet.",
        "The army continued its advance on the town.",
        "A group called Hamas Brigade took the town.",
        "Police questioned three men in the town.",
        "The report was long and had three parts.",
        "The blast claimed the lives of twenty miners.",
        "They met on the day that year began.",
        "The army added fuel to the fire.",
        "They crossed it in a campaign called “Open Road,” in May.",
        "The town fell despite Baku's repeated pledges.",
        "The attacks cited took place in May.",
        "There were some reports that the bridge fell.",
        "The war has claimed more than 100,000 lives.",
        "They lost time by asking for water.",
        "It's an acknowledgement of defeat.",
    ],
)
def test_what_is_no_speech_is_none(sentence: str) -> None:
    assert attributions(sentence) == ()


def test_who_stands_for_the_phrase_before_it() -> None:
    sentence = "Many pointed at the northern council, which denied it."
    (found,) = attributions(sentence)
    assert found.stands_for is not None
    assert found.stands_for.of(sentence) == "the northern council"


def test_what_is_said_before_after_and_around_the_cue() -> None:
    for sentence, content in (
        ("The road is shut, the mayor said.", ["The road is shut"]),
        ("The mayor said that the road is shut.", ["that the road is shut"]),
        ("“It is shut,” the mayor said, “and mined.”", ["“It is shut,”", "“and mined.”"]),
    ):
        (found,) = attributions(sentence)
        assert [span.of(sentence) for span in found.content] == content


def test_words_in_a_quotation_are_marked_as_such() -> None:
    sentence = "The mayor said: “The rebels told us to leave.”"
    assert [a.is_quoted for a in attributions(sentence)] == [False, True]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('He said "no" and "yes".', ['"no"', '"yes"']),
        ("We lied,” he said.", ["We lied,”"]),
        ("He said: “We did", ["“We did"]),
        ("''Never,'' he said.", ["''Never,''"]),
    ],
)
def test_direct_speech_is_found_also_where_a_mark_is_missing(text: str, found: list[str]) -> None:
    assert [span.of(text) for span in quoted(text)] == found


@given(st.text())
def test_any_text_is_read_without_failing(text: str) -> None:
    for found in attributions(text):
        for span in (found.cue, found.verb, *([found.speaker] if found.speaker else []), *found.content):
            assert 0 <= span.start < span.end <= len(text)


@given(
    st.lists(
        st.sampled_from("Baku said that , “ ” the army and who denied it . 's by ( ) -- on Tuesday told".split()),
        max_size=25,
    )
)
def test_any_order_of_such_words_is_read_without_failing(words: list[str]) -> None:
    text = " ".join(words)
    assert all(found.verb.of(text) for found in attributions(text))
    assert [token.text for token in tokens_of(text)] == [token.text for token in tokens_of(text.strip())]


def test_speakers_are_found_on_texts_that_no_rule_was_tuned_on(shared: Callable[[str], Path]) -> None:
    """A floor under the figure that bench/attribution.py prints, and the distance to the plain baseline."""
    folder = shared("data/polnear_dev")
    path = Path(__file__).resolve().parents[1] / "bench" / "attribution.py"
    spec = importlib.util.spec_from_file_location("bench_attribution", path)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = bench
    spec.loader.exec_module(bench)
    words = bench.communication()
    scores = {"rules": bench.Score.empty(), "baseline": bench.Score.empty()}
    for document in bench.documents(folder):
        if bench.half(document.name) == "report":
            marked = [m for m in document.gold if bench.communicates(m.cue_text, words)]
            for name, score in scores.items():
                found = [m for m in getattr(bench, name)(document) if bench.communicates(m.cue_text, words)]
                score.add(marked, found)
    reached = {name: score.f1("speaker", exact=False)[2] for name, score in scores.items()}
    assert reached["rules"] > 0.76
    assert reached["rules"] > 2 * reached["baseline"]


@pytest.mark.parametrize(
    ("sentence", "speaker"),
    [
        (
            "Shelling hurt another three on Wednesday official news agency KANA reported.",
            "official news agency KANA",
        ),
        ("The village came under heavy fire Sunday activists reported.", "activists"),
        ("The Sunday Times reported that five people died.", "The Sunday Times"),
    ],
)
def test_a_day_is_no_part_of_the_one_who_speaks_behind_it(sentence: str, speaker: str) -> None:
    (found,) = attributions(sentence)
    assert found.speaker is not None
    assert found.speaker.of(sentence) == speaker


def test_no_sentence_is_passed_over_that_holds_a_cue() -> None:
    """What spares most sentences their tokens knows cues as plain words: each must be one."""
    assert all(word.isalnum() and word == word.lower() for word in cue_words())
    for sentence in (
        "ANKARA SAID TEN SOLDIERS HAD DIED.",
        "The court ruled that Ganja was struck.",
        "According to Baku, ten died.",
    ):
        assert attributions(sentence), sentence
