"""PDFs, Word documents and e-mails: what is read of each, and why one is refused."""

from __future__ import annotations

import io
import textwrap
import zipfile
from pathlib import Path

import pytest

from ingest import decoding, pdf
from ingest.cleaning import clean
from ingest.loaders import Record, Rejection, load
from kb.article import Article
from kb.passages import split
from tests import ingest_samples as samples
from tests.ingest_samples import MORE, STORY


def one(folder: Path, name: str, content: bytes) -> Record | Rejection:
    path = folder / name
    path.write_bytes(content)
    (found,) = load(path)
    assert found.file == str(path)
    return found


def record(folder: Path, name: str, content: bytes) -> Record:
    found = one(folder, name, content)
    assert isinstance(found, Record), found
    return found


def reason(folder: Path, name: str, content: bytes) -> str:
    found = one(folder, name, content)
    assert isinstance(found, Rejection)
    assert "\n" not in found.reason
    return found.reason


# -- PDF


def test_the_lines_of_a_pdf_become_paragraphs_whose_sentences_are_whole(tmp_path: Path) -> None:
    paragraphs = [f"{STORY} {MORE}", f"{MORE} {STORY} It was quiet."]
    lines = [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, 60)]
    found = record(tmp_path, "a.pdf", samples.pdf([lines], "River crossed"))
    assert found.fields["text"] == "\n\n".join(paragraphs)
    assert found.fields["title"] == "River crossed"
    assert found.provenance["title"] == "the document's properties"
    article = clean(found)
    assert isinstance(article, Article)
    sentences = [span.of(article.text) for passage in split(article) for span in passage.sentences]
    assert sentences == [STORY, MORE, MORE, STORY, "It was quiet."]


def test_a_paragraph_runs_on_over_the_page_without_what_stands_at_its_edges(tmp_path: Path) -> None:
    body = textwrap.wrap(" ".join(f"Sentence {chr(97 + number)} of the report is here." for number in range(20)), 60)
    pages = [
        ["THE SAMPLE REPORT", "", *body[number * 4 : number * 4 + 4], "", f"Page {number + 1} of 4"]
        for number in range(4)
    ]
    text = record(tmp_path, "a.pdf", samples.pdf(pages)).fields["text"]
    assert text == " ".join(body)[: len(text)]
    assert "SAMPLE REPORT" not in text
    assert "Page" not in text


def test_only_what_comes_again_at_the_edges_of_pages_is_left_out() -> None:
    pages = [["Total 2020 45", "A row of the table below it stands here.", f"Closing line {word}"] for word in "abc"]
    pages[1][0] = "Total 2021 99"
    assert "Total 2020 45" in pdf.flow(pages)
    assert "Total 2021 99" in pdf.flow(pages)
    assert "Closing line b" in pdf.flow(pages)
    assert pdf.flow([["One page.", "1"], ["Another page.", "2"]]) == "One page. Another page."
    assert pdf.flow([["They counted", "7"], ["They counted", "7"]]).count("7") == 2


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["the infor-", "mation office"], "the information office"),
        (["a cease-fire and a cease-", "fire again"], "a cease-fire and a cease-fire again"),
        (["Ceasefire now, the cease-", "fire held"], "Ceasefire now, the ceasefire held"),
        (["in Nagorno-", "Karabakh today"], "in Nagorno-Karabakh today"),
        (["a state-of-the-", "art thing"], "a state-of-the-art thing"),
        (["a soft hy\u00ad", "phen here"], "a soft hyphen here"),
        (["the peace-", "keeping force, a peacekeeping force"], "the peacekeeping force, a peacekeeping force"),
        (["from 2020-", "2023 it was"], "from 2020- 2023 it was"),
        (["a break -", "between words"], "a break - between words"),
    ],
)
def test_a_hyphen_at_the_end_of_a_line_stays_where_it_belongs_to_the_word(lines: list[str], joined: str) -> None:
    assert pdf.flow([lines]) == joined


@pytest.mark.parametrize(
    "title",
    [
        "report.docx",
        "Microsoft Word - report_final.doc",
        "untitled",
        "2023_09_report",
        "C:\\tmp\\x",
        "Document1",
        " ",
        "17",
    ],
)
def test_a_file_name_is_no_title(tmp_path: Path, title: str) -> None:
    assert "title" not in record(tmp_path, "a.pdf", samples.pdf([["River crossed", STORY]], title)).fields


