# Every target does its own set-up; the second time it is quick.
.DEFAULT_GOAL := help
.PHONY: help demo test build bench chaos corpora rollout lint install package deployments \
  clean

PREFIX ?= /usr/local

help:
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1 \2/p' Makefile | \
	  while read -r make target text; do printf '%s %-11s  %s\n' "$$make" "$$target" "$$text"; done

demo: ## eight replicas start at once on one SQLite database: watch one of them migrate
	@tools/setup demo
	@tools/build release tidegate
	@/usr/bin/python3 examples/demo/demo.py build/tidegate

test: ## build with sanitizers, start a private PostgreSQL, run every test
	@tools/test

build: ## the release binary: build/tidegate
	@tools/setup build
	@tools/build release tidegate
	@echo "build/tidegate is ready"

bench: ## the speed against bare clients, as ratios
	@tools/bench

chaos: ## every fault at every message and system call of a run: an hour or two
	@tools/chaos

corpora: ## split real projects' folders: make corpora CORPORA=corpora.tar.xz
	@tools/setup test
	@tools/build dev split_sql
	@tools/corpora $(CORPORA)

rollout: ## a service updated replica by replica under load, with the gate and without
	@tools/rollout

lint: ## clang-format, clang-tidy and the structure of the tree
	@tools/lint

install: build ## the release build into PREFIX (default /usr/local)
	@tools/build release tidegate tidegate_lib tidegate_embed tidegate_abi
	@cmake --install build --prefix "$(PREFIX)"

package: ## what is released: Debian packages, the static program, checksums: build/package
	@tools/package

deployments: ## what `tidegate generate` writes, tried with helm, kubectl, compose and podman
	@tools/deployments

clean: ## remove what was built
	rm -rf build
