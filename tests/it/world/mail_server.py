"""A mail server for the tests: aiosmtpd with TLS and a password. It saves each message to a file.

    mail_server.py PORT FOLDER CERTIFICATE KEY starttls|smtps|none

The file `replies` beside the folder says what it answers, one line each: `MAIL` or a recipient, and the reply. Instead
of a reply, `close` closes the connection and `wait` never answers.
"""

import asyncio
import ssl
import sys
import threading
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = b"corridor@mail", "s3cret+/% пароль".encode()


class SaveMessages:
    def __init__(self, folder, encryption):
        self.folder, self.count = Path(folder), len(list(Path(folder).glob("*.eml")))
        self.encryption = encryption

    def is_safe(self, session):
        is_encrypted = self.encryption == "smtps" or session.ssl
        return self.encryption == "none" or (is_encrypted and session.authenticated)

    async def reply(self, server, to):
        replies = self.folder.parent / "replies"
        lines = replies.read_text().splitlines() if replies.exists() else []
        reply = next((line.split(" ", 1)[1] for line in lines if line.split(" ", 1)[0] == to), None)
        if reply == "close":
            server.transport.close()
        if reply == "wait":
            await asyncio.sleep(3600)
        return reply

    async def handle_MAIL(self, server, session, envelope, address, options):
        if reply := await self.reply(server, "MAIL"):
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if reply := await self.reply(server, address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if not self.is_safe(session):
            return "530 first STARTTLS, then AUTH"
        self.count += 1
        header = f"X-Envelope: {envelope.mail_from} {' '.join(envelope.rcpt_tos)}\r\n".encode()
        unfinished = self.folder / f".{self.count}"
        unfinished.write_bytes(header + envelope.original_content)
        unfinished.rename(self.folder / f"{self.count:05}.eml")
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    is_valid = isinstance(data, LoginPassword) and (data.login, data.password) == (USER, PASSWORD)
    return AuthResult(success=is_valid)


port, folder, certificate, key, encryption = sys.argv[1:]
tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(certificate, key)
settings = {
    "starttls": {"tls_context": tls, "require_starttls": True},
    "smtps": {"ssl_context": tls, "auth_require_tls": False},
    "none": {},
}[encryption]
if encryption != "none":
    settings |= {"authenticator": authenticate, "auth_required": True}
Controller(SaveMessages(folder, encryption), hostname="127.0.0.1", port=int(port), **settings).start()
print("ready", flush=True)
threading.Event().wait()
