"""From an e-mail, most often a newsletter, to its article and what its head says about it."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import EmailPolicy
from pathlib import Path
from typing import Any

from ingest.decoding import LARGEST, Undecodable
from ingest.pages import Found, read_page

__all__ = ["read_mail"]

_NESTED = 100  # each makes the parser slower
_FIELD = 2_000  # characters of a field of the head, for its parser is slow on long ones


class _Bounded(EmailPolicy):
    """The standard library's policy for modern e-mail, reading no more of a field than people write."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return super().header_fetch_parse(name, value[:_FIELD])


def read_mail(path: Path) -> dict[str, Found]:
    """The e-mail's article, from its HTML part if there is an article in it, else from its plain part.

    The subject is the title, the sender's name the outlet, and the day in the head, as the sender's clock had it, the
    day of publication. Attachments are left alone.

    Raises:
        Undecodable: there is no part with text, or the e-mail is too large.
    """
    if path.stat().st_size > LARGEST:
        raise Undecodable(f"larger than {LARGEST // 2**20} MB, too large for one document; remove its attachments")
    raw = path.read_bytes()
    if len(re.findall(rb"multipart/", raw, re.IGNORECASE)) > _NESTED:
        raise Undecodable(f"more than {_NESTED} parts of parts; save its text as .txt")
    message = BytesParser(EmailMessage, policy=_Bounded()).parsebytes(raw)
    assert isinstance(message, EmailMessage)
    if not message.keys():
        raise Undecodable("not an e-mail: it has no head; save its text as .txt")
    found = {"text": _body(message)}
    if subject := " ".join(str(message["subject"] or "").split()):
        found["title"] = Found(subject, "e-mail subject")
    if sender := _sender(message):
        found["outlet"] = Found(sender, "e-mail sender")
    sent = getattr(message["date"], "datetime", None)
    if sent is not None:
        found["published"] = Found(sent.date().isoformat(), "e-mail date")
    return found


def _body(message: EmailMessage) -> Found:
    page = _part(message, "html")
    if page and (article := read_page(page).get("text")):
        return Found(article.value, "the e-mail's page")
    if plain := _part(message, "plain"):
        return Found(plain, "the e-mail's text")
    if message.get_content_maintype() == "application" or "encrypted" in message.get_content_type():
        raise Undecodable("encrypted or no text; save the e-mail's text as .txt")
    raise Undecodable("no article in the e-mail; save its text as .txt")


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    content = part.get_content() if part else ""
    return content if isinstance(content, str) and content.strip() else ""


def _sender(message: EmailMessage) -> str | None:
    """The sender's name. An address alone names a mailbox and no outlet."""
    addresses = getattr(message["from"], "addresses", ())
    return next((name for address in addresses if (name := " ".join(address.display_name.split()))), None)
