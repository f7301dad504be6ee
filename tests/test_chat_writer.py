"""The chat-model writer, against a scripted model behind a real server: what it writes is checked, or not shown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant, Settings
from assistant.answer import Answer
from assistant.batch import answer_all, read_questions
from assistant.chat_writer import NOTHING, drafts_in, passages_for
from assistant.citations import Quote
from assistant.errors import ModelReplyUnusable, ModelUnreachable
from assistant.writers import Selected
from ingest import ingest
from kb import Hit, KnowledgeBase, Span
from kb.embedding import HashEmbedder
from kb.passages import split
from kb.samples import samples
from tests.conftest import article
from tests.model_questions import ANSWERABLE, UNANSWERABLE, asked, counted, unsupported
from tests.scripted_model import Reply, Scripted, serving

CLAIM = article(
    "Azerbaijan said on Tuesday that six of its citizens had died on mines near Fizuli and accused Armenian armed "
    "groups of having laid them. The road was closed.",
    title="Six dead on mines",
    source="one",
    outlet="Sample Courier",
    published="2023-09-19",
)
DENIAL = article(
    "Armenia denied on Wednesday that its forces had laid mines near Fizuli.",
    title="No mines of ours",
    source="two",
    outlet="Example Gazette",
    published="2023-09-20",
)
QUESTION = "Who laid mines near Fizuli?"
SAID = "Azerbaijan said six of its citizens had died on mines near Fizuli."
DENIED = "Armenia denied that its forces had laid mines near Fizuli."


@pytest.fixture
def articles(base: KnowledgeBase, tmp_path: Path) -> Path:
    base.add([CLAIM, DENIAL])
    return tmp_path / "kb"


def ask(folder: Path, reply: Reply | str, question: str = QUESTION, **settings: object) -> tuple[Answer, Scripted]:
    """The answer when the model replies this, and what it was asked."""
    with serving(lambda _: reply) as model, opened(folder, model.url, **settings) as assistant:
        answer = assistant.ask(question)
        assert unsupported(assistant, answer) == []
        return answer, model


def opened(folder: Path, url: str, **settings: object) -> Assistant:
    known: dict[str, Any] = {"embedding_model": "hash", "confidence": 0.001, "model": "openai:scripted"}
    known |= {"reply_retries": 0, "base_url": url} | settings
    return Assistant.open(folder, **known)


def place(model: Scripted, text: str) -> int:
    """The number under which the model was shown a text."""
    return place_in(model.prompt, text)


def place_in(prompt: str, text: str) -> int:
    numbers = [int(n) for n in re.findall(r"^\[(\d+)\] Outlet", prompt[: prompt.index(text)], re.M)]
    return numbers[-1]


def test_what_the_passages_say_is_verified_and_cites_the_sentence(articles: Path) -> None:
    answer, model = ask(articles, f"- {SAID} [1]\n- {DENIED} [2]\n")
    assert {statement.text for statement in answer.statements} == {SAID, DENIED}
    assert (answer.writer, answer.checks.unverified) == ("openai:scripted", 0)
    said = next(statement for statement in answer.statements if statement.text == SAID)
    assert said.citations[0].quote == CLAIM.text[: CLAIM.text.index(" The road")]
    assert [(claim.speaker, claim.stance) for claim in said.claims] == [
        ("Azerbaijan", "asserts"),
        ("Azerbaijan", "accuses"),
    ]
    assert model.requests[0]["stream"] is True
    assert model.requests[0]["temperature"] == 0


def test_a_wrong_mark_is_repaired(articles: Path) -> None:
    def reply(prompt: str) -> str:
        return f"{SAID} [{3 - place_in(prompt, 'Azerbaijan said on Tuesday')}]"

    with serving(reply) as model, opened(articles, model.url) as assistant:
        answer = assistant.ask(QUESTION)
    assert answer.statements[0].verdict == "repaired"
    assert answer.statements[0].citations[0].article_id == CLAIM.id
    assert answer.checks.repaired == 1
    assert "1 repaired" in answer.text


@pytest.mark.parametrize("mark", ["", " [9]", " [0]", " [999]", " (1)"])
def test_without_a_mark_that_leads_anywhere_the_source_is_searched_for(articles: Path, mark: str) -> None:
    answer, _ = ask(articles, f"{SAID}{mark}")
    assert [s.text for s in answer.statements if s.verdict == "repaired"] == [SAID]


@pytest.mark.parametrize(
    "lie",
    [
        "Azerbaijan said seven of its citizens had died on mines near Fizuli.",
        "Armenian armed groups laid mines near Fizuli.",
        "Armenia said six of its citizens had died on mines near Fizuli.",
        "Six of its citizens had died on mines near Fizuli.",
        "Armenia admitted that its forces had laid mines near Fizuli.",
        "Armenia said that its forces had laid mines near Fizuli.",
        "Azerbaijan said six of its citizens had died on mines near Shusha.",
        "Azerbaijan said on Friday that six of its citizens had died on mines near Fizuli.",
        "The United States won the World Cup of 1998.",
        "Azerbaijan said six of its citizens had died on mines, and Armenia denied that its forces had laid mines.",
    ],
)
def test_what_no_passage_says_is_counted_and_left_out(articles: Path, lie: str) -> None:
    answer, _ = ask(articles, f"{DENIED} [1][2]\n{lie} [1][2]\n")
    assert answer.statements[0].text == DENIED
    assert lie not in answer.text
    assert lie not in json.dumps(answer.to_json())
    assert answer.checks.unverified == 1
    assert "1 unverified and left out" in answer.text
    assert answer.to_json()["checks"]["unverified"] == 1


def test_if_nothing_holds_what_was_found_is_quoted(articles: Path) -> None:
    answer, _ = ask(articles, "The mines were laid by giants. [1]")
    assert answer.status == "answered"
    assert answer.writer == "quoting"
    assert all("“" in statement.text for statement in answer.statements)
    assert "Nothing that the chat model wrote held, so this is quoted." in answer.text
    assert answer.checks.unverified == 1


def test_a_model_may_say_that_the_passages_do_not_answer(articles: Path) -> None:
    answer, _ = ask(articles, f"{NOTHING}.")
    assert (answer.status, answer.reason, answer.statements) == ("abstained", "weak_evidence", ())


def test_no_model_is_asked_where_no_sentence_answers(articles: Path) -> None:
    answer, model = ask(articles, "Nobody knows. [1]", "How many tanks crossed into Gyumri?")
    assert answer.status == "abstained"
    assert model.requests == []


def test_the_denial_stands_beside_a_claim_though_the_model_left_it_out(articles: Path) -> None:
    answer, _ = ask(articles, f"{SAID} [1] [2]")
    assert [dispute.statement for dispute in answer.disputes] == [0]
    denial = answer.disputes[0].denied_by[0]
    assert next(c for c in answer.citations if c.id == denial).article_id == DENIAL.id
    assert "**Denied:**" in answer.text


def test_statements_are_shown_as_they_come(articles: Path) -> None:
    pieces = tuple(f"{SAID} [1] [2]\n{DENIED} [1] [2]")
    with serving(lambda _: Reply(pieces)) as model, opened(articles, model.url) as assistant:
        grown = [len(answer.statements) for answer in assistant.stream(QUESTION)]
        chained = [answer.text for answer in assistant.chain.stream(QUESTION)]
    assert grown == sorted(grown)
    assert 1 in grown
    assert grown[-1] == 2
    assert chained[-1].startswith("Azerbaijan said")


def test_a_line_that_is_cut_off_is_left_out(articles: Path) -> None:
    answer, _ = ask(articles, Reply((f"{DENIED} [1] [2]\nAzerbaijan said six of its", ""), why="length"))
    assert [statement.text for statement in answer.statements] == [DENIED]
    assert answer.checks.unverified == 0


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (Reply(("Azerbaijan said",), why="length"), ModelReplyUnusable, "cut off; raise ACCORDINGTO_REPLY_TOKENS"),
        (Reply(()), ModelReplyUnusable, "replied nothing"),
        (Reply((" \n",)), ModelReplyUnusable, "replied nothing"),
        (Reply((), why="content_filter"), ModelReplyUnusable, "withholds its reply"),
        (Reply(status=503), ModelUnreachable, "cannot answer now"),
    ],
)
def test_a_reply_that_cannot_be_used_is_said_with_its_mend(
    articles: Path, reply: Reply, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        ask(articles, reply)


def test_a_batch_records_what_failed_and_goes_on(articles: Path, tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text(f"{QUESTION}\nWho denied laying mines near Fizuli?\n")
    replies = iter([Reply(status=500), Reply((f"{DENIED} [1][2]",))])
    out = tmp_path / "a.jsonl"
    with serving(lambda _: next(replies)) as model, opened(articles, model.url) as assistant:
        done = list(answer_all(assistant, read_questions(tmp_path / "q.txt"), out, workers=1))
    assert [d.outcome for d in done] == ["failed", "answered"]
    failed, answered = map(json.loads, out.read_text("utf-8").splitlines())
    assert "cannot answer now (500)" in failed["error"]
    assert answered["writer"] == "openai:scripted"


def test_passages_keep_to_the_budget_and_the_chosen_come_first() -> None:
    long = article("\n\n".join(f"Sentence number {n} says little about the war in the north." for n in range(400)))
    hits = [Hit(passage, long, 1.0) for passage in split(long)]
    last = hits[-1].passage.sentences[0]
    chosen = [Selected((Quote(long, last),), (), 1.0)]
    for tokens in (200, 1000, 3000):
        passages = passages_for(chosen, hits, tokens)
        assert passages[0].span.start <= last.start < passages[0].span.end
        assert sum(len(quote.text) for quote in passages[1:]) < tokens * 3.5
        assert len({quote.span for quote in passages}) == len(passages)


def test_the_prompt_keeps_to_the_budget(articles: Path) -> None:
    _, model = ask(articles, f"{DENIED} [1][2]", prompt_tokens=200, passages=1)
    assert len(model.requests[0]["messages"][1]["content"]) < 200 * 4 + 500


PASSAGES = [Quote(CLAIM, Span(0, len(CLAIM.text))), Quote(DENIAL, Span(0, len(DENIAL.text)))]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("A said B. [1]", [("A said B.", [0])]),
        ("A said B [1].", [("A said B.", [0])]),
        ("A said B [1][2].", [("A said B.", [0, 1])]),
        ("A said B [1, 2]", [("A said B.", [0, 1])]),
        ("Baku said so. Yerevan did not. [2]", [("Baku said so.", [1]), ("Yerevan did not.", [1])]),
        ("A said B. [1] C said D. [2]", [("A said B.", [0]), ("C said D.", [1])]),
        ("[2] A said B.", [("A said B.", [1])]),
        ("* **A** said B. [1]", [("A said B.", [0])]),
        ("3. A said B. [1]", [("A said B.", [0])]),
        ("A said B. [7]", [("A said B.", [])]),
        ("A said B.", [("A said B.", [])]),
        ("A said B. [１]", [("A said B.", [0])]),
        ("", []),
        ("[1] [2]", []),
        ("...", []),
    ],
)
def test_a_line_is_parsed_into_statements_and_marks(line: str, expected: list[tuple[str, list[int]]]) -> None:
    found = [(draft.text, [PASSAGES.index(quote) for quote in draft.quotes]) for draft in drafts_in(line, PASSAGES)]
    assert found == expected


# -- fifty questions: the same code as bench/small_model.py, with a model that does what small models do


def _like_a_small_model(prompt: str) -> str:
    """Copies, shortens, invents, drops speakers, swaps numbers, forges marks: each in turn."""
    blocks = re.findall(r"^\[(\d+)\] Outlet.*?\n<<<\n(.*?)\n>>>", prompt, re.M | re.S)
    number, text = blocks[len(prompt) % len(blocks)]
    first = re.split(r"(?<=[.!?]) ", text)[0]
    lies = [
        re.sub(r"\d+", lambda m: str(int(m.group()) + 1), first),
        re.sub(r"^.*?\b(?:said|says|denied)\b(?: that)? ", "", first).capitalize(),
        first.replace("Armenia", "Georgia").replace("Azerbaijan", "Armenia"),
        f"The United Nations confirmed this. {first}",
    ]
    return "\n".join([f"{first} [{number}]", *(f"{lie} [{number}]" for lie in lies), f"{first} [{len(blocks) + 3}]"])


@pytest.fixture(scope="module")
def answers(sample_base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Answer]]:
    """What is answered with sentences chosen by the embedder that needs no model, which is fast; what is not, by the
    real one, which has to tell."""
    hashed = tmp_path_factory.mktemp("hashed") / "kb"
    with KnowledgeBase.open(hashed, model=HashEmbedder(), create=True) as opened_base:
        list(ingest(opened_base, [samples()]))
    real = {"embedding_model": Settings().embedding_model, "confidence": None}
    found, failed = {}, list[str]()
    with serving(_like_a_small_model) as model:
        for name, questions, folder, known in (
            ("answerable", ANSWERABLE, hashed, {}),
            ("unanswerable", UNANSWERABLE, sample_base, real),
        ):
            with opened(folder, model.url, **known) as assistant:
                found[name] = list(asked(assistant, questions, failed))
                assert [w for answer in found[name] for w in unsupported(assistant, answer)] == []
    assert failed == []
    return found


def test_of_fifty_answers_none_shows_an_unverified_statement(answers: dict[str, list[Answer]]) -> None:
    assert (len(answers["answerable"]), len(answers["unanswerable"])) == (40, 10)
    counts = counted(answers["answerable"])
    assert counts["its own verified"] > 20
    assert counts["its own left out"] > 40
    for answer in answers["answerable"]:
        assert not re.search("Georgia|United Nations confirmed", answer.text)


def test_what_the_articles_do_not_say_stays_unanswered_whatever_the_model_would_say(
    answers: dict[str, list[Answer]],
) -> None:
    assert [answer.question for answer in answers["unanswerable"] if answer.status == "answered"] == []
