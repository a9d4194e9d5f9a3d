# Two commands: `make` builds everything under maps/, `make test` runs the tests.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: all test lint docs maps system sbom lock minimum latest clean coverage

all: maps

.venv/run.stamp: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test.stamp: requirements-dev.lock .venv/run.stamp
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

maps: .venv/run.stamp
	$(BIN)/pingshan-geo build -o maps
	$(BIN)/pingshan-geo --catalogue examples/demo-town build -o maps

# The page is tested in a real browser, PostGIS on a server. Where the system's packages may be
# installed they are put in; elsewhere those tests skip and say why (with CI=true that is a failure).
PACKAGES := chromium fonts-noto-cjk poppler-utils postgresql postgresql-postgis gcc libc6-dev strace
system:
	@dpkg --status $(PACKAGES) >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && \
	  command -v apt-get >/dev/null && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	  $(PACKAGES) >/dev/null; } || echo "no Chromium, poppler, PostGIS, gcc or strace: their tests will be skipped"

test: .venv/test.stamp system
	$(BIN)/python -m pytest -q -n 2

# How much of src the tests run, with branches; takes three quarters of an hour.
coverage: .venv/test.stamp system
	-$(BIN)/python -m coverage run -m pytest -q -n 2 -p no:cacheprovider
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report --skip-covered

lint: .venv/test.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/frictionless validate geodata/datapackage.json
	$(BIN)/frictionless validate examples/demo-town/datapackage.json
	$(BIN)/python docs/make_reference.py --check
	$(BIN)/python maps/up_to_date.py

docs: .venv/test.stamp
	$(BIN)/python docs/make_reference.py

sbom: .venv/test.stamp
	$(BIN)/python docs/make_sbom.py dist/pingshan-geo.cdx.json

EXTRAS := --extra build --extra cad --extra china --extra dask --extra pdf --extra postgis
# The locks carry hashes and no index address; made again only on purpose.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url $(EXTRAS) -o requirements.lock
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --extra build --extra dev -o requirements-dev.lock

# The lowest versions that pyproject.toml admits, and the newest, each in an environment of its own;
# needs uv and the network. These tests meet every library but those of the extras dask and postgis;
# TESTS=tests runs all of them.
TESTS ?= $(addprefix tests/,test_cad.py test_catalogue_formats.py test_cli.py test_datum.py \
  test_document.py test_export.py test_export_formats.py test_formats.py test_gdal.py \
  test_geodata.py test_parquet.py test_query.py test_report.py test_workbooks.py page/test_page.py)
minimum: RESOLUTION := lowest-direct
latest: RESOLUTION := highest
minimum latest:
	uv pip compile pyproject.toml --python-version 3.11 --upgrade --resolution $(RESOLUTION) \
	  --quiet --no-header --no-annotate --no-emit-index-url $(EXTRAS) -o $@.txt
	uv venv --quiet --clear --python $(PYTHON) .venv-$@
	uv pip install --quiet --python .venv-$@ --constraint $@.txt --editable '.[build,dev]'
	.venv-$@/bin/python -m pytest -q -n 2 $(TESTS)

clean:
	rm -rf .venv .venv-minimum .venv-latest minimum.txt latest.txt dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
