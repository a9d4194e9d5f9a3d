"""The words and small tables of the synthetic catalogue that ``make_demo_town.py`` writes."""

# ruff: noqa: E501 - the rows of a table are not broken
# fmt: off
from __future__ import annotations

from dataclasses import dataclass

#: Letter in the plan: code of mnr-2023, words, size of a lot (m2), land price (yuan/m2), term
#: (years), and the floor area ratio allowed in density zones 1 to 4.
LAND_USE: dict[str, tuple[str, str, str, int, int, int, tuple[float, ...]]] = {
    "I": ("100101", "Industrial lot", "工业宗地", 17000, 900, 30, (3, 2.5, 2.5, 2)),
    "L": ("110101", "Logistics lot", "物流仓储宗地", 21000, 800, 50, (2, 2, 1.8, 1.5)),
    "R": ("070102", "Housing lot", "住宅宗地", 10200, 9800, 70, (3.2, 2.8, 2.4, 1.8)),
    "V": ("070101", "Low-rise housing lot", "低层住宅宗地", 3500, 6400, 70, (1.6, 1.5, 1.3, 1.1)),
    "C": ("0901", "Commercial lot", "商业宗地", 6500, 7200, 40, (4.5, 3.6, 2.8, 2)),
    "B": ("0902", "Office lot", "商务金融宗地", 6000, 8100, 40, (5.5, 4.5, 3.5, 2.5)),
    "G": ("0801", "Government lot", "机关团体宗地", 14000, 0, 50, (2.5, 2.2, 2, 1.6)),
    "E": ("0804", "School lot", "教育宗地", 24000, 0, 50, (1.4, 1.2, 1, 0.9)),
    "H": ("0806", "Hospital lot", "医疗卫生宗地", 60000, 0, 50, (2.8, 2.5, 2.2, 1.8)),
    "P": ("1401", "Park", "公园绿地", 200000, 0, 0, ()),
    "g": ("1402", "Riverside green", "滨河防护绿地", 200000, 0, 0, ()),
    "w": ("1701", "River", "河流水面", 200000, 0, 0, ()),
    "k": ("1704", "Pond", "坑塘水面", 200000, 0, 0, ()),
    "u": ("1303", "Utility lot", "供电用地", 0, 0, 0, ()),
    "s": ("1402", "Green strip", "绿带", 0, 0, 0, ()),
    "t": ("1208", "Underground car park", "地下停车场", 0, 0, 0, ()),
}


@dataclass(frozen=True)
class Building:
    """What the plan allows on a use besides floor; heights fall from density zone 1 to 4."""

    use_name: str
    coverage: float = 0.0
    green: float = 0.0
    highest_m: float = 0.0
    storey_m: float = 0.0

    def height_m(self, zone: str) -> float:
        """Return the height allowed in a density zone."""
        return round(self.highest_m * (1, 0.85, 0.7, 0.6)[int(zone[-1]) - 1])


#: Letter: the standard's name of its code, coverage, green ratio, height (m), height of a storey.
BUILDINGS: dict[str, Building] = {
    "I": Building("一类工业用地", 0.55, 0.10, 60, 5.5), "L": Building("一类物流仓储用地", 0.6, 0.10, 50, 7.5),
    "R": Building("二类城镇住宅用地", 0.3, 0.35, 100, 3), "V": Building("一类城镇住宅用地", 0.4, 0.35, 30, 3),
    "C": Building("商业用地", 0.5, 0.20, 80, 4.5), "B": Building("商务金融用地", 0.45, 0.25, 120, 4.2),
    "G": Building("机关团体用地", 0.35, 0.30, 60, 3.8), "E": Building("教育用地", 0.3, 0.35, 36, 3.8),
    "H": Building("医疗卫生用地", 0.35, 0.35, 80, 4), "P": Building("公园绿地"), "g": Building("防护绿地"),
    "w": Building("河流水面"), "k": Building("坑塘水面"), "u": Building("供电用地"),
    "s": Building("防护绿地"), "t": Building("交通场站用地"),
}
#: Letter: a use near to it for which the plan gives no limit, and its code in the codes of Shenzhen.
OTHER_USE = {"I": ("100102", "二类工业用地"), "R": ("070103", "三类城镇住宅用地"),
             "V": ("070103", "三类城镇住宅用地"), "C": ("0904", "其他商业服务业用地")}
