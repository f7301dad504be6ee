"""How much of an article's metadata is found, and how much of what is found is right.

The 1,456 articles of ../shared/data/allsides_conflict, first as bare text with everything else withheld (and those of
wikinews beside it, whose texts open with their dates), then as HTML pages made of them: with meta tags, with JSON-LD,
with both, and with neither, each among what misleads on real pages (a picture's date, an update, another story's data,
a comment's time). Says so and stops where the articles are absent. Wanted: precision of at least 0.99 for every field;
recall is what it is.
"""

from __future__ import annotations

import html
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from ingest.cleaning import clean
from ingest.loaders import Record, load
from kb.article import Article

_FIELDS = ("title", "outlet", "author", "published", "url", "language")
_WANTED = 0.99


def main() -> None:
    """Prints precision and recall of each field, and what was wrong."""
    source = Path(__file__).resolve().parents[2] / "shared" / "data" / "allsides_conflict" / "conflict_subset.jsonl"
    if not source.exists():
        print("metadata: skipped, ../shared/data/allsides_conflict is not here")
        return
    with source.open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    _compare("bare text", records, ("outlet", "author", "published", "language"), _from_text)
    _show_origins(records)
    _compare_dates(source.parents[1])
    for kind in ("meta tags", "JSON-LD", "both", "neither"):
        _compare(f"pages with {kind}", records[::5], _FIELDS, partial(_from_pages, kind=kind))


def _compare(
    name: str,
    records: list[Mapping[str, str]],
    fields: Iterable[str],
    read: Callable[[list[Mapping[str, str]]], Iterator[Article | None]],
) -> None:
    given, right, known = Counter[str](), Counter[str](), Counter[str]()
    wrong: list[str] = []
    for record, article in zip(records, read(records), strict=True):
        truth = _truth(record)
        for field in fields:
            found = getattr(article, field) if article and field in article.provenance else None
            known[field] += truth[field] is not None
            if found is None or truth[field] is None:
                continue
            given[field] += 1
            if _SAME.get(field, str.__eq__)(found, truth[field] or ""):
                right[field] += 1
            else:
                how = article.provenance[field][:90] if article else ""
                wrong.append(f"    {field}: {found[:60]!r} for {str(truth[field])[:60]!r}, from {how}")
    print(f"{name}, {len(records)} articles")
    for field in fields:
        if given[field]:
            precision = right[field] / given[field]
            verdict = "" if precision >= _WANTED else f" (wanted: {_WANTED})"
            print(
                f"  {field:10} precision {precision:.3f} ({right[field]} of {given[field]}){verdict}, "
                f"recall {right[field] / known[field]:.3f}"
            )
        else:
            print(f"  {field:10} none given")
    print("\n".join(wrong[:20]))


def _show_origins(records: list[Mapping[str, str]]) -> None:
    """The collection does not name agencies, but for those that are publishers in it."""
    kinds, right, given = Counter[str](), 0, 0
    agencies = {"Reuters": "Reuters", "Associated Press": "AP"}
    for record, article in zip(records, _from_text(records), strict=True):
        if article and article.origin:
            kinds[article.provenance["origin"].partition(":")[0]] += 1
            given += record["publisher"] in agencies
            right += agencies.get(record["publisher"]) == article.origin
    print(f"  origin     {kinds.total()} given, from {dict(kinds)}")
    print(f"             of an agency's own articles {right} of {given} name it and no other")


def _compare_dates(data: Path) -> None:
    given, right, known = 0, 0, 0
    for found in load(data / "wikinews"):
        if not isinstance(found, Record) or not (written := found.fields.get("published")):
            continue
        article = clean(Record(found.source, {"text": found.fields["text"]}))
        known += 1
        if isinstance(article, Article) and article.published:
            given += 1
            right += article.published == written[:10]
    print(f"bare text, {known} articles of wikinews")
    print(f"  published  precision {right / given:.3f} ({right} of {given}), recall {right / known:.3f}")


