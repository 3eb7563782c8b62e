"""The mail catcher: `python -m yingda.running.mailcatcher --port 1025 --folder var/mail`.

Takes every message from everybody on this machine and keeps each as one file; sends nothing anywhere.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from datetime import UTC, datetime
from pathlib import Path

import click
from aiosmtpd.smtp import SMTP, Envelope, Session

LARGEST = 64 * 1024 * 1024
"""Bytes of the largest message taken."""


class Catcher:
    """Keeps each message as `<UTC time>-<id>.eml`, so that names sort by arrival."""

    def __init__(self, folder: Path) -> None:
        """Keep messages in `folder`, made if missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Answer 250 once the message is on disk, 451 ("try again") where it cannot be written."""
        try:
            name = await asyncio.to_thread(self.keep, envelope)
        except OSError as reason:
            return f"451 4.3.0 cannot keep the message: {reason.strerror}"
        return f"250 2.0.0 kept as {name}"

    def keep(self, envelope: Envelope) -> str:
        """Write the message with its envelope on top and return the name of the file; readers never see half of one."""
        recipients = ", ".join(envelope.rcpt_tos)
        head = f"X-Envelope-From: {envelope.mail_from or ''}\r\nX-Envelope-To: {recipients}\r\n"
        content = envelope.content or b""
        data = head.encode("utf-8", "surrogateescape") + (content if isinstance(content, bytes) else content.encode())
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.eml"
        draft = self.folder / f".{name}.part"
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self.folder / name)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return name


async def serve(port: int, folder: Path) -> None:
    """Take messages on the loopback address until SIGTERM or SIGINT."""
    catcher = Catcher(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            catcher, hostname="localhost", ident="Yingda mail catcher", data_size_limit=LARGEST, enable_SMTPUTF8=True
        ),
        host="127.0.0.1",
        port=port,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), required=True, help="Loopback port to listen on.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="Where messages go.")
def main(port: int, folder: Path) -> None:
    """Take every message and keep it as a file."""
    asyncio.run(serve(port, folder))


if __name__ == "__main__":
    main()
