"""How the invented plans went: targets over years, what follows, what was asked, said, corrected.

All of it is invented. It is drawn by no chance: areas are those of the lots, the rest stands here.
"""

# ruff: noqa: E501 - the rows of a table are not broken
# fmt: off
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from demo_town_lots import Lot

NEW_SOURCES = """
demo-progress-report|Progress of the supply plans of Demo Town, 2024 (synthetic)|示例镇2024年供地计划进展（合成数据）|2024-12-31
demo-plans-2027|Supply plans of Demo Town, 2022 to 2027 (synthetic)|示例镇2022至2027年供应计划（合成数据）|2022-01-10
demo-supervision|Supervision agreements of Demo Town (synthetic)|示例镇产业用地监管协议（合成数据）|2023-04-20
demo-delivery-rules|Rules on what follows from missed targets in Demo Town (synthetic)|示例镇目标未完成后续措施办法（合成数据）|2021-01-04
demo-newsletter|Newsletter of Demo Town, winter 2024 (synthetic)|示例镇简讯2024年冬季号（合成数据）|2024-12-30
demo-review|Review of the records of Demo Town (synthetic)|示例镇登记资料复核记录（合成数据）|2024-12-20
"""

#: Id, names, measure, event that counts, period, value, unit, note.
NEW_TARGETS = """
demo-equipment-land-2026|Land for the equipment cluster, 2022 to 2026 (synthetic)|2022至2026年装备产业用地任务（合成）|land_area|auctioned|2022-01-01|2026-12-31|13.5|ha|running, ahead|执行中，进度超前
demo-rental-homes-2027|Floor of rental homes, 2023 to 2027 (synthetic)|2023至2027年租赁住房建筑面积任务（合成）|floor_area|built|2023-01-01|2027-12-31|24|10k_m2|running, behind|执行中，进度滞后
demo-workshop-floor-2023|Workshop floor to be renewed in 2022 and 2023 (synthetic)|2022至2023年厂房改造建筑面积任务（合成）|floor_area|renewed|2022-01-01|2023-12-31|10|10k_m2|over; its rate lies between two steps|已期满，完成率处于两档之间
"""

#: Target, value, unit, period: two years and the four quarters of a third, whose total is printed
#: too; years that add up; one total.
DELIVERIES = """
demo-equipment-land-2026|3.13|ha|2022-01-01|2022-12-31
demo-equipment-land-2026|1.55|ha|2023-01-01|2023-12-31
demo-equipment-land-2026|1.58|ha|2024-01-01|2024-03-31
demo-equipment-land-2026|1.16|ha|2024-04-01|2024-06-30
demo-equipment-land-2026|1.13|ha|2024-07-01|2024-09-30
demo-equipment-land-2026|1.27|ha|2024-10-01|2024-12-31
demo-equipment-land-2026|5.15|ha|2024-01-01|2024-12-31
demo-rental-homes-2027|3.1|10k_m2|2023-01-01|2023-12-31
demo-rental-homes-2027|4.2|10k_m2|2024-01-01|2024-12-31
demo-workshop-floor-2023|9.5|10k_m2|2022-01-01|2023-12-31
"""

#: Number of the transfer, date, mode, lot, project, status and its day, transfer that it replaces,
#: price (10,000 yuan) as the register has it, start price, note. The price of 30 lacks a zero.
NEW_AUCTIONS = """
26|2022-05-19|listing|DT04-0001|demo-gear-works||||1183|1183||
27|2022-10-27|listing|DT04-0002|demo-pump-works||||1664|1632||
28|2023-04-13|listing|DT18-0002|demo-crane-yard||||1396|1396||
29|2023-08-24|listing|DT18-0003||withdrawn|2023-11-30||1498|1498|withdrawn by the town|由镇政府撤回
30|2024-02-22|listing|DT37-0002|demo-tool-hall||||142.6|1426|a zero of the price was left out; see corrections.csv|价格漏录一个零，见 corrections.csv
31|2024-05-16|listing|DT45-0002||failed|2024-05-16|||1600|no bidder|无人竞买
32|2024-06-20|listing|DT51-0002|||||1074|1047|entered with a wrong price; replaced by the next row|价格录入有误，由下一行取代
33|2024-06-20|listing|DT51-0002|demo-valve-works|||32|1047|1047|replaces the row before|取代上一行
34|2024|agreement|DT52-0002|demo-bearing-line||||1020||dated by its year only|仅载年份
35|2024-11-14|listing|DT10-0009|demo-forge||||1146|1146||
"""

