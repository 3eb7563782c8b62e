"""Home addresses: places written down to the one door behind which somebody lives.

A road with a number is a place, not a home: a community centre, a shop, a school has one. What makes an address
somebody's is the household: the unit (单元) and room of a building, or, in a village, the number of a house within its
group. So:

- a building, unit or residential quarter with a room is a home, unless the address names a public place
  (人民路12号行政服务中心3楼302室);
- a house of a village is a home where it is written with its group (3组12号), or where it is said that somebody lives
  there; a street lamp, a well or a bridge of that number is not;
- any numbered address is a home where it is said that somebody lives there (家住人民路12号).
"""

from __future__ import annotations

import re

from ..material import Spans

_N = r"(?:\d{1,5}|[一二三四五六七八九十百零〇]{1,5}|[A-Za-z甲乙丙丁])"
_NO = rf"(?:{_N}(?:[-之]{_N})?)"
_NAME = r"[\u4e00-\u9fff]{1,8}?"
_ROAD = rf"(?:{_NAME}(?:路|街道?|大道|巷|弄|里|胡同|道)(?:{_NO}(?:弄|巷|支弄|支路))?)"
_QUARTER = (
    r"(?:[\u4e00-\u9fff]{1,8}?(?:小区|花园|家园|新村|公寓|苑|花苑|华庭|名邸|嘉园|里|坊|府|庭|城|湾|社区|村|宿舍|庄园))"
)
_HOUSE = rf"{_NO} ?号(?!楼|线|井|泵|杆|桥)"
_BUILDING = rf"{_NO} ?(?:号楼|幢|栋|座|号院|排|#楼)"
_ENTRANCE = rf"{_NO} ?单元"
_FLOOR = rf"{_NO} ?(?:楼|层)"
_ROOM = rf"{_NO} ?(?:室|户(?!人|居|口|家|均|主)|号房|房(?![屋产间顶]))"

_FLAT = re.compile(
    rf"(?:(?:{_ROAD}|{_QUARTER}) ?)?(?:{_HOUSE} ?)?(?:{_QUARTER} ?)?"
    rf"(?:{_BUILDING} ?{_ENTRANCE}(?: ?{_FLOOR})?(?: ?(?:{_ROOM}|\d{{3,4}}(?!\d|[年元人户名号])))?"
    rf"|{_BUILDING} ?(?:{_FLOOR} ?)?(?:{_ROOM}|\d{{3,4}}(?!\d|[年元人户名号]))"
    rf"|{_ENTRANCE} ?(?:{_FLOOR} ?)?(?:{_ROOM}|\d{{3,4}}(?!\d|[年元人户名号])))"
)
# 3-2-501: building, entrance and room, as people who live there write it.
_SHORT = re.compile(rf"{_QUARTER} ?(?:\d{{1,3}}-\d{{1,2}}-\d{{3,4}}|\d{{1,3}}-\d{{3,4}})(?![\d-])室?")
_ROAD_ROOM = re.compile(rf"{_ROAD}{_HOUSE} ?(?:{_FLOOR} ?)?{_ROOM}")
_VILLAGE = re.compile(
    rf"[\u4e00-\u9fff]{{1,8}}?(?:村|社区|屯|庄|寨|湾) ?(?:第? ?{_N} ?(?:村民小组|小组|组|队|社) ?)(?:{_NO} ?(?:号|户(?!人|居|口|家|均|主)))"
)
_ANYWHERE = re.compile(
    rf"(?:{_ROAD}|[\u4e00-\u9fff]{{1,8}}?(?:村|社区|小区|花园|新村|公寓|苑|自然村))(?: ?{_BUILDING})? ?(?:{_NO} ?号(?!楼|线)|{_ROOM})"
)

_LIVES = re.compile(
    r"(?:家住|住在|住址|家庭地址|家庭住址|居住于|居住在|居住地|现住|户籍地|户籍所在地|户籍地址|家在|租住|暂住|住所地?|居住地址|住)(?:址?(?:为|是|在|于|：|:)| )?$"
)
_PUBLIC = re.compile(
    r"中心|政府|街道办|办事处|居委|村委|委员会|派出所|公安|法院|检察|学校|小学|中学|大学|幼儿园|医院|卫生|诊所|大厅|窗口|办公|会议|图书|文化|"
    r"便民|党群|工作站|服务|市场|超市|商场|公司|银行|营业厅|门诊|实验|教室|机房|档案|接待|科室|指挥部|驿站|站房|配电|泵房|信访|调解|大厦|写字楼|宾馆|酒店"
)
_FACILITY = re.compile(
    r" ?(?:路灯|灯|杆|泵|井|桥|闸|涵|点位|地块|变压|配电|垃圾|公厕|厂|仓|线|码头|车间|机组|基站|监测|断面|标段|楼梯间?公|门岗|文件|提案|建议|池|堤|渠|塘|池塘|管)"
)
_FURTHER = 10


def find(plain: str) -> Spans:
    """Yield where home addresses stand."""
    for pattern in (_FLAT, _SHORT, _ROAD_ROOM):
        for found in pattern.finditer(plain):
            if _is_lived_in(plain, *found.span()) or not _is_public(plain, *found.span()):
                yield found.span()
    for found in _VILLAGE.finditer(plain):
        if not _FACILITY.match(plain, found.end()) and not _is_public(plain, *found.span()):
            yield found.span()
    for found in _ANYWHERE.finditer(plain):
        if _is_lived_in(plain, *found.span()) and not _FACILITY.match(plain, found.end()):
            yield found.span()


def _is_lived_in(plain: str, start: int, end: int) -> bool:
    """Tell whether it is said that somebody lives there; the words may have been read as part of its name."""
    before = plain[max(0, start - 8) : start]
    inside = plain[start:end]
    return bool(_LIVES.search(before)) or any(
        _LIVES.search(before + inside[:cut]) for cut in range(1, min(len(inside), 12))
    )


def _is_public(plain: str, start: int, end: int) -> bool:
    """Tell whether the address names a public place, within or right behind it, no further than the next mark."""
    behind = re.split(r"[，。；、！？,;\n（(]", plain[end : end + _FURTHER], maxsplit=1)[0]
    return bool(_PUBLIC.search(plain[max(0, start - 12) : end]) or _PUBLIC.search(behind[:6]))
