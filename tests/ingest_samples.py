"""Small real files of every kind that ingest reads, made here; for its tests and its fuzz run."""

from __future__ import annotations

import io
import json
import random
import re
import textwrap
import zipfile
from collections.abc import Mapping, Sequence
from email.message import EmailMessage

STORY = "The river was crossed at dawn, officials in the town said on Friday."
MORE = "Nobody was hurt, the mayor of the town added, and the bridge stayed open until the evening."
PARAGRAPHS = [f"{STORY} {MORE} This is part {number} of the report." for number in range(1, 7)]


def pdf(
    pages: Sequence[Sequence[str]], title: str | None = None, *, image: bool = False, password: str | None = None
) -> bytes:
    """A PDF whose pages hold these lines, written out by hand; with `image`, each page shows a picture too."""
    objects: list[bytes] = [
        b"",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    picture = b""
    if image:
        objects.append(
            b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
            b" /Length 1 >>\nstream\n\x80\nendstream"
        )
        picture = b" /XObject << /Im1 4 0 R >>"
    kids = []
    for lines in pages:
        shown = b"".join(b"(%s) Tj T*\n" % _escaped(line) for line in lines)
        content = (
            b"BT /F1 10 Tf 12 TL 50 750 Td\n" + shown + b"ET\n" + (b"q 9 0 0 9 0 0 cm /Im1 Do Q\n" if image else b"")
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        resources = b"<< /Font << /F1 3 0 R >>%s >>" % picture
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources %s >>"
            % (len(objects), resources)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    trailer = b"/Root 1 0 R"
    if title is not None:
        objects.append(b"<< /Title (%s) >>" % _escaped(title))
        trailer += b" /Info %d 0 R" % len(objects)
    written = _with_table(objects, trailer)
    return _encrypted(written, password) if password is not None else written


def _escaped(line: str) -> bytes:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("cp1252")


def _with_table(objects: Sequence[bytes], trailer: bytes) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(out)


def _encrypted(plain: bytes, password: str) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(plain)))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def docx(paragraphs: Sequence[str | tuple[str, str] | list[list[str]]], title: str = "") -> bytes:
    """A Word document: plain paragraphs, (style, text) ones, and tables as lists of rows."""
    from docx import Document

    document = Document()
    document.core_properties.title = title
    for part in paragraphs:
        if isinstance(part, list):
            table = document.add_table(len(part), len(part[0]))
            for row, cells in zip(table.rows, part, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text
        elif isinstance(part, tuple):
            document.add_paragraph(part[1], style=part[0])
        else:
            document.add_paragraph(part)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def eml(plain: str | None = STORY, html: str | None = None, **head: str) -> bytes:
    """An e-mail; its head's names are written with _ for -."""
    message = EmailMessage()
    fields = {
        "From": "The Sample Letter <letter@sample.example>",
        "Subject": "River crossed",
        "Date": "Tue, 19 Sep 2023 23:30:00 -0500",
        **head,
    }
    for name, value in fields.items():
        if value:
            message[name] = value
    if plain is not None:
        message.set_content(plain)
    if html is not None:
        (message.add_alternative if plain is not None else message.set_content)(html, subtype="html")
    return message.as_bytes()


def page(title: str = "River crossed", head: str = "", story: Sequence[str] = PARAGRAPHS) -> str:
    """An HTML page with an article on it."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in story)
    return (
        f'<html lang="en"><head><title>{title}</title>{head}</head><body><nav><a href="/">Home</a></nav>'
        f"<article><h1>{title}</h1>{body}</article></body></html>"
    )


def archive(members: Mapping[str, str | bytes]) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return out.getvalue()


def rss(*entries: str, title: str = "The Sample Feed") -> str:
    """An RSS feed of these items' insides."""
    items = "".join(f"<item>{entry}</item>" for entry in entries)
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>{title}</title><link>https://sample.example/</link>{items}</channel></rss>"
    )


def full_entry(title: str = "River crossed", link: str = "https://sample.example/river") -> str:
    """An item with the whole story in it."""
    story = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    return (
        f"<title>{title}</title><link>{link}</link><pubDate>Tue, 19 Sep 2023 10:00:00 GMT</pubDate>"
        f"<description>{STORY}</description><content:encoded><![CDATA[{story}]]></content:encoded>"
    )


