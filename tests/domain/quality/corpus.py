"""A corpus of sentences as offices write them, made with a seed: personal data planted, and things that look like it.

It shares nothing with the detectors: check digits are worked out here by the standards themselves, and the shapes of
numbers, plates and addresses are those that people write, not those that a pattern expects.
"""

# ruff: noqa: E501 - a sentence is read more easily in one piece
from __future__ import annotations

import random
from dataclasses import dataclass

KINDS = ("identity_number", "bank_card", "mobile", "landline", "plate", "home_address", "resident_name")

OFFICE_PHONES = (
    "0571-5550-0100",
    "0571-5550-0111",
    "0571-5550-0113",
    "0571-5550-0121",
    "0571-5550-0139",
    "13805550101",
)
OFFICERS = ("陆正华", "韩越", "沈若兰", "方琪", "莫建国", "罗春生")


@dataclass(frozen=True)
class Sentence:
    """A sentence of a statement, what the report beside it says, and what is planted in it: (kind, words)."""

    text: str
    report: str
    planted: tuple[tuple[str, str], ...]


SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严赖覃洪武莫孔欧阳"
SURNAMES_LONG = ("欧阳", "诸葛", "上官", "司徒")
GIVEN_ONE = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰飞红鑫波斌宇浩凯健俊帆雪辉"
GIVEN_TWO = [
    "秀英",
    "桂兰",
    "建国",
    "小红",
    "志强",
    "晓明",
    "海燕",
    "玉梅",
    "国强",
    "丽华",
    "文杰",
    "雨欣",
    "子轩",
    "梓涵",
    "浩然",
    "春生",
    "金凤",
    "大伟",
    "永福",
    "月娥",
    "淑珍",
    "爱民",
    "卫东",
    "佳怡",
    "思远",
    "宝珍",
    "成林",
    "红霞",
    "立新",
    "庆华",
    "明辉",
    "素琴",
    "长根",
    "阿毛",
    "水根",
    "建芬",
]
AREAS = (
    "330106",
    "330110",
    "110101",
    "310115",
    "320583",
    "440306",
    "510107",
    "420106",
    "370202",
    "610113",
    "340104",
    "350203",
)
PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼新"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
ROADS = (
    "人民路",
    "解放大道",
    "云桥街",
    "柳荫巷",
    "滨江东路",
    "文化路",
    "建设路",
    "石桥街",
    "育才路",
    "长乐弄",
    "新华大街",
    "望江路",
)
ESTATES = (
    "幸福小区",
    "阳光花园",
    "云桥新村",
    "锦绣家园",
    "翠湖公寓",
    "金色港湾",
    "柳溪花苑",
    "东方名邸",
    "和平里",
    "桂花城",
    "春江花园",
)
VILLAGES = ("柳溪村", "石桥村", "南塘村", "上湾村", "大坞村", "李家村")
CITIES = ("", "", "", "杭州市", "余杭区", "云桥街道", "浙江省杭州市余杭区")
FULL = {ord("0") + i: chr(0xFF10 + i) for i in range(10)}


def make(count: int, seed: int) -> list[Sentence]:
    """Return so many sentences; the same ones for the same seed."""
    chance = random.Random(seed)
    return [_sentence(chance) for _ in range(count)]


def statement(length: int, seed: int) -> str:
    """Return a statement of about so many characters, with whatever its sentences hold."""
    chance = random.Random(seed)
    text = ""
    while len(text) < length:
        text += _sentence(chance).text + ("\n\n" if chance.random() < 0.2 else "")
    return text[:length]


def _sentence(chance: random.Random) -> Sentence:
    kind = chance.choice((*KINDS, *KINDS, None, None, None, None, None, None, None, None, None, None))
    if kind is None:
        decoys = [chance.choice(DECOYS)(chance) for _ in range(chance.choice((1, 1, 2, 3)))]
        # What a report says, harmless as it is, stands in its statement as well.
        report = _report(chance, None)
        return Sentence("".join(decoys) + (report if chance.random() < 0.4 else ""), report, ())
    words, sentence, report = PLANTS[kind](chance)
    before = chance.choice(DECOYS)(chance) if chance.random() < 0.3 else ""
    after = chance.choice(DECOYS)(chance) if chance.random() < 0.3 else ""
    return Sentence(before + sentence + after, report or _report(chance, None), ((kind, words),))


