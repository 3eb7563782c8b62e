"""Names of residents: those that a report, the lead or the statement itself introduces as such.

No list of residents is kept. A name is one where it follows a word such as 居民 or 投诉人, begins with a family name and
ends where a name can end. Once introduced, it is looked for in the whole statement, the title and promises included.
Masked names (张某, 张某某) are told apart: they are the usual way to leave a name out, and tell less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_SINGLE = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷"
    "罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟"
    "徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓"
    "牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵"
    "冉宰郦雍却璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融"
    "冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖闫付覃代兰涂岳佟冼"
)
_DOUBLE = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|令狐|慕容|司徒|端木|夏侯|南宫|长孙|宇文|轩辕|独孤"
_FAMILY = rf"(?:{_DOUBLE}|[{_SINGLE}])"
_MARK = (
    "居民|村民|当事人|投诉人|反映人|举报人|来电人|来信人|信访人|业主|住户|租户|租客|房主|户主|死者|伤者|伤员|患者|家属|家长|学生|市民|受害人|"
    "受害者|被害人|申请人|车主|摊主|店主|老人|群众"
)
_ENDS = (
    r"(?=$|[^\u4e00-\u9fff]|反映|反馈|称|表示|说|家[里中门]?|的|在|因|向|提出|投诉|来电|来信|来访|致电|举报|及|和|与|等|同志|先生|女士|大爷|大妈|阿姨|"
    r"夫妇|一家|认为|要求|希望|对|被|将|于|已|从|到|所|本人|之|把|为|是|也|就|还|又|通过|住|不|经|后|前|受|报|拨|指|告|则|均|曾|未|有|上|下|联系|签)"
)
_INTRODUCED = re.compile(
    rf"(?:{_MARK})(?:代表)?(?: ?[：:（(“\"]| )?(?P<name>{_FAMILY}(?:某{{1,2}}|[\u4e00-\u9fff]{{1,2}}?)){_ENDS}"
)
_LONGER = re.compile(rf"(?P<name>{_FAMILY}[\u4e00-\u9fff]{{2}}){_ENDS}")
# Words that begin with a character which is a family name too, and follow 居民 or 群众 all the time.
_WORDS = (
    "高度 高兴 高温 常常 常见 常年 温馨 代表 小组 应当 应该 应急 时常 方便 方面 安全 安装 安置 安心 平时 平均 平安 全体 全部 全家 全员 有关 关于 关心 关注 "
    "关切 马上 成立 成为 成员 从事 从中 后续 后来 包括 包含 明确 明显 计划 计算 项目 路过 路边 经过 经常 经济 经营 经核 应对 解决 解释 居住 居家 来电 都已 都是 都在 "
    "相关 相应 公共 公开 公认 公示 单位 单元 通过 通行 通知 通道 連续 连续 连日 连夜 和谐 和睦 文明 文化 家中 家里 家庭 家属 家长 家园 国庆 向我 向街 向社 向村 水电 水费 "
    "水质 水压 何时 何人 万元 双方 双休 东侧 东边 农田 农业 农户 边界 易燃 空气 满意 满足 能否 能够 能在 于近 于昨 于当 于本 于今 幸福 强烈 富裕 金额 支持 支付 管理 管道 房屋 "
    "房产 房前 谈话 谈及 明天 宣传 充电 充分 习惯 权益 利益 利用 别墅 尚未 简要 终于 步行 车辆 车位 车库 牛羊 花费 花园 鱼塘 庄稼 党员 养老 养殖 须知 查看 查询 游览 盖房 "
    "益处 红白 广场 广泛 沙石 容易 印象 劳动 束缚 司机 却未 白天 山林 山体 武装 祖孙 曲解 解除 米饭 毛巾 云桥 柳溪 石桥 南塘 任何 任务 施工 元旦 乐于 纪念 安排 安抚 常住 "
    "暴雨 申请 申报 堵路 怀疑 怀孕 别人 越来 那里 那么 空调 程度 广大 相互 权利 国家 经调 经初 经现 经查 经了 和商 和业 和网 和物 和游 和社 和周 和过 于某 干部 胡同 "
    "成功 时间 于是 章程 华侨 乐意 冷水 荣誉 江边 江水 白色 黄色 红色 蓝色 高层 高空 高峰 平台 祖坟 祖宅 房东 水井 水表 水管 金融 支部 车主 安危 广告 师生"
).split()
_MASKED = re.compile(rf"{_FAMILY}某{{1,2}}")
_NO_GIVEN = frozenset(
    "的了在是和与及或等将已被把向从对于因为们区镇村组户楼栋幢号路街院所处部门者人员家里中上下内外前后"
)


def introduced(texts: Iterable[str]) -> set[str]:
    """Return the names that texts introduce as those of residents, masked ones included."""
    names: set[str] = set()
    for plain in texts:
        for found in _INTRODUCED.finditer(plain):
            name = found["name"]
            # 李小红家: as long as a name may be, where it can end there too.
            longer = _LONGER.match(plain, found.start("name"))
            if longer is not None and "某" not in name and not set(longer["name"][1:]) & _NO_GIVEN:
                name = longer["name"]
            if _is_name(name):
                names.add(name)
    return names


def is_masked(name: str) -> bool:
    """Tell whether the given name was left out."""
    return _MASKED.fullmatch(name) is not None


def places(plain: str, names: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """Yield where names stand."""
    for name in sorted(names, key=len, reverse=True):
        for found in re.finditer(re.escape(name) + (r"(?!某)" if is_masked(name) else ""), plain):
            yield found.start(), found.end(), name


def _is_name(name: str) -> bool:
    if is_masked(name):
        return True
    return name[:2] not in _WORDS and not set(name[1:]) & _NO_GIVEN and len(name) >= 2
