"""The version of a catalogue's files: the first is read, a newer one names who reads it."""

from __future__ import annotations

import pytest

from pingshan_geo.catalogue import read_catalogue


def test_a_catalogue_of_the_first_schema_is_read_whether_it_says_so_or_not(small):
    assert "schema_version" not in small.descriptor
    told = small.load()
    small.descriptor |= {"schema_version": "1.0", "reader_version": "0.1.0"}
    small.save()
    assert small.load().facts.equals(told.facts)


@pytest.mark.parametrize("schema", ["1.1", "1.10", "2.0", "10.0"])
def test_a_newer_schema_is_refused_in_a_line_with_the_version_that_reads_it(small, schema):
    small.descriptor |= {"schema_version": schema, "reader_version": "0.12.0", "crs": 7}
    small.save()
    read, (finding,) = read_catalogue(small.path)
    assert read is None
    assert finding.line() == (
        "datapackage.json schema_version: schema-newer: The catalogue's schema is version "
        f"{schema}; pingshan-geo 0.1.0 reads versions up to 1.0. "
        "Read it with pingshan-geo 0.12.0 or newer."
    )
    assert "请使用 pingshan-geo 0.12.0 或更新的版本。" in finding.line("zh")


@pytest.mark.parametrize("reader", [None, 0.2, "soon", "0.2\n", "0.1.0", "9" * 5000])
def test_a_newer_schema_that_names_no_version_to_read_it_asks_for_a_newer_one(small, reader):
    small.descriptor |= {"schema_version": "2.0", "reader_version": reader}
    small.save()
    _, (finding,) = read_catalogue(small.path)
    assert finding.fix() == "Read it with a pingshan-geo newer than 0.1.0."
    assert finding.fix("zh") == "请使用比 0.1.0 更新的 pingshan-geo。"
