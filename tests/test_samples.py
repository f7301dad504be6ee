"""The promises, shown on the sample articles with the real model."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import Runnable, RunnableLambda

from assistant import Assistant, Conversation, Request
from assistant.answer import Answer
from assistant.errors import UnusableQuestion
from kb import Filters


@pytest.fixture(scope="module")
def assistant(sample_base: Path) -> Iterator[Assistant]:
    with Assistant.open(sample_base) as opened:
        yield opened


def _holds(assistant: Assistant, answer: Answer) -> bool:
    """Whether every citation of an answer slices from its stored article."""
    articles = ((citation, assistant.base.get(citation.article_id)) for citation in answer.citations)
    return all(article.text[citation.start : citation.end] == citation.quote for citation, article in articles)


QUESTIONS = (
    "Who is accused of laying the mines?",
    "What did Armenia say about Ganja?",
    "How many people died in the fuel depot explosion?",
    "How many peacekeepers are to go to Karabakh?",
    "What did the court order?",
    "What did Azerbaijan say about the cathedral?",
    "How many people left Karabakh?",
    "Is there a blockade of the Lachin road?",
    "How many military dead did Armenia count?",
    "Who captured Shusha?",
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_rests_on_exact_quotes(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert answer.status == "answered"
    assert all(statement.citations for statement in answer.statements)
    assert all(statement.verdict == "verified" for statement in answer.statements)
    assert _holds(assistant, answer)


@pytest.mark.parametrize(
    "question",
    [
        "Who won the 1998 World Cup?",
        "How many people were killed in Yerevan?",
        "What is the capital of France?",
        "How do I bake bread?",
        "What did Ilham Aliyev say?",
        "How many Turkish soldiers died?",
    ],
)
def test_what_the_samples_do_not_say_is_not_answered(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert (answer.status, answer.statements) == ("abstained", ())
    assert answer.text.startswith("The articles do not say")
    assert _holds(assistant, answer)


def test_a_denial_in_another_article_stands_beside_the_accusation(assistant: Assistant) -> None:
    answer = assistant.ask("Who is accused of laying the mines?")
    (dispute,) = answer.disputes
    accused = answer.statements[dispute.statement]
    denial = next(c for c in answer.citations if c.id == dispute.denied_by[0])
    assert any(claim.stance == "accuses" and claim.side == "Azerbaijan" for claim in accused.claims)
    assert "Armenia" in denial.quote
    assert denial.article_id not in {c.article_id for c in accused.citations}
    assert "**Denied:**" in answer.text


def test_one_wire_story_in_three_outlets_is_one_origin(assistant: Assistant) -> None:
    answer = assistant.ask("How many peacekeepers does the statement of 10 November provide for?", k=6)
    carried = next(s for s in answer.statements if len(s.citations) == 3)
    assert {c.outlet for c in carried.citations} == {"Sample Courier", "Example Gazette", "Placeholder Times"}
    assert answer.sources.origins < answer.sources.articles


def test_a_toll_that_rises_is_laid_out_and_not_merged(assistant: Assistant) -> None:
    answer = assistant.ask("How many people died in the fuel depot explosion?")
    quotes = " ".join(c.quote for s in answer.statements for c in s.citations)
    assert all(figure in quotes for figure in ("20", "68", "170"))


def test_the_mines_are_claimed_with_their_denial_from_another_article(assistant: Assistant) -> None:
    answer = assistant.ask("How many people died on mines on 19 September 2023?")
    (claim, *_) = answer.statements[0].claims
    assert (claim.speaker, claim.side, claim.stance) == ("Azerbaijan", "Azerbaijan", "asserts")
    (figure, *_) = answer.figures
    assert (figure.what, figure.low, figure.unit, figure.speaker, figure.whose) == (
        "killed", 6, "Azerbaijani citizens", "Azerbaijan", "Azerbaijan",
    )  # fmt: skip
    dispute = next(d for d in answer.disputes if d.statement == 0)
    denial = next(c for c in answer.citations if c.id == dispute.denied_by[0])
    assert denial.published == "2023-09-18"
    assert denial.article_id not in {c.article_id for c in answer.statements[0].citations}


def test_the_military_dead_of_2020_are_a_table_of_superseded_and_disputed(assistant: Assistant) -> None:
    answer = assistant.ask("How many military dead were counted in 2020?")
    numbers = [figure.low for figure in answer.figures]
    assert {2317, 3825, 2783, 2906} <= set(numbers)
    related = {(r.kind, numbers[r.figure], numbers[r.other]) for r in answer.relations}
    assert ("superseded", 2783, 2906) in related
    assert ("disputed", 3825, 2317) in related or ("disputed", 2317, 3825) in related
    across = {(r.kind, r.differs) for r in answer.relations if {numbers[r.figure], numbers[r.other]} == {3825, 2906}}
    assert across == {("different_scope", "side")}
    assert "| 2,783 |" in answer.text
    assert "superseded by 2,906" in answer.text
    assert all(
        figure.written in next(c.quote for c in answer.citations if c.id == figure.citation)
        for figure in answer.figures
    )


def test_a_toll_told_in_other_words_than_the_questions_is_laid_beside_the_first(assistant: Assistant) -> None:
    answer = assistant.ask("How many soldiers did Armenia lose in 2020?")
    numbers = [figure.low for figure in answer.figures]
    assert set(numbers) == {3825, 2317}
    assert {(r.kind, *sorted((numbers[r.figure], numbers[r.other]))) for r in answer.relations} == {
        ("disputed", 2317, 3825)
    }


def test_the_fuel_depot_toll_of_the_same_officials_is_superseded_not_disputed(assistant: Assistant) -> None:
    answer = assistant.ask("How many people died in the fuel depot explosion?")
    numbers = [figure.low for figure in answer.figures]
    assert {(r.kind, numbers[r.figure], numbers[r.other]) for r in answer.relations} == {
        ("superseded", 20, 170),
        ("superseded", 68, 170),
    }


def test_the_ganja_strike_is_accused_and_denied(assistant: Assistant) -> None:
    answer = assistant.ask("Whom did Azerbaijan accuse of firing on Ganja on 4 October?")
    accusing = [
        place
        for place, statement in enumerate(answer.statements)
        if any(claim.stance == "accuses" and claim.side == "Azerbaijan" for claim in statement.claims)
    ]
    assert accusing
    denied = {dispute.statement: dispute.denied_by for dispute in answer.disputes}
    assert denied
    for place in set(accusing) - set(denied):  # such a sentence tells the denial itself
        assert {(c.stance, c.side) for c in answer.statements[place].claims} >= {("denies", "Armenia")}
    for number in (number for place in accusing for number in denied.get(place, ())):
        statement = next(s for s in answer.statements if number in {c.id for c in s.citations})
        assert any(claim.stance == "denies" and claim.side == "Armenia" for claim in statement.claims)
    assert answer.no_response == ()


def test_the_lachin_road_keeps_contested_words_with_their_side(assistant: Assistant) -> None:
    answer = assistant.ask("Is there a blockade of the Lachin road?")
    words = {
        (claim.side, quotation)
        for statement in answer.statements
        for claim in statement.claims
        for quotation in claim.quotations
    }
    assert ("Azerbaijan", '"environmental activists"') in words
    assert ("Armenia", '"blockade"') in words
    assert not words & {("Armenia", '"environmental activists"'), ("Azerbaijan", '"blockade"')}


def test_one_wire_story_alone_is_one_origin_and_warns(assistant: Assistant) -> None:
    answer = assistant.ask("How many peacekeepers are to go to Karabakh?", filters=Filters("2020-11-10", "2020-11-11"))
    assert answer.sources.outlets == 3
    assert answer.sources.origins == 1
    assert "single_origin" in answer.sources.warnings
    assert "one origin" in answer.text


def test_a_capture_that_the_other_side_contradicts_has_its_account_beside_it(assistant: Assistant) -> None:
    answer = assistant.ask("Who captured Shusha?")
    dispute = next(d for d in answer.disputes if d.contrary)
    claimed = answer.statements[dispute.statement]
    other = next(s for s in answer.statements if dispute.contrary[0] in {c.id for c in s.citations})
    assert {claim.side for claim in claimed.claims} == {"Azerbaijan"}
    assert "Armenia" in {claim.side for claim in other.claims}
    assert dispute.denied_by == ()
    assert "**Another account:**" in answer.text


def test_mutual_blame_is_not_said_to_be_without_a_response(assistant: Assistant) -> None:
    answer = assistant.ask("Who broke the truce agreed in Moscow on 10 October 2020?")
    assert any(claim.stance == "accuses" for statement in answer.statements for claim in statement.claims)
    assert answer.no_response == ()
    assert "No response" not in answer.text


@pytest.mark.parametrize("question", ["Who was blamed for the mines?", "What did Azerbaijan say about the mines?"])
def test_an_accusation_told_in_brief_has_the_denial_of_the_full_one(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    accusing = {n for n, s in enumerate(answer.statements) if any(claim.stance == "accuses" for claim in s.claims)}
    assert len(accusing) == 2
    assert {dispute.statement for dispute in answer.disputes if dispute.denied_by} == accusing
    assert "No response" not in answer.text


def test_an_accusation_without_an_answer_says_so(assistant: Assistant) -> None:
    only = Filters(outlet="Placeholder Times", since="2020-10-08", until="2020-10-08")
    answer = assistant.ask("Whom did Armenia accuse of striking the cathedral?", filters=only)
    assert answer.no_response == tuple(range(len(answer.statements)))
    assert "No response found in these articles." in answer.text
    everywhere = assistant.ask("Whom did Armenia accuse of striking the cathedral?")
    assert everywhere.no_response == ()


def test_only_the_one_asked_about_speaks(assistant: Assistant) -> None:
    answer = assistant.ask("What did Azerbaijan say about the cathedral in Shusha?")
    assert {claim.side for claim in answer.statements[0].claims} == {"Azerbaijan"}
    assert answer.statements[0].claims[0].stance == "denies"


def test_the_answer_can_be_kept_to_one_side_outlet_or_time(assistant: Assistant) -> None:
    question = "What happened to Ganja?"
    one_side = assistant.ask(question, side="armenia")
    assert all(any(c.side == "Armenia" for c in s.claims) for s in one_side.statements if s.claims)
    one_outlet = assistant.ask(question, filters=Filters(outlet="specimen post"))
    assert {c.outlet for c in one_outlet.citations} == {"Specimen Post"}
    later = assistant.ask(question, filters=Filters(since="2020-10-15", until="2020-10-31"))
    assert later.citations
    assert all("2020-10-15" <= (c.published or "") <= "2020-10-31" for c in later.citations)


def test_a_follow_up_is_understood_from_the_conversation(assistant: Assistant) -> None:
    first = assistant.ask("What did Azerbaijan say about the mines?")
    second = assistant.ask("And what did the other side say?", conversation=Conversation().with_answer(first))
    assert second.understood_as is not None
    assert "Armenia" in second.understood_as
    assert any(claim.side == "Armenia" for statement in second.statements for claim in statement.claims)


def _timeless(answer: Answer) -> dict[str, Any]:
    return {**answer.to_json(), "seconds": None}


def test_every_way_to_run_the_chain_gives_the_same_answer(assistant: Assistant) -> None:
    question = QUESTIONS[0]
    chain: Runnable[Any, Answer] = assistant.chain
    expected = _timeless(chain.invoke(question))

    async def asynchronously() -> list[Answer]:
        streamed = [answer async for answer in chain.astream(question)]
        return [await chain.ainvoke(question), (await chain.abatch([question]))[0], streamed[-1]]

    answers = [
        chain.invoke({"question": question}),
        chain.invoke(Request(question)),
        *chain.batch([question, question]),
        list(chain.stream(question))[-1],
        list(assistant.stream(question))[-1],
        *asyncio.run(asynchronously()),
    ]
    assert [_timeless(answer) for answer in answers] == [expected] * len(answers)


def test_a_streamed_answer_grows_by_checked_statements(assistant: Assistant) -> None:
    growing = list(assistant.stream("Who is accused of laying the mines?"))
    counts = [len(answer.statements) for answer in growing]
    assert counts == sorted(counts)
    assert counts[0] == 1 < counts[-1]
    assert all(statement.citations for answer in growing for statement in answer.statements)


def test_the_chain_is_a_part_of_somebody_elses_chain(assistant: Assistant) -> None:
    theirs = assistant.chain | RunnableLambda(lambda answer: len(answer.citations))
    assert theirs.invoke("What did the court order?") >= 1


def test_the_retriever_gives_documents_that_can_be_cited(assistant: Assistant) -> None:
    documents = assistant.retriever.invoke("checkpoint at the corridor")
    assert documents
    for document in documents:
        stored = assistant.base.get(document.metadata["article_id"])
        assert stored.text[document.metadata["start"] : document.metadata["end"]] == document.page_content


@pytest.mark.parametrize("question", ["", " \n", "x" * 2001])
def test_a_question_that_is_none_is_refused(assistant: Assistant, question: str) -> None:
    with pytest.raises(UnusableQuestion, match=r"empty|characters"):
        assistant.ask(question)


@pytest.mark.parametrize(("place", "other"), [("Ganja", "Barda"), ("Barda", "Ganja")])
def test_the_dead_of_another_place_are_no_answer(assistant: Assistant, place: str, other: str) -> None:
    answer = assistant.ask(f"How many people were killed in {place}?")
    assert place in {figure.where for figure in answer.figures}
    assert other not in {figure.where for figure in answer.figures}


@pytest.mark.parametrize(
    ("question", "whose", "another"),
    [
        ("How many Azerbaijani soldiers were killed in 2020?", "Azerbaijan", "Armenia"),
        ("How many Armenian soldiers were killed in 2020?", "Armenia", "Azerbaijan"),
    ],
)
def test_the_dead_of_another_side_are_no_answer(assistant: Assistant, question: str, whose: str, another: str) -> None:
    counted = {figure.whose for figure in assistant.ask(question).figures}
    assert whose in counted
    assert another not in counted


def test_the_dead_are_no_answer_where_the_wounded_are_asked_for(assistant: Assistant) -> None:
    assert assistant.ask("How many people were wounded in Barda?").status == "abstained"


def test_what_one_side_counts_is_not_told_by_the_other(assistant: Assistant) -> None:
    answer = assistant.ask("How many soldiers did Azerbaijan say it lost?")
    assert {figure.low for figure in answer.figures} >= {2783, 192}
    assert {figure.side for figure in answer.figures} == {"Azerbaijan"}


def test_how_many_people_and_how_many_are_one_question(assistant: Assistant) -> None:
    with_people, without = (assistant.ask(f"How many {who}were killed in Ganja?") for who in ("people ", ""))
    assert with_people.statements[:3] == without.statements[:3]


def test_a_denial_of_another_days_strike_stands_beside_none(assistant: Assistant) -> None:
    answer = assistant.ask("How many people were killed in Ganja?")
    cited = {citation.id: citation.quote for citation in answer.citations}
    denials = [cited[number] for dispute in answer.disputes for number in dispute.denied_by]
    assert denials
    assert not any("4 October" in denial for denial in denials)
    assert not answer.no_response


def test_the_dead_of_its_towns_are_kept_where_a_region_is_asked_for_that_has_no_count(assistant: Assistant) -> None:
    answer = assistant.ask("How many people were killed in Azerbaijan in October 2020?")
    assert {"Ganja", "Barda"} & {figure.where for figure in answer.figures}