def _report(chance: random.Random, name: str | None) -> str:
    if name is None:
        return chance.choice(
            (
                "经查，路灯线路老化，居民高度关注，村民小组已召开会议。",
                "居民常年反映停车难，业主应当缴纳的费用已公示。",
                "群众和周边商户反映噪声，家长代表参加了座谈。",
                "当事人对处理结果没有异议，投诉人已表示满意。",
                "居民温馨提示牌已更换，住户安全用电宣传已完成。",
                "业主方面要求公开账目，租户单位已整改。",
                *HARMLESS,
                "",
            )
        )
    mark = chance.choice(
        ("居民", "村民", "投诉人", "当事人", "反映人", "业主", "住户", "来电人", "信访人", "举报人", "租户", "伤者")
    )
    return chance.choice(
        (
            f"{mark}{name}反映，门前道路积水三天。",
            f"经查，{mark}{name}于11月20日来电。",
            f"{mark}{name}家门口的井盖缺失。",
            f"工作人员已联系{mark}{name}，告知处理结果。",
            f"{mark}：{name}，反映楼道灯不亮。",
            f"经走访，{mark}{name}称自来水有异味。",
            f"11月19日，{mark}{name}在路口摔倒，已送医。",
            f"{mark}{name}和邻居均表示满意。",
            f"{mark}{name}（女，62岁）家中进水。",
            f"已向{mark}{name}致歉。",
            f"据{mark}{name}介绍，异响从夜间开始。",
            f"{mark}姓名：{name}，诉求为退还押金。",
            f"{mark}{name}、邵国庆等人多次反映。",
            f"{mark}邵国庆、{name}和邻居到场。",
            f"本次事件{mark}为{name}，现已出院。",
            f"{mark}代表{name}参加了协调会。",
            f"{name}等{chance.randint(2, 30)}名村民联名反映。",
            f"处理结果已当面告知{mark}{name}。",
            f"{mark}{name}家的围墙倒塌。",
            f"7时许，{mark}{name}骑车经过时受伤。",
            f"报警人{name}称，井盖松动。",
            f"据{mark}{name}（女）反映，水压不足。",
            f"{mark}{name}老人跌倒，邻居帮忙报警。",
            f"{mark}{name}2025年起多次来访。",
            f"{mark}“{name}”来信称道路不平。",
            f"{mark}{name}表态支持，{mark}代表签字。",
            f"{mark}{name}家中漏水，{name}要求赔偿。",
            f"事故造成{mark}{name}轻伤。",
            f"{mark}{name}系低保户。",
            f"诉求人{name}希望尽快解决。",
            f"{mark}为{name}，联系不上。",
            f"{mark}有{name}、邵国庆两人。",
        )
    )


# --- what is planted


def _name(chance: random.Random) -> str:
    family = chance.choice(SURNAMES_LONG) if chance.random() < 0.04 else chance.choice(SURNAMES[:-2])
    return family + (chance.choice(GIVEN_ONE) if chance.random() < 0.25 else chance.choice(GIVEN_TWO))


def _resident(chance: random.Random) -> tuple[str, str, str]:
    name = _name(chance)
    sentence = chance.choice(
        (
            f"我们已上门向{name}说明情况。",
            f"{name}反映的积水问题已解决。",
            f"经核实，{name}所述属实。",
            f"社区干部陪同{name}到现场查看。",
            f"目前{name}对处理结果表示满意。",
            f"{name}的诉求已转环境卫生科办理。",
            f"受伤的{name}已出院。",
            f"我们向**{name}**及其家人致歉。",
            f"补偿款已发放给{name}。",
            f"{name}，女，62岁，暂无生命危险。",
            f"对{name}提出的三点意见，均已采纳。",
        )
    )
    return name, sentence, _report(chance, name)


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(count))


