"""What a chat model is asked, and how its answers are looked at: the same for a scripted model and for a real one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from assistant.answer import Answer
from assistant.assistant import Assistant
from assistant.citations import holds
from assistant.claims import Speech
from assistant.errors import ModelReplyUnusable
from assistant.rendering import escaped, named
from assistant.verification import Source, doubts
from kb import Span

__all__ = ["ANSWERABLE", "UNANSWERABLE", "asked", "counted", "unsupported"]

ANSWERABLE = (
    "Who is accused of laying the mines?",
    "How many Azerbaijani citizens died on mines?",
    "What did Armenia say about the mines?",
    "Who blamed illegal Armenian armed groups?",
    "How were the interior ministry staff killed?",
    "What did Azerbaijan's defence ministry accuse armed groups of?",
    "What did ethnic Armenians in Karabakh call the allegation?",
    "What did Armenia's foreign ministry say about Azerbaijan's diplomatic stance?",
    "When did the fighting begin along the line of contact in 2020?",
    "Who declared martial law?",
    "Who began the fighting of September 2020?",
    "What happened in Ganja on 4 October 2020?",
    "Who fired on Ganja?",
    "What did Armenia say about the strike on Ganja?",
    "What did Karabakh's leadership say it aimed at in Ganja?",
    "Who struck the Ghazanchetsots cathedral?",
    "What did Azerbaijan's defence ministry say about religious sites?",
    "What was agreed in Moscow in October 2020?",
    "Who broke the truce of October 2020?",
    "How many people were killed in Ganja on 17 October 2020?",
    "How many people were killed in Barda?",
    "What did Armenia say about Barda?",
    "Who captured Shusha?",
    "What did Armenian officials say about Shusha?",
    "What does the statement of 10 November 2020 provide for?",
    "How many Russian peacekeepers go to Karabakh?",
    "How wide is the Lachin corridor?",
    "How many military dead did Armenia's health ministry count?",
    "How many Armenian soldiers died in the war of 2020?",
    "How many Azerbaijani servicemen were killed in 2020?",
    "Who blocked the Lachin road?",
    "What does Azerbaijan call the people on the Lachin road?",
    "What did the International Court of Justice order?",
    "When was the checkpoint at the Lachin corridor set up?",
    "By which roads did aid enter Karabakh in September 2023?",
    "What did Azerbaijan begin on 19 September 2023?",
    "What did Karabakh's authorities agree to on 20 September 2023?",
    "How many people were killed in Karabakh in September 2023?",
    "How many people died in the explosion of the fuel depot?",
    "How many people left Karabakh for Armenia?",
)
UNANSWERABLE = (
    "Who won the football World Cup in 1998?",
    "How many people were killed in Yerevan?",
    "What did Georgia say about the mines?",
    "Which drones were used against Gyumri?",
    "What is the capital of Mongolia?",
    "How many tanks did Turkey send to Shusha?",
    "What did the Pope say about Lachin?",
    "When did Iran attack Barda?",
    "How much did the checkpoint cost?",
    "Who is the president of Azerbaijan's football association?",
)


def asked(assistant: Assistant, questions: Sequence[str], failed: list[str]) -> Iterator[Answer]:
    """The answers, one by one; a reply that cannot be used is no answer, and put down in `failed`."""
    for question in questions:
        try:
            yield assistant.ask(question)
        except ModelReplyUnusable as error:
            failed.append(f"{question} {error}")


def unsupported(assistant: Assistant, answer: Answer) -> list[str]:
    """What is wrong with an answer: statements that are shown without being verified, or whose stored words do not
    bear them out. Read from the answer and the stored articles alone."""
    wrong = []
    if answer.status == "abstained" and answer.statements:
        wrong.append("an abstained answer has statements")
    for statement in answer.statements:
        if statement.verdict == "unverified" or not statement.citations:
            wrong.append(f"shown unverified: {statement.text}")
        for citation in statement.citations:
            article = assistant.base.find(citation.article_id)
            if article is None or not holds(citation, article):
                wrong.append(f"not in the article: {citation.quote}")
                continue
            claims = Speech().claims(article, Span(citation.start, citation.end))
            known = [assistant.base.get(c.article_id) for c in statement.citations]
            outlets = tuple(named(a.outlet) for a in known if a.outlet)
            days = tuple(a.published for a in known if a.published)
            why = doubts(statement.text, Source(citation.quote, claims, outlets, days, named(article.title)))
            wrong += [f"{doubt.kind} {doubt.about!r}: {statement.text}" for doubt in why]
    shown = answer.text
    for statement in answer.statements:
        shown = shown.replace(escaped(statement.text), "")
    wrong += [f"text beyond the statements: {line}" for line in _said(shown, answer)]
    quotes = {citation.id: citation.quote for citation in answer.citations}
    wrong += [f"figure of other words: {f}" for f in answer.figures if f.written not in quotes[f.citation]]
    return wrong


def _said(rest: str, answer: Answer) -> list[str]:
    """Paragraphs of what is left of an answer's text that say something of their own."""
    if answer.status == "abstained":
        return []
    # A line of the table of figures is told by its first sign, which is escaped wherever an article has it.
    known = ("*", "[", "**Denied:**", *(["|"] if answer.figures else []))
    return [line for line in rest.split("\n") if line.strip() and not line.strip().startswith(known)]


def _is_quotation(text: str) -> bool:
    """Whether a statement is of the quoting writer: a denial beside a model's statement, or in place of all."""
    return text.startswith("According to ") and text.endswith("”") and "“" in text


def counted(answers: Sequence[Answer]) -> Counter[str]:
    """How many statements were verified, repaired and left out, over all answers; and how many answers there are."""
    found = Counter[str]()
    for answer in answers:
        own = [s for s in answer.statements if not _is_quotation(s.text)]
        found.update(f"its own {statement.verdict}" for statement in own)
        found["its own left out"] += answer.checks.unverified
        found["quoted beside or instead"] += len(answer.statements) - len(own)
        found[answer.status] += 1
        found[f"by {answer.writer}"] += answer.status == "answered"
    return found
