# Every target sets up what it needs: a virtual environment in .venv, made once and again when the dependencies change.
#   PYTHON=python3.12       another interpreter (3.11 or newer)
#   PIP_FLAGS='...'         more arguments for pip, say an index that has the build of torch that you want
#   WORKERS=8               test processes
PYTHON ?= python3
PIP_FLAGS ?=
WORKERS ?= 2
DEMO ?= examples/quick_refil.yaml --env group_matching/small --updates 4000 --until solved=0.9 \
  --eval-every 300 --eval-episodes 128 --chance 1024 --mark 0.9 --threads 2

BIN := .venv/bin
INSTALLED := .venv/installed
BENCHMARKS := $(wildcard benchmarks/bench_*.py)
# One thread a process: torch's own threads would fight over the cores that the test processes already use.
# Bytecode is kept: tests start hundreds of commands, each of which would compile this package anew.
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: demo reproduce test test-more test-long test-smax test-torchrl test-marl-eval test-slurm test-ray test-suites test-loggers tests long-tests lint types bench docs clean help

demo: $(INSTALLED)  ## train a policy on a small game, and show how it does beside chance
	rm -rf runs/demo
	$(BIN)/compose train $(DEMO) --run runs/demo

test: $(INSTALLED)  ## ruff, mypy and the tests: five minutes on two idle cores
	@$(MAKE) --no-print-directory -j2 lint types tests

test-more: $(INSTALLED)  ## what it leaves out: every packaged method where it tries a handful, the site
	$(PYTEST) -m "more and not long"

test-long: $(INSTALLED)  ## all of these, and the tests that take minutes each
	@$(MAKE) --no-print-directory -j2 lint types long-tests

tests: $(INSTALLED)
	$(PYTEST)

long-tests: $(INSTALLED)
	$(PYTEST) -m ""

test-smax:  ## the tests of SMAX, in an environment of their own with jax in .venv-smax
	test -x .venv-smax/bin/python || $(PYTHON) -m venv .venv-smax
	.venv-smax/bin/python -m pip install --quiet $(PIP_FLAGS) -e '.[smax]' pytest hypothesis
	OMP_NUM_THREADS=1 .venv-smax/bin/python -m pytest tests/smax

test-suites:  ## the tests of MPE, LBF, RWARE, Overcooked and VMAS, in an environment of their own in .venv-suites
	test -x .venv-suites/bin/python || $(PYTHON) -m venv .venv-suites
	.venv-suites/bin/python -m pip install --quiet $(PIP_FLAGS) -e '.[mpe,lbf,rware,vmas,overcooked]' pytest hypothesis
	OMP_NUM_THREADS=1 .venv-suites/bin/python -m pytest tests/suites

test-loggers:  ## the loggers with their own packages, in an environment of their own in .venv-loggers
	test -x .venv-loggers/bin/python || $(PYTHON) -m venv .venv-loggers
	.venv-loggers/bin/python -m pip install --quiet $(PIP_FLAGS) -e '.[tensorboard,wandb,mlflow]' pytest hypothesis
	OMP_NUM_THREADS=1 .venv-loggers/bin/python -m pytest tests/training/loggers

test-torchrl:  ## the tests of models in TorchRL's loops, in an environment of their own in .venv-torchrl
	test -x .venv-torchrl/bin/python || $(PYTHON) -m venv .venv-torchrl
	.venv-torchrl/bin/python -m pip install --quiet $(PIP_FLAGS) -e . 'torchrl>=0.14' pytest hypothesis
	OMP_NUM_THREADS=1 .venv-torchrl/bin/python -m pytest tests/torchrl

test-marl-eval:  ## exported results in marl-eval and rliable, in an environment of their own in .venv-marl-eval
	test -x .venv-marl-eval/bin/python || $(PYTHON) -m venv .venv-marl-eval
	.venv-marl-eval/bin/python -m pip install --quiet $(PIP_FLAGS) -e . pytest hypothesis rliable==1.2.0 'pandas<3' colorama colorcet tqdm
	.venv-marl-eval/bin/python -m pip install --quiet $(PIP_FLAGS) --no-deps id-marl-eval==0.0.4
	OMP_NUM_THREADS=1 .venv-marl-eval/bin/python -m pytest tests/marl_eval

test-slurm:  ## studies on a Slurm of this machine, from packages of Debian 12, in an environment of its own in .venv-slurm
	test -x .venv-slurm/bin/python || $(PYTHON) -m venv .venv-slurm
	.venv-slurm/bin/python -m pip install --quiet $(PIP_FLAGS) -e '.[slurm]' pytest hypothesis
	OMP_NUM_THREADS=1 .venv-slurm/bin/python -m pytest tests/slurm

test-ray:  ## studies on a Ray of two nodes on this machine, in an environment of its own in .venv-ray
	test -x .venv-ray/bin/python || $(PYTHON) -m venv .venv-ray
	.venv-ray/bin/python -m pip install --quiet $(PIP_FLAGS) -e '.[ray]' pytest hypothesis
	OMP_NUM_THREADS=1 .venv-ray/bin/python -m pytest tests/ray

reproduce: $(INSTALLED)  ## a study of a paper's claims (STUDY=refil_lambda): its runs, results, report and row on the page; hours
	@test -n '$(STUDY)' || { $(BIN)/compose list studies; echo 'name one: make reproduce STUDY=refil_lambda'; exit 1; }
	$(BIN)/compose study run $(STUDY)
	$(BIN)/compose study results $(STUDY) -o docs/results/$(STUDY).json
	$(BIN)/compose study report $(STUDY) --results docs/results/$(STUDY).json -o docs/results/$(STUDY).html
	$(BIN)/python docs/reproduction.py

lint: $(INSTALLED)  ## ruff
	$(BIN)/ruff check

types: $(INSTALLED)  ## mypy, strict
	$(BIN)/mypy

bench: $(INSTALLED)  ## the short benchmarks: every benchmarks/bench_*.py
	@for script in $(BENCHMARKS); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: $(INSTALLED)  ## references and pictures in docs/, then the documentation as a site in site/
	$(BIN)/compose describe --all --markdown > docs/blocks.md.new
	@mv docs/blocks.md.new docs/blocks.md
	$(BIN)/compose describe language --markdown > docs/reference.md.new
	@mv docs/reference.md.new docs/reference.md
	$(BIN)/python docs/pictures.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo 'site/index.html'

clean:  ## remove the virtual environment, caches and build outputs; runs/ stays
	rm -rf .venv .venv-smax .venv-torchrl .venv-marl-eval .venv-slurm .venv-ray .venv-suites .venv-loggers build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis docs/*.md.new
	find compose tests -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Python 3.11 or newer is needed; name one: make PYTHON=python3.11 ...'; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet $(PIP_FLAGS) -c constraints.txt -e '.[dev,onnx]'
	@touch $@
