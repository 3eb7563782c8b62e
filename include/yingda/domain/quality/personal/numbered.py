"""Numbers of things: orders, meters and files have numbers as long as those of people."""

from __future__ import annotations

import re

_SAID = re.compile(
    r"(?:订单|流水|编号|单号|工单|批号|合同|表号|序列|案号|文号|登记|型号|(?<!证)件号|户号|税号|条码|编码|代码|对公账户|对公账号)"
    r"(?:号|号码)?(?:为|是|：|:)? ?(?:[A-Za-z]{0,6}-?)$"
)
# JD1391…, YQ-138…: but tel1391… is a telephone.
_LETTERED = re.compile(r"(?i:(?<!tel)(?<!phone)(?<!mobile)(?<!mob)(?<!call)[A-Z])\d*[-/]?$|[〔〕\[\]]$")
_QUANTITY = re.compile(r" ?(?:元|吨|立方|千瓦|度|平方|公里|千米|米|字节|人次|次|万|亿|%)")


def is_of_a_thing(plain: str, start: int, end: int) -> bool:
    """Tell whether digits are the number of a thing, or a quantity, by the words beside them."""
    before = plain[max(0, start - 16) : start]
    return bool(_SAID.search(before) or _LETTERED.search(before) or _QUANTITY.match(plain, end))
