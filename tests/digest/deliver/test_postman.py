"""Sending over real connections: encrypted, checked, each letter once."""

import socket
import threading

import pytest

from briefing.digest.deliver import Postman, messages
from briefing.errors import DeliveryError, DeliverySettingsError
from tests.digest.deliver.conftest import Mailbox, Server
from tests.digest.deliver.test_letters import table
from tests.digest.samples import full_edition


def post(server: Server, **mail) -> None:
    """Send the letters of an edition."""
    settings = table(host=server.host, port=server.port, timeout=5, **mail)
    assert settings.mail
    with Postman(settings, settings.mail) as postman:
        for letter in messages(full_edition(), settings):
            postman.send(letter)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_each_letter_once_over_one_connection(mailbox: Mailbox, security) -> None:
    server = mailbox(security)
    post(server, security=security)
    assert [each.rcpt_tos for each in server.letters] == [
        ["a@reader.example"],
        ["b@reader.example"],
    ]
    assert {each.mail_from for each in server.letters} == {"digest@news.example"}
    assert len(server.sessions) == 1
    assert b"Port Alder votes to keep its ferry" in server.letters[0].content


def test_unencrypted_where_that_was_said(mailbox: Mailbox) -> None:
    server = mailbox("none")
    post(server, security="none")
    assert len(server.letters) == 2


def test_no_starttls_means_no_letter(mailbox: Mailbox) -> None:
    server = mailbox("none")
    with pytest.raises(DeliverySettingsError, match="offers no STARTTLS"):
        post(server)
    assert server.letters == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_authority_that_is_not_trusted(mailbox: Mailbox, security) -> None:
    server = mailbox(security)
    with pytest.raises(DeliverySettingsError, match="cannot be trusted"):
        post(server, security=security)
    assert server.letters == []


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name(mailbox: Mailbox) -> None:
    server = mailbox(name="mail.example")
    with pytest.raises(DeliverySettingsError, match="cannot be trusted"):
        post(server)


@pytest.mark.usefixtures("trusted")
def test_the_wrong_kind_of_tls(mailbox: Mailbox) -> None:
    with pytest.raises(DeliverySettingsError, match="security"):
        post(mailbox("starttls"), security="tls")


@pytest.mark.usefixtures("trusted")
def test_login(mailbox: Mailbox, monkeypatch) -> None:
    server = mailbox(password="right")
    monkeypatch.setenv("BRIEFING_SMTP_PASSWORD", "right")
    post(server, user="desk")
    assert len(server.letters) == 2


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("password", "said"), [("wrong", "rejected the login"), (None, "not set")])
def test_login_refused(mailbox: Mailbox, monkeypatch, password, said) -> None:
    server = mailbox(password="right")
    monkeypatch.delenv("BRIEFING_SMTP_PASSWORD", raising=False)
    if password:
        monkeypatch.setenv("BRIEFING_SMTP_PASSWORD", password)
    with pytest.raises(DeliverySettingsError, match=said) as found:
        post(server, user="desk")
    assert "BRIEFING_SMTP_PASSWORD" in str(found.value)
    assert "wrong" not in str(found.value)


@pytest.mark.usefixtures("trusted")
def test_a_password_that_mail_servers_do_not_take(mailbox: Mailbox, monkeypatch) -> None:
    server = mailbox(password="right")
    monkeypatch.setenv("BRIEFING_SMTP_PASSWORD", "gehäim")
    with pytest.raises(DeliverySettingsError, match="ASCII"):
        post(server, user="desk")


def test_a_server_without_login(mailbox: Mailbox, monkeypatch) -> None:
    monkeypatch.setenv("BRIEFING_SMTP_PASSWORD", "right")
    with pytest.raises(DeliverySettingsError, match="no login"):
        post(mailbox("none"), security="none", user="desk")


def test_a_password_is_not_sent_in_the_open(mailbox: Mailbox, monkeypatch) -> None:
    server = mailbox("none")
    monkeypatch.setenv("BRIEFING_SMTP_PASSWORD", "right")
    monkeypatch.setattr("briefing.digest.deliver._LOCAL", ())
    with pytest.raises(DeliverySettingsError, match="unencrypted"):
        post(server, security="none", user="desk")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("code", "permanent"), [("550 nobody here", True), ("451 later", False)])