def identity_number(chance: random.Random) -> str:
    """Return an identity number: 17 digits and the check character of GB 11643."""
    if chance.random() < 0.1:
        return f"{chance.choice(AREAS)}{chance.randint(30, 79):02}{chance.randint(1, 12):02}{chance.randint(1, 28):02}{_digits(chance, 3)}"
    head = f"{chance.choice(AREAS)}{chance.randint(1935, 2018)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}{_digits(chance, 3)}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return head + "10X98765432"[sum(w * int(d) for w, d in zip(weights, head, strict=True)) % 11]


def _identity(chance: random.Random) -> tuple[str, str, str]:
    number = identity_number(chance)
    if len(number) == 18:
        number = chance.choice(
            (
                number,
                number,
                number.lower(),
                number.translate(FULL),
                f"{number[:6]} {number[6:14]} {number[14:]}",
                f"{number[:6]}-{number[6:14]}-{number[14:]}",
            )
        )
    return (
        number,
        chance.choice(
            (
                f"身份证号：{number}。",
                f"（身份证号码{number}）已登记。",
                f"申请材料中的证件号{number}与系统一致。",
                f"当事人（{number}）已到场。",
                f"补贴对象身份证{number}，经审核符合条件。",
                f"男，公民身份号码{number}，户籍在本街道。",
                f"{number}（本人）已领取补贴。",
                f"身份证号{number},联系电话已登记。",
            )
        ),
        "",
    )


def bank_card(chance: random.Random) -> str:
    """Return a card number with Luhn's digit."""
    begin, length = chance.choice(
        (
            ("622202", 19),
            ("621700", 19),
            ("622848", 19),
            ("621661", 19),
            ("622588", 16),
            ("625912", 16),
            ("436742", 16),
            ("955880", 19),
            ("623052", 19),
            ("52", 16),
        )
    )
    head = begin + _digits(chance, length - len(begin) - 1)
    total = 0
    for place, digit in enumerate(reversed(head)):
        worth = int(digit) * (2 if place % 2 == 0 else 1)
        total += worth - 9 if worth > 9 else worth
    return head + str(-total % 10)


def _card(chance: random.Random) -> tuple[str, str, str]:
    number = bank_card(chance)
    number = chance.choice(
        (number, number, " ".join(number[i : i + 4] for i in range(0, len(number), 4)), number.translate(FULL))
    )
    return (
        number,
        chance.choice(
            (
                f"退款已打入银行卡{number}。",
                f"补偿款汇至其卡号{number}。",
                f"开户行农业银行，账号{number}，户名已核对。",
                f"误扣的水费已原路退回{number}。",
                f"社保卡绑定的储蓄卡为{number}。",
                f"请核对收款账户{number}是否有误。",
                f"{number}（中国银行）到账320元。",
            )
        ),
        "",
    )


def mobile(chance: random.Random) -> str:
    head = chance.choice(
        (
            "130",
            "131",
            "133",
            "135",
            "136",
            "137",
            "138",
            "139",
            "150",
            "152",
            "158",
            "159",
            "166",
            "170",
            "177",
            "180",
            "186",
            "188",
            "189",
            "191",
            "198",
            "199",
        )
    )
    return head + _digits(chance, 8)


def _mobile(chance: random.Random) -> tuple[str, str, str]:
    number = mobile(chance)
    number = chance.choice(
        (
            number,
            number,
            number,
            f"{number[:3]}-{number[3:7]}-{number[7:]}",
            f"{number[:3]} {number[3:7]} {number[7:]}",
            f"+86 {number}",
            f"+86-{number}",
            f"86{number}",
            f"+86 {number[:3]} {number[3:7]} {number[7:]}",
            number.translate(FULL),
            f"{number[:4]} {number[4:7]} {number[7:]}",
            f"{number[:3]}　{number[3:7]}　{number[7:]}",
            f"{number[:7]} {number[7:]}",
            f"{number[:3]}.{number[3:7]}.{number[7:]}",
            f"{number[:3]}**{number[3:7]}**{number[7:]}",
            f"0086{number}",
            f"（+86）{number}",
            f"{number[:3]}—{number[3:7]}—{number[7:]}",
        )
    )
    return (
        number,
        chance.choice(
            (
                f"联系电话{number}。",
                f"如需了解可拨打{number}（李女士）。",
                f"手机：{number}，请家属保持畅通。",
                f"投诉人留下的号码是{number}。",
                f"经电话{number}回访，表示满意。",
                f"工作人员拨打{number}，无人接听。",
                f"电话{number}/{number}均可。",
                f"李先生{number}。",
                f"报名请加微信（{number}）或到社区登记。",
                f"2026年11月20日{number}来电。",
                f"由{number}于14:30发出短信。",
                f"微信同号{number}。",
                f"（电话：{number}）",
                f"来电号码为{number}，已登记。",
            )
        ),
        "",
    )


