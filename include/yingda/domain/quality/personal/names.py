"""Names of residents: those that a report, the lead or the statement itself introduces as such.

No list of residents is kept. A name is one where it follows a word such as 居民 or 投诉人, begins with a family name and
ends where a name can end. Once introduced, it is looked for in the whole statement, the title and promises included.
Masked names (张某, 张某某) are told apart: they are the usual way to leave a name out, and tell less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_COMMON = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁余叶蒋杜苏魏吕丁沈姚卢傅钟姜崔谭廖范汪陆戴贾韦夏邱侯邹熊孟秦白阎薛尹段雷黎史陶贺顾郝龚邵钱严赖覃洪武莫孔汤康施葛"
"""Family names that are hardly ever the beginning of another word."""

_RARE = (
    "褚卫尤华金戚喻柏水窦章云奚郎鲁昌苗凤花方俞任柳酆鲍费廉岑倪滕殷毕邬安常乐于时皮卞齐伍元卜平和穆湛祁毛禹狄米贝明臧计伏成谈茅庞纪舒屈项祝阮蓝闵席季麻强路娄危江童颜梅盛刁骆高樊凌霍虞万支柯昝管经房裘缪干解"
    "应宗宣贲郁单杭包诸左石吉钮程嵇邢滑裴荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井富巫乌焦巴弓牧隗山谷车宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖符景詹束龙幸司韶郜蓟薄印宿怀蒲邰从鄂索咸籍卓蔺屠蒙池乔阴胥能苍双闻"
    "莘党翟贡劳逄姬申扶堵冉宰郦雍却璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿充慕连茹习宦艾鱼容向古易慎戈庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融"
)
"""Family names that begin other words as well, or that few people have."""

_DOUBLE = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|令狐|慕容|司徒|端木|夏侯|南宫|长孙|宇文|轩辕|独孤"

_GIVEN = frozenset(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰飞红鑫波斌宇浩凯健俊帆雪辉秀建国志晓海燕梅文雨欣子轩梓涵然春生金凤大永福月娥淑珍爱民卫东佳怡思远宝成林立新庆素琴长根阿毛芬荣贵云龙清泉学德义仁忠诚信良"
    "善美香莲菊花翠珠仙巧银铁柱栓发财旺富祥瑞祖家世光耀宗宁安康乐天佑嘉诗琪雅婷倩颖慧琳瑶璐薇蕾莉萍萱悦彤昕妍婕媛晨阳旭晖曦鹏程翔宏达峰岩松柏青山河川江湖水源泽润沛霖博睿智毅恒坚钢铭锋锐钧钰锦振兴业昌盛茂森"
    "楠桐梁栋材彬彪虎麟骏驰腾越冠群元亨利乾坤小玲琼瑛芝蓉芸茜蓓菲蕊黛丹洁冰秋冬夏星辰雁莺鹃凡亮权保全胜进友来喜连双正先培传孝守土木火炎焱中方石虹翰墨书琦珊珂玮玫瑾瑜璇璟蓝紫绍启継继承绪礼廷邦定治政和顺益均"
    "其以之少仲伯叔季谊"
)
"""Characters that given names are made of."""

_WORDS = frozenset(
    (
        "高度 高兴 高温 常常 常见 常年 温馨 代表 小组 应当 应该 应急 时常 方便 方面 安全 安装 安置 安心 平时 平均 平安 全体 全部 全家 全员 有关 关于 关心 关注 关切 "
        "马上 成立 成为 成员 从事 从中 后续 后来 包括 包含 明确 明显 计划 计算 项目 路过 路边 经过 经常 经济 经营 经核 应对 解决 解释 居住 居家 来电 都已 都是 都在 "
        "相关 相应 公共 公开 公认 公示 单位 单元 通过 通行 通知 通道 連续 连续 连日 连夜 和谐 和睦 文明 文化 家中 家里 家庭 家属 家长 家园 国庆 向我 向街 向社 向村 "
        "水电 水费 水质 水压 何时 何人 万元 双方 双休 东侧 东边 农田 农业 农户 边界 易燃 空气 满意 满足 能否 能够 能在 于近 于昨 于当 于本 于今 幸福 强烈 富裕 金额 "
        "支持 支付 管理 管道 房屋 房产 房前 谈话 谈及 明天 宣传 充电 充分 习惯 权益 利益 利用 别墅 尚未 简要 终于 步行 车辆 车位 车库 牛羊 花费 花园 鱼塘 庄稼 党员 "
        "养老 养殖 须知 查看 查询 游览 盖房 益处 红白 广场 广泛 沙石 容易 印象 劳动 束缚 司机 却未 白天 山林 山体 武装 祖孙 曲解 解除 米饭 毛巾 云桥 柳溪 石桥 南塘 "
        "任何 任务 施工 元旦 乐于 纪念 安排 安抚 常住 暴雨 申请 申报 堵路 怀疑 怀孕 别人 越来 那里 那么 空调 程度 广大 相互 权利 国家 经调 经初 经现 经查 经了 和商 "
        "和业 和网 和物 和游 和社 和周 和过 于某 干部 胡同 成功 时间 于是 章程 华侨 乐意 冷水 荣誉 江边 江水 白色 黄色 红色 蓝色 高层 高空 高峰 平台 祖坟 祖宅 房东 "
        "水井 水表 水管 金融 支部 车主 安危 广告 师生 张贴 张罗 张挂 张开 万分 别担 安康 和解 和平 马路 石材 石头 金秋 田地 田里 叶子 花木 水源 水稻 钟头 雷雨 雷电 "
        "段落 孔洞 汤药 康复 施行 施救 何以 何在 林地 林木 罗列 谢绝 许多 许可 黄昏 黄金 黄土 白云 史上 严格 严肃 严重 武力 夏天 夏季 夏收 秋收 秋天 冬天 双喜 全民 "
        "全国 全天 全年 任由 任凭 方正 成年 连云 连天 高山 高速 高楼 高龄 高水 平整 通天 路政 水利 水龙 明文 国土 国民 文书 常来 应先 应以 应定 时有 时来 能来 "
        "能以 从小 从先 从未 有来 有先 都来 公元 公家 利民 安定 安平 方向 关先 相先 任先 "
    ).split()
)
"""Words that begin with a family name and stand behind 居民 or 群众 all the time."""

_MARK = (
    "居民|村民|当事人|投诉人|反映人|举报人|来电人|来信人|信访人|业主|住户|租户|租客|房主|户主|死者|伤者|伤员|患者|家属|"
    "家长|学生|市民|受害人|受害者|被害人|申请人|车主|摊主|店主|老人|群众"
)
_FAMILY = rf"(?:{_DOUBLE}|[{_COMMON}{_RARE}])"
_ENDS = (
    r"(?=$|[^\u4e00-\u9fff]|反映|反馈|称|表示|说|家[里中门的]?|的|在|因|向|提出|投诉|来电|来信|来访|致|举报|及|和|与|等|同志|夫妇|"
    r"一家|认为|要求|希望|对|被|将|于|已|从|到|所|本人|之|把|为|是|也|就|还|又|通过|住|不|经|后|前|受|报|拨|指|告|则|均|曾|未|有|"
    r"上|下|联系|签|道歉|赔|解释|了解|介绍|沟通|核实|发|送|当面|作|进行|出具|支付|退|拿|去|来|那|这|再|多次|共|没|骑|驾|摔|诉|"
    r"参加|到场|独居|老人)"
)
_NAME = rf"(?P<name>{_FAMILY}(?:某{{1,2}}|[\u4e00-\u9fff]{{2}}|[\u4e00-\u9fff])){_ENDS}"
_SHORTER = re.compile(rf"(?P<name>{_FAMILY}[\u4e00-\u9fff]){_ENDS}")
_INTRODUCED = re.compile(rf"(?:{_MARK})(?:代表|姓名)?(?:[系为是])?(?: ?[：:（(“\"]| )?{_NAME}")
_NEXT = re.compile(rf"(?:、|和|与|及|以及){_NAME}")
_BEHIND = re.compile(rf"(?:^|(?<=[^\u4e00-\u9fff])){_NAME}等(?:\d+|[一二三四五六七八九十]+|多)?[名位户]?(?:{_MARK})")
_MASKED = re.compile(rf"{_FAMILY}某{{1,2}}")
_TITLES = (
    "先生",
    "女士",
    "大爷",
    "大妈",
    "阿姨",
    "师傅",
    "老师",
    "老人",
    "同志",
    "大叔",
    "大娘",
    "奶奶",
    "爷爷",
    "老伯",
)


def introduced(texts: Iterable[str]) -> set[str]:
    """Return the names that texts introduce as those of residents, masked ones included."""
    names: set[str] = set()
    for plain in texts:
        for found in (*_INTRODUCED.finditer(plain), *_BEHIND.finditer(plain)):
            name = _name_at(plain, found)
            end = found.start("name") + len(name or "")
            while name is not None:
                names.add(name)
                following = _NEXT.match(plain, end)
                name = _name_at(plain, following) if following is not None else None
                end = following.start("name") + len(name) if following is not None and name is not None else end
    return names


def is_masked(name: str) -> bool:
    """Tell whether the given name was left out."""
    return _MASKED.fullmatch(name) is not None


def places(plain: str, names: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Yield where names stand."""
    for name in sorted(names, key=len, reverse=True):
        for found in re.finditer(re.escape(name) + (r"(?!某)" if is_masked(name) else ""), plain):
            yield found.start(), found.end(), name


def _name_at(plain: str, found: re.Match[str]) -> str | None:
    """Return the name that was found: the longer one, or the shorter where only that is a name."""
    if _is_name(found["name"]):
        return found["name"]
    shorter = _SHORTER.match(plain, found.start("name"))
    return shorter["name"] if shorter is not None and _is_name(shorter["name"]) else None


def _is_name(name: str) -> bool:
    if is_masked(name):
        return True
    double = re.match(_DOUBLE, name)
    given = name[len(double[0]) if double else 1 :]
    if not given or name[:2] in _WORDS or given in _TITLES:
        return False
    usual = [sign in _GIVEN for sign in given]
    # 李狗蛋 is somebody; 张贴 and 万分 are not.
    return all(usual) or (name[0] in _COMMON and len(given) == 2 and any(usual))
