"""Messages: text and HTML alternatives (RFC 2046, 5.1.4), the same bytes each time they are made.

A receiver that gets one twice can drop the second by its Message-ID (RFC 5322, 3.6.4).
"""

import hashlib
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote

from briefing.digest.deliver.errors import MailSettingsError
from briefing.digest.records import Edition
from briefing.digest.render import Links, render, to_mail_html, write_whole
from briefing.digest.settings import DigestSettings, MailTable
from briefing.render.layout import clean

_POLICY = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Letter:
    """The message of one edition to one recipient; ``message_id`` names it for good."""

    recipient: str
    message_id: str
    message: EmailMessage


def messages(edition: Edition, settings: DigestSettings) -> list[Letter]:
    """A letter to each recipient, in the order of the settings, each address once.

    Raises:
        MailSettingsError: there is no ``[mail]`` table, or an address in it is none.
        TemplateError: a template cannot be used.
    """
    mail = settings.mail
    if mail is None:
        raise MailSettingsError("digest.toml has no [mail] table; add one to send editions")
    sender = parsed(mail.sender)
    text = render(edition, "text", settings).decode()
    found = []
    for recipient in dict.fromkeys(mail.recipients):
        to, unsubscribe = parsed(recipient), unsubscribe_address(mail, recipient)
        html = _html(edition, settings, unsubscribe)
        message = _message(edition, sender, to, text, html)
        _subscription(message, edition, sender, unsubscribe)
        found.append(Letter(recipient, str(message["Message-ID"]), message))
    return found


def write_eml(letter: Letter, folder: Path) -> Path:
    """The letter as a file that mail programs open; raises OutputError where it cannot be."""
    name = letter.message_id.strip("<>").partition("@")[0]
    path = folder / f"{name}.eml"
    write_whole(path, letter.message.as_bytes())
    return path


def parsed(address: str) -> Address:
    """``Name <someone@news.example>``, or the address alone; raises MailSettingsError."""
    message = EmailMessage(policy=_POLICY)
    try:
        message["To"] = address
        (found,) = message["To"].addresses
    except ValueError as error:
        raise _no_address(address) from error
    if message["To"].defects or not found.username or not found.domain:
        raise _no_address(address)
    return Address(found.display_name, found.username, found.domain)


def unsubscribe_address(mail: MailTable, recipient: str) -> str | None:
    """Where a recipient unsubscribes: ``{recipient}`` in the setting stands for the address."""
    if not mail.unsubscribe:
        return None
    address = quote(parsed(recipient).addr_spec, safe="@")
    found = mail.unsubscribe.replace("{recipient}", address)
    if not found.startswith(("mailto:", "https://")) or clean(found) != found or " " in found:
        raise MailSettingsError("mail.unsubscribe must be a mailto: or https: address")
    return found


def _no_address(address: str) -> MailSettingsError:
    return MailSettingsError(f"{address!r} is no mail address; correct [mail] in digest.toml")


def _html(edition: Edition, settings: DigestSettings, unsubscribe: str | None) -> str:
    page = Links.of(settings.edition.base_url).page_of(edition.date)
    return to_mail_html(edition, settings.edition, page=page, unsubscribe=unsubscribe)


def _message(edition: Edition, sender: Address, to: Address, text: str, html: str) -> EmailMessage:
    title = clean(edition.title)
    key = hashlib.sha256(f"{title}\n{edition.date}\n{to.addr_spec}".encode()).hexdigest()[:24]
    name = f"briefing-{edition.date.isoformat()}-{key}"
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = f"{title}, {edition.date.day} {edition.date:%B %Y}"
    message["Date"] = format_datetime(edition.made)
    message["Message-ID"] = f"<{name}@{_ascii(sender.domain)}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5: no holiday replies
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    # Python makes it up at random, and the same edition is to be the same bytes.
    message.set_boundary(f"={key}=")
    return message


def _subscription(
    message: EmailMessage, edition: Edition, sender: Address, unsubscribe: str | None
) -> None:
    """List headers: RFC 2919, RFC 2369, and RFC 8058 for one click where it is https."""
    label = clean(edition.title).replace("<", "").replace(">", "")
    message["List-Id"] = f"{label} <digest.{_ascii(sender.domain)}>"
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        if unsubscribe.startswith("https:"):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError as error:
        raise _no_address(domain) from error
