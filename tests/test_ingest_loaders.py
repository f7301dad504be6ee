"""Files to raw records: every format, and every way in which a file can be bad."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import decoding
from ingest.cleaning import clean
from ingest.languages import detected
from ingest.loaders import SUFFIXES, Record, Rejection, expected, load
from kb.article import Article

STORY = "The river was crossed at dawn, officials in the town said on Friday."


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def records(*paths: Path) -> list[Record]:
    found = list(load(*paths))
    assert all(isinstance(item, Record) for item in found), found
    return [item for item in found if isinstance(item, Record)]


def rejections(*paths: Path) -> list[Rejection]:
    return [item for item in load(*paths) if isinstance(item, Rejection)]


def reason(path: Path) -> str:
    (rejection,) = load(path)
    assert isinstance(rejection, Rejection)
    assert "\n" not in rejection.reason
    assert rejection.file == str(path)
    return rejection.reason


def test_a_text_file_is_one_record_under_its_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.txt", f"River crossed\n\n{STORY}\n")
    monkeypatch.chdir(tmp_path)
    (record,) = records(Path("a.txt"))
    assert record.source == str(tmp_path / "a.txt")
    assert record.fields == {"text": f"River crossed\n\n{STORY}\n"}


def test_front_matter_is_metadata_and_the_body_below_it_is_the_text(tmp_path: Path) -> None:
    head = (
        "---\nTitle: River crossed\ndate: 2023-09\npublisher: The Sample\nauthors: [Ann Day, Bo Lee]\nlang: en\n---\n"
    )
    (record,) = records(write(tmp_path / "a.md", f"{head}# Another *heading*\n\n{STORY}\n"))
    assert record.fields == {
        "text": f"# Another *heading*\n\n{STORY}\n",
        "title": "River crossed",
        "published": "2023-09",
        "outlet": "The Sample",
        "author": "Ann Day, Bo Lee",
        "language": "en",
    }
    assert record.provenance["published"] == 'front matter "date"'


@pytest.mark.parametrize(
    ("markdown", "title"),
    [
        (f"Intro.\n\n# River crossed #\n\n{STORY}", "River crossed"),
        (f"---\nA rule, not front matter\n---\n# River crossed\n{STORY}", "River crossed"),
        (f"---\ntitle: null\n---\n# River crossed\n{STORY}", "River crossed"),
        (f"{STORY}\n## Later", None),
    ],
)
def test_without_a_title_in_front_matter_markdown_has_its_first_heading(
    tmp_path: Path, markdown: str, title: str | None
) -> None:
    (record,) = records(write(tmp_path / "a.markdown", markdown))
    assert record.fields.get("title") == title


def test_broken_front_matter_is_refused(tmp_path: Path) -> None:
    assert "front matter" in reason(write(tmp_path / "a.md", f"---\ntitle: [unclosed\n---\n{STORY}"))


@pytest.mark.parametrize("front", ["[" * 100_000, "a: {" * 600, "word " * 20_000])
def test_front_matter_that_nobody_writes_is_refused_at_once(tmp_path: Path, front: str) -> None:
    assert "front matter" in reason(write(tmp_path / "a.md", f"---\ntitle: {front}\n---\n{STORY}"))


def test_front_matter_that_multiplies_itself_stays_small(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*{'a' if i == 0 else f'b{i - 1}'}, *a]\n" for i in range(60))
    (record,) = records(write(tmp_path / "a.md", f"---\n{bomb}title: *b59\n---\n{STORY}"))
    assert len(record.fields.get("title", "")) < 100


def test_each_json_line_is_a_record_whatever_its_names_are_called(tmp_path: Path) -> None:
    rows = [
        {
            "id": 7,
            "Headline": "River crossed",
            "body": STORY,
            "publishedAt": "2023-09-19",
            "source": {"name": "The Sample"},
        },
        {"url": "https://sample.example/1", "title": "River", "content": [STORY, STORY], "agency": "Sample Wire"},
        {"title": "River", "text": STORY, "date": None, "outlet": "nan", "url": "not given"},
    ]
    path = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)) + "\n\n")
    first, second, third = records(path)
    assert first.source == f"{path}#7"
    assert first.fields["outlet"] == "The Sample"
    assert first.fields["published"] == "2023-09-19"
    assert first.provenance["title"] == 'field "Headline"'
    assert second.source == second.fields["url"]
    assert second.fields["text"] == f"{STORY}\n\n{STORY}"
    assert second.fields["origin"] == "Sample Wire"
    assert third.source == f"{path}#River"
    assert set(third.fields) == {"title", "text"}


def test_a_json_file_holds_one_record_or_a_list(tmp_path: Path) -> None:
    one, many = {"title": "River", "text": STORY}, [{"id": "a", "text": STORY}, 5, {"id": "b", "text": STORY}]
    (record,) = records(write(tmp_path / "one.json", json.dumps(one)))
    assert record.source == str(tmp_path / "one.json")
    found = list(load(write(tmp_path / "many.json", json.dumps(many))))
    assert [item.source.rpartition("#")[2] for item in found] == ["a", "item 2", "b"]
    assert "one object" not in reason(write(tmp_path / "bad.json", "{"))
    assert ".jsonl" in reason(write(tmp_path / "lines.json", '{"a": 1}\n{"a": 2}'))
    assert "JSON object" in reason(write(tmp_path / "number.json", "5"))


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.csv", "|"), ("a.tsv", "\t")])
def test_tables_are_read_by_their_header_whatever_the_delimiter(tmp_path: Path, name: str, delimiter: str) -> None:
    rows = [
        ["unit_id", "Article Title", "article_content", "notes"],
        ["7", "River", f'"{STORY}\n\nMore, and more."', ""],
    ]
    (record,) = records(write(tmp_path / name, "\ufeff" + "\r\n".join(map(delimiter.join, rows)) + "\r\n"))
    assert record.source == f"{tmp_path / name}#7"
    assert record.fields == {"id": "7", "title": "River", "text": f"{STORY}\n\nMore, and more."}
    assert record.provenance["title"] == 'column "Article Title"'


def test_a_cell_may_be_longer_than_the_csv_module_allows(tmp_path: Path) -> None:
    (record,) = records(write(tmp_path / "a.csv", f"title,text\nRiver,{'word ' * 100_000}\n"))
    assert len(record.fields["text"]) == 500_000


def test_a_page_gives_its_article_and_what_it_declares(tmp_path: Path) -> None:
    page = f"""<html lang="en-GB"><head><meta property="og:site_name" content="The Sample Post">
    <meta property="article:published_time" content="2023-09-19T10:00:00Z"><meta name="author" content="Ann Day">
    <link rel="canonical" href="https://sample.example/river"></head><body><nav><a href="/">Home</a></nav>
    <script>var hidden = "not this";</script><!-- nor this --><article><h1>River crossed</h1><p>{STORY}</p>
    <p>Nobody was hurt, the mayor of the town added.</p></article></body></html>"""
    (record,) = records(write(tmp_path / "a.html", page))
    text = record.fields["text"]
    assert STORY in text
    assert not any(word in text for word in ("Home", "not this", "nor this"))
    assert record.source == "https://sample.example/river"
    assert {name: record.fields[name] for name in ("title", "outlet", "author", "published", "language")} == {
        "title": "River crossed",
        "outlet": "The Sample Post",
        "author": "Ann Day",
        "published": "2023-09-19",
        "language": "en-GB",
    }
    assert record.provenance["published"] == "the page's metadata (article:published_time)"


def page_with(head: str = "", top: str = "") -> str:
    story = f"<h1>River crossed</h1>{top}<p>{STORY}</p><p>{STORY}</p>"
    return f"<html><head>{head}</head><body><article>{story}</article></body></html>"


@pytest.mark.parametrize(
    ("page", "published"),
    [
        (page_with('<meta name="date" content="2999-01-01">'), None),
        (page_with('<meta name="date" content="2/3/2017">'), None),
        (page_with('<meta property="article:modified_time" content="2017-10-16">'), None),
        (page_with(top="<figure><time datetime='2017-10-16'>then</time></figure>"), None),
        (page_with(top="<p>A guard stands at the gate on October 16, 2017.</p>"), None),
        (page_with(top=f"<p>It began on <time>2017-10-16</time>. {STORY}</p>"), None),
        (page_with(top="<time datetime='2017-10-16'>a</time><time datetime='2017-10-17'>b</time>"), None),
        (page_with(top="<div><time datetime='2017-10-16T08:00'>a</time></div>"), "2017-10-16"),
        (page_with('<link rel="canonical" href="https://sample.example/2017/10/16/river">'), "2017-10-16"),
        (
            page_with(
                '<script type="application/ld+json">{"@graph": [{"@type": "ImageObject", "datePublished": "2001-01-01"}'
                ', {"@type": ["NewsArticle"], "datePublished": "2017-10-16"}]}</script>'
            ),
            "2017-10-16",
        ),
        (page_with('<script type="application/ld+json">{broken</script>'), None),
    ],
)
def test_only_what_a_page_declares_dates_it(tmp_path: Path, page: str, published: str | None) -> None:
    (record,) = records(write(tmp_path / "a.html", page))
    assert record.fields.get("published") == published


@pytest.mark.parametrize("page", ["<html></html>", "<<<>>>", "<html><body></body></html>", "no tags at all"])
def test_a_page_without_an_article_is_refused_quietly(
    tmp_path: Path, page: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "no article" in reason(write(tmp_path / "a.htm", page))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Café owner José says the river was crossed at dawn.", "utf-8"),
        ("Café owner José says the river was crossed at dawn.", "utf-8-sig"),
        ("Café owner José says the river was crossed at dawn.", "utf-16"),
        ("Café owner José says the river was crossed at dawn.", "latin-1"),
        ("“It’s over” — the café owner said so.", "cp1252"),
        ("Река была пересечена на рассвете, сообщили чиновники города.", "cp1251"),
        ("Rzeka została przekroczona o świcie, poinformowali urzędnicy.", "cp1250"),
        ("عبرت القوات النهر عند الفجر، بحسب ما قال مسؤولون في المدينة", "cp1256"),
    ],
)
def test_text_is_read_in_its_own_encoding(tmp_path: Path, text: str, encoding: str) -> None:
    (record,) = records(write(tmp_path / "a.txt", text.encode(encoding)))
    assert record.fields["text"] == text


def test_an_encoding_shows_itself_however_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_CHUNK", 1000)
    path = write(
        tmp_path / "a.csv", ("title,text\n" + "River,crossed at dawn\n" * 500 + "Café,open\n").encode("latin-1")
    )
    assert records(path)[-1].fields["title"] == "Café"


def test_a_page_is_believed_about_its_encoding(tmp_path: Path) -> None:
    page = page_with('<meta charset="iso-8859-9">', "<p>Şehir yakınlarında çatışma sürüyor, dedi yetkililer.</p>")
    (record,) = records(write(tmp_path / "a.html", page.encode("iso-8859-9")))
    assert "yakınlarında" in record.fields["text"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 and so on", "a PDF"),
        (b"PK\x03\x04rest", "Office"),
        (b"words\0words" * 50, "binary"),
        ("words in UTF-16".encode("utf-16-le"), "UTF-16"),
        (bytes(range(1, 32)) * 10, "binary"),
        (b"\xff\xfeab\x00\xd8", "UTF-16"),
        (b"\x81\x8d\x8f\x90\x9d " * 40, "save it as UTF-8"),
        ("“Six” — it’s so".encode() + b" caf\xe9 \n", "byte 0xe9"),
    ],
)
def test_what_is_not_text_is_refused_with_the_mend(tmp_path: Path, content: bytes, word: str) -> None:
    assert word in reason(write(tmp_path / "a.txt", content))


def test_a_document_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LARGEST", 1000)
    assert "split it" in reason(write(tmp_path / "a.txt", "word " * 300))


def test_a_line_that_would_fill_the_memory_ends_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.loaders._ROW_LIMIT", 1000)
    good = json.dumps({"id": 1, "text": STORY})
    path = write(tmp_path / "a.jsonl", f'{good}\n{{"text": "{"word " * 300}"}}\n')
    assert [item.source.rpartition("#")[2] for item in load(path)] == ["1", str(path)]


def test_broken_json_lines_are_refused_by_number(tmp_path: Path) -> None:
    good = json.dumps({"title": "River", "text": STORY}).encode()
    lines = [
        good,
        b"{broken",
        b"[1, 2]",
        b'"text"',
        b"caf\xe9 \xe2\x80\x94\xe2\x80\x94",
        b"[" * 100_000,
        b"9" * 5000,
        good,
    ]
    path = write(tmp_path / "a.ndjson", b"\n".join(lines))
    found = list(load(path))
    assert [isinstance(item, Record) for item in found] == [True, *[False] * 6, True]
    for number, rejection in enumerate(found[1:-1], 2):
        assert isinstance(rejection, Rejection)
        assert rejection.source == f"{path}#line {number}"
        assert rejection.reason.startswith(f"line {number}: ")


def test_lone_surrogates_are_replaced_before_anything_is_stored(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl", r'{"id": "\udfff", "title": "A \ud800 title", "text": "one two \ud800 three four five"}'
    )
    (record,) = records(path)
    article = clean(record)
    assert isinstance(article, Article)
    assert article.text == "one two \ufffd three four five"
    assert article.id
    article.source.encode()
    article.title.encode()


def test_a_table_without_texts_is_refused_once(tmp_path: Path) -> None:
    told = reason(write(tmp_path / "a.csv", "title,date,place\nRiver,2023,Town\n"))
    assert "title, date, place" in told
    assert "text or body or content" in told


def test_rows_that_do_not_fit_the_header_are_refused_by_line(tmp_path: Path) -> None:
    rows = [
        "id,title,text",
        f'1,River,"{STORY}"',
        "2,short",
        '3,long,"a","b"',
        '4,"bro"ken,x',
        f"5,River,{STORY.split(',')[0]}",
    ]
    found = list(load(write(tmp_path / "a.csv", "\n".join(rows))))
    assert [item.source.rpartition("#")[2] for item in found] == ["1", "line 3", "line 4", "line 5", "5"]
    assert "2 cells where the header has 3" in rejections(tmp_path)[0].reason


def test_a_quote_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    found = list(load(write(tmp_path / "a.csv", f'id,text\n1,one two\n2,"{STORY}\n3,four\n')))
    assert isinstance(found[0], Record)
    assert isinstance(found[-1], Rejection)
    assert "broken CSV" in found[-1].reason


def test_a_damaged_cell_costs_its_row(tmp_path: Path) -> None:
    content = "id,text\n1,“fine” — quoted\n2,".encode() + b"caf\xe9\n" + "3,“fine” again\n".encode()
    found = list(load(write(tmp_path / "a.csv", content)))
    assert [isinstance(item, Record) for item in found] == [True, False, True]


def test_a_folder_is_walked_in_order_without_what_is_no_article_by_its_name(tmp_path: Path) -> None:
    names = [
        "b.txt",
        "a/z.md",
        "README.md",
        "a/LICENSE.txt",
        ".hidden.txt",
        ".git/x.txt",
        "picture.png",
        "a/readme",
        "C.HTML",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write(tmp_path / name, page_with() if name == "C.HTML" else STORY)
    assert [Path(record.source).name for record in records(tmp_path)] == ["C.HTML", "z.md", "b.txt"]


def test_a_file_named_by_the_user_is_read_or_refused_but_never_passed_over(tmp_path: Path) -> None:
    assert len(records(write(tmp_path / "README.md", STORY), write(tmp_path / ".notes.txt", STORY))) == 2
    told = reason(write(tmp_path / "a.odt", STORY))
    assert '".odt"' in told
    assert all(suffix in told for suffix in SUFFIXES)


def test_a_file_reached_twice_is_read_once_and_links_may_loop(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    path = write(tmp_path / "sub" / "a.txt", STORY)
    (tmp_path / "sub" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "link.txt").symlink_to(path)
    assert len(records(tmp_path, tmp_path, path)) == 1


def test_what_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    assert reason(tmp_path / "nowhere") == "no such file or folder"
    os.mkfifo(tmp_path / "pipe.txt")
    assert "neither" in reason(tmp_path / "pipe.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    assert [Path(item.source).name for item in rejections(tmp_path)] == ["gone.txt", "loop.txt"]
    assert [isinstance(item, Rejection) for item in load("bad\0name.txt")] == [True]


def test_what_may_not_be_read_is_refused_and_the_rest_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked").mkdir()
    write(tmp_path / "a.txt", STORY)
    write(tmp_path / "secret.txt", STORY)
    open_file, list_folder = Path.open, Path.iterdir

    def refuse(function: Any, name: str) -> Any:
        def refusing(self: Path, *args: Any, **kwargs: Any) -> Any:
            if self.name == name:
                raise PermissionError(13, "Permission denied")
            return function(self, *args, **kwargs)

        return refusing

    monkeypatch.setattr(Path, "open", refuse(open_file, "secret.txt"))
    monkeypatch.setattr(Path, "iterdir", refuse(list_folder, "locked"))
    found = list(load(tmp_path))
    assert [Path(item.source).name for item in found] == ["a.txt", "locked", "secret.txt"]
    assert all("permission" in item.reason for item in found if isinstance(item, Rejection))


def test_a_parser_that_fails_in_a_way_nobody_thought_of_costs_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("the parser\nbroke")

    monkeypatch.setattr("trafilatura.bare_extraction", explode)
    write(tmp_path / "a.html", page_with())
    write(tmp_path / "b.txt", STORY)
    refused, record = load(tmp_path)
    assert isinstance(refused, Rejection)
    assert refused.reason == "cannot be parsed (RuntimeError): the parser broke"
    assert isinstance(record, Record)


def test_a_name_that_is_no_text_still_has_a_source(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    write(path, STORY)
    (record,) = records(path)
    assert record.source.endswith("caf\\xe9.txt")


SEEDS = {
    ".txt": f"River crossed\n\n{STORY} (Photo: A/AP)\n",
    ".md": f"---\ntitle: River\ndate: 2023-09-19\n---\n# River\n\n{STORY}\n",
    ".html": page_with('<meta charset="utf-8"><meta name="date" content="2023-09-19">'),
    ".json": json.dumps([{"title": "River", "text": STORY}]),
    ".jsonl": json.dumps({"title": "River", "text": STORY, "date": "2023-09-19"}) + "\n",
    ".csv": f'id,title,text\n1,River,"{STORY}"\n',
    ".tsv": f"id\ttitle\ttext\n1\tRiver\t{STORY}\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    detected("So that no example is the first to need the model of languages.")
    return tmp_path_factory.mktemp("mutated")


@given(
    suffix=st.sampled_from(sorted(SEEDS)),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.2), st.binary(max_size=8)), max_size=4),
)
def test_any_bytes_become_records_or_rejections_and_those_articles_or_rejections(
    folder: Path, suffix: str, cuts: list[tuple[float, float, bytes]]
) -> None:
    content = SEEDS[suffix].encode()
    for place, length, patch in cuts:
        start = int(place * len(content))
        content = content[:start] + patch + content[start + int(length * len(content)) :]
    found = list(load(write(folder / f"a{suffix}", content)))
    for item in found:
        result = clean(item) if isinstance(item, Record) else item
        result.source.encode()
        if isinstance(result, Article):
            result.text.encode()
            assert result.title
            ends = [0, *(offset for mark in result.boilerplate for offset in (mark.start, mark.end)), len(result.text)]
            assert ends == sorted(ends)
        else:
            assert result.reason


def test_what_is_expected_is_about_what_comes(tmp_path: Path) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    (folder / "a.txt").write_text("One article of several words.")
    (folder / "b.jsonl").write_text('{"text": "Two of them."}\n\n{"text": "In lines, they are."}\n')
    (folder / "c.csv").write_text('title,text\nA,"In two\nlines, this is."\nB,And in one it is.\n')
    with zipfile.ZipFile(folder / "d.zip", "w") as archive:
        archive.writestr("e.txt", "Packed, but an article all the same.")
        archive.writestr("f.png", "no article")
    (folder / "g.zip").write_text("no archive")
    (folder / "README.md").write_text("No article.")
    records = [found for found in load(folder) if isinstance(found, Record)]
    assert expected(folder, folder / "a.txt", str(tmp_path / "none")) == len(records) + 1 == 7
    assert expected(folder, "https://example.com/") is None
    assert expected(tmp_path / "none") is None


_STORY = "".join(
    f"<p>{STORY} It was said in the {word} report of that day.</p>" for word in ("first", "second", "third")
)


def _page(head: str, title: str = "Bridge hit", body: str = "") -> str:
    article = f"<article><h1>Bridge hit</h1>{_STORY}</article>"
    return f"<html><head><title>{title}</title>{head}</head><body>{article}{body}</body></html>"


def _data(value: str) -> str:
    return f'<script type="application/ld+json">{value}</script>'


_GRAPH = """{"@graph": [{"@type": "Person", "name": "No One"}, {"@type": "NewsArticle",
    "author": [{"name": "A. Day"}, {"name": ["Bo Lee", "A. Day"]}, "https://x.example"]}]}"""


@pytest.mark.parametrize(
    ("head", "field", "value", "how"),
    [
        (
            '<meta name="author" content="Sen. Ann B. Day, Bo Lee Jr.">',
            "author",
            "Sen. Ann B. Day, Bo Lee Jr.",
            "author",
        ),
        ('<meta property="article:author" content="https://social.example/ann">', "author", None, ""),
        ('<meta name="byl" content="By Ann Day">', "author", "Ann Day", "(byl)"),
        (_data(_GRAPH), "author", "A. Day, Bo Lee", "JSON-LD"),
        (_data('{"@type": "ImageObject", "author": "The Photographer"}'), "author", None, ""),
        (_data('{"@type": "Article", "publisher": {"name": "The Sample"}}'), "outlet", "The Sample", "JSON-LD"),
        ('<link rel="canonical" href="https://s.example/a?x=1#part">', "url", "https://s.example/a?x=1", "canonical"),
        ('<meta property="og:url" content="javascript:alert(1)">', "url", None, ""),
        (_data('{"@type": "Article", "mainEntityOfPage": "https://s.example/b"}'), "url", "https://s.example/b", "LD"),
    ],
)
def test_a_page_is_taken_at_its_word(tmp_path: Path, head: str, field: str, value: str | None, how: str) -> None:
    (tmp_path / "page.html").write_text(_page(head))
    (found,) = load(tmp_path)
    assert isinstance(found, Record)
    assert found.fields.get(field) == value
    assert how in found.provenance.get(field, "")


@pytest.mark.parametrize(
    ("title", "outlet"),
    [
        ("Bridge hit | The Sample", "The Sample"),
        ("Bridge hit - The Sample Post", "The Sample Post"),
        ("Bridge hit: the ministry denies it - and more | so they say | The Sample", None),
        ("Another: a headline with - a dash", None),
    ],
)
def test_what_follows_the_headline_in_the_title_is_the_outlet(tmp_path: Path, title: str, outlet: str | None) -> None:
    (tmp_path / "page.html").write_text(_page("", title))
    (found,) = load(tmp_path)
    assert isinstance(found, Record)
    assert found.fields.get("outlet") == outlet