def landline(chance: random.Random) -> str:
    area, length = chance.choice(
        (("0571", 8), ("010", 8), ("021", 8), ("0572", 7), ("0579", 8), ("028", 8), ("0512", 8), ("0570", 7))
    )
    number = chance.choice("2345678") + chance.choice("123456789") + _digits(chance, length - 2)
    if area == "0571":
        number = "8" + number[1:]
    half = length - 4
    return chance.choice(
        (
            f"{area}-{number}",
            f"{area}-{number}",
            f"{area}{number}",
            f"({area}){number}",
            f"（{area}）{number}",
            f"{area} {number}",
            f"{area}-{number[:half]} {number[half:]}",
            f"{area}-{number[:half]}-{number[half:]}",
            f"{area}－{number}".translate(FULL),
        )
    )


def _landline(chance: random.Random) -> tuple[str, str, str]:
    number = landline(chance)
    return (
        number,
        chance.choice(
            (
                f"其家中电话{number}。",
                f"家庭座机：{number}。",
                f"投诉人固定电话为{number}，多次拨打未接通。",
                f"可致电{number}联系其家属。",
                f"联系方式{number}已核实。",
            )
        ),
        "",
    )


def plate(chance: random.Random) -> str:
    head = chance.choice(PROVINCE) + chance.choice(LETTERS[:16])
    shape = chance.random()
    if shape < 0.3:
        tail = chance.choice("DFABC") + chance.choice("0123456789" + LETTERS) + _digits(chance, 4)
    elif shape < 0.35:
        tail = _digits(chance, 5) + chance.choice("DF")
    else:
        signs = list(_digits(chance, 5))
        for place in chance.sample(range(5), chance.choice((0, 0, 1, 2))):
            signs[place] = chance.choice(LETTERS)
        tail = "".join(signs)
    return head + chance.choice(("", "", "", "·", " ", "•")) + tail


def _plate(chance: random.Random) -> tuple[str, str, str]:
    number = plate(chance)
    return (
        number,
        chance.choice(
            (
                f"违停车辆{number}已驶离。",
                f"车牌号为{number}的小型客车占用消防通道。",
                f"一辆白色轿车（{number}）压坏绿化带。",
                f"车主驾驶{number}经过路口时溅水。",
                f"已联系{number}车主挪车。",
                f"{number}、另一辆无牌车均已拖移。",
                f"监控显示{number}于11月20日8时驶入。",
                f"车辆号牌：{number}；车型：面包车。",
                f"该车({number})未年检。",
            )
        ),
        "",
    )