OTHER_STANDARD = {"I": "M1", "R": "R2", "V": "R1", "C": "C1"}
#: The third block line as it is in the plan: over the edge of the second (see ZONES for places).
WIDER_LINE = ((7.2, 1.67), (9, 1.2), (9, 3.2), (7.4, 3))

#: Class: how many lots `plant_numbers` gives it (0: planted elsewhere), and what the reader is told.
PLANTED: dict[str, tuple[int, str, str]] = {
    "overlap": (0, "two lots drawn over each other along their common border", "两宗地沿共同边界相互重叠"),
    "gap": (0, "a sliver between two lots that belongs to neither", "两宗地之间有不属任何一宗的狭缝"),
    "duplicate": (0, "one outline under two ids", "同一界线使用两个编号"),
    "superseded": (0, "merged into another lot on 2021-07-01 (no fault)", "2021-07-01 并入另一宗地（并非错误）"),
    "multipart": (0, "one lot in two parts (no fault)", "一宗地由两部分组成（并非错误）"),
    "hole": (0, "a lot with a hole in which another lies (no fault)", "宗地内有孔，孔内为另一宗地（并非错误）"),
    "straddler": (0, "cut by the border of a zone (no fault)", "被分区边界穿过（并非错误）"),
    "unit-slip-mu": (3, "recorded area is in mu, entered as m²", "登记面积以亩计，误作平方米"),
    "unit-slip-ha": (2, "recorded area is in hectares, entered as m²", "登记面积以公顷计，误作平方米"),
    "unit-slip-10k": (2, "recorded area is 10,000 times too large", "登记面积大一万倍"),
    "web-mercator": (1, "recorded area was measured in Web Mercator, some 19 % too large", "登记面积在网络墨卡托投影中量得，约大 19%"),
    "over-limit": (6, "countable floor is above the limit", "计容建筑面积超过容积率上限"),
    "under-limit": (6, "less than 40 % of the allowed floor", "计容建筑面积不足上限的四成"),
    "at-limit": (2, "countable floor is what the limit allows, to the nearest 100 m²", "计容建筑面积取整到百平方米后恰为上限"),
    "unknown-area": (6, "recorded and site area unknown", "登记面积与用地面积未知"),
    "unknown-floor": (8, "gross and countable floor unknown", "总建筑面积与计容建筑面积未知"),
    "unknown-limit": (7, "the plan has no limit for the land use", "规划未对该用地性质设限"),
    "unknown-zone": (4, "density zone not recorded", "未登记所在密度分区"),
    "no-geometry": (2, "outline unknown", "界线未知"),
}
#: The same for what `demo_town_faults` plants; counts where there are several.
MORE_PLANTED: dict[str, tuple[int, str, str]] = {
    "feature-within-feature": (0, "a lot inside another that has no hole for it", "一宗地位于另一宗地之内而后者无孔"),
    "missing-vertex": (0, "a vertex on the common border that only one of the two lots has", "共同边界上仅一宗地有的界址点"),
    "sliver-polygon": (0, "a strip of 0.4 m left between a lot and the street", "宗地与街道之间遗留的 0.4 米窄条"),
    "outside-district": (0, "partly over the line of the town", "部分位于镇界之外"),
    "underground": (0, "a car park on the layer `below` lies under the two others (no fault)", "地下层的停车场位于另两宗地之下（并非错误）"),
    "zone-disagrees": (0, "recorded in another density zone than it lies in", "登记的密度分区与所在分区不符"),
    "digit-swap": (0, "the first two digits of the recorded area are exchanged", "登记面积前两位数字对调"),
    "lots-swapped": (0, "the recorded areas of the two are exchanged", "两宗地的登记面积互换"),
    "hole-not-subtracted": (0, "recorded area includes the lot in its hole", "登记面积含孔内宗地"),
    "part-missing": (0, "recorded area is that of the larger of its parts", "登记面积仅为其较大部分"),
    "total-for-net-site": (0, "total land is recorded, the net site drawn", "登记总用地面积，所绘为净用地"),
    "land-given-up": (0, "recorded area includes land given up for roads that is not drawn", "登记面积含未绘入的代征道路用地"),
    "own-limit": (12, "limit of the floor area ratio from its contract, not from the plan (no fault)", "容积率上限出自合同而非规划（并非错误）"),
    "round-floor": (0, "floor of a round number: the limit may be exceeded or not (no fault)", "建筑面积为整万数：是否超限无法判定（并非错误）"),
    "coverage-over-limit": (2, "site coverage above the limit", "建筑密度超过上限"),
    "green-under-limit": (2, "green ratio below the minimum", "绿地率低于下限"),
    "height-over-limit": (2, "building height above the limit", "建筑高度超过上限"),
    "land-use-name": (0, "name of another land use than the code", "用地名称与代码不符"),
    "land-use-other-standard": (0, "code of another standard than the one named", "用地代码属于另一标准"),
}

