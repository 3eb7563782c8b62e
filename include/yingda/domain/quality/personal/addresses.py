"""Home addresses: places written down to the one door behind which somebody lives.

A road with a number is a place, not a home: a community centre, a shop, a school has one. What makes an address
somebody's is the household. So:

- a building, entrance or residential quarter with a room is a home (3幢2单元501室), unless the address names a public
  place or a business (人民路12号行政服务中心3楼302室); an entrance by itself is not, since a dozen families share it;
- a house of a village is a home where it is written with its group (3组12号); a lamp or a well of that number is not;
- any numbered address is a home where it is said that somebody lives there (家住人民路12号).
"""

from __future__ import annotations

import re

from yingda.domain.quality.material import Spans

_N = r"(?:\d{1,5}|[一二三四五六七八九十百零〇]{1,5}|[A-Za-z甲乙丙丁])"
_NO = rf"(?:第 ?)?{_N}(?:[-之]{_N})?"
# What stands before an address is not part of the name of its road.
_NAME = r"(?:(?![到在于是的为住址往员位至及与查映])[\u4e00-\u9fff]){1,14}?"
_ROAD = rf"{_NAME}(?:路|街道?|大道|巷|弄|里|胡同|道)(?: ?{_N}(?:弄|巷|支弄|支路))?"
_QUARTER = (
    rf"{_NAME}(?:小区|花园|家园|新村|公寓|苑|华庭|名邸|里|坊|府|庭|城|湾|港|社区|村|宿舍|庄园|大院|公馆|雅居|豪庭)"
    r"(?: ?[（(]?[一二三四五六七八九十\d]{1,2}期[)）]?| ?[东西南北中一二三四五六七八九]区)?"
)
_HOUSE = rf"{_NO} ?号院?(?!楼|线|井|泵|杆|桥)"
_BUILDING = rf"{_NO} ?(?:号楼|幢|栋|座|排|#楼|#)"
_ENTRANCE = rf"{_NO} ?(?:单元|门(?![口前诊]))"
_FLOOR = rf"{_NO} ?(?:楼|层)"
# 501 by itself is a room, but not in 501平方米 or 501户.
_BARE = r"\d{3,4}(?!\d|[.,-]\d| ?(?:[年元人户名号平米万多余㎡%台个处吨间套件条根盏辆起次天小]))"
_ROOM = rf"(?:{_NO} ?(?:室|号房|房(?![屋产间顶]))|[东西南北中左右]户)"
_DOOR = rf"(?:{_ROOM}|{_BARE}|{_NO} ?(?:号|户)(?![楼线]))"

_FLAT = re.compile(
    rf"(?:(?:{_ROAD}|{_QUARTER}) ?)?(?:{_HOUSE} ?)?(?:{_QUARTER} ?)?"
    rf"(?:{_BUILDING} ?{_ENTRANCE} ?(?:{_FLOOR} ?)?{_DOOR}"
    rf"|{_BUILDING} ?(?:{_FLOOR} ?)?(?:{_ROOM}|{_BARE})"
    rf"|{_ENTRANCE} ?(?:{_FLOOR} ?)?{_DOOR})"
)
# 3-2-501: building, entrance and room, as people who live there write it.
_SHORT = re.compile(rf"{_QUARTER} ?\d{{1,3}}-(?:\d{{1,2}}-)?\d{{3,4}}(?![\d-])室?")
_HOUSE_ROOM = re.compile(rf"(?:{_ROAD}|{_QUARTER}) ?{_HOUSE} ?(?:{_FLOOR} ?)?{_ROOM}")
# Within a lane the number of a house is that of a building, so a bare number behind it is a room.
_LANE_ROOM = re.compile(rf"{_NAME}(?:路|街|巷|道) ?{_N}弄 ?{_HOUSE} ?{_BARE}")
_VILLAGE = re.compile(
    rf"{_NAME}(?:村|社区|屯|庄|寨|湾) ?{_NO} ?(?:村民小组|小组|组|队|社) ?{_NO} ?(?:号|户(?!人|居|口|家|均|主))"
)
_ANYWHERE = re.compile(
    rf"(?:{_ROAD}|{_QUARTER}|{_NAME}(?:自然村|屯|庄|寨)) ?(?:{_HOUSE}|{_BUILDING}(?: ?{_ENTRANCE})?|{_ROOM})"
)

_LIVES = re.compile(
    r"(?:家住|住在|住址|家庭地址|居住于|居住在|居住地|居住地址|现住|户籍地|户籍所在地|户籍地址|家在|租住|暂住|住所地?|住)"
    r"(?:址?(?:为|是|在|于|：|:)| )?$"
)
_PUBLIC = re.compile(
    r"中心|政府|街道办|办事处|居委|村委|委员会|派出所|公安|法院|检察|学校|小学|中学|大学|幼儿园|医院|卫生|诊所|"
    r"大厅|窗口|办公|"
    r"会议|图书馆|文化(?!路|街|巷)|便民|党群|工作站|服务|市场|超市|商场|商铺|店|公司|企业|"
    r"银行|营业厅|门诊|实验|教室|机房|档案|接待|"
    r"科室|指挥部|驿站|站房|配电|泵房|信访|调解|大厦|写字楼|宾馆|酒店|科技园|产业园|工业园|园区|厂"
)
_FACILITY = re.compile(
    r" ?(?:路灯|灯|杆|电线杆|电杆|泵|井|机井|桥|闸|涵|点位|地块|变压|配电|垃圾|公厕|厂|仓|"
    r"线|码头|车间|机组|基站|监测|断面|标段|门岗|"
    r"文件|提案|建议|池|堤|渠|塘|管)"
)
_MARKS = re.compile(r"[，。；、！？,;：:\n（(]")


def find(plain: str) -> Spans:
    """Yield where home addresses stand."""
    for pattern in (_FLAT, _SHORT, _HOUSE_ROOM, _LANE_ROOM):
        for found in pattern.finditer(plain):
            if _is_lived_in(plain, found.start()) or not _is_public(plain, *found.span()):
                yield found.span()
    for found in _VILLAGE.finditer(plain):
        if not _FACILITY.match(plain, found.end()) and not _is_public(plain, *found.span()):
            yield found.span()
    for found in _ANYWHERE.finditer(plain):
        if _is_lived_in(plain, found.start()) and not _FACILITY.match(plain, found.end()):
            yield found.span()


def _is_lived_in(plain: str, start: int) -> bool:
    """Tell whether it is said that somebody lives there."""
    return _LIVES.search(plain[max(0, start - 8) : start]) is not None


def _is_public(plain: str, start: int, end: int) -> bool:
    """Tell whether the address names a public place or a business, within or beside it, no further than a mark."""
    before, behind = _MARKS.split(plain[max(0, start - 8) : start])[-1], _MARKS.split(plain[end : end + 6])[0]
    return _PUBLIC.search(before + plain[start:end]) is not None or _PUBLIC.search(behind) is not None
