# The short commands over meson. `make help` lists them.
BUILD ?= build
CONFIG ?= examples/hotline.yaml
DESTDIR ?=
PREFIX ?=
PYTHON := /usr/bin/python3 -B
SUITES := lint unit path flow smoke machines change
# Half as many again as there are CPUs: callers and timers are waited for most of the time.
ATONCE := $(shell n=$$(nproc); echo $$((n + n / 2)))
DEMO := ringhall ringctl

.DEFAULT_GOAL := help

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | \
		awk -F'\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'

deps: ## install what a build needs (Debian 12, as root)
	@.ci/deps build all

deps-demo: ## install what the demo needs
	@.ci/deps build demo

deps-check: ## install what the tests need
	@.ci/deps build check demo

deps-compare: ## install what the comparison with rtpengine needs
	@.ci/deps build compare

deps-bench: ## install what the benchmarks need
	@.ci/deps build bench

$(BUILD)/build.ninja:
	@meson setup $(BUILD) $(if $(PREFIX),--prefix=$(PREFIX)) >/dev/null

# WHAT of it, else all.
build-all: $(BUILD)/build.ninja
	@.ci/build.py $(BUILD) $(WHAT)

all: deps ## build everything into $(BUILD)
	@$(MAKE) --no-print-directory build-all

demo: deps-demo ## a real call through the hotline, told as it happens (as root)
	@$(MAKE) --no-print-directory build-all WHAT="$(DEMO)"
	@BUILD=$(BUILD) tests/smoke/demo

run: deps-demo ## start the hotline of CONFIG and stay up (as root)
	@$(MAKE) --no-print-directory build-all WHAT="$(DEMO)"
	@BUILD=$(BUILD) tests/smoke/demo --stay $(CONFIG)

check: deps-check ## lint, unit, path, flow, smoke and change tests, and one summary
	@$(MAKE) --no-print-directory check-tests

check-tests: $(BUILD)/build.ninja
	@[ -d $(BUILD)/tests ] || meson configure $(BUILD) -Dtests=enabled
	@$(MAKE) --no-print-directory build-all WHAT="$(SUITES:%=suite:%)"
	@rm -rf $(BUILD)/tests/machines/reached
	@meson test -C $(BUILD) --no-rebuild --print-errorlogs --timeout-multiplier 3 \
		--num-processes $(ATONCE) \
		$(SUITES:%=--suite %) || true
	@$(PYTHON) .ci/results.py $(BUILD)

check-all: ## the wide matrix: compilers, sanitizers, every commit, long fuzzing
	@.ci/all

soak: deps-check ## 100,000 calls, reloads, kills; every record counted (as root, half an hour)
	@$(MAKE) --no-print-directory build-all
	@RINGHALL_BUILD=$(CURDIR)/$(BUILD) tests/soak

bench: deps-bench ## run every benchmark; JSON=1 for one object a line
	@$(MAKE) --no-print-directory build-all
	@for program in $(BUILD)/bench/*_bench; do \
		$$program $(if $(JSON),--json) || exit 1; done

dense: deps-compare ## 10,000 IVR channels, then 8,000 recorded ones, over veth (as root; JSON=1)
	@$(MAKE) --no-print-directory build-all
	@BUILD=$(BUILD) bench/compare/dense.py $(if $(JSON),--json)

centre: deps-compare ## a call centre on two cores: 90,000 calls, 300 waiting, SIP alone (as root; JSON=1)
	@$(MAKE) --no-print-directory build-all
	@BUILD=$(BUILD) bench/compare/centre.py $(if $(JSON),--json)

compare: deps-compare ## calls on a core, beside rtpengine (as root; JSON=1, FULL=1)
	@$(MAKE) --no-print-directory build-all
	@BUILD=$(BUILD) bench/compare/compare.py $(if $(JSON),--json) $(if $(FULL),--confirm 3)

figures: deps-check ## two days of 100,000 calls: four ways to the same numbers (5 minutes)
	@$(MAKE) --no-print-directory build-all
	@SOURCE_ROOT=$(CURDIR) tests/unit/control/figures/figures_day.py \
		$(BUILD)/tests/unit/control/figures_day --calls 103000 --days 2

lint: ## the house rules, clang-format, shellcheck, pyflakes, and the symbols of a build
	@$(PYTHON) tests/lint/lint.py
	@$(PYTHON) tests/lint/selftest.py
	@$(MAKE) --no-print-directory build-all WHAT="suite:lint"
	@$(PYTHON) tests/lint/symbols.py $(BUILD)

fuzz: ## each fuzz target for a minute
	@.ci/fuzz

format: ## rewrite the code in the project's form
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format-14 -i

docs: $(BUILD)/build.ninja ## write the generated pages of docs/ anew
	@[ -d $(BUILD)/tests ] || meson configure $(BUILD) -Dtests=enabled
	@$(MAKE) --no-print-directory build-all
	@$(BUILD)/tests/machines/machines --write docs/architecture.md
	@$(BUILD)/ringhall --reference >docs/configuration.md
	@$(BUILD)/ringctl man cli.md >docs/cli.md
	@$(BUILD)/ringctl man figures.md >docs/figures.md
	@mkdir -p docs/schema
	@for name in $$($(BUILD)/ringctl schema); do \
		$(BUILD)/ringctl schema $$name >docs/schema/$$name.json || exit 1; done

install: all ## install programs, service, man pages and completion (DESTDIR is heeded)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild --quiet
	@[ -n "$(DESTDIR)" ] || ! command -v systemd-sysusers >/dev/null || systemd-sysusers
	@[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || systemctl daemon-reload

clean: ## remove what was built
	@rm -rf build build-*

.PHONY: help soak deps deps-demo deps-check deps-bench deps-compare build-all all demo run check check-tests \
	check-all bench centre compare dense figures lint fuzz format docs install clean