def test_a_recipient_who_is_refused(mailbox: Mailbox, code, permanent) -> None:
    server = mailbox()
    server.refuse["a@reader.example"] = code
    settings = table(host=server.host, port=server.port)
    one, other = messages(full_edition(), settings)
    with Postman(settings, settings.mail) as postman:
        with pytest.raises(DeliveryError, match=code) as found:
            postman.send(one)
        postman.send(other)
    assert found.value.permanent is permanent
    assert "a@reader.example" in str(found.value)
    assert [each.rcpt_tos for each in server.letters] == [["b@reader.example"]]


@pytest.mark.usefixtures("trusted")
def test_a_letter_that_is_refused(mailbox: Mailbox) -> None:
    server = mailbox()
    server.after = lambda: "554 looks like spam"
    with pytest.raises(DeliveryError, match="554 looks like spam") as found:
        post(server)
    assert found.value.permanent


@pytest.mark.usefixtures("trusted")
def test_a_server_that_hung_up_between_letters(mailbox: Mailbox) -> None:
    server = mailbox()
    settings = table(host=server.host, port=server.port)
    one, other = messages(full_edition(), settings)
    with Postman(settings, settings.mail) as postman:
        postman.send(one)
        assert postman._server
        postman._server.sock.shutdown(socket.SHUT_RDWR)
        postman.send(other)
    assert len(server.letters) == 2
    assert len(server.sessions) == 2


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(DeliverySettingsError, match=rf"localhost port {port} cannot be used"):
        post(Server("localhost", port))


def test_a_server_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = table(host="127.0.0.1", port=silent.getsockname()[1], timeout=0.3)
        with (
            Postman(settings, settings.mail) as postman,
            pytest.raises(DeliverySettingsError, match="timed out"),
        ):
            postman.send(messages(full_edition(), settings)[0])


def test_a_connection_that_breaks_while_a_letter_is_on_its_way() -> None:
    """The one instant in which nobody can know: it is said, and the letter not sent again here."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_hang_up_after_data, args=(listener,))
        thread.start()
        settings = table(
            host="127.0.0.1", port=listener.getsockname()[1], security="none", timeout=5
        )
        with Postman(settings, settings.mail) as postman, pytest.raises(DeliveryError) as found:
            postman.send(messages(full_edition(), settings)[0])
        thread.join()
    assert not found.value.permanent
    assert "a@reader.example" in str(found.value)


def _hang_up_after_data(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection, connection.makefile("rwb") as file:
        file.write(b"220 ready\r\n")
        file.flush()
        for line in file:
            if line.strip() == b".":
                return
            if line[:4].upper() in (b"EHLO", b"MAIL", b"RCPT"):
                file.write(b"250 OK\r\n")
                file.flush()
            elif line[:4].upper() == b"DATA":
                file.write(b"354 go on\r\n")
                file.flush()


@pytest.mark.parametrize(
    "replies",
    [
        ["421 4.3.2 service busy"],
        ["220 hello", "421 4.7.0 too many of you"],
        ["220 hello", "250-here\r\n250 AUTH PLAIN", "454 4.7.0 come back"],
    ],
)
def test_a_server_that_takes_nobody_now(monkeypatch, replies: list[str]) -> None:
    monkeypatch.setenv("BRIEFING_SMTP_PASSWORD", "right")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection = listening.accept()[0]
            with connection, connection.makefile("rb") as said:
                for reply in replies:
                    connection.sendall(f"{reply}\r\n".encode())
                    said.readline()

        thread = threading.Thread(target=answer)
        thread.start()
        server = Server("127.0.0.1", listening.getsockname()[1])
        with pytest.raises(DeliveryError, match=replies[-1]) as found:
            post(server, security="none", user="desk")
        thread.join()
    assert (found.value.busy, found.value.permanent) == (True, False)