def test_a_pdf_that_opens_without_a_password_is_read_and_one_that_does_not_is_refused(tmp_path: Path) -> None:
    assert STORY in record(tmp_path, "a.pdf", samples.pdf([[STORY]], password="")).fields["text"]
    assert "password" in reason(tmp_path, "b.pdf", samples.pdf([[STORY]], password="secret"))


def test_without_the_library_that_decrypts_the_reason_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pypdf import _encryption
    from pypdf.errors import DependencyError

    content = samples.pdf([[STORY]], password="")

    def absent(*_: object) -> bytes:
        raise DependencyError("cryptography is missing")

    for name in ("aes_cbc_decrypt", "aes_ecb_decrypt", "aes_cbc_encrypt"):
        monkeypatch.setattr(_encryption, name, absent)
    assert "pip install 'accordingto[crypto]'" in reason(tmp_path, "a.pdf", content)


def test_a_pdf_of_pictures_is_refused_with_that_reason(tmp_path: Path) -> None:
    assert "only images" in reason(tmp_path, "a.pdf", samples.pdf([[]], image=True))
    assert "OCR" in reason(tmp_path, "a.pdf", samples.pdf([[], []], image=True))
    assert reason(tmp_path, "b.pdf", samples.pdf([[]])) == "no text in the document"
    assert STORY in record(tmp_path, "c.pdf", samples.pdf([[STORY]], image=True)).fields["text"]


@pytest.mark.parametrize("content", [b"", b"not a PDF", b"%PDF-1.7 and no more", samples.pdf([[STORY]])[:200]])
def test_a_broken_pdf_is_refused_quietly(tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    assert reason(tmp_path, "a.pdf", content)
    assert capfd.readouterr() == ("", "")


@pytest.mark.timeout(30)
def test_a_long_pdf_is_read_in_time_that_grows_with_it_and_no_faster() -> None:
    text = pdf.flow([[STORY] * 100] * 1000)
    assert text.count(STORY) == 96_000  # but for the lines at the edges, which are the same on all pages


def test_a_pdf_is_read_within_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_SECONDS", -1)
    assert "takes longer" in reason(tmp_path, "a.pdf", samples.pdf([[STORY]]))
    monkeypatch.setattr(pdf, "LARGEST", 10)
    assert "split it" in reason(tmp_path, "b.pdf", samples.pdf([[STORY]]))


# -- Word


def test_a_word_document_is_read_in_order_with_its_tables(tmp_path: Path) -> None:
    content = samples.docx([STORY, ("Heading 1", "River crossed"), [["Side", "Dead"], ["One", "5\n6"]], MORE])
    found = record(tmp_path, "a.docx", content)
    assert found.fields["text"] == "\n\n".join([STORY, "River crossed", "Side | Dead", "One | 5 6", MORE])
    assert (found.fields["title"], found.provenance["title"]) == ("River crossed", "first heading")


def test_the_properties_of_a_word_document_name_it_if_that_is_a_title(tmp_path: Path) -> None:
    parts: list[str | tuple[str, str] | list[list[str]]] = [("Heading 1", "River crossed"), STORY]
    assert record(tmp_path, "a.docx", samples.docx(parts, "The river report")).fields["title"] == "The river report"
    assert record(tmp_path, "a.docx", samples.docx(parts, "report.docx")).fields["title"] == "River crossed"


def test_a_word_document_without_properties_and_headings_has_its_first_paragraph(tmp_path: Path) -> None:
    packed = _without(samples.docx(["River crossed", STORY], "gone"), "docProps/core.xml")
    found = record(tmp_path, "a.docx", packed)
    assert "title" not in found.fields
    article = clean(found)
    assert isinstance(article, Article)
    assert article.title == "River crossed"


def _without(document: bytes, part: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "_rels/.rels":
                content = b"".join(piece for piece in content.split(b"\n"))
                start = content.index(b"<Relationship ", content.index(b"core-properties") - 200)
                while b"core-properties" not in content[start : content.index(b"/>", start)]:
                    start = content.index(b"<Relationship ", start + 1)
                content = content[:start] + content[content.index(b"/>", start) + 2 :]
            if name != part:
                target.writestr(name, content)
    return out.getvalue()


def test_deleted_text_and_second_copies_are_no_text_and_inserted_text_is(tmp_path: Path) -> None:
    from docx import Document
    from docx.oxml import parse_xml

    names = (
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    )
    document = Document()
    document.add_paragraph(STORY)
    document.element.body.insert(
        0,
        parse_xml(
            f"<w:p {names}><w:r><w:t>One</w:t></w:r><w:del><w:r><w:delText>Two</w:delText></w:r></w:del>"
            "<w:ins><w:r><w:tab/><w:t>Three</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>Four</w:t></w:r></w:moveFrom>"
            "<mc:AlternateContent><mc:Choice><w:r><w:t> Five</w:t></w:r></mc:Choice>"
            "<mc:Fallback><w:r><w:t> Five</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>"
        ),
    )
    document.element.body.insert(
        1,
        parse_xml(f"<w:sdt {names}><w:sdtContent><w:p><w:r><w:t>In a form.</w:t></w:r></w:p></w:sdtContent></w:sdt>"),
    )
    out = io.BytesIO()
    document.save(out)
    assert record(tmp_path, "a.docx", out.getvalue()).fields["text"] == f"One\tThree Five\n\nIn a form.\n\n{STORY}"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "not a Word document"),
        (b"just words", "not a Word document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old or an encrypted"),
        (samples.archive({"a.txt": STORY}), "not a Word document"),
        (samples.docx([STORY])[:2000], "not a Word document"),
    ],
)
def test_what_is_no_word_document_is_refused(tmp_path: Path, content: bytes, word: str) -> None:
    assert word in reason(tmp_path, "a.docx", content)