ZONE_NAMES: dict[str, tuple[str, str, str]] = {
    "demo-town-district": ("Demo Town", "示例镇", "district"),
    "demo-density-zone-1": ("Density zone 1", "密度一区", "density_zone"),
    "demo-density-zone-2": ("Density zone 2", "密度二区", "density_zone"),
    "demo-density-zone-3": ("Density zone 3", "密度三区", "density_zone"),
    "demo-density-zone-4": ("Density zone 4", "密度四区", "density_zone"),
    "demo-block-line-1": ("Industrial block line 1", "工业区块线一", "industrial_block_line"),
    "demo-block-line-2": ("Industrial block line 2", "工业区块线二", "industrial_block_line"),
    "demo-block-line-3": ("Industrial block line 3", "工业区块线三", "industrial_block_line"),
}

SOURCES = """
demo-cadastre|Land register of Demo Town (synthetic)|示例镇地籍登记（合成数据）|2024-12-31
demo-zoning-plan|Zoning plan of Demo Town (synthetic)|示例镇分区规划（合成数据）|2020-06-30
demo-transfer-register|Register of land transfers of Demo Town (synthetic)|示例镇土地出让台账（合成数据）|2024-12-31
demo-supply-plan|Land supply plans of Demo Town, 2021 to 2025 (synthetic)|示例镇2021至2025年供地计划（合成数据）|2024-03-15
demo-project-list|List of projects of Demo Town (synthetic)|示例镇项目清单（合成数据）|2024-12-31
demo-yearbook|Yearbook of Demo Town, 2024 (synthetic)|示例镇统计年鉴2024（合成数据）|2024-10-20
"""

#: Date, mode, letter of the lot ("?" before it: which lot is not recorded), class, target, ratio
#: of price to start price ("-": no start price recorded, "?": nor the price).
AUCTIONS = """
2019-03-14|listing|I|general_project||1.00
2019-06-27|auction|R|||1.34
2019-11-05|listing|C|||1.08
2020-04-16|listing|L|general_project||1.00
2020-08-20|auction|R|||1.45
2020-12-10|tender|?B|||-
2021-02-25|listing|I|key_project|demo-industrial-land-2021|1.00
2021-05-20|listing|I|general_project|demo-industrial-land-2021|1.06
2021-08-26|listing|I|key_project|demo-industrial-land-2021|1.00
2021|agreement|?I|general_project|demo-industrial-land-2021|-
2021-09-16|auction|R|||1.22
2021-12-22|listing|V|||1.00
2022-03-31|listing|I|key_project|demo-industrial-land-2022|1.02
2022-08|listing|I|general_project|demo-industrial-land-2022|1.00
2022-09-29|auction|R|||1.00
2022-11-17|listing|C|||1.00
2022-12-15|listing|I|general_project|demo-industrial-land-2022|1.00
2023-03-23|listing|I|key_project|demo-industrial-land-2023|1.00
2023-06-15|agreement|E|||?
2023-07-20|listing|?I||demo-industrial-land-2023|-
2023-10-26|listing|R|||1.05
2024-01-18|listing|B|||1.00
2024-04-25||C|||-
2024-07-11|listing|?R|||1.00
2024-11-28|listing|I|general_project||1.00
"""

#: Company: the letters of the lots that it buys.
BUYERS = {"Demo Precision 示例精密": "I", "Demo Biotech 示例生物": "I", "Demo Motors 示例汽车": "I",
          "Demo Homes 示例置业": "RV", "Demo Estates 示例地产": "RVB", "Demo Trade 示例商贸": "CLB",
          "Demo School 示例学校": "E"}

