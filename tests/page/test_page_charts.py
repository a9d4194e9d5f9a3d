"""The drawer's charts, timeline and comparison, in a real browser."""

LOTS = ["G13113-8014", "G13113-8024"]


def shown(page):
    return page.evaluate(
        "pingshanGeo.page.shown.rows.map(at => pingshanGeo.page.data.tables.parcels.id[at])"
    )


def test_a_bar_filters_by_its_value_and_a_second_press_takes_it_off(opened):
    page = opened("pingshan", "#drawer=charts")
    every = shown(page)
    bar = page.locator("[data-chart=uses] [data-code=M0]")
    bar.click()
    assert len(shown(page)) == 3
    assert "uses=M0" in page.evaluate("location.href")
    assert bar.get_attribute("aria-pressed") == "true"
    assert page.locator("[data-chart=uses] .chart-row.off").count() > 3
    assert "21.37 ha" in bar.inner_text()
    bar.click()
    assert shown(page) == every


def test_the_comparison_marks_rows_that_differ_and_shows_them_alone(opened):
    page = opened("pingshan", f"#drawer=compare&sel={','.join(LOTS)}")
    heads = page.locator(".compared thead th[data-lot]")
    assert heads.evaluate_all("all => all.map(e => e.dataset.lot)") == LOTS
    rows, apart = page.locator(".compared tbody tr"), page.locator(".compared tr.differs")
    assert 0 < apart.count() < rows.count()
    page.locator("[data-focus=only]").check()
    assert rows.count() == apart.count()
    page.locator(".compared .remove").first.click()
    assert heads.count() == 1


def test_a_delivery_dated_to_a_year_is_a_span_and_what_is_undated_is_told(opened):
    page = opened("pingshan", "#drawer=timeline")
    assert page.locator("[data-event=accelerator-2-2017] rect.span").count() == 1
    assert page.locator("[data-event=ev-lab-a-2018] path.happened").count() == 1
    assert page.locator(".pace-line").count() == 1
    assert "1 land transfer of unknown date" in page.locator(".timeline").inner_text()