def home_address(chance: random.Random) -> str:
    city = chance.choice(CITIES)
    road, estate, village = chance.choice(ROADS), chance.choice(ESTATES), chance.choice(VILLAGES)
    number, building, unit = chance.randint(1, 399), chance.randint(1, 36), chance.randint(1, 5)
    room = f"{chance.randint(1, 28)}{chance.randint(1, 4):02}"
    chinese = "一二三四五六七八九"
    return city + chance.choice(
        (
            f"{road}{number}号{building}幢{unit}单元{room}室",
            f"{road}{number}号{estate}{building}幢{room}室",
            f"{estate}{building}幢{unit}单元{room}室",
            f"{estate}{building}栋{unit}单元{room}",
            f"{estate}{building}号楼{unit}单元{room}室",
            f"{estate}{building}号楼{room}",
            f"{estate}{building}-{unit}-{room}",
            f"{road}{number}号{room}室",
            f"{road}{number}弄{building}号{room}室",
            f"{estate}{chinese[building % 9]}幢{chinese[unit]}单元{room}室",
            f"{village}{unit}组{number}号",
            f"{village}第{unit}村民小组{number}号",
            f"{village}{chinese[unit]}组{number}号",
            f"{estate}{building}座{room}室",
            f"{estate}{building}号{room}室",
            f"{road}{number}号院{building}号楼{unit}单元{room}号",
            f"{estate}{building}#楼{unit}单元{room}室",
            f"{estate}第{building}幢第{unit}单元{room}室",
            f"{estate}{building}幢{unit}单元 {room} 室",
            f"{road}{number}号{building}号楼{unit}单元{unit}楼东户",
            f"{village}{unit}社{number}号",
            f"{estate}**{building}幢{unit}单元{room}室**",
            f"{estate}{building}幢{unit}单元{room}".translate(FULL),
            f"{road}{number}-{unit}号{room}室",
            f"{estate}（一期）{building}幢{unit}单元{room}室",
            f"{estate}东区{building}-{unit}-{room}",
            f"{estate}{chinese[unit]}区{building}号楼{unit}单元{room}室",
            f"{road}{number}弄{building}号{room}",
            f"{estate}A座{room}",
            f"{estate}{building}幢{room}、{int(room) + 1}室",
            f"和平社区{unit}组{number}号",
            f"{village}老街{number}号{room}室",
            f"{estate}{building} 幢 {unit} 单元 {room} 室",
            f"{road}{number}号{building}栋{unit}门{room}",
        )
    )


def _home(chance: random.Random) -> tuple[str, str, str]:
    if chance.random() < 0.12:
        address = chance.choice(
            (
                f"{chance.choice(ROADS)}{chance.randint(1, 300)}号",
                f"{chance.choice(VILLAGES)}{chance.randint(1, 200)}号",
            )
        )
        return (
            address,
            chance.choice(
                (f"其家住{address}。", f"住址：{address}。", f"现住{address}，独居。", f"户籍地址为{address}。")
            ),
            "",
        )
    address = home_address(chance)
    return (
        address,
        chance.choice(
            (
                f"家住{address}。",
                f"投诉人住址为{address}。",
                f"工作人员到{address}上门走访。",
                f"{address}的漏水已修复。",
                f"反映的是{address}夜间噪声。",
                f"经查，{address}违规搭建阳光房。",
                f"起火点位于{address}厨房。",
                f"该户（{address}）已停水两天。",
            )
        ),
        "",
    )


PLANTS = {
    "identity_number": _identity,
    "bank_card": _card,
    "mobile": _mobile,
    "landline": _landline,
    "plate": _plate,
    "home_address": _home,
    "resident_name": _resident,
}


# --- what looks like it, and is nobody's

HARMLESS = (
    "租户张贴的广告已清除，业主委员会已备案。",
    "村民委员会和居民代表会议已通过方案，群众万分期待。",
    "居民于昨日起可在社区领取，村民方可施工。",
    "学生安全是底线，家长应当配合，老人活动室已开放。",
    "住户常年缴费，车主应按线停放，摊主均已签字。",
    "居民连续三天反映，居民任何时候都可来电。",
    "当事人双方已和解，申请人应在三日内提交材料。",
    "群众满意度为98%，市民通过热线反映，村民和谐相处。",
    "业主高层住宅漏水，居民幸福感提升，群众安危放在首位。",
    "居民时有反映，居民从未接到通知，村民施工已停止。",
    "居民管道改造、村民水管更换、住户平台升级均已完成。",
    "居民温先生、业主李女士、村民张大爷已收到答复。",
    "村民能随时查询，居民可凭证领取，群众别担心。",
    "家属于次日到场，患者康复出院，伤者祝愿平安。",
    "居民区路灯、业主群公告、群众路线教育、学生食堂均已检查。",
)


def _date(chance: random.Random) -> str:
    year, month, day = chance.randint(2019, 2026), chance.randint(1, 12), chance.randint(1, 28)
    return chance.choice(
        (
            f"{year}年{month}月{day}日",
            f"{year}-{month:02}-{day:02}",
            f"{month}月{day}日",
            f"{year}.{month}.{day}",
            f"{year}/{month:02}/{day:02}",
            f"{year}{month:02}{day:02}",
        )
    )


