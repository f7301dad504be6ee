"""Raw records to articles: what is marked and what is not, and how each field is found."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from ingest.cleaning import Given, clean
from ingest.loaders import Record, Rejection
from kb.article import Article

STORY = "The river was crossed at dawn, officials in the town said on Friday."
MORE = "Nobody was hurt in the crossing, which took three hours, they added."


def article(
    text: str, given: Given | None = None, provenance: Mapping[str, str] | None = None, **fields: str
) -> Article:
    result = clean(Record("source", {"text": text, **fields}, provenance or {}, "file"), given)
    assert isinstance(result, Article), result
    return result


def marked(found: Article) -> list[tuple[str, str]]:
    return [(mark.why, found.text[mark.start : mark.end]) for mark in found.boilerplate]


def paragraphs(*lines: str) -> str:
    return "\n\n".join(lines)


FURNITURE = [
    ("caption", "A guard at the gate, October 16, 2017. (photo credit: SOMEBODY/AGENCY)"),
    ("caption", " A guard at the gate. (credit: SOMEBODY)"),
    ("caption", "A guard at the gate on Friday. (AP Photo/Some Body, File)"),
    ("caption", "A guard at the gate. REUTERS/Some Body"),
    ("caption", "FILE PHOTO: A guard at the gate in 2017"),
    ("caption", "A guard at the gate. Image: Some Body."),
    ("photo credit", "(Photo by Some Body/Getty Images)"),
    ("photo credit", "Some Body/AFP via Getty Images"),
    ("photo credit", "Photo: Some Body/AP"),
    ("photo credit", "Getty Images"),
    ("newsletter promotion", "Stay updated with the latest news!"),
    ("newsletter promotion", "Subscribe to The Sample Post Newsletter"),
    ("newsletter promotion", "Sign up for our daily newsletter"),
    ("social media promotion", "Follow us on Twitter @sample"),
    ("social media promotion", "Share this article"),
    ("advertisement", "Advertisement"),
    ("advertisement", "ADVERTISEMENT - CONTINUE READING BELOW"),
    ("promotion", "Read more: Five rivers of the region"),
    ("promotion", "Related: Five rivers of the region"),
    ("promotion", "Click here to see the map"),
    ("copyright notice", "© 2020 The Sample Post"),
    ("copyright notice", "Copyright 2020 Sample. All rights reserved."),
    ("contributors", "Reuters contributed to this report."),
    ("page furniture", "Comments"),
]


@pytest.mark.parametrize(("why", "line"), FURNITURE)
def test_site_furniture_is_marked_by_whole_lines(why: str, line: str) -> None:
    assert marked(article(paragraphs("River crossed", STORY, line, MORE))) == [(why, line)]


@pytest.mark.parametrize(
    "line",
    [
        "Sign up to the treaty or leave, the minister told the villagers.",
        "Residents subscribe to a newsletter that lists the open shelters.",
        "Follow the war on social media and you will see two wars.",
        "Join us on the march to the river, the poster on the wall reads.",
        '"Sign up for our newsletter today" is all that the militia\'s page now shows.',
        "Share this view or not, the front has not moved.",
        "More from the same family were killed later.",
        "Copyright law was suspended during the occupation.",
        "Advertisements for the army cover the walls of the town.",
        "All rights reserved for minorities were abolished.",
        "Photo by photo, investigators rebuilt the attack.",
        "Photos released by the ministry show the crater.",
        "Credit for the truce went to the mayor.",
        "Related attacks killed nine people in the south.",
        "The ministry posted a photo (image by a satellite) showing the crater.",
        "He held up the letter (credit: the ministry).",
        "Corruption contributed to this outcome.",
        "Print shops in the town were raided.",
        "Reuters saw the bodies of three soldiers near the church.",
        "The Big Picture: Five rivers",
    ],
)
def test_a_sentence_of_the_story_is_never_marked(line: str) -> None:
    assert marked(article(paragraphs("River crossed", STORY, line, MORE))) == []


def test_a_caption_with_its_credit_below_it_and_its_copy_are_marked() -> None:
    caption = "A guard at the gate of the town, October 16, 2017."
    block = f"{caption} (photo credit: X/Y)\n{caption}\n(photo credit: X/Y)"
    text = paragraphs("River crossed", block, STORY, MORE, caption)
    assert [why for why, _ in marked(article(text))] == ["caption", "caption", "photo credit", "repeated caption"]


def test_what_stands_above_a_credit_in_running_text_is_no_caption() -> None:
    text = "\n".join(
        ["River crossed", STORY, MORE, STORY + " Again.", MORE + " Again.", "(Photo: X/AP)", "The end came soon."]
    )
    assert marked(article(text)) == [("photo credit", "(Photo: X/AP)")]


def test_a_caption_that_runs_into_the_story_is_marked_up_to_its_credit() -> None:
    caption = "A guard at the gate. (Photo: Some Body/AP)"
    assert marked(article(paragraphs("River crossed", f"{caption} {STORY}", MORE))) == [("caption", caption)]


def test_a_label_that_runs_into_the_story_is_marked_and_what_follows_is_not() -> None:
    text = paragraphs("River crossed", f"Story highlights {STORY}", MORE)
    assert marked(article(text)) == [("label", "Story highlights")]
    assert marked(article(paragraphs("River crossed", f"Story highlights how the river was crossed. {STORY}"))) == []


def test_a_short_line_that_comes_again_is_a_label_unless_it_is_a_sentence() -> None:
    text = paragraphs("River crossed", "Watch live", STORY, "It is over.", "Watch live", MORE, "It is over.")
    assert marked(article(text)) == [("repeated line", "Watch live")] * 2


def test_a_copy_of_the_headline_is_marked_and_the_headline_is_not() -> None:
    text = paragraphs("River crossed", "River crossed", STORY)
    found = article(text)
    assert found.body_start == len("River crossed")
    assert [(mark.start, mark.why) for mark in found.boilerplate] == [(15, "repeated line")]


def test_the_heading_of_a_markdown_text_is_marked_for_the_title_says_it() -> None:
    assert marked(article(f"# River crossed\n\n{STORY}", title="River crossed")) == [("headline", "# River crossed")]


def test_the_text_stays_as_it_came_but_for_line_ends() -> None:
    assert article("one  two\r\nthree\r\u2028four\x0bfive\x85\0 six\t").text == "one  two\nthree\n\nfour\nfive\n six\t"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no text"),
        (" \n\t… ", "no text"),
        ("two words", "2 words"),
        ("Subscribe to The Sample Post Newsletter\n\nAdvertisement", "nothing but"),
        ("A headline of six words alone\n\nAdvertisement", "nothing but"),
    ],
)
def test_what_holds_no_story_is_refused(text: str, word: str) -> None:
    result = clean(Record("source", {"text": text}, file="file"))
    assert isinstance(result, Rejection)
    assert word in result.reason
    assert (result.source, result.file) == ("source", "file")


def test_words_are_counted_in_scripts_without_spaces_too() -> None:
    assert article("国防部周二表示有六名公民被地雷炸死").title == "国防部周二表示有六名公民被地雷炸死…"


def test_the_first_line_is_the_headline() -> None:
    found = article(f"\n  River crossed \n\n{STORY}")
    assert (found.title, found.provenance["title"]) == ("River crossed", "first line")


def test_a_first_line_that_is_the_story_gives_its_beginning() -> None:
    found = article(f"{STORY} {MORE}")
    assert found.title.endswith("…")
    assert found.text.startswith(found.title[:-1])
    assert len(found.title) <= 81
    assert found.body_start == 0


@pytest.mark.parametrize(
    ("line", "outlet"),
    [
        ("Subscribe to The Sample Post Newsletter", "The Sample Post"),
        ("Copyright © 2019 The Sample Post, LLC. Click here for reprints.", "The Sample Post"),
        ("© 2020 Sample. All rights reserved.", "Sample"),
        ("Subscribe to The Daily Briefing newsletter", None),
        ("Sign up for Daily Newsletters", None),
        ("Copyright 2020 Some Syndicate Inc.", None),
        ("A guard at the gate. (photo credit: THE SAMPLE POST)", None),
    ],
)
def test_an_outlet_names_itself_in_its_promotion_and_nowhere_else(line: str, outlet: str | None) -> None:
    found = article(paragraphs("River crossed", STORY, line))
    assert found.outlet == outlet
    if outlet:
        assert line[:40] in found.provenance["outlet"]


def test_two_outlets_are_none() -> None:
    text = paragraphs("River crossed", STORY, "© 2020 The Sample Post", "© 2020 The Other Post")
    assert article(text).outlet is None


@pytest.mark.parametrize(
    ("line", "origin"),
    [
        (f"KARVINA (Reuters) - {STORY}", "Reuters"),
        (f"KARVINA, Lower Land (AP) — {STORY}", "AP"),
        (f"KARVINA, Sept 19 (Sample Wire) - {STORY}", "Sample Wire"),
        (f"KARVINA, September 19. /TASS/. {STORY}", "TASS"),
        (f"(AFP) - {STORY}", "AFP"),
        (f"Karvina (AFP) – {STORY}", "AFP"),
        (f"(CNN) -- {STORY}", None),
        (f"The Front (TPF) - also known as the Movement - said so. {STORY}", None),
        (f"{STORY} (Reuters) - the end.", None),
        ("A guard at the gate. REUTERS/Some Body", None),
        ("Agence France-Presse", "AFP"),
        ("By Ann Day, Associated Press", "AP"),
        ("Reuters contributed to this report.", "Reuters"),
        ("Ann Day and The Associated Press contributed to this report.", None),
        ("© 2019 The Associated Press. All rights reserved.", "AP"),
    ],
)
def test_an_origin_is_named_by_dateline_byline_or_closing_line(line: str, origin: str | None) -> None:
    found = article(paragraphs("River crossed", line, MORE))
    assert found.origin == origin
    assert ("origin" in found.provenance) == (origin is not None)


def test_an_outlet_is_not_its_own_origin() -> None:
    text = paragraphs("River crossed", f"KARVINA (Reuters) - {STORY}")
    assert article(text, outlet="Reuters").origin is None
    assert article(text, outlet="The Sample Post").origin == "Reuters"


def test_an_agency_as_author_is_the_origin() -> None:
    found = article(paragraphs("River crossed", STORY), author="Associated Press")
    assert found.origin == "AP"


def test_a_byline_names_the_author_and_is_no_story() -> None:
    found = article(paragraphs("River crossed", "By Ann Day and Bo van Lee", STORY))
    assert found.author == "Ann Day and Bo van Lee"
    assert marked(found) == [("byline", "By Ann Day and Bo van Lee")]


@pytest.mark.parametrize("line", ["By Land and Sea", "By Tuesday Night", "By force of arms"])
def test_not_every_line_that_starts_like_one_is_a_byline(line: str) -> None:
    assert article(paragraphs("River crossed", line, STORY)).author is None


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("September 19, 2023", "2023-09-19"),
        ("Published: 19 September 2023 at 10:00 GMT", "2023-09-19"),
        ("Published 19 September 2023, updated 20 September 2023", "2023-09-19"),
        (f"Tue 19 Sep 2023 {STORY}", "2023-09-19"),
        (f"Date of publication 19 September 2023 {STORY}", "2023-09-19"),
        (f"KARVINA, Sept. 19, 2023 (Sample Wire) - {STORY}", "2023-09-19"),
        (f"KARVINA, Sept. 19 (Sample Wire) - {STORY}", None),
        ("A guard at the gate, October 16, 2017. (photo credit: X/Y)", None),
        ("October 16, 2017 (photo credit: X/Y)", None),
        (f"19 September 2023 was the day. {STORY}", None),
        (f"It began on September 19, 2023. {STORY}", None),
        ("Updated: September 19, 2023", None),
        ("2/3/2017", None),
        ("September 19, 2999", None),
    ],
)
def test_a_date_is_found_where_it_dates_the_text_and_not_an_event(line: str, published: str | None) -> None:
    found = article(paragraphs("River crossed", line, STORY, MORE))
    assert found.published == published
    assert ("published" in found.provenance) == (published is not None)


def test_a_timeline_dates_nothing() -> None:
    assert article(paragraphs("River crossed", "May 1, 2020", STORY, "May 2, 2020", MORE)).published is None


def test_a_date_given_wins_over_the_text() -> None:
    found = article(
        paragraphs("River crossed", "May 1, 2020", STORY), None, {"published": "front matter"}, published="2021"
    )
    assert (found.published, found.provenance["published"]) == ("2021", "front matter")


def test_a_date_given_that_cannot_be_read_is_said_to_be_so() -> None:
    found = article(paragraphs("River crossed", STORY), published="2/3/2017")
    assert (found.published, found.provenance["published"]) == (None, 'not understood: "2/3/2017"')


def test_a_date_line_helps_where_the_date_given_cannot_be_read() -> None:
    found = article(paragraphs("River crossed", "Friday, February 3, 2017", STORY), published="2/3/2017")
    assert found.published == "2017-02-03"
    assert 'not understood: "2/3/2017"' in found.provenance["published"]


def test_the_command_line_wins_and_says_so() -> None:
    given = Given(outlet="The Other", published="2020-01", origin="Other Wire")
    found = article(
        paragraphs("River crossed", f"KARVINA (AP) - {STORY}"), given, outlet="The Sample", published="2021"
    )
    assert (found.outlet, found.published, found.origin) == ("The Other", "2020-01", "Other Wire")
    assert {found.provenance[name] for name in ("outlet", "published", "origin")} == {"command line"}


def test_a_date_on_the_command_line_must_be_one() -> None:
    with pytest.raises(ValueError, match="write 2023, 2023-09 or 2023-09-19"):
        Given(published="yesterday")


def test_a_language_tag_is_cut_to_its_language() -> None:
    assert article(paragraphs("River crossed", STORY), language="en-GB").language == "en"


@pytest.mark.parametrize(
    "text",
    [
        "word said (photo " * 60_000,
        "(" * 1_000_000,
        "A guard. (Photo: X/AP)\nPhoto: A/AP\n" * 50_000,
        "\n".join(f"line {number} of text" for number in range(100_000)),
        ("Sign up for " + "alerts, " * 20 + "\n") * 5_000,
        "AAAA BBBB, " * 100_000,
    ],
    ids=["one line", "brackets", "credits", "short lines", "promotion", "capitals"],
)
def test_no_text_takes_long(text: str) -> None:
    start = time.perf_counter()
    clean(Record("source", {"text": text}))
    assert time.perf_counter() - start < 20  # a second here; a rule that is quadratic takes hours


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Six people were killed on mines near Fizuli, the ministry said on Tuesday.", "en"),
        ("Le ministère a déclaré que six personnes ont été tuées mardi près de la ligne.", "fr"),
        ("Міністерство заявило, що у вівторок загинули шестеро людей.", "uk"),
        ("Министерство заявило, что во вторник погибли шесть человек на минах.", "ru"),
        ("Nazirlik çərşənbə axşamı altı nəfərin öldüyünü bildirdi.", "az"),
        ("Նախարարությունը հայտնել է, որ վեց մարդ է զոհվել։", "hy"),
        ("Fizuli, Agdam, Lachin, Shusha, Terter, Goris", None),
        ("19.9.2023 – 20.9.2023 – 1 000 – 2 000 and more", None),
    ],
)
def test_the_language_is_told_by_the_words_or_not_at_all(text: str, language: str | None) -> None:
    found = article(text, title="A title")
    assert found.language == language
    assert ("language" in found.provenance) == (language is not None)


def test_a_language_that_is_given_is_kept() -> None:
    found = article("Six people were killed on mines, the ministry said.", title="A title", language="fr-CA")
    assert (found.language, found.provenance["language"]) == ("fr", "the file")