#: Id, words, stage, lot; the last has no land transfer yet.
NEW_PROJECTS = """
demo-gear-works|Gear works|齿轮厂|in_operation|DT04-0001
demo-pump-works|Pump works|泵业厂|completed|DT04-0002
demo-crane-yard|Crane yard|起重机厂|under_construction|DT18-0002
demo-tool-hall|Tool hall|工具车间|contracted|DT37-0002
demo-valve-works|Valve works|阀门厂|auctioned|DT51-0002
demo-bearing-line|Bearing line|轴承产线|contracted|DT52-0002
demo-forge|Forge|锻造厂|auctioned|DT10-0009
demo-robot-yard|Robot yard|机器人园|agreed|DT03-0001
"""

#: What follows from a completion rate, best first: id, names, from, below.
STEPS = """
none|No further step|无须采取措施|0.95|
plan|Action plan|编制行动方案|0.85|0.95
reserve|Reserve land raised by a fifth|后备用地增加两成|0.75|0.85
consent|Consent presumed|申请推定同意||0.75
"""
#: The targets that the rules name: their period is over.
STEPS_OF = ("demo-industrial-land-2022", "demo-workshop-floor-2023")

#: Words, kind, project and number of its transfer, value, unit, qualifier, printed, due, met, open.
OBLIGATIONS = """
investment|固定资产投资|investment|demo-crane-yard|28|1.5|100m_yuan|exact|不低于1.5亿元|2025-06-30||
output a year|年产值|output|demo-crane-yard|28|3.0|100m_yuan|exact|不低于3.0亿元|2026-12-31||
tax a year|年纳税额|tax|demo-crane-yard|28|900|10k_yuan|exact|不低于900万元|2026-12-31||
start of building|开工|start|demo-crane-yard|28||||2023年10月13日前|2023-10-13|2023-09-20|
completion|竣工|completion|demo-crane-yard|28||||2024年10月31日前|2024-10-31||2024-12-10
floor handed over|无偿移交建筑面积|handover|demo-crane-yard|28|600|m2|exact|600 m²|2024-11-30||
term|土地使用年限|term|demo-crane-yard|28|30|year|exact|30年|||
output a year|年产值|output|demo-gear-works|26|2.0|100m_yuan|exact|不低于2.0亿元|2023-12-31||
"""
#: Obligation, value, unit, as printed, date of it.
REACHED = """
demo-crane-yard-investment|1.62|100m_yuan|1.62亿元|2024-12-31
demo-crane-yard-output|0.40|100m_yuan|0.40亿元|2024-12-31
demo-gear-works-output|1.4|100m_yuan|1.4亿元|2024
"""

#: Indicators that only claims speak of: id, words, scope, value, unit, printed, qualifier, source.
SAID = """
demo-equipment-lots-2024|Lots sold to the equipment cluster by the end of 2024|至2024年末装备产业出让宗地数|demo-town-district|7|count|seven lots|exact|demo-progress-report
demo-rental-homes-told-2024|Floor of rental homes built by the end of 2024|至2024年末建成租赁住房建筑面积|demo-town-district|8.1|10k_m2|8.1 万m²|printed|demo-newsletter
"""
#: Id, statement, form, claimed, inputs, what is missing, note. "*": the transfers that count.
CLAIMS = """
rate-2022|81.8 % of the land to be sold in 2022|完成2022年出让任务的81.8%|rate|completion_rate_printed/demo-industrial-land-2022|delivered/demo-industrial-land-2022; target_value/demo-industrial-land-2022|||consistent|与数据相符
equipment-lots|Seven lots sold to the equipment cluster|装备产业已出让七宗|count|indicator_value/demo-equipment-lots-2024|*|||consistent|与数据相符
equipment-rate|72 % of the land for the equipment cluster|完成装备产业用地任务的72%|rate|completion_rate_printed/demo-equipment-land-2026|delivered/demo-equipment-land-2026; target_value/demo-equipment-land-2026|||72.8 % with its decimals cut off|72.8%截去小数
rental-homes|81,000 m² of rental homes built|建成租赁住房8.1万m²|total|indicator_value/demo-rental-homes-told-2024|delivered/demo-rental-homes-2027|||the instalments add up to 73,000 m²|分期合计为7.3万m²
gdp-growth|Gross product grew by 5.4 %|生产总值增长5.4%|growth|indicator_value/demo-gdp-growth-2023|indicator_value/demo-gdp-2023; ?|the gross product of 2022|2022年生产总值|nobody printed the year before|上年数未载
preparation-rate|102.0 % of the land to be prepared in 2023|完成2023年土地整备任务的102.0%|rate|completion_rate_printed/demo-land-preparation-2023|delivered/demo-land-preparation-2023; implied_target/demo-land-preparation-2023|||the task follows from this rate alone|任务量仅由该完成率推得
"""