def _truth(record: Mapping[str, str]) -> dict[str, str | None]:
    return {
        "title": record["title"] or None,
        # "Guest Writer - Right" is no outlet, but this collection's word for who wrote there.
        "outlet": None if record["publisher"].startswith("Guest Writer") else record["publisher"] or None,
        "author": record["authors"] or None,
        "published": record["date"] or None,
        "url": record["url"].partition("#")[0] or None,
        "language": "en",
    }


def _plain(name: str) -> str:
    """An outlet's name without what this collection adds to it."""
    bare = re.sub(r"\([^)]*\)|\b(?:the|news|online|editorial|opinion|com|llc)\b|[^\w ]", " ", name.casefold())
    return " ".join(bare.split())


def _people(names: str) -> set[str]:
    return {" ".join(name.casefold().split()) for name in re.split(r",|\band\b|&|;", names) if name.strip()}


_SAME: Mapping[str, Callable[[str, str], bool]] = {
    "title": lambda found, truth: " ".join(found.split()) == " ".join(truth.split()),
    "outlet": lambda found, truth: _plain(found) == _plain(truth),
    "author": lambda found, truth: bool(_people(found)) and _people(found) <= _people(truth),
}


def _from_text(records: list[Mapping[str, str]]) -> Iterator[Article | None]:
    for number, record in enumerate(records):
        found = clean(Record(str(number), {"text": record["text"]}))
        yield found if isinstance(found, Article) else None


def _from_pages(records: list[Mapping[str, str]], kind: str) -> Iterator[Article | None]:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        for record in records:
            page.write_text(_page(record, kind), encoding="utf-8")
            (found,) = load(page)
            article = clean(found) if isinstance(found, Record) else found
            yield article if isinstance(article, Article) else None


def _page(record: Mapping[str, str], kind: str) -> str:
    tags = _meta_tags(record) if kind in ("meta tags", "both") else ""
    data = _linked_data(record) if kind in ("JSON-LD", "both") else ""
    title = html.escape(record["title"])
    body = "".join(f"<p>{html.escape(text)}</p>" for text in record["text"].split("\n\n"))
    language = "" if kind == "neither" else ' lang="en"'
    return f"""<!DOCTYPE html><html{language}><head><meta charset="utf-8"><title>{title}</title>{tags}{data}
      <script type="application/ld+json">{{"@type": "ImageObject", "datePublished": "2001-01-01"}}</script></head>
      <body><nav><a href="/">Home</a> <a href="/world">World</a></nav>
      <article><h1>{title}</h1>
      <figure><img src="a.jpg"><figcaption>A picture of <time datetime="2001-02-03">3 February 2001</time></figcaption>
      </figure>{body}</article>
      <aside><h3>Comments</h3><p>A reader wrote on 4 May 2020 that this was so.</p></aside>
      <footer>Updated 5 June 2020</footer></body></html>"""


def _meta_tags(record: Mapping[str, str]) -> str:
    pairs = {
        "og:title": record["title"],
        "og:site_name": record["publisher"],
        "author": record["authors"],
        "article:published_time": record["date"] and f"{record['date']}T08:30:00Z",
        "article:modified_time": "2020-06-05T09:00:00Z",
        "og:url": record["url"],
    }
    tags = "".join(
        f'<meta {"name" if name == "author" else "property"}="{name}" content="{html.escape(value)}">'
        for name, value in pairs.items()
        if value
    )
    return f'{tags}<link rel="canonical" href="{html.escape(record["url"])}">'


def _linked_data(record: Mapping[str, str]) -> str:
    story = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": record["title"],
        "publisher": {"@type": "Organization", "name": record["publisher"]},
        "author": [{"@type": "Person", "name": name.strip()} for name in record["authors"].split(",") if name.strip()],
        "datePublished": record["date"] and f"{record['date']}T08:30:00Z",
        "dateModified": "2020-06-05T09:00:00Z",
        "url": record["url"],
        "image": {"@type": "ImageObject", "datePublished": "2001-01-01"},
    }
    text = json.dumps({name: value for name, value in story.items() if value}).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'


if __name__ == "__main__":
    main()
