"""Event tags: what is told, what only looks like it, and what is called off."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newslink.articles import event_tags
from newslink.articles.tags import EVENTS, _told


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("股东拟减持不超过3%股份", "减持"),
        ("控股股东计划合计不超3%的减持计划公告", "减持"),
        ("实控人拟增持3000万至5000万元", "增持"),
        ("未来六个月高管将增持公司股份", "增持"),
        ("拟1亿元至2亿元回购股份用于注销", "回购"),
        ("无锡某公司拟回购股份", "回购"),
        ("预计上半年净利润同比增长50%至80%", "预增"),
        ("业绩预减公告：预计净利润同比下降40%", "预减"),
        ("预计2026年上半年净亏损3亿元", "预亏"),
        ("一季度实现扭亏为盈", "扭亏"),
        ("因涉嫌信息披露违法违规被证监会立案调查", "立案"),
        ("公司收到行政处罚决定书", "处罚"),
        ("收到深交所关注函", "监管函件"),
        ("筹划重大资产重组，股票明起停牌", "停牌"),
        ("股票6月1日复牌", "复牌"),
        ("每10股派发现金红利7元", "分红"),
        ("10派7元转增4股", "送转"),
        ("拟向特定对象发行A股股票募资8亿元", "定增"),
        ("可转债发行申请获审核通过", "可转债"),
        ("子公司中标4.4亿元项目", "中标"),
        ("签订12亿元采购合同", "重大合同"),
        ("拟18亿元收购东实股份60%股权", "并购重组"),
        ("控股股东变更为七腾机器人", "控制权变更"),
        ("15亿元市值限售股今日解禁", "解禁"),
        ("控股股东质押2.47亿股", "股权质押"),
        ("公司股票终止上市", "退市"),
        ("撤销退市风险警示，简称变更", "摘帽"),
        ("股票将被实施其他风险警示", "风险警示"),
        ("子公司涉及重大诉讼", "诉讼"),
        ("董事长因个人原因辞职", "高管变动"),
        ("聘任林敏辉担任公司副总经理", "高管变动"),
        ("推出2026年限制性股票激励计划", "股权激励"),
        ("发布股票交易异常波动公告", "异常波动"),
    ],
)
def test_an_event_told_is_tagged(text: str, tag: str) -> None:
    assert tag in event_tags(text, "")
    assert tag in event_tags("公告", f"某公司公告称，{text}。")


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("控股股东承诺六个月内不减持公司股份", "减持"),
        ("最终未减持", "减持"),
        ("外资减持美债", "减持"),
        ("维持“增持”评级", "增持"),
        ("给予增持评级，目标价30元", "增持"),
        ("央行开展1000亿元逆回购操作", "回购"),
        ("质押式回购利率下行", "回购"),
        ("本次交易不构成重大资产重组", "并购重组"),
        ("重组蛋白疫苗获批", "并购重组"),
        ("最低收购价小麦", "并购重组"),
        ("子公司未中标该项目", "中标"),
        ("国债中标利率2.1%", "中标"),
        ("分红险热销", "分红"),
        ("撤销退市风险警示", "退市"),
        ("申请撤销其他风险警示", "风险警示"),
        ("公司不存在被立案的情形", "立案"),
        ("法院已立案登记", "立案"),
        ("美国总统任命新任总理", "高管变动"),
        ("分析师预计公司净利润增长20%", "预增"),
    ],
)
def test_a_near_miss_is_not_tagged(text: str, tag: str) -> None:
    assert tag not in event_tags(text, "")


@pytest.mark.parametrize(
    ("text", "tag", "not_tag"),
    [
        ("股东提前终止减持计划", "终止减持", "减持"),
        ("减持计划提前终止", "终止减持", "减持"),
        ("关于终止回购公司股份的公告", "终止回购", "回购"),
        ("终止筹划重大资产重组事项", "终止重组", "并购重组"),
        ("终止向特定对象发行股票事项", "终止定增", "定增"),
        ("终止筹划控制权变更，股票复牌", "终止控制权变更", "控制权变更"),
    ],
)
def test_what_is_called_off_has_a_tag_of_its_own(text: str, tag: str, not_tag: str) -> None:
    tags = event_tags(text, "")
    assert tag in tags and not_tag not in tags


def test_background_far_down_in_a_long_article_is_not_its_event() -> None:
    assert event_tags("行业综述", "平稳。" * 200 + "此前公司曾减持") == ()


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="减持回购不未终止公司股份，。预计净利润增长被立案重组A1% \n", max_size=200))
def test_tags_come_once_each_and_in_one_order(text: str) -> None:
    tags = event_tags(text, text)
    assert len(set(tags)) == len(tags)
    assert tags == event_tags(text, text)


@given(st.lists(st.sampled_from([*(word for event in EVENTS for word in event.words), "终止", "未", "不", "，", "\ud800", "@庭", "A"]), max_size=14))
def test_no_event_is_lost_by_looking_for_all_words_at_once(words: list[str]) -> None:
    text = "".join(words)
    plain = dict.fromkeys(_told(event, f"{text}。") for event in EVENTS if any(word in text for word in event.words))
    assert event_tags(text, "") == tuple(tag for tag in plain if tag)
