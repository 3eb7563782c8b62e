"""What no policy can change."""

from __future__ import annotations

from collections.abc import Iterator

from yingda.domain import roles
from yingda.domain.policy import DRAFTER, Policy
from yingda.running.ruling.words import Pair

UNCHANGEABLE: tuple[Pair, ...] = (
    (
        f"谁写的文本，谁就不能审批、签发。{roles.label(DRAFTER, 'zh_CN')}起草对外情况说明，所以不能列入签发。",
        "Nobody approves or signs a text of their own."
        f" The {roles.label(DRAFTER, 'en').lower()} drafts statements and so cannot stand among the signers.",
    ),
    (
        "同一文本，一个人只能签一个环节，兼任几个职务、代理别人时也一样。",
        "Nobody signs two stages of one text, not in another role and not as a deputy either.",
    ),
    (
        "签发的只是眼前这份文本。改动一个字，已有的签名全部作废，从头签起；发布前再核对一次签名与文本。",
        "A signature stands for exactly one text. One changed character voids them all; both are checked before"
        " publishing.",
    ),
    (
        "沉默不等于同意。没有签齐就不发布，到了时限也不会自动通过。",
        "Silence never approves. What is not signed is not published, and no limit that runs out signs for anybody.",
    ),
    (
        "超过的时限永久留在记录里，迟到的答复照收。准予延期的，原时限也留在记录里。",
        "A missed limit stays on record for good, and the late answer is still taken. An extension keeps the first"
        " limit on record.",
    ),
    (
        "退单、转办不重新起算；升降级别的，各项时限按新级别从原来的起算时刻重算。",
        "Handing back or passing on to another unit starts no limit anew. When the severity changes, the new limits run"
        " from the original start.",
    ),
)


def parts(policy: Policy) -> Iterator[str]:
    """Yield the section; it is the same under every policy."""
    yield "## 规则不能改的 What no policy can change\n"
    yield "\n".join(f"- {chinese}\n  {english}" for chinese, english in UNCHANGEABLE) + "\n"
