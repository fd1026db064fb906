"""A mail server for the tests: aiosmtpd with STARTTLS and a password. It saves each message to a file.

    mail_server.py PORT FOLDER CERTIFICATE KEY
"""

import ssl
import sys
import threading
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = b"corridor@mail", "s3cret+/% пароль".encode()


class SaveMessages:
    def __init__(self, folder):
        self.folder, self.count = Path(folder), len(list(Path(folder).glob("*.eml")))

    async def handle_DATA(self, server, session, envelope):
        if session.ssl is None or not session.authenticated:
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


port, folder, certificate, key = sys.argv[1:]
tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(certificate, key)
Controller(
    SaveMessages(folder),
    hostname="127.0.0.1",
    port=int(port),
    tls_context=tls,
    require_starttls=True,
    authenticator=authenticate,
    auth_required=True,
).start()
print("ready", flush=True)
threading.Event().wait()