#: Subject, field, old and new value, reason, state, note.
CORRECTIONS = """
demo-transfer-30|price_yuan|1426000|14260000|a zero was left out 漏录一个零|accepted|applied when the catalogue is read|读取目录时执行
DT37-0004|recorded_area_m2|1.7763|17763|the certificate is in hectares 证载单位为公顷|proposed|to be looked at|待核对
demo-fact-028|value|19.2|17.7|to agree with the plan 与规划一致|rejected|the yearbook does print 19.2 ha|年鉴确载 19.2 ha
"""

PROGRESS_HEADERS: dict[str, str] = {
    "obligations": "obligation_id name_en name_zh kind parcel_id project_id auction_id value unit qualifier"
                   " printed due met_on open_on source_id locator note_en note_zh",
    "claims": "claim_id name_en name_zh formula claimed inputs named_en named_zh missing_en missing_zh"
              " source_id locator note_en note_zh",
    "consequences": "consequence_id name_en name_zh measure subject at_least below valid_from valid_to"
                    " source_id locator note_en note_zh",
    "corrections": "correction_id subject field old_value new_value reason source_id locator who when"
                   " state note_en note_zh",
}
# fmt: on

_CLUSTER = "demo-equipment-land-2026"
_COMPANY = "Demo Equipment 示例装备（合成 synthetic）"


class Book(Protocol):
    """Where rows are written: the ledger of ``make_demo_town``."""

    rows: dict[str, list[dict[str, Any]]]

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        """Append one row."""

    def fact(self, subject: str, measure: str, value: str, unit: str, **values: Any) -> None:
        """Append one printed number."""


def add_progress(book: Book, lots: Mapping[str, Lot]) -> None:
    """Add all of it; ``lots`` by id."""
    _plans(book)
    _transfers(book, lots)
    _consequences(book)
    _obligations(book)
    _claims(book)
    _corrections(book)


def fields(text: str) -> list[list[str]]:
    """Return the cells of a small table, a line each."""
    return [line.split("|") for line in text.strip().splitlines()]


def printed(value: str, unit: str) -> str | None:
    """Return a number as the invented sources print it; None where it is not known."""
    words = {"10k_m2": "万m²", "m2": "m²", "km2": "km²"}
    return f"{value} {words.get(unit, unit)}" if value else None


def _plain(name: str) -> str:
    """Return a name without the word that says it is invented."""
    return name.removesuffix(" (synthetic)").removesuffix("（合成）")


def _note(en: str, zh: str) -> dict[str, str]:
    return {"note_en": f"Synthetic: {en}.", "note_zh": f"合成数据：{zh}。"} if en else {}


def _plans(book: Book) -> None:
    for name, en, zh, measure, counts, start, end, value, unit, *note in fields(NEW_TARGETS):
        book.add("targets", target_id=name, name_en=en, name_zh=zh, measure=measure, counts=counts,
                 zone_id="demo-town-district", period_start=start, period_end=end, value=value,
                 unit=unit, qualifier="exact", printed=printed(value, unit),
                 source_id="demo-plans-2027",
                 **_note(*note))  # fmt: skip
    for target, value, unit, start, end in fields(DELIVERIES):
        book.fact(target, "delivered", value, unit, as_of=end, period_start=start, period_end=end,
                  source_id="demo-progress-report")  # fmt: skip


