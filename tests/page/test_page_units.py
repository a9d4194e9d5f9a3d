"""One unit for all areas: land in mu, floor left in square metres, the choice in the address."""


def test_land_is_shown_in_the_unit_that_is_chosen_and_floor_is_not(opened):
    page = opened("pingshan", "#lot=G13113-8014&drawer=targets")
    card = page.get_by_test_id("lot-card")
    assert "106,000" in card.inner_text()
    page.get_by_test_id("units").select_option("mu")
    # 106 000 m² by 2000/3 m² are 159 mu, and 22.78 ha 341.7.
    assert "159" in card.locator("[data-figure='site_area/G13113-8014'] .value").inner_text()
    assert "341.7" in page.locator(".pg-strip").inner_text()
    assert "488,800" in card.inner_text()
    # List, totals and selection follow: 53 001.09 m² are 79.5016 mu, the two lots 238.5.
    row = page.locator("[data-testid=parcel-row][data-id='G14311-8039']")
    assert "79.5016" in row.inner_text()
    assert "1,629.78 mu" in page.get_by_test_id("count").inner_text()
    page.evaluate("pingshanGeo.page.set({ sel: 'G13113-8014,G14311-8039' })")
    assert "238.5 mu" in page.get_by_test_id("selection").inner_text()
    assert "669,300 m²" in page.get_by_test_id("selection").inner_text()
    page.evaluate("pingshanGeo.page.set({ sel: null })")
    assert "units=mu" in page.evaluate("location.hash")
    again = opened("pingshan", page.evaluate("location.hash"))
    assert "341.7" in again.locator(".pg-strip").inner_text()
    again.get_by_test_id("units").select_option("")
    assert "22.78" in again.locator(".pg-strip").inner_text()
    assert "units" not in again.evaluate("location.hash")
