from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Answer, Checks, Citation, Claim, Dispute, Figure, Relation, Sources, Statement
from assistant.citations import Quote, cite, holds, normalised
from assistant.rendering import dated, escaped, markdown, plain, sources_in_words
from kb import Span
from tests.conftest import article

SOURCE = article(
    "Baku said six had died. Yerevan denied it.", title="Mines", outlet="Sample Courier", published="2023-09-19"
)
CLAIM, DENIAL = (cite(1, Quote(SOURCE, Span(0, 23))), cite(2, Quote(SOURCE, Span(24, 42))))
ANSWER = Answer(
    question="Who says so?",
    status="answered",
    statements=(
        Statement("According to one: “…”", (CLAIM,), "verified", (Claim("Baku", "Azerbaijan", "said", "asserts"),)),
        Statement("According to two: “…”", (DENIAL,), "verified", (Claim("Yerevan", "Armenia", "denied", "denies"),)),
    ),
    citations=(CLAIM, DENIAL),
    disputes=(Dispute(0, (2,)),),
    figures=(Figure("killed", 6, 6, None, "Baku", None, 1),),
    sources=Sources(1, 1, 1, ("Armenia", "Azerbaijan"), ("single_origin",)),
    understood_as="Who says so (mines)?",
    checks=Checks(2, 0, 1),
    settings="abc",
    seconds={"total": 0.1},
)


def test_an_answer_comes_back_from_json_as_it_was() -> None:
    assert Answer.from_json(json.loads(json.dumps(ANSWER.to_json()))) == ANSWER


def test_the_contract_of_schema_1() -> None:
    document = ANSWER.to_json()
    assert set(document) >= {
        "schema", "question", "status", "reason", "text", "statements", "citations", "disputes", "figures", "sources",
        "settings", "seconds",
    }  # fmt: skip
    assert document["schema"] == 1
    assert document["statements"][0]["citations"] == [1]
    assert document["statements"][0]["claims"] == [
        {"speaker": "Baku", "side": "Azerbaijan", "verb": "said", "stance": "asserts"}
    ]
    assert document["citations"][1] == {
        "id": 2, "article_id": SOURCE.id, "title": "Mines", "outlet": "Sample Courier", "origin": None,
        "published": "2023-09-19", "url": None, "start": 24, "end": 42, "quote": "Yerevan denied it.",
    }  # fmt: skip
    assert document["checks"] == {"verified": 2, "repaired": 0, "unverified": 1}
    assert document["disputes"] == [{"statement": 0, "denied_by": [2], "contrary": []}]


def test_unknown_keys_are_passed_over_and_missing_ones_named() -> None:
    document = ANSWER.to_json()
    assert Answer.from_json({**document, "later": True}) == ANSWER
    del document["statements"]
    with pytest.raises(ValueError, match="misses 'statements'"):
        Answer.from_json(document)
    with pytest.raises(ValueError, match="schema 2"):
        Answer.from_json({"schema": 2})


def test_answers_written_down_before_checks_were_counted_are_read() -> None:
    document = ANSWER.to_json()
    del document["checks"], document["writer"]
    assert Answer.from_json(document) == replace(ANSWER, checks=Checks(verified=2))


def test_what_was_left_out_is_said_wherever_the_answer_is() -> None:
    for text in (markdown(ANSWER), plain(ANSWER)):
        assert "2 verified, 1 unverified and left out" in " ".join(text.split())


def test_a_citation_holds_only_where_its_very_words_stand() -> None:
    moved = Citation(**{**CLAIM.to_json(), "start": 1})
    altered = Citation(**{**CLAIM.to_json(), "quote": "Baku said nine had died."})
    assert holds(CLAIM, SOURCE)
    assert not holds(moved, SOURCE)
    assert not holds(altered, SOURCE)
    assert not holds(CLAIM, None)
    assert not holds(CLAIM, article("Baku said six had died. Yerevan denied it.", outlet="Another"))


def test_the_same_words_are_told_across_case_and_punctuation() -> None:
    assert normalised("“It’s over”,  he SAID.") == normalised("it's over, he said")


FIGURES = (
    Figure("killed", 12, 12, "people", "Baku", "2023-09-19", 1, written="Dozens", where="Fizuli", convention="ACLED"),
    Figure("killed", 40, 40, "people", "a | [9](x) source", None, 2, written="40"),
)
COUNTED = replace(ANSWER, figures=FIGURES, relations=(Relation("disputed", 0, 1),), no_response=(0,))


def test_figures_and_missing_responses_come_back_from_json() -> None:
    assert Answer.from_json(json.loads(json.dumps(COUNTED.to_json()))) == COUNTED