#: Id, words, developer, industry, stage, letter of the lot ("z": only the zone is recorded, "":
#: neither), area basis of a site area fact, floor basis of a floor area fact.
PROJECTS = """
demo-precision-works|Precision works|精密制造厂|Demo Precision 示例精密|machinery|in_operation|I|parcel|gross
demo-bio-campus|Biotech campus|生物园区|Demo Biotech 示例生物|biomedicine|under_construction|I|parcel|gross
demo-motor-plant|Motor plant|电机厂|Demo Motors 示例汽车|vehicles|completed|I|parcel|countable
demo-materials-lab|Materials laboratory|材料实验室|Demo Precision 示例精密|materials|introduced|I||gross
demo-parcel-hub|Parcel hub|快件分拨中心|Demo Trade 示例商贸|logistics|landed|L|total_land|gross
demo-riverside-homes|Riverside homes|滨河家园|Demo Homes 示例置业|housing|under_construction|R|parcel|countable
demo-station-mall|Station mall|站前商场|Demo Trade 示例商贸|retail|auctioned|C||
demo-office-court|Office court|商务庭院|Demo Homes 示例置业|offices|contracted|B|total_land|
demo-battery-line|Battery line|电池产线|Demo Motors 示例汽车|vehicles|selected|z|total_land|gross
demo-seed-centre|Seed centre|种业中心|Demo Biotech 示例生物|biomedicine|agreed|z||gross
demo-cold-store|Cold store|冷库|Demo Trade 示例商贸|logistics|negotiated|||
demo-model-workshop|Model workshop|示范车间|Demo Precision 示例精密|machinery||||
"""

#: Id, names, measure, event that counts, period, value, unit, qualifier, note.
TARGETS = """
demo-industrial-land-2021|Industrial land to be sold in 2021 (synthetic)|2021年工业用地出让任务（合成）|land_area|auctioned|2021-01-01|2021-12-31|5.0|ha|printed|met|已完成
demo-industrial-land-2022|Industrial land to be sold in 2022 (synthetic)|2022年工业用地出让任务（合成）|land_area|auctioned|2022-01-01|2022-12-31|8.0|ha|printed|missed|未完成
demo-industrial-land-2023|Industrial land to be sold in 2023 (synthetic)|2023年工业用地出让任务（合成）|land_area|auctioned|2023-01-01|2023-12-31|6.5|ha|printed|delivery not recorded|完成量未登记
demo-housing-floor-2025|Housing floor to be built by 2025 (synthetic)|至2025年住房建筑面积任务（合成）|floor_area|built|2021-01-01|2025-12-31|40|10k_m2|exact|still running|执行中
demo-land-preparation-2023|Land to be prepared in 2023 (synthetic)|2023年土地整备任务（合成）|land_area|prepared|2023-01-01|2023-12-31||ha||task implied by delivery and rate|任务量由完成量与完成率推算
"""

#: Id, words, scope, value, unit, as printed, qualifier, date.
INDICATORS = """
demo-gdp-2023|Gross product, 2023|2023年生产总值|demo-town-district|61.8|100m_yuan|61.8亿元|printed|2023
demo-gdp-growth-2023|Growth of the gross product, 2023|2023年生产总值增速|demo-town-district|5.4|%|5.4%|printed|2023
demo-population-2023|Residents at the end of 2023|2023年末常住人口|demo-town-district|48600|persons|48,600 persons|about|2023-12-31
demo-industrial-firms-2023|Industrial firms in block line 1, 2023|2023年工业区块线一内企业数|demo-block-line-1|37|count|37 firms|exact|2023-12-31
"""

#: File: columns (those of the design, then the extra ones).
HEADERS: dict[str, str] = {
    "sources": "source_id title_en title_zh publisher date url licence sha256 note_en note_zh",
    "facts": "fact_id subject measure value unit qualifier resolution printed as_of period_start"
             " period_end area_basis floor_basis source_id locator note_en note_zh",
    "projects": "project_id name_en name_zh developer industry stage parcel_id zone_id source_id"
                " locator target_id note_en note_zh",
    "auctions": "auction_id date mode parcel_id project_id buyer price_yuan start_price_yuan"
                " term_years class target_id source_id locator status status_date replaces"
                " note_en note_zh",
    "targets": "target_id zone_id measure counts period_start period_end value unit qualifier"
               " source_id locator name_en name_zh printed note_en note_zh",
    "indicators": "indicator_id name_en name_zh scope note_en note_zh",
    "limits": "limit_id zone_id land_use land_use_standard far_minimum far_maximum"
              " site_coverage_maximum green_ratio_minimum height_maximum_m valid_from valid_to"
              " source_id locator note_en note_zh",
    "imports": "import_id file sha256 layer mapping date",
}
NUMBERS = {"value", "resolution", "price_yuan", "start_price_yuan", "term_years", "far_minimum",
           "far_maximum", "site_coverage_maximum", "green_ratio_minimum", "height_maximum_m"}
