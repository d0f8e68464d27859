"""The words of an article → tags of the events it reports (减持, 回购, 立案 …), by hand-written rules. Tags tell what, not good or bad.

A rule is a pattern, words that make an occurrence mean something else, and whether ending it is an event of its own (终止减持). Negated
occurrences (不减持, 未中标, 不构成重大资产重组) count for nothing. Read are the title and the first part of the body: what stands further
down is background more often than news.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import daachorse

_BODY_CHARACTERS = 400

# before an occurrence, in the same clause: it does not happen …
_NOT = re.compile(
    r"(?:不(?![超低少高足断含及同仅]|得不)|未(?!来)|没有|暂无|并无|尚无|无任何|无相关|无需|并非|否认|避免|拒绝|排除|澄清)[^，。；：！？、\s]{0,5}\Z"
)
# … or ends
_ENDS_BEFORE = re.compile(r"(?:终止|取消|停止|撤回|放弃|中止)[^，。；！？\s]{0,14}\Z")
_ENDS_AFTER = re.compile(r"[^，。；！？\s]{0,10}?(?:提前终止|终止|取消|中止)(?!上市)")


@dataclass(frozen=True, slots=True)
class Event:
    """tag: what is shown. words: one of them must occur (a quick test). pattern: an occurrence. unless: around it, it means something else
    (matched against the clause from 12 characters before to 12 behind, the occurrence itself written as ``@``). ended: the tag when it is
    called off, "" for none.
    """

    tag: str
    words: tuple[str, ...]
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    ended: str = ""


def _event(tag: str, words: str, pattern: str = "", unless: str = "", ended: str = "") -> Event:
    names = tuple(words.split())
    return Event(tag, names, re.compile(pattern or "|".join(names)), re.compile(unless) if unless else None, ended)


_PEOPLE = "董事长|总经理|总裁|首席执行官|CEO|CFO|首席财务官|财务总监|财务负责人|董秘|董事会秘书|副总经理|副总裁|独立董事|董事|监事|行长"
_FORECASTER = r"分析师|研报|机构预计|我们预计|从业者"
EVENTS: tuple[Event, ...] = (
    _event(
        "减持", "减持 套现",
        unless=r"@[^，。]{0,4}(?:美债|国债|债券|黄金|比特币|评级)|(?:评级|美债|国债|外资|北向资金|主力|基金经理|ETF)[^，。]{0,8}@|[“\"]@[”\"]|净@",
        ended="终止减持",
    ),
    _event(
        "增持", "增持",
        unless=r"@[”\"]?(?:评级|至|投资评级)|(?:评级|给予|维持|重申|上调至|下调至|首次覆盖)[^，。]{0,6}@|@[^，。]{0,4}(?:美债|国债|黄金|比特币)|"
        r"(?:北向资金|外资|央行)[^，。]{0,8}@",
        ended="终止增持",
    ),
    _event(
        "回购", "回购",
        unless=r"[正逆]@|(?:质押式|买断式|隔夜|国债|债券|七天|14天|7天)[^，。]{0,2}@|@(?:利率|协议|操作|市场|交易中心|定盘)",
        ended="终止回购",
    ),
    _event("预增", "预增 预计", r"预增|预计[^，。；]{0,24}净利[^。；]{0,30}?(?:增长|上升|增加)(?!率)", unless=_FORECASTER),
    _event("预减", "预减 预降 预计", r"预减|预降|预计[^，。；]{0,24}净利[^。；]{0,30}?(?:下降|减少|下滑)", unless=_FORECASTER),
    _event(
        "预亏", "预亏 首亏 续亏 预计",
        r"预亏|首亏|续亏|预计[^，。；]{0,24}(?:净利[^，。；]{0,10}亏损|净亏损|亏损[\d约])", unless=_FORECASTER,
    ),
    _event("扭亏", "扭亏"),
    _event("业绩预告", "业绩预告 业绩快报 业绩预增 业绩预亏 业绩预减 盈利预警 盈利预告 盈警 盈喜"),
    _event(
        "业绩", "净利 营收 营业收入 财报 季报 年报",
        r"(?:净利润?|营收|营业收入)[^，。；]{0,16}(?:同比|亿|万)|(?:一季|三季|半年|季|年)报(?!道|价|告期)|财报",
    ),
    _event("立案", "立案", unless=r"@(?:庭|登记)|法院[^，。]{0,4}@"),
    _event("处罚", "行政处罚 罚款 罚没 没收违法所得 公开谴责 市场禁入 通报批评"),
    _event("监管函件", "警示函 监管函 问询函 关注函 监管工作函 责令改正"),
    _event("停牌", "停牌", unless=r"@(?:一天)?后|(?:复|此前|前期|自)[^，。]{0,6}@"),
    _event("复牌", "复牌"),
    _event(
        "分红", "分红 派息 派现 现金红利 股息 中期股利", r"分红|派息|派现|每(?:10|十)股派|现金红利|派发[^，。]{0,6}(?:股息|红利|股利)",
        unless=r"@(?:险|型|保险)|(?:高|红利|类)@(?:资产|策略|板块)",
    ),
    _event("送转", "转增 送股 高送转 股转", r"(?:10|十)股[^，。]{0,6}[转送]|转增|送股|高送转", unless=r"非@"),
    _event(
        "定增", "定增 特定对象 非公开发行 简易程序",
        r"定增|向(?:不超过[^，。]{0,8})?特定对象(?:增发|发行)|非公开发行(?:A股|股票|股份)|简易程序[^，。]{0,8}发行",
        ended="终止定增",
    ),
    _event("可转债", "可转债 转债 可转换公司债", r"可转债|可转换公司债|转债(?:发行|上市|申购|赎回|强赎)"),
    _event("中标", "中标", unless=r"@(?:利率|倍数|量|收益率|价)|国债[^，。]{0,8}@|(?:央行|逆回购)[^，。]{0,12}@"),
    _event("重大合同", "合同 订单 定点", r"(?:签订|签署|签约|斩获|获得|收到|中标)[^，。；]{0,18}(?:合同|订单|定点)", unless=r"劳动@"),
    _event(
        "并购重组", "收购 并购 重组 购买资产 吸收合并",
        r"收购(?!价|季|商|站)|并购|重大资产重组|资产重组|重组(?!家|胺|人|蛋白)|购买资产|吸收合并",
        unless=r"(?:粮食|小麦|玉米|稻谷|蚕茧|烟叶|收储|托市|最低)[^，。]{0,4}@|@(?:基因|抗体|疫苗)|基因@|债务@", ended="终止重组",
    ),
    _event("要约收购", "要约", r"要约收购|要约"),
    _event(
        "控制权变更", "控制权 实际控制人 实控人 易主 控股股东",
        r"控制权(?:拟?变更|发生变更|转让)|(?:实际控制人|实控人|控股股东)(?:拟|将|发生)?变更|易主", ended="终止控制权变更",
    ),
    _event("解禁", "解禁 限售", r"解禁|限售股?[^，。]{0,8}上市流通|解除限售", unless=r"(?:出口|进口|游戏|禁令)@"),
    _event("股权质押", "质押", r"质押(?!式)", unless=r"(?:央行|贷款|保证金|存单)[^，。]{0,4}@|@(?:贷款|融资利率|回购利率)"),
    _event(
        "退市", "退市 终止上市 摘牌",
        unless=r"撤销[^，。]{0,6}@|@(?:风险警示|新规|制度|机制|股[、）)])|(?:避免|触及|规避|防止)@|(?:基金|地块|土地|挂牌)[^，。]{0,6}@",
    ),
    _event("风险警示", "风险警示 戴帽", r"(?:实施|被)[^，。]{0,4}(?:退市|其他)?风险警示|戴帽", unless=r"撤销[^，。]{0,8}@"),
    _event("摘帽", "撤销 摘帽 摘星", r"撤销[^，。；]{0,6}风险警示|摘帽|摘星", unless=r"申请@"),
    _event("诉讼", "诉讼 起诉 仲裁 判决 被判 应诉", r"诉讼|起诉|仲裁|一审判决|终审判决|判决书|被判|应诉"),
    _event("高管变动", "辞职 辞任 离任 离职 免去 聘任 任命 接任 卸任 当选 新任 退休 出任",
           rf"(?:{_PEOPLE})[^。；]{{0,16}}(?:辞职|辞任|离任|离职|卸任|被免|退休)|(?:聘任|任命|选举|免去|新任)[^，。；]{{0,16}}(?:{_PEOPLE})|"
           rf"(?:辞去|接任|出任|卸任|当选)[^，。；]{{0,14}}(?:{_PEOPLE})", unless=r"总统|总理@|内阁|部长|大使"),
    _event("留置", "留置 被采取强制措施 被拘留 刑事拘留", r"被[^，。]{0,8}留置|留置措施|采取[^，。]{0,6}强制措施|刑事拘留", unless=r"@权"),
    _event("股权激励", "股权激励 员工持股计划 限制性股票 股票期权激励"),
    _event("IPO", "IPO 首发 上市委 招股书 过会 聆讯 港股上市 科创板上市 创业板上市 招股",
           r"IPO|首发(?:申请|上市|获|过会)|上市委|招股(?:书|说明书)|过会|聆讯|(?:港股|科创板|创业板|北交所|主板)(?:挂牌)?上市"),
    _event("异常波动", "异常波动 股价异动 异动公告"),
    _event("涨停", "涨停 连板", r"涨停|\d连板", unless=r"@(?:价|板制度|基因)|期货[^，。]{0,10}@|@[^，。]{0,3}(?:家数|只数)"),
    _event("跌停", "跌停", unless=r"@(?:价|板制度)|期货[^，。]{0,10}@"),
    _event("目标价", "目标价 评级", r"目标(?:股)?价|(?:上调|下调|维持|给予|首次覆盖)[^，。；]{0,12}评级"),
)  # fmt: skip


_WORDS = tuple(sorted({word for event in EVENTS for word in event.words}))
_EVENTS_OF = [tuple(place for place, event in enumerate(EVENTS) if word in event.words) for word in _WORDS]
_find = daachorse.CharwiseDoubleArrayAhoCorasick(list(_WORDS)).find_overlapping


def event_tags(title: str, body: str) -> tuple[str, ...]:
    """Tags in the order of EVENTS, each once."""
    text = f"{title}。{body[:_BODY_CHARACTERS]}"
    tags = dict.fromkeys(found for place in sorted(_worded(text)) if (found := _told(EVENTS[place], text)))
    return tuple(tags)


def _worded(text: str) -> set[int]:
    """Places of the events of which a word occurs."""
    try:
        found = _find(text)
    except UnicodeEncodeError:  # half a character pair, which stands in no word
        found = _find(text.encode("utf-8", "replace").decode("utf-8"))
    return {place for _, _, word in found for place in _EVENTS_OF[word]}


def _told(event: Event, text: str) -> str:
    """The event's tag when one occurrence stands; the tag of its end when it is only called off; else ""."""
    ended = False
    for m in event.pattern.finditer(text):
        before, behind = text[max(0, m.start() - 16) : m.start()], text[m.end() : m.end() + 14]
        if event.unless is not None and event.unless.search(f"{before[-12:]}@{behind[:12]}"):
            continue
        if _NOT.search(before):
            continue
        if _ENDS_BEFORE.search(before) or _ENDS_AFTER.match(behind):
            ended = True
            continue
        return event.tag
    return event.ended if ended else ""
