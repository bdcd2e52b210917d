# Plain `make` lists the targets. Each one does its own set-up.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VENV ?= .venv
BIN := $(abspath $(VENV))/bin
export PATH := $(BIN):$(PATH)
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
JOURNEY := examples/complete_journey
CUSTOMERS ?= 100000
HARNESS_PYTHON := warehouse/accuracy/venv/bin/python
ACCURACY = python -m benchmarks.accuracy $(1) --harness $(PROTOCOLS) --python $(HARNESS_PYTHON)

.PHONY: help setup demo test torture lint seeds bench bench-skill bench-training bench-drift bench-accuracy bench-accuracy-test \
	bench-demand bench-recommendations bench-lifetime bench-trends bench-outlook bench-stock bench-reasons bench-reading bench-watching simulate pretrained bench-pretrained \
	example-complete-journey clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 28

$(VENV)/.installed: pyproject.toml constraints.txt
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[training,dev]'
	touch $@

profiles.yml: profiles.yml.example
	cp $< $@

setup: $(VENV)/.installed profiles.yml  ## the environment in .venv and a profile

demo: setup  ## seed shop -> build -> train -> build with the model -> the forecasts; PUBLISH=1 shows them to readers too
	mkdir -p warehouse && rm -f warehouse/demand.duckdb warehouse/demand.duckdb.wal
	dbt --quiet seed
	dbt build --exclude-resource-types seed unit_test
	demand train
	dbt build --exclude-resource-types seed unit_test
	$(if $(PUBLISH),demand publish)
	demand report

test: setup  ## every test
	python -m pytest tests --numprocesses 2 --dist loadfile

torture: setup  ## fifty kills of build, train, promote and publish
	TORTURE=1 python -m pytest tests/warehouse/test_kills.py -s

lint: setup  ## ruff, mypy, sqlfluff
	ruff check .
	ruff format --check .
	mypy
	sqlfluff lint --processes 2 models tests

seeds: setup  ## write the seed shop again, byte for byte
	python -m benchmarks.shop_generator seeds --out seeds

bench: setup  ## speed and memory at CUSTOMERS=100000, scoring beside bare ONNX Runtime and a torch loop
	python -m benchmarks.speed --customers $(CUSTOMERS)
	python -m benchmarks.scoring warehouse/speed/project

bench-skill: setup  ## what a model knows: the seed shop (make demo), complete_journey (its example), a shop with a known truth
	test -f $(JOURNEY)/warehouse/complete_journey.duckdb -a -f warehouse/demand.duckdb  # make demo example-complete-journey
	rm -f benchmarks/results/skill.md
	python -m benchmarks.skill $(JOURNEY)/warehouse/complete_journey.duckdb --title complete_journey
	python -m benchmarks.skill warehouse/demand.duckdb --title "Seed shop"
	python -m benchmarks.attainable --customers 20000

bench-training: setup  ## an epoch of training beside the network's own arithmetic, on complete_journey (its example)
	python -m benchmarks.training $(JOURNEY)

bench-drift: setup  ## fine-tuning beside retraining after a drift: DRIFT_OPTIONS="--customers 4800 --seeds 2 3 1"
	python -m benchmarks.drift $(DRIFT_OPTIONS)

bench-trends: setup  ## trend flags on generated shops: false alarms where nothing trends, and how soon a rise is found
	python -m benchmarks.trends $(OPTIONS)

bench-outlook: setup  ## WAPE by category of demand_outlook beside the customers' and the products' forecasts alone
	python -m benchmarks.outlook

bench-stock: setup  ## stock held and units served, with the levels of inventory_plan and with 28-day means
	python -m benchmarks.stock $(OPTIONS)

pretrained: setup  ## train the network that ships with the package, on generated shops (needed when the features change)
	python -m benchmarks.pretraining $(OPTIONS)

bench-pretrained: setup $(if $(DATA),$(HARNESS_PYTHON))  ## its worth by customers and days: OPTIONS="--threads 1"; with PROTOCOLS and DATA, Tmall too
	python -m benchmarks.pretrained_worth $(if $(DATA),--data $(DATA) --harness $(PROTOCOLS) --python $(HARNESS_PYTHON)) $(OPTIONS)

$(HARNESS_PYTHON):
	test -n "$(PROTOCOLS)" || { echo "name the folder of the protocols: PROTOCOLS=path"; exit 1; }
	python3 -m venv warehouse/accuracy/venv
	$@ -m pip install --quiet --disable-pip-version-check -r $(PROTOCOLS)/requirements.txt

bench-accuracy: setup $(HARNESS_PYTHON)  ## beside strong peers on VALIDATION days: PROTOCOLS=folder of the protocols, DATA=folder of the Tmall half
	$(call ACCURACY,complete_journey) $(OPTIONS)
	$(if $(DATA),$(call ACCURACY,tmall_2014_half) --data $(DATA) $(OPTIONS))

bench-accuracy-test: setup $(HARNESS_PYTHON)  ## the same on TEST days, of a committed configuration; each run is kept in the log
	$(call ACCURACY,complete_journey) --split test $(OPTIONS)
	$(if $(DATA),$(call ACCURACY,tmall_2014_half) --data $(DATA) --split test $(OPTIONS))

bench-demand: setup $(HARNESS_PYTHON)  ## units by product and day beside strong peers (OPTIONS="--split test": of a committed configuration)
	python -m benchmarks.accuracy.demand --harness $(PROTOCOLS) --python $(HARNESS_PYTHON) $(OPTIONS)

bench-recommendations: setup $(HARNESS_PYTHON)  ## twenty products a customer beside strong peers (OPTIONS="--split test": of a committed configuration)
	python -m benchmarks.accuracy.recommendations --harness $(PROTOCOLS) --python $(HARNESS_PYTHON) $(OPTIONS)

bench-lifetime: setup $(HARNESS_PYTHON)  ## purchases in 39 weeks beside BG/NBD and Pareto/NBD, cuts inside the first 39 (OPTIONS="--split test": the weeks after)
	python -m benchmarks.accuracy.lifetime --harness $(PROTOCOLS) --python $(HARNESS_PYTHON) $(OPTIONS)

bench-reasons: demo  ## what accuracy loses without the groups that are called important, and what reasons cost
	python -m benchmarks.reasons

bench-reading: demo  ## what readers wait while runs are published, and while none is
	python -m benchmarks.reading .

bench-watching: bench  ## seconds from late events to published forecasts at CUSTOMERS=100000
	python -m benchmarks.watching warehouse/speed/project

simulate: setup  ## sixty days of five shops, with and without a drift: alarm, improvement, roll-back
	python -m benchmarks.simulate

example-complete-journey: setup  ## the same flow on 1.47 million real grocery purchases
	cd $(JOURNEY) && python load.py && dbt --quiet deps && dbt build && demand train && dbt build && demand report

clean:  ## remove what the build wrote
	rm -rf warehouse published target logs dbt_packages $(JOURNEY)/warehouse $(JOURNEY)/target $(JOURNEY)/logs $(JOURNEY)/dbt_packages