def test_a_word_document_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.word._UNPACKED", 1000)
    assert "unpacks" in reason(tmp_path, "a.docx", samples.docx([STORY]))


# -- e-mail


def test_a_newsletter_is_its_page_under_its_subject_from_its_sender_on_its_day(tmp_path: Path) -> None:
    found = record(tmp_path, "a.eml", samples.eml("In short: a river.", samples.page()))
    assert STORY in found.fields["text"]
    assert "In short" not in found.fields["text"]
    assert "Home" not in found.fields["text"]
    assert {name: (found.fields[name], found.provenance[name]) for name in ("title", "outlet", "published")} == {
        "title": ("River crossed", "e-mail subject"),
        "outlet": ("The Sample Letter", "e-mail sender"),
        "published": ("2023-09-19", "e-mail date"),
    }


def test_without_an_article_in_the_page_an_email_is_its_plain_part(tmp_path: Path) -> None:
    assert record(tmp_path, "a.eml", samples.eml(STORY, "<html></html>")).fields["text"].strip() == STORY
    found = record(tmp_path, "b.eml", samples.eml(STORY, From="letter@sample.example", Subject="", Date=""))
    assert set(found.fields) == {"text"}


def test_the_head_of_an_email_is_decoded_and_its_damage_survived(tmp_path: Path) -> None:
    raw = (
        b"From: =?utf-8?q?The_Caf=C3=A9?= <a@sample.example>\r\nSubject: =?utf-8?b?Umlhxa1r?= \xff\r\n"
        b"Date: some day\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nThe caf\xe9 at the river is open.\r\n"
    )
    found = record(tmp_path, "a.eml", raw)
    assert found.fields["outlet"] == "The Café"
    assert "The café at the river is open." in found.fields["text"]
    assert "published" not in found.fields
    assert isinstance(clean(found), Article)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "not an e-mail"),
        (samples.eml(None, "<html></html>"), "no article"),
        (b"From: a@b.example\nContent-Type: application/pkcs7-mime\n\nAAAA", "encrypted"),
        (b"From: a@b.example\nContent-Type: text/plain; charset=no-such\n\nwords in it", "cannot be parsed"),
    ],
)
def test_an_email_without_an_article_is_refused(tmp_path: Path, content: bytes, word: str) -> None:
    assert word in reason(tmp_path, "a.eml", content)


@pytest.mark.parametrize(
    "head",
    [
        b"From: " + b"a <a@b.example>, " * 20_000,
        b"From: a@b.example\nSubject: " + b"=?utf-8?q?x?= " * 20_000,
        b"Content-Type: multipart/mixed; boundary=x\n\n"
        + b"--x\nContent-Type: multipart/mixed; boundary=x\n\n" * 5_000,
        b"Content-Type: message/rfc822\n\n" * 5_000,
    ],
)
@pytest.mark.timeout(10)
def test_an_email_that_is_made_to_be_slow_is_not(tmp_path: Path, head: bytes) -> None:
    one(tmp_path, "a.eml", head + b"\n\n" + STORY.encode())


def test_an_email_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.mail.LARGEST", 10)
    assert "attachments" in reason(tmp_path, "a.eml", samples.eml())
    assert decoding.LARGEST > 10