def _transfers(book: Book, lots: Mapping[str, Lot]) -> None:
    for name, en, zh, stage, lot in fields(NEW_PROJECTS):
        asks = _CLUSTER if name == "demo-robot-yard" else None
        book.add("projects", project_id=name, name_en=f"{en} (synthetic)", name_zh=f"{zh}（合成）",
                 developer=_COMPANY, industry="equipment", stage=stage, parcel_id=lot,
                 zone_id=lots[lot].values["zone_id"], target_id=asks,
                 source_id="demo-project-list")  # fmt: skip
    for number, day, mode, lot, project, status, since, old, price, start, *note in fields(
        NEW_AUCTIONS
    ):
        book.add("auctions", auction_id=f"demo-transfer-{number}", date=day, mode=mode,
                 parcel_id=lot, project_id=project, buyer=_COMPANY if price else None,
                 price_yuan=_yuan(price), start_price_yuan=_yuan(start), term_years=30,
                 target_id=_CLUSTER, status=status, status_date=since,
                 replaces=f"demo-transfer-{old}" if old else None,
                 source_id="demo-transfer-register", **_note(*note),
                 **{"class": "general_project"})  # fmt: skip


def _yuan(price: str) -> int | None:
    return round(float(price) * 10_000) if price else None


def _consequences(book: Book) -> None:
    for target in STEPS_OF:
        for step, en, zh, low, high in fields(STEPS):
            book.add("consequences", consequence_id=f"{target}-{step}", measure="completion_rate",
                     name_en=f"{en} (synthetic)", name_zh=f"{zh}（合成）", subject=target,
                     at_least=low, below=high, source_id="demo-delivery-rules")  # fmt: skip


def _obligations(book: Book) -> None:
    projects = {row["project_id"]: row for row in book.rows["projects"]}
    for row in fields(OBLIGATIONS):
        en, zh, kind, project, transfer, value, unit, qualifier, said, due, met, opened = row
        book.add("obligations", obligation_id=f"{project}-{kind}", kind=kind,
                 name_en=f"{_plain(projects[project]['name_en'])}: {en} (synthetic)",
                 name_zh=f"{_plain(projects[project]['name_zh'])}：{zh}（合成）",
                 parcel_id=projects[project]["parcel_id"], project_id=project,
                 auction_id=f"demo-transfer-{transfer}", value=value, unit=unit,
                 qualifier=qualifier, printed=said, due=due, met_on=met, open_on=opened,
                 source_id="demo-supervision")  # fmt: skip
    for obligation, value, unit, said, day in fields(REACHED):
        book.fact(obligation, "obligation_reached", value, unit, printed=said, as_of=day,
                  source_id="demo-progress-report")  # fmt: skip


def _claims(book: Book) -> None:
    for name, en, zh, scope, value, unit, said, qualifier, source in fields(SAID):
        book.add("indicators", indicator_id=name, name_en=f"{en} (synthetic)",
                 name_zh=f"{zh}（合成）", scope=scope)  # fmt: skip
        book.fact(name, "indicator_value", value, unit, printed=said, qualifier=qualifier,
                  as_of="2024-12-31", source_id=source)  # fmt: skip
    book.fact(_CLUSTER, "completion_rate_printed", "72", "%", as_of="2024-12-31",
              period_start="2022-01-01", period_end="2024-12-31",
              source_id="demo-newsletter")  # fmt: skip
    place = {f"{f['measure']}/{f['subject']}": f for f in book.rows["facts"]}
    counted = [f"demo-transfer-{n}" for n in (26, 27, 28, 30, 33, 34, 35)]
    for name, en, zh, form, claimed, inputs, lacks, lacks_zh, *note in fields(CLAIMS):
        fact = place[claimed]
        book.add("claims", claim_id=f"demo-claim-{name}", name_en=f"{en} (synthetic)",
                 name_zh=f"{zh}（合成）", formula=form, claimed=claimed,
                 inputs="; ".join(counted) if inputs == "*" else inputs, missing_en=lacks,
                 missing_zh=lacks_zh, source_id=fact["source_id"], locator=fact["locator"],
                 **_note(*note))  # fmt: skip


def _corrections(book: Book) -> None:
    for number, row in enumerate(fields(CORRECTIONS), 1):
        subject, field, old, new, reason, state, *note = row
        book.add("corrections", correction_id=f"demo-correction-{number}", subject=subject,
                 field=field, old_value=old, new_value=new, reason=reason, state=state,
                 who="Demo Town land office 示例镇国土所（合成 synthetic）", when="2024-12-20",
                 source_id="demo-review", **_note(*note))  # fmt: skip