def test_a_document_from_before_these_keys_is_still_read() -> None:
    document = json.loads(json.dumps(ANSWER.to_json()))
    for key in ("relations", "no_response"):
        del document[key]
    document["figures"] = [
        {k: document["figures"][0][k] for k in ("what", "low", "high", "unit", "speaker", "as_of", "citation")}
    ]
    assert Answer.from_json(document) == ANSWER


def test_figures_are_a_table_in_which_nothing_acts_as_markup() -> None:
    lines = [line for line in markdown(COUNTED).splitlines() if line.startswith("|")]
    assert len(lines) == 4
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 8 for line in lines)
    assert "dozens (12 by ACLED)" in lines[2]
    assert "19 September 2023 | [1] | disputed: 40 [2]" in lines[2]
    assert "published 19 September 2023 | [2]" in lines[3]
    assert "[9](x)" not in lines[3]


def test_a_single_figure_needs_no_table() -> None:
    assert "|" not in markdown(ANSWER)


def test_no_response_is_said_below_the_statement() -> None:
    for text in (markdown(COUNTED), plain(COUNTED)):
        assert text.index("“…”") < text.index("No response found in these articles.")
        assert "No response found" not in markdown(ANSWER)


def test_a_statement_whose_denial_stands_below_another_says_where_it_is_denied() -> None:
    def said(text: str, citation: int) -> Statement:
        return Statement(text, (replace(ANSWER.citations[0], id=citation),), "verified", ())

    statements = (said("Baku blamed Yerevan.", 1), said("Yerevan denied it.", 2), said("It blamed Yerevan again.", 3))
    disputes = (Dispute(0, (2,)), Dispute(2, (2,)))
    answer = replace(ANSWER, statements=statements, disputes=disputes, no_response=())
    for text in (markdown(answer), plain(answer)):
        assert text.count("Denied in [2].") == 1
        assert text.index("blamed Yerevan again") < text.index("Denied in [2].")
    other = replace(answer, disputes=(Dispute(0, (2,)), Dispute(2, (), (2,))))
    assert "Told otherwise in [2]." in plain(other)


def test_one_figure_a_line_for_a_terminal() -> None:
    assert "- dozens (12 by ACLED): people killed, Fizuli. According to Baku, 19 September 2023 [1];" in plain(
        COUNTED, 200
    )


@given(st.text())
def test_no_text_acts_as_markup(text: str) -> None:
    shown = escaped(text)
    for place, character in enumerate(shown):
        if character in "`*_{}[]<>#|!~$&@":
            assert shown[place - 1] == "\\"
    assert "\n" not in shown
    assert "://" not in shown


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://tracker.example/p.gif)",
        "<img src=x onerror=y>",
    ],
)
def test_hostile_quotes_stay_words_in_markdown(hostile: str) -> None:
    source = article(f"He said {hostile} today.", outlet=hostile)
    citation = cite(1, Quote(source, Span(0, len(source.text))))
    text = markdown(Answer("q", "answered", statements=(Statement(source.text, (citation,)),), citations=(citation,)))
    assert hostile not in text
    assert text.endswith("*0 articles, 0 origins. Checked: 0 verified.*")


def test_an_answer_for_a_terminal_shows_denial_sources_and_stances() -> None:
    shown = plain(ANSWER)
    assert "Understood as: Who says so (mines)?" in shown
    assert "Denied: According to two" in shown
    assert "(Yerevan: denies)" in shown
    assert "[2] Sample Courier, 19 September 2023: Mines" in shown


def test_an_article_cannot_steer_the_terminal() -> None:
    source = article("\x1b[31mRed\x1b[0m he said.")
    citation = cite(1, Quote(source, Span(0, len(source.text))))
    assert "\x1b" not in plain(Answer("q", "abstained", reason="no_evidence", citations=(citation,)))


def test_abstaining_says_so_and_shows_the_nearest() -> None:
    answer = Answer("q", "abstained", reason="no_evidence", citations=(CLAIM,))
    for text in (markdown(answer), plain(answer)):
        assert text.startswith("The articles do not say")
        assert "Baku said six had died." in text
        assert "[1]" in text


@pytest.mark.parametrize(
    ("published", "words"),
    [("2023-09-19", "19 September 2023"), ("2023-09", "September 2023"), ("2023", "2023"), (None, "undated")],
)
def test_a_date_is_never_more_precise_than_it_is_known(published: str | None, words: str) -> None:
    assert dated(published) == words


def test_sources_are_counted_in_words_with_their_warnings() -> None:
    words = sources_in_words(Sources(3, 1, 3, ("Armenia",), ("single_origin", "single_side")))
    assert words.startswith("3 articles, 1 origin, heard: Armenia.")
    assert "one origin" in words
    assert "one side" in words
