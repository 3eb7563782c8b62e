"""What signers are shown is what the public reads, to the element, whatever was typed."""

from __future__ import annotations

import re

from lxml import html
from tests.desk.conftest import STATEMENT, Desk
from tests.payloads.reading import CLASSES, payloads, wrong_with

from yingda import wiring
from yingda.domain.fields import LONG
from yingda.services import presenting, sending
from yingda.transports.bulletin_pages import headings, on_top


def test_the_signer_sees_what_is_published(desk: Desk) -> None:
    desk.up_to("draft_statement")
    texts = [payload.text for name in CLASSES if name != "long_and_deep" for payload in payloads(name)]
    # What a form takes: control characters it refuses.
    body = re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "", "\n\n".join(texts))
    assert len(texts) > 300
    assert len(body) < LONG
    desk.answer("draft_statement", "submit", **STATEMENT | {"title": "未\u2067经\u2069核实 <b>&amp;", "body": body})

    page = desk.client.get(f"/desk/r?token={desk.token('sign_statement')}", follow_redirects=True)
    [shown] = html.fromstring(page.text).xpath("//article[@class='statement']")
    preview = presenting.public_html({"body": body}, desk.house)
    expected = html.fragment_fromstring(preview, create_parent="div")
    assert [html.tostring(one, with_tail=False) for one in shown[2:]] == [
        html.tostring(one, with_tail=False) for one in expected
    ]
    assert shown.findtext("h3") == "未经核实 <b>&amp;"
    assert wrong_with(preview) == []

    desk.answer("sign_statement", "approve")
    sending.publish_due(wiring.transaction, desk.number, wiring.settings(), wiring.utcnow)
    top = on_top((desk.house.bulletin / desk.number / "index.html").read_text("utf-8"))
    assert top is not None
    assert top[1].strip() == f"<h1>未经核实 &lt;b&gt;&amp;amp;</h1>\n{headings(preview, 1)}".strip()
    assert (desk.house.bulletin / "unit" / "liuxi" / "index.html").is_file()
