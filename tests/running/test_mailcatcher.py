"""The mail catcher, over real SMTP."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import signal
import subprocess
import sys
from email.message import EmailMessage

import aiosmtplib
import pytest

from yingda.running import ports


@pytest.fixture
def catcher(tmp_path):
    """Start the mail catcher; give its port and folder."""
    port = ports.kept(tmp_path / "ports.json", ("smtp",), avoid=set())["smtp"]
    folder = tmp_path / "mail"
    process = subprocess.Popen(
        [sys.executable, "-m", "yingda.running.mailcatcher", "--port", str(port), "--folder", str(folder)]
    )
    try:
        for _ in range(100):
            if not ports.is_free(port):
                break
            assert process.poll() is None
            asyncio.run(asyncio.sleep(0.05))
        yield port, folder
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def letter(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "yingda@example.org", "wang@example.org", subject
    message.set_content("请在此答复。\n.\n以点开头的行\n")
    return message


def test_a_message_is_kept_as_sent_with_its_envelope(catcher):
    port, folder = catcher
    asyncio.run(
        aiosmtplib.send(
            letter("核查超时"), hostname="127.0.0.1", port=port, recipients=["wang@example.org", "li@example.org"]
        )
    )

    [path] = folder.iterdir()
    kept = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert re.fullmatch(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}\.eml", path.name)
    assert kept["Subject"] == "核查超时"
    assert kept["X-Envelope-From"] == "yingda@example.org"
    assert kept["X-Envelope-To"] == "wang@example.org, li@example.org"
    assert kept.get_content().replace("\r\n", "\n") == "请在此答复。\n.\n以点开头的行\n"


def test_messages_at_once_are_all_kept_and_sort_by_arrival(catcher):
    port, folder = catcher

    async def send_all():
        await asyncio.gather(
            *(aiosmtplib.send(letter(str(number)), hostname="127.0.0.1", port=port) for number in range(20))
        )
        await aiosmtplib.send(letter("last"), hostname="127.0.0.1", port=port)

    asyncio.run(send_all())

    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 21
    last = email.message_from_bytes((folder / names[-1]).read_bytes(), policy=email.policy.default)
    assert last["Subject"] == "last"


def test_a_message_that_cannot_be_kept_is_refused_for_now(catcher):
    port, folder = catcher
    folder.rmdir()

    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        asyncio.run(aiosmtplib.send(letter("lost?"), hostname="127.0.0.1", port=port))

    assert refused.value.code == 451
