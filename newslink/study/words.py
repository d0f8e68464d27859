"""``StudyResult`` → sentences a person understands, zh and en: what was tested, what it says, and what it does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from newslink.study.run import StudyResult
from newslink.study.significance import adjusted_p
from newslink.study.spec import TOO_FEW_FOR_A_VERDICT, Reason

LEVEL = 0.05

_MODEL = {
    "zh": {"market": "市场模型", "adjusted": "市场调整（个股减指数）", "mean": "均值模型"},
    "en": {"market": "the market model", "adjusted": "market-adjusted returns", "mean": "the constant mean"},
}
_RETURNS = {"zh": {"simple": "简单收益", "log": "对数收益"}, "en": {"simple": "simple", "log": "log"}}
REASONS = {
    "zh": {
        Reason.OTHER_CALENDAR: "交易日历不同", Reason.NO_BAR: "没有行情", Reason.UNKNOWN_SECURITY: "没有该证券的价格",
        Reason.EVENT_NOT_IN_PANEL: "事件日不是交易日", Reason.DUPLICATE_EVENT: "同一证券同一交易日重复", Reason.INTRADAY: "盘中发布",
        Reason.DATE_ONLY: "只有日期没有时间", Reason.LIMIT_LOCKED: "当日涨跌停", Reason.INSUFFICIENT_HISTORY: "估计窗口历史不足",
        Reason.INSUFFICIENT_FUTURE: "事件窗口尚未走完", Reason.MISSING_BENCHMARK: "基准缺数据",
        Reason.SUSPENDED_ON_EVENT: "事件日停牌或刚复牌",
        Reason.TOO_MANY_MISSING: "窗口内缺失过多", Reason.NO_VARIATION: "估计窗口没有波动", Reason.OVERLAPS_PREVIOUS: "与前一事件窗口重叠",
    },
    "en": {
        Reason.OTHER_CALENDAR: "another trading calendar", Reason.NO_BAR: "no prices", Reason.UNKNOWN_SECURITY: "unknown security",
        Reason.EVENT_NOT_IN_PANEL: "not a session", Reason.DUPLICATE_EVENT: "duplicate", Reason.INTRADAY: "published while trading",
        Reason.DATE_ONLY: "no time of day", Reason.LIMIT_LOCKED: "locked at the limit", Reason.INSUFFICIENT_HISTORY: "too little history",
        Reason.INSUFFICIENT_FUTURE: "window not over yet", Reason.MISSING_BENCHMARK: "no benchmark", Reason.SUSPENDED_ON_EVENT: "suspended",
        Reason.TOO_MANY_MISSING: "too many gaps", Reason.NO_VARIATION: "no variation", Reason.OVERLAPS_PREVIOUS: "overlaps the previous",
    },
}  # fmt: skip

_TEXT = {
    "zh": {
        "tested": "检验了 {n} 个事件（{securities} 只证券，{first} 至 {last}）。正常收益用{model}，{returns}；"
                  "估计窗口 [{e0}, {e1}]，事件窗口 [{w0}, {w1}]，均以交易日计。",
        "refused": "{given} 个事件中有 {lost} 个无法参与，超过允许的 {share:.0%}，因此不作整体结论。",
        "few": "只有 {n} 个事件，少于 {least} 个：只列数字，不下结论。",
        "none": "没有可用的事件。",
        "untested": "[{a}, {b}] 的平均累计异常收益为 {mean:+.2%}，检验无法计算，不下结论。",
        "beyond": "[{a}, {b}] 的平均累计异常收益为 {mean:+.2%}，很难用偶然解释（Kolari-Pynnönen 检验，{many}p {p}）。",
        "chance": "[{a}, {b}] 的平均累计异常收益为 {mean:+.2%}，与平常日子的波动分不开（Kolari-Pynnönen 检验，{many}p {p}）。"
                  "这不等于没有影响，只是这些事件不足以证明。",
        "many": "经 {count} 次检验校正后 ",
        "clustered": "不考虑事件同日或窗口重叠时，BMP 检验 p {bmp}，看似显著；"
                     "扣除共同波动（平均相关 {rbar:.2f}）后不再显著，以后者为准。",
        "mixed": "这些事件的幅度确实大于平常（Patell 检验 p {patell}），但有涨有跌（{pos} 涨 {down} 跌），平均下来不成方向；"
                 "若能事先分清利好利空，应分组再看。",
        "fragile": "不看幅度只看方向与名次时结论不同（秩检验 p {rank}，广义符号检验 p {gsign}），可能由少数大涨大跌带动。",
        "locked": "{count} 个事件当日收在涨跌停板：当日幅度被截断，请看延长的窗口，不能只凭当日下结论。",
        "before": "窗口内事件日之前的平均累计异常收益为 {mean:+.2%}：消息可能写在涨跌之后，或提前为市场所知。",
        "intraday": "{count} 个事件盘中发布：当日收益含发布前的走势，不能都算作反应。",
        "date_only": "{count} 个事件只有日期没有时间，按下一交易日计。",
        "overlaps": "{count} 个事件与同一证券前一事件的窗口重叠，已在 Kolari-Pynnönen 检验中计入。",
        "own": "{count} 个事件的估计窗口里有同一证券的其他事件，平常波动可能被高估。",
        "gaps": "{count} 个事件的窗口里有停牌缺口，缺口不补价。",
        "thin": "{count} 个事件的估计窗口里零收益日超过一成，交易清淡，贝塔可能偏低。",
        "excluded": "剔除 {lost} 个：{reasons}。",
        "tradable": "显著不等于可以获利：A 股 T+1，涨跌停时买卖未必成交，且未计交易成本。",
        "chosen": "事件若因价格已经大动才被选中或被报道，事件日的异常收益天然偏大。",
    },
    "en": {
        "tested": "Events tested: {n} (securities: {securities}; {first} to {last}). Normal returns by {model}, {returns} returns; "
                  "estimation window [{e0}, {e1}], event window [{w0}, {w1}], in sessions.",
        "refused": "{lost} of {given} events cannot take part, more than the {share:.0%} allowed: no overall verdict.",
        "few": "Events: {n}, fewer than {least}. Numbers, but no verdict.",
        "none": "No event could be used.",
        "untested": "The mean cumulative abnormal return over [{a}, {b}] is {mean:+.2%}; it cannot be tested, so there is no verdict.",
        "beyond": "The mean cumulative abnormal return over [{a}, {b}] is {mean:+.2%}, hard to explain by chance "
                  "(Kolari-Pynnönen, {many}p {p}).",
        "chance": "The mean cumulative abnormal return over [{a}, {b}] is {mean:+.2%}, not to be told from ordinary days "
                  "(Kolari-Pynnönen, {many}p {p}). That is not proof of no effect; these events cannot show one.",
        "many": "adjusted for {count} tests, ",
        "clustered": "Ignoring shared dates and overlapping windows, BMP gives p {bmp}; with the common movement (mean correlation "
                     "{rbar:.2f}) taken out it is no longer significant, and that is what counts.",
        "mixed": "The moves are larger than ordinary ones (Patell p {patell}) but go both ways ({pos} up, {down} down), so the mean "
                 "has no direction; news sorted beforehand into good and bad should be studied apart.",
        "fragile": "Signs and ranks say otherwise (rank p {rank}, generalised sign p {gsign}): a few large moves may drive it.",
        "locked": "Closed at the price limit: {count}. That day's move is cut off, so look at the longer window, never at the day alone.",
        "before": "Before the event session the window already holds {mean:+.2%} on average: the news may have come after the move, "
                  "or was known.",
        "intraday": "Published while trading: {count}. The day's return holds what came before, and is not all reaction.",
        "date_only": "A date without a time: {count}, taken to stand on the next session.",
        "overlaps": "Overlapping the previous window of the same security: {count}; the Kolari-Pynnönen test allows for it.",
        "own": "With other events of their security in the estimation window: {count}; ordinary movement may be overstated.",
        "gaps": "With sessions without trading in the window: {count}; prices are never filled in.",
        "thin": "With zero returns on more than a tenth of the estimation window: {count}; thin trading may understate beta.",
        "excluded": "{lost} left out: {reasons}.",
        "tradable": "Significant is not tradable: T+1 on mainland exchanges, no certain fill at a price limit, and no costs are counted.",
        "chosen": "Events chosen, or reported, because the price had moved make the event session's abnormal return large by construction.",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """verdict: refused, none, few, untested, beyond or chance. tested, says: one or more sentences; limits: one sentence each."""

    verdict: str
    tested: str
    says: tuple[str, ...]
    limits: tuple[str, ...]
    span: tuple[int, int] | None = None
    tests: int = 0


def compared(p: float) -> str:
    """``= 0.012``, or ``< 0.001``: no p is nothing."""
    return f"= {p:.3f}" if p >= 0.0005 else "< 0.001"


def headline_span(result: StudyResult) -> int | None:
    """Position of the CAR window the verdict is about: [0, 1], past a one-day lock; else the first beyond the event session."""
    cars = list(result.spec.cars)
    if not cars:
        return None
    if (0, 1) in cars:
        return cars.index((0, 1))
    longer = [at for at, (start, end) in enumerate(cars) if start <= 0 < end]
    return longer[0] if longer else 0


def verdict(result: StudyResult, group: str, language: str = "zh") -> Verdict:
    """The sentences for one group. It rests on the Kolari-Pynnonen p of the headline window, adjusted for every window and group."""
    text = _TEXT[language]
    mine = result.events.group[result.kept] == group
    n = int(mine.sum())
    limits = _limits(result, group, mine, text, language)
    if result.refused:
        given = len(result.reason)
        says = text["refused"].format(given=given, lost=given - len(result.kept), share=result.spec.max_loss)
        return Verdict("refused", _tested(result, mine, text, language) if n else "", (says,), limits)
    if n == 0:
        return Verdict("none", "", (text["none"],), limits)
    tested = _tested(result, mine, text, language)
    at = headline_span(result)
    if n < TOO_FEW_FOR_A_VERDICT:
        return Verdict("few", tested, (text["few"].format(n=n, least=TOO_FEW_FOR_A_VERDICT),), limits)
    if at is None:
        return Verdict("untested", tested, (), limits)
    start, end = result.spec.cars[at]
    found = {name: values[at] for name, values in result.spans[group].items()}
    every = np.concatenate([tests["p_kp"] for tests in result.spans.values()])
    count = int(np.isfinite(every).sum())
    place = list(result.spans).index(group) * len(result.spec.cars) + at
    p = adjusted_p(every)[place]
    common = {"a": start, "b": end, "mean": found["mean"]}
    if not np.isfinite(p):
        return Verdict("untested", tested, (text["untested"].format(**common),), limits, (start, end), count)
    word = "beyond" if p < LEVEL else "chance"
    # On the event session alone a price limit decides how much could happen, so the day by itself carries no verdict.
    if word == "beyond" and (start, end) == (0, 0) and _locked(result)[mine].any():
        return Verdict("untested", tested, (text["untested"].format(**common),), limits, (start, end), count)
    says = [text[word].format(many=text["many"].format(count=count) if count > 1 else "", p=compared(p), **common)]
    if word == "chance" and found["p_bmp"] < LEVEL <= found["p_kp"]:
        says.append(text["clustered"].format(bmp=compared(found["p_bmp"]), rbar=found["rbar"]))
    elif word == "chance" and found["p_patell"] < 0.01:
        down = int(found["n"] - found["pos"])
        says.append(text["mixed"].format(patell=compared(found["p_patell"]), pos=int(found["pos"]), down=down))
    if word == "beyond" and (found["p_rank"] >= LEVEL or found["p_gsign"] >= LEVEL):
        says.append(text["fragile"].format(rank=compared(found["p_rank"]), gsign=compared(found["p_gsign"])))
    return Verdict(word, tested, tuple(says), limits, (start, end), count)


def _tested(result: StudyResult, mine: np.ndarray, text: dict[str, str], language: str) -> str:
    sessions = result.events.session[result.kept][mine]
    spec = result.spec
    return text["tested"].format(
        n=int(mine.sum()), securities=len(set(result.events.security[result.kept][mine].tolist())),
        first=sessions.min(), last=sessions.max(),
        model=_MODEL[language][spec.model], returns=_RETURNS[language][spec.returns],
        e0=spec.estimation[0], e1=spec.estimation[1], w0=spec.window[0], w1=spec.window[1],
    )  # fmt: skip


def _locked(result: StudyResult) -> np.ndarray:
    return (result.events.flag("limit_up") | result.events.flag("limit_down"))[result.kept]


def _limits(result: StudyResult, group: str, mine: np.ndarray, text: dict[str, str], language: str) -> tuple[str, ...]:
    notes = result.notes
    counts = {
        "locked": _locked(result)[mine].sum(),
        "intraday": result.events.flag("intraday")[result.kept][mine].sum(),
        "date_only": result.events.flag("date_only")[result.kept][mine].sum(),
        "overlaps": notes["overlaps_previous"][mine].sum(),
        "own": (notes["own_events"][mine] > 0).sum(),
        "gaps": (notes["missing"][mine] > 0).sum(),
        "thin": (notes["zero_share"][mine] > 0.1).sum(),
    }
    said = [text[name].format(count=int(count)) for name, count in counts.items() if count]
    first = result.spec.window[0]
    if first < 0 and mine.any():
        before = np.nanmean(np.nansum(result.abnormal[mine][:, :-first], axis=1))
        said.append(text["before"].format(mean=before))
    lost = result.reason[(result.reason != "") & (result.events.group == group)]
    if len(lost):
        names, numbers = np.unique(lost.astype(str), return_counts=True)
        listed = [f"{REASONS[language][Reason(name)]} {number}" for name, number in zip(names.tolist(), numbers.tolist(), strict=True)]
        said.append(text["excluded"].format(lost=len(lost), reasons="、".join(listed) if language == "zh" else ", ".join(listed)))
    return (*said, text["tradable"], text["chosen"])
