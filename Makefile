# Each target installs what it needs, builds, and runs. CMake does the work: see CMakePresets.json.
FASHION_MNIST ?= /usr/share/datasets/fashion-mnist
export FASHION_MNIST
FUZZ_SECONDS ?= 120
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
sources = git ls-files '*.h' '*.cpp' '*.def'

.DEFAULT_GOAL := help
.PHONY: help build run article test test-all test-asan test-tsan test-simd test-gpu wheel fuzz stress faults fuzz-readers bench bench-against docs format lint

help:  ## list these targets
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' Makefile | expand -t 16

build:  ## build everything, optimised, into build/, and the Python package into .venv/
	@scripts/install-dependencies
	@scripts/make-venv
	@$(call compile,release,$(with_python))
	@scripts/install-package

run:  ## train the article's network on Fashion-MNIST
	@scripts/install-dependencies
	@$(call compile,release) --target lazulite-cnn
	build/bin/lazulite-cnn --fashion-mnist $(FASHION_MNIST) --epochs $(or $(EPOCHS),3)

article:  ## measure Lazulite, PyTorch and MLX: make article EPOCHS=30 ARGS="--mnist FOLDER --quick"
	@scripts/install-dependencies
	@scripts/make-venv
	@$(call compile,release,$(with_python)) --target lazulite-cnn lazulite_python lazulite_backends
	PYTHONPATH=$(CURDIR)/build/python .venv/bin/python -P -m lazulite.article \
	  --output build/article $(if $(EPOCHS),--epochs $(EPOCHS)) $(ARGS)

test: build  ## run all tests
	ctest --preset release -j $(JOBS)
	scripts/test-python

test-all:  ## run all that tests anything, for hours, and print what each has counted
	@scripts/test-all

docs: build  ## make the documentation, into build/docs/html/
	@scripts/build-docs

wheel:  ## build wheels with all they need inside, into dist/
	@scripts/install-dependencies
	@scripts/make-wheels

test-gpu: build  ## compare the NVIDIA GPU with the reference, if there is one
	scripts/test-device cuda

sanitize-gpu: build  ## run tests of every kind of kernel on the GPU under compute-sanitizer
	scripts/sanitize-device

fuzz: build  ## run random programs for MINUTES=10, from seed FIRST=1 on
	build/tests/program_fuzz --first $(or $(FIRST),1) --minutes $(or $(MINUTES),10)

stress: build  ## run the thread tests TIMES=10 as long, in several orders
	for seed in 1 2 3; do \
	  LAZULITE_STRESS=$(or $(TIMES),10) LAZULITE_PERTURB=$$seed build/tests/stress_tests || exit 1; \
	done

test-asan:  ## run all tests under the address and undefined-behaviour sanitizers
	@scripts/install-dependencies
	@scripts/make-venv
	@$(call compile,debug,$(with_python))
	ctest --preset debug -j $(JOBS)
	scripts/test-python-asan

test-tsan:  ## run all tests under the thread sanitizer
	@scripts/install-dependencies tsan
	@$(call compile,tsan)
	LAZULITE_ARCHER=$$(clang++ -print-resource-dir)/../../libarcher.so ctest --preset tsan -j $(JOBS)

test-simd: build  ## run all tests with narrower vectors than the machine's
	LAZULITE_SIMD=sse4 ctest --preset release -j $(JOBS)
	LAZULITE_SIMD=avx2 ctest --preset release -j $(JOBS)

faults: build  ## let every allocation and every call of a file fail once
	LAZULITE_FAULTS=all ctest --preset release -R '^Scenarios/Faults' -j $(JOBS)
	tests/faults/sample --build build --jobs $(JOBS)

fuzz-readers:  ## fuzz the readers of files, FUZZ_SECONDS each
	@scripts/install-dependencies tsan
	@$(call compile,fuzz)
	@tests/fuzz_readers/run build-fuzz $(FUZZ_SECONDS)

bench:  ## measure beside PyTorch, which is fetched once into .cache/
	@scripts/install-dependencies bench
	@$(call compile,release)
	benchmarks/compare_pytorch.py

# `make bench-against REV`: what follows the target is an argument of it, and no target.
ifeq (bench-against,$(firstword $(MAKECMDGOALS)))
revision := $(or $(REV),$(word 2,$(MAKECMDGOALS)))
$(eval $(wordlist 2,99,$(MAKECMDGOALS)):;@:)
endif

bench-against:  ## compare with revision REV: make bench-against REV [ARGS="--case REGEX --rounds N"]
	@scripts/install-dependencies against
	@test -n "$(revision)" || { echo "usage: make bench-against REV [ARGS=...]" >&2; exit 2; }
	benchmarks/bench_against.py $(revision) $(ARGS)

format:  ## lay out the sources
	@scripts/install-dependencies lint
	$(sources) | grep -v '\.def$$' | xargs clang-format -i

lint:  ## check layout, the sources and the scripts
	@scripts/install-dependencies lint
	@scripts/lint

with_python = -DLAZULITE_BUILD_PYTHON=ON -DPython_EXECUTABLE=$(CURDIR)/.venv/bin/python
compile = cmake --preset $(1) $(2) --log-level=WARNING >/dev/null && cmake --build --preset $(1)