def _uscc(chance: random.Random) -> str:
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    head = (
        chance.choice(("91", "92", "12", "11", "52", "53"))
        + chance.choice(AREAS)
        + "".join(chance.choice(signs[:10] if chance.random() < 0.7 else signs) for _ in range(9))
    )
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    return head + signs[(31 - sum(w * signs.index(s) for w, s in zip(weights, head, strict=True)) % 31) % 31]


DECOYS = (
    lambda c: (
        f"根据{c.choice(('国办发', '浙政办发', '杭政函', '云街办'))}〔{c.randint(2008, 2026)}〕{c.randint(1, 199)}号文件要求，"
    ),
    lambda c: f"依据国办发[{c.randint(2008, 2026)}]{c.randint(1, 99)}号，",
    lambda c: f"事件编号YQCZBG-{c.randint(2019, 2026)}-{c.randint(1, 999):03}。",
    lambda c: f"项目总投资{c.randint(1, 99999):,}元，已支付{c.randint(100000, 99999999)}元。",
    lambda c: f"累计用电{c.randint(10000000000, 19999999999)}千瓦时。",
    lambda c: f"共补偿{c.randint(1, 999)}.{c.randint(1, 99):02}万元，涉及{c.randint(2, 900)}户。",
    lambda c: f"{_date(c)}起施工，{_date(c)}前完工。",
    lambda c: (
        f"如有疑问，请拨打{c.choice(('12345', '12345热线', '96345', '110', '12369', '95598', f'400-8{c.randint(0, 99):02}-{c.randint(0, 9999):04}', '4008123123'))}。"
    ),
    lambda c: f"办公室电话{c.choice(OFFICE_PHONES)}。",
    lambda c: (
        f"联系人：{c.choice(OFFICERS)}，{c.choice((*OFFICE_PHONES, '（0571）55500113', '0571 5550 0121', '+86-571-5550-0100', '5550-0113', '138-0555-0101'))}。"
    ),
    lambda c: f"{c.choice(ROADS)}（{c.choice(ROADS)}至{c.choice(ROADS)}段）路面破损{c.randint(2, 90)}处。",
    lambda c: (
        f"{c.choice(ROADS)}{c.randint(1, 300)}号{c.choice(('社区服务中心', '便民服务大厅', '中心小学', '派出所', '农贸市场', '党群服务中心', '文化礼堂', '卫生院'))}正常开放。"
    ),
    lambda c: (
        f"请到{c.choice(ROADS)}{c.randint(1, 300)}号{c.choice(('行政服务中心', '街道办事处', '社区居委会'))}{c.randint(1, 5)}楼{c.randint(101, 520)}{c.choice(('室', '办公室', '窗口'))}办理。"
    ),
    lambda c: f"{c.choice(ESTATES)}{c.randint(1, 20)}幢、{c.randint(21, 40)}幢外墙已加固。",
    lambda c: f"{c.choice(ESTATES)}{c.randint(2, 30)}号楼电梯已恢复运行。",
    lambda c: f"{c.choice(ESTATES)}共有{c.randint(2, 30)}幢{c.randint(100, 900)}户居民。",
    lambda c: f"{c.choice(VILLAGES)}{c.randint(1, 9)}组共{c.randint(10, 90)}户，{c.randint(100, 300)}人。",
    lambda c: (
        f"{c.choice(VILLAGES)}{c.randint(1, 30)}号{c.choice(('路灯', '泵站', '桥', '机井', '公厕', '变压器'))}已修复。"
    ),
    lambda c: (
        f"{c.choice(VILLAGES)}{c.randint(1, 9)}组{c.randint(1, 60)}号{c.choice(('路灯杆', '灯杆', '泵站', '电线杆'))}断电。"
    ),
    lambda c: (
        f"订单号{c.choice(('', 'JD', 'DD'))}{c.randint(2020, 2026)}{_digits(c, c.choice((8, 10, 12, 13)))}已退款。"
    ),
    lambda c: f"采购订单编号{c.choice('123456789')}{_digits(c, 15)}。",
    lambda c: f"工单编号：1{c.choice('3456789')}{_digits(c, 9)}，已办结。",
    lambda c: f"统一社会信用代码{_uscc(c)}的物业公司已被约谈。",
    lambda c: f"该企业（统一社会信用代码：{_uscc(c)}）已停产。",
    lambda c: f"邮政编码{c.choice(AREAS)}。",
    lambda c: f"水表读数{c.randint(0, 99999999):08}，上期{c.randint(0, 99999999):08}。",
    lambda c: f"电表表号{_digits(c, 12)}，示数{c.randint(1000, 99999)}.{c.randint(0, 99):02}。",
    lambda c: f"{c.randint(2008, 2026)}年至{c.randint(2008, 2026)}年，该路段先后{c.randint(2, 9)}次开挖。",
    lambda c: f"监测值：PM2.5 {c.randint(10, 80)}微克/立方米，余氯0.{c.randint(10, 90)}毫克/升。",
    lambda c: f"会议于{c.randint(8, 20)}:{c.randint(0, 59):02}至{c.randint(8, 20)}:{c.randint(0, 59):02}召开，",
    lambda c: (
        f"车辆类型为{c.choice(('国六', '京标', '粤Ⅵ'))}排放，沿{c.choice(('G25', 'S14', 'G1512', '浙江S13'))}高速绕行，"
    ),
    lambda c: f"设备型号{c.choice(LETTERS)}{c.choice(LETTERS)}-{_digits(c, 5)}，批号{_digits(c, 8)}。",
    lambda c: f"执法车{c.choice('浙京苏')}{c.choice('ABCD')}{_digits(c, 4)}警到场维持秩序。",
    lambda c: f"对公账户{c.choice(('1202', '3301', '1903', '7331'))}{_digits(c, 12)}接受捐款。",
    lambda c: (
        f"经核实，{c.choice(('居民高度关注', '居民常见诉求', '群众方便', '村民小组', '业主应当知晓的事项', '居民安全', '群众和商户'))}已一并回应。"
    ),
    lambda c: f"发言人{c.choice(OFFICERS)}介绍了情况。",
    lambda c: f"标准GB {c.randint(1000, 50000)}-{c.randint(1995, 2024)}规定，限值{c.randint(40, 70)}分贝。",
    lambda c: f"坐标120.{_digits(c, 6)},30.{_digits(c, 6)}处，",
    lambda c: f"公告网址https://www.example.org/a/{_digits(c, 11)}?id=1{c.choice('358')}{_digits(c, 9)} 。",
    lambda c: f"本次检测水样{c.randint(2, 40)}份，合格率{c.randint(90, 100)}%。",
    lambda c: c.choice(HARMLESS),
    lambda c: c.choice(HARMLESS),
    lambda c: (
        f"居民{c.choice(('小王', '老李', '李某', '王先生', '陈阿姨'))[:1]}姓{c.choice(('男子', '女子'))}已离开现场。"
    ),
    lambda c: f"乘坐{c.randint(1, 9)}号线至{c.randint(1, 9)}号口，步行{c.randint(100, 900)}米。",
    lambda c: (
        f"{c.choice(ESTATES)}{c.randint(1, 30)}幢{c.randint(1, 18)}层{c.choice(('架空层', '电梯', '屋面', '公共走廊'))}已清理。"
    ),
    lambda c: f"行政中心{c.randint(1, 4)}号楼{c.randint(101, 809)}会议室召开协调会。",
    lambda c: (
        f"{c.choice(ESTATES)}{c.randint(1, 30)}号楼{c.choice(('东侧', '西侧', '北面', '前', '地下车库'))}新增车位{c.randint(5, 80)}个。"
    ),
    lambda c: (
        f"{c.choice(ESTATES)}{c.randint(1, 30)}幢{c.randint(100, 480)}户、{c.randint(31, 60)}幢{c.randint(100, 480)}户完成改造。"
    ),
    lambda c: f"公交卡号3104{_digits(c, 12)}、SIM卡8986{_digits(c, 16)}挂失后停用。",
    lambda c: f"设备编号1{c.choice('358')}{_digits(c, 9)}，资产编码{_digits(c, 18)}。",
    lambda c: f"学号20{_digits(c, 8)}、准考证号{_digits(c, 14)}已核对。",
    lambda c: f"传输数据1{c.choice('358')}{_digits(c, 9)}字节，耗时{c.randint(1, 99)}秒。",
    lambda c: f"教学楼{c.randint(1, 5)}单元测试、{c.choice(ROADS)}小学{c.randint(1, 6)}年级{c.randint(1, 9)}班停课。",
    lambda c: f"{c.choice(ROADS)}{c.randint(1, 300)}号至{c.randint(301, 600)}号沿线{c.randint(2, 40)}家店铺已备案。",
    lambda c: f"{c.choice(VILLAGES)}{c.randint(1, 9)}组、{c.randint(10, 19)}组道路硬化完成。",
    lambda c: f"网格{c.randint(1, 30)}号、{c.randint(31, 60)}号楼栋长已到岗，党员{c.randint(3, 40)}名。",
    lambda c: f"{c.choice(ROADS)}{c.randint(1, 300)}号院内{c.randint(2, 9)}棵行道树已修剪。",
    lambda c: f"中标价{c.randint(10, 99)}.{_digits(c, 6)}万元，合同号HT{_digits(c, 11)}，税号{_uscc(c)}。",
    lambda c: (
        f"{c.choice('浙苏沪皖粤')}{c.choice('ABCDE')}区块{_digits(c, 5)}平方米、{c.choice('浙苏沪皖')}{c.choice('ABC')}{_digits(c, 3)}地块已出让。"
    ),
    lambda c: (
        f"{c.choice(ESTATES)}{c.randint(1, 30)}幢{c.randint(1, 5)}单元{c.choice(('楼道灯', '电梯', '门禁', '下水管道'))}已修复。"
    ),
    lambda c: f"{c.choice(ESTATES)}{c.randint(1, 30)}号楼{c.randint(12, 300)}户已恢复供水。",
    lambda c: f"{c.choice(ESTATES)}{c.randint(1, 30)}幢{c.randint(1000, 9000)}平方米屋面已翻修。",
    lambda c: f"科技园{c.randint(1, 9)}幢{c.randint(101, 909)}室的企业已整改。",
    lambda c: (
        f"{c.choice(ROADS)}{c.randint(1, 300)}号{c.choice(('沿街商铺', '地块', '工地', '门前', '对面', '公交站', '停车场'))}已清理。"
    ),
    lambda c: f"接听尾号{_digits(c, 4)}的来电，号码为{mobile(c)[:3]}****{_digits(c, 4)}。",
    lambda c: f"证件号{c.choice(AREAS)}********{_digits(c, 4)}已脱敏。",
    lambda c: f"案号（{c.randint(2020, 2026)}）浙{_digits(c, 4)}民初{c.randint(1, 9999)}号。",
    lambda c: f"浙（{c.randint(2016, 2026)}）杭州市不动产权第{_digits(c, 7)}号。",
    lambda c: f"项目代码{c.randint(2018, 2026)}-{c.choice(AREAS)}-{_digits(c, 2)}-0{_digits(c, 1)}-{_digits(c, 6)}。",
    lambda c: f"网站备案{c.choice('浙京沪')}ICP备{_digits(c, 8)}号-{c.randint(1, 9)}。",
    lambda c: f"发票号码{_digits(c, c.choice((8, 20)))}，条形码69{_digits(c, 11)}。",
    lambda c: f"乘坐{c.randint(1, 999)}路公交或G{_digits(c, 4)}次列车，",
    lambda c: (
        f"{c.choice('浙苏沪皖')}{c.choice('ABCDE')}{c.choice(('级', '类', '区', '标'))}、{c.choice('浙苏沪皖')}{c.randint(100, 999)}省道正常通行。"
    ),
    lambda c: f"{c.choice(VILLAGES)}第{c.randint(1, 9)}网格{c.randint(1, 20)}号点位完成检查。",
    lambda c: f"基金代码{_digits(c, 6)}、设备IMEI 86{_digits(c, 13)}已登记。",
    lambda c: (
        f"容积{c.randint(1, 9)}.{_digits(c, 2)}，高程{c.randint(10, 99)}.{_digits(c, 3)}米，桩号K{c.randint(1, 99)}+{_digits(c, 3)}。"
    ),
    lambda c: f"热线开通以来接听{c.randint(1000, 99999)}件，24小时值守。",
)
