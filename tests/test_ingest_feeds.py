"""Feeds: whole stories from the feed, others from the pages it names, and nothing fetched unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest import loaders
from ingest.cleaning import clean
from ingest.loaders import Record, Rejection, load
from kb.article import Article
from tests import ingest_samples as samples
from tests.ingest_samples import MORE, STORY
from tests.test_ingest_web import Reply, Site, site

__all__ = ["site"]


def teaser(link: str, title: str = "River, in short") -> str:
    return (
        f"<title>{title}</title><link>{link}</link><pubDate>Tue, 19 Sep 2023 10:00:00 GMT</pubDate>"
        f"<description>{STORY}</description>"
    )


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(("name", "feed"), [("a.rss", samples.rss(samples.full_entry())), ("a.atom", samples.ATOM)])
def test_an_entry_with_its_whole_story_is_an_article(tmp_path: Path, name: str, feed: str) -> None:
    (found,) = load(written(tmp_path / name, feed))
    assert isinstance(found, Record)
    assert found.source == "https://sample.example/river"
    assert found.fields["text"].count(STORY) == len(samples.PARAGRAPHS)
    assert "<" not in found.fields["text"]
    article = clean(found)
    assert isinstance(article, Article)
    assert (article.title, article.outlet, article.published) == ("River crossed", "The Sample Feed", "2023-09-19")
    assert article.provenance["outlet"] == "the feed's title"
    assert article.provenance["published"] == "the feed's entry"


def test_entries_without_a_page_are_taken_as_they_are_and_told_apart(tmp_path: Path) -> None:
    feed = samples.rss(
        f"<guid>1</guid><description>{STORY}</description>", f"<guid>2</guid><description>{MORE}</description>"
    )
    found = list(load(written(tmp_path / "a.rss", feed)))
    assert [item.source.rpartition("#")[2] for item in found] == ["1", "2"]
    assert all(isinstance(item, Record) for item in found)


def test_a_teaser_is_no_story_and_its_page_is_fetched_only_if_the_feed_was_named(tmp_path: Path, site: Site) -> None:
    site.replies["/river"] = Reply(samples.page(title="").encode())
    path = written(tmp_path / "a.rss", samples.rss(teaser(f"{site.url}/river")))
    (refused,) = load(tmp_path, allow_private_addresses=True)
    assert isinstance(refused, Rejection)
    assert "name the feed itself" in refused.reason
    assert site.asked == []
    (found,) = load(path, allow_private_addresses=True)
    assert isinstance(found, Record)
    assert found.fields["text"].count(STORY) == len(samples.PARAGRAPHS)
    assert found.fields["published"] == "Tue, 19 Sep 2023 10:00:00 GMT"
    assert found.provenance["published"] == "the feed's entry"
    assert found.file == f"{site.url}/river"


def test_what_a_page_says_about_itself_wins_over_its_feed(tmp_path: Path, site: Site) -> None:
    head = (
        '<meta property="article:published_time" content="2023-09-18"><meta property="og:site_name" content="The Post">'
    )
    site.replies["/river"] = Reply(samples.page(head=head).encode())
    (found,) = load(written(tmp_path / "a.xml", samples.rss(teaser(f"{site.url}/river"))), allow_private_addresses=True)
    assert isinstance(found, Record)
    assert (found.fields["published"], found.fields["outlet"]) == ("2023-09-18", "The Post")
    assert found.fields["title"] == "River crossed"


def test_a_feed_at_an_address_is_followed_to_its_pages_and_no_further(site: Site) -> None:
    site.replies["/feed"] = Reply(
        samples.rss(teaser("/river"), teaser("/feed"), teaser("/gone"), samples.full_entry()).encode(),
        "application/rss+xml",
    )
    site.replies["/river"] = Reply(samples.page().encode())
    found = list(load(f"{site.url}/feed", allow_private_addresses=True))
    kinds = [type(item) for item in found]
    assert kinds[0] is Record
    assert kinds[-1] is Record
    assert site.asked.count("/feed") == 2
    assert site.asked.count("/river") == 1
    told = [item.reason for item in found if isinstance(item, Rejection)]
    assert any("404" in reason for reason in told)
    assert any("only a teaser" in reason for reason in told)


def test_a_feed_leads_to_no_address_inside(tmp_path: Path, site: Site) -> None:
    (found,) = load(written(tmp_path / "a.rss", samples.rss(teaser(f"{site.url}/river"))))
    assert isinstance(found, Rejection)
    assert "ACCORDINGTO_ALLOW_PRIVATE_ADDRESSES" in found.reason
    assert site.asked == []


def test_a_feed_sends_nobody_to_more_pages_than_feeds_have(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaders, "_MOST_PAGES", 2)
    path = written(tmp_path / "a.rss", samples.rss(*(teaser(f"{site.url}/{number}") for number in range(4))))
    told = [item.reason for item in load(path, allow_private_addresses=True) if isinstance(item, Rejection)]
    assert ["more than 2 pages" in reason for reason in told] == [False, False, True, True]


def test_cut_stories_are_teasers(tmp_path: Path) -> None:
    story = " ".join(samples.PARAGRAPHS)
    for end in ("…", " [...]", "<a href='/x'>Read more</a>"):
        content = f"<content:encoded><![CDATA[<p>{story}{end}</p>]]></content:encoded>"
        entry = f"<title>River</title><link>https://sample.example/x</link>{content}"
        folder = tmp_path / str(len(end))
        folder.mkdir()
        written(folder / "a.rss", samples.rss(entry))
        (found,) = load(folder)
        assert isinstance(found, Rejection), end


def test_feedparser_opens_and_fetches_nothing_of_its_own(tmp_path: Path) -> None:
    secret = written(tmp_path / "secret.txt", STORY)
    entity = f'<!DOCTYPE rss [<!ENTITY s SYSTEM "file://{secret}">]>'
    feed = samples.rss("<guid>1</guid><title>A &s; title</title><description>Four words of it. &s;</description>")
    path = written(tmp_path / "a.rss", feed.replace("<rss", f"{entity}<rss", 1))
    assert all(STORY not in str(item) for item in load(path))
    named = written(tmp_path / "b.rss", str(secret))
    (found,) = load(named)
    assert isinstance(found, Rejection)
    assert "not an RSS or Atom feed" in found.reason


def test_xml_in_a_folder_may_be_anything_and_a_named_one_may_not(tmp_path: Path) -> None:
    path = written(tmp_path / "sitemap.xml", "<?xml version='1.0'?><urlset><url/></urlset>")
    assert list(load(tmp_path)) == []
    (found,) = load(path)
    assert isinstance(found, Rejection)
    assert "not an RSS or Atom feed" in found.reason