ATOM = f"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">
<title>The Sample Feed</title><id>urn:feed</id><updated>2023-09-19T10:00:00Z</updated>
<entry><title>River crossed</title><id>urn:1</id>
<link href="https://sample.example/river"/><published>2023-09-19T10:00:00Z</published>
<updated>2023-09-21T10:00:00Z</updated><author><name>Ann Day</name></author>
<content type="html">{"".join(f"&lt;p&gt;{p}&lt;/p&gt;" for p in PARAGRAPHS)}</content>
</entry></feed>"""

UCDP_HEADER = (
    "id,year,type_of_violence,dyad_name,side_a,side_b,source_article,source_office,source_date,source_headline,"
    "source_original,where_coordinates,where_description,adm_1,adm_2,country,date_start,date_end,deaths_a,deaths_b,"
    "deaths_civilians,deaths_unknown,best,high,low"
)
UCDP_TAGS = (
    ",#date+year,,,#group+name+first,#group+name+second,,,,#meta+source,,,#description,,,,,,,,,,#affected+killed,,"
)
UCDP_ROW = (
    "101,2020,1,Side One - Side Two,Side One,Side Two,"
    '"""Sample Wire,2020-10-05,Five killed at the river, ministry says"";""Sample Post,2020-10-06,River battle""",'
    'Sample Wire;Sample Post,2020-10-05;2020-10-06,"Five killed at the river, ministry says;River battle",'
    "Ministry of Side One,Rivertown,Rivertown bridge,North province,,Sampleland,"
    "2020-10-04 00:00:00.000,2020-10-05 00:00:00.000,2,3,0,1,6,9,5"
)
UCDP = f"{UCDP_HEADER}\n{UCDP_TAGS}\n{UCDP_ROW}\n"
ACLED_HEADER = (
    "event_id_cnty,event_date,year,time_precision,disorder_type,event_type,sub_event_type,actor1,assoc_actor_1,inter1,"
    "actor2,assoc_actor_2,inter2,interaction,civilian_targeting,iso,region,country,admin1,admin2,admin3,location,"
    "latitude,longitude,geo_precision,source,source_scale,notes,fatalities,tags,timestamp"
)
ACLED_ROW = (
    "SAM7,04 October 2020,2020,1,Political violence,Battles,Armed clash,Military Forces of Side One,,State forces,"
    "Side Two Militia,Village Guards,Rebel group,State forces-Rebel group,,999,Sample Region,Sampleland,North province,"
    ",,Rivertown,1.0,2.0,1,Sample Wire; Sample Post,National,"
    '"On 4 October 2020, the two sides clashed at Rivertown.",6,'
    ",1602000000"
)
ACLED = f"{ACLED_HEADER}\n{ACLED_ROW}\n"


def one_of_each() -> dict[str, bytes]:
    """A valid file of every kind, by name."""
    rows = [
        {"id": number, "title": f"River {number}", "text": paragraph} for number, paragraph in enumerate(PARAGRAPHS)
    ]
    lines = [line for paragraph in PARAGRAPHS for line in textwrap.wrap(paragraph, 80)]
    texts = {
        "a.txt": f"River crossed\n\n{STORY}\n",
        "a.md": f"---\ntitle: River crossed\ndate: 2023-09-19\n---\n# River\n\n{STORY}\n",
        "a.html": page(head='<meta property="article:published_time" content="2023-09-19">'),
        "a.json": json.dumps(rows),
        "a.jsonl": "\n".join(map(json.dumps, rows)),
        "a.csv": f"id,title,text\n1,River,{STORY.replace(',', '')}\n",
        "a.tsv": f"id\ttitle\ttext\n1\tRiver\t{STORY}\n",
        "ucdp.csv": UCDP,
        "acled.csv": ACLED,
        "a.rss": rss(full_entry(), full_entry("Second", "https://sample.example/2")),
        "a.atom": ATOM,
        "a.xml": ATOM,
    }
    return {
        **{name: text.encode() for name, text in texts.items()},
        "a.pdf": pdf([lines, lines], "River crossed"),
        "locked.pdf": pdf([lines], password=""),
        "a.docx": docx([("Heading 1", "River crossed"), STORY, [["Side", "Dead"], ["One", "5"]], MORE]),
        "a.eml": eml(STORY, page()),
        "a.zip": archive({"a.txt": f"River\n\n{STORY}", "b/a.html": page(), "c.csv": UCDP}),
    }


def mutated(content: bytes, seed: int) -> bytes:
    """The content damaged in one to eight places: bits turned, pieces cut, doubled, moved, filled, numbers changed.
    The same for the same seed. An archive is every other time damaged inside, where its checksums do not tell."""
    chance = random.Random(seed)
    if content.startswith(b"PK") and chance.randrange(2):
        return _mutated_inside(content, chance)
    data = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at, size = chance.randrange(len(data) + 1), chance.choice((1, 1, 2, 4, 16, 64, 512))
        piece = data[at : at + size]
        match chance.randrange(7):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = piece * chance.randint(1, 50)
            case 3:
                data[at : at + size] = chance.randbytes(size)
            case 4:
                to = chance.randrange(len(data) + 1)
                data[to:to] = piece
            case 5:
                data[at:at] = chance.choice(_ODDITIES)
            case _:
                _change_a_number(data, chance)
    return bytes(data)


_ODDITIES = (
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b'"',
    b"<",
    b"]]>",
    b"((((",
    b"<<" * 500,
    b"[" * 2000,
    b"<div>" * 2000,
    b"\n",
)


def _mutated_inside(packed: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(packed)) as source:
        members = {name: source.read(name) for name in source.namelist()}
    likely = [name for name in members if name == "word/document.xml"] * len(members)
    name = chance.choice([*members, *likely])
    return archive({**members, name: mutated(members[name], chance.getrandbits(64))})


def _change_a_number(data: bytearray, chance: random.Random) -> None:
    """Sizes, counts and places are numbers, written out in some formats."""
    numbers = list(re.finditer(rb"\d+", bytes(data)))
    if numbers:
        found = chance.choice(numbers)
        data[found.start() : found.end()] = chance.choice((b"0", b"-1", b"1", b"99999", b"4294967295", b"9" * 30))