REFERENCES = {"source_id": "sources", "project_id": "projects", "target_id": "targets"}

README = """# Demo Town / 示例镇: a synthetic catalogue

**Everything in this folder is synthetic**: the town, its lots, buyers, prices and plans are
invented and drawn by [`make_demo_town.py`](../make_demo_town.py) from a fixed seed. The town lies
near 114.9° E, 23.4° N only so that areas and projections are those of southern China; nothing here
describes that place. Licence: CC0-1.0.

本文件夹内容**全部为合成数据**：镇、宗地、竞得人、价格与规划均为虚构，由固定种子的脚本生成。

It shows what a real cadastre gives: {lots} lots with surveyed outlines (`geometry_status` is
`surveyed` because the data imitate a survey), two kinds of zones, auctions, projects, targets, and
limits of floor area ratio, coverage, green and height by density zone and land use (`limits.csv`).
Recorded areas agree with the geodesic areas within 0.5 %, and no limit is exceeded, except where
listed below; on a lot that density zones share, the mean of their limits by area holds. Parks, green
strips, water and utilities carry no floor and no limit.

`python examples/make_demo_town.py` writes the folder, the same bytes on every run;
`pingshan-geo --catalogue examples/demo-town build -o maps` makes its page.

## What is planted

The column `planted` of `parcels.geojson` holds these classes; a lot of several has them joined by
`;`.

| class | what | lots |
|---|---|---|
{rows}

Outside the lots: four auctions whose lot is not recorded, one dated by its year only and one by its
month; one auction without a price (and none where it failed); one target met, one missed, one whose delivery is not recorded,
one still running and one without a printed task; two readings of the area of
`demo-block-line-2` that contradict each other (a warning, no error); `demo-block-line-2` and
`demo-block-line-3` overlap (that land is counted once).

How plans went, drawn by no chance (`demo_town_progress.py`), at the as-of day 2024-12-31:

| what | where | comes out as |
|---|---|---|
| target ahead of its pace / 进度超前 | `demo-equipment-land-2026` | 60.0 % of the period gone, 72.8 % delivered |
| target behind it / 进度滞后 | `demo-rental-homes-2027` | 40.0 % gone, 30.4 % delivered |
| target whose period is over / 已期满 | `demo-workshop-floor-2023` | 95 %, between two steps of `consequences.csv` |
| rate inside one step / 处于一档之内 | `demo-industrial-land-2022` | 81.75 %, reserve land raised by a fifth |
| instalments / 分期完成量 | `demo-equipment-land-2026` | two years and the total of a third, with which its four quarters agree |
| stages / 各阶段 | `demo-equipment-land-2026` | agreed 89 %, auctioned 73 %, contracted 55 %, started 35 %, completed 23 %, in operation 10 % |
| project without a transfer / 尚无出让的项目 | `demo-robot-yard` | counts as agreed; at later stages in the upper bound only |
| withdrawn, failed, replaced / 撤回、流拍、更正 | `demo-transfer-29`, `-31`, `-32` (by `-33`) | listed, do not count |
| dated by its year / 仅载年份 | `demo-transfer-34` | counts; with `--as-of 2024-06-30` in the upper bound only |
| obligations of one lot / 一宗地的履约事项 | `DT18-0002` | met: investment, start; due: output, tax, term; overdue: completion; unknown: floor handed over |
| overdue by a number / 按数逾期 | `demo-gear-works-output` | 1.4 of 2.0 亿元 in the year after it was due |
| claims / 论断 | `claims.csv` | consistent 2, rounded 1, contradicted 1, cannot be checked 2 |
| corrections / 更正 | `corrections.csv` | a price that lacked a zero (applied), an area in hectares (proposed), a fact that was right (rejected) |
"""
