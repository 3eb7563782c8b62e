# 应答 Yingda. Needs Python 3.11 or newer with venv, make and git; everything else comes from requirements*.lock.
#   PYTHON=python3.12 make up     another Python for the virtual environment
#   PORT=9000 SMTP_PORT=2525 make up

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
RUNTIME := $(VENV)/.yingda-runtime
DEVELOPMENT := $(VENV)/.yingda-development

# Two a core: many tests wait for a server that is slow on purpose.
WORKERS := $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')

.DEFAULT_GOAL := help
.PHONY: help setup demo up test soak test-browser lint clean

help: ## 列出所有命令 List the commands
	@echo "用法 Usage: make <command>"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUNTIME) ## 准备运行环境（自动执行） Install what running needs; the commands below do so themselves

demo: $(RUNTIME) ## 启动整个系统并演练两起舆情（DEMO_EXIT=1：演练后退出） The whole system, and a drill of two incidents
	@exec $(PY) -m yingda up --demo

up: $(RUNTIME) ## 启动整个系统，直到 Ctrl-C The whole system, ready for real incidents
	@exec $(PY) -m yingda up

test: $(DEVELOPMENT) ## 运行全部测试 All tests; those that were skipped say why
	$(PY) -m pytest -m "not whole and not browser and not soak" -n $(WORKERS) --dist worksteal -q
	$(PY) -m pytest -m "browser and not crosswise" -n auto --dist worksteal -q
	$(PY) -m pytest -m whole

soak: $(DEVELOPMENT) ## 运行耗时较长的测试 The tests that wait for minutes
	$(PY) -m pytest -m soak -n $(WORKERS) --dist worksteal -q -s

# A process that drives a browser holds an event loop, so that no other test of asyncio can run in it.
test-browser: $(DEVELOPMENT) ## 运行全部浏览器测试（需要 Chromium；YINGDA_SCREENSHOTS=1 更新截图） All those in a browser, each job in every window; needs Chromium
	$(PY) -m pytest -m browser -n auto --dist worksteal -q

lint: $(DEVELOPMENT) ## 检查代码风格、类型与导入方向 Style, types and the direction of imports
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) -m yingda describe --check
	$(PY) -m yingda words --check
	$(PY) -m yingda check-config

clean: ## 删除虚拟环境与缓存，保留 var/ Remove the virtual environment and caches; var/ stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist include/*.egg-info
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

# Installing takes a minute or two; a dot every two seconds shows that it goes on, pip's own words only if it fails.
define install
@echo "正在安装 $(1)（首次约需一两分钟） Installing $(1), a minute or two the first time"
@log=$$(mktemp); \
$(PY) -m pip install --disable-pip-version-check --require-hashes -r $(1) >"$$log" 2>&1 & pip=$$!; \
trap 'kill $$pip 2>/dev/null; rm -f "$$log"; exit 130' INT TERM; \
while kill -0 $$pip 2>/dev/null; do printf .; sleep 2; done; echo; \
if wait $$pip; then rm -f "$$log"; else tail -n 30 "$$log"; rm -f "$$log"; \
echo "安装失败：见上文；请检查网络与 pip 设置后重试。 Installing failed, see above; check the network and pip's settings, then try again."; \
exit 1; fi
@$(PY) -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
@touch $@
endef

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "需要 Python 3.11 或更新版本，而 $(PYTHON) 不是。请安装后以 PYTHON=python3.12 make … 指定。"; \
	echo "Python 3.11 or newer is needed, and $(PYTHON) is not. Install one and name it: PYTHON=python3.12 make …"; \
	exit 1; }
	@echo "正在建立虚拟环境 Making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	echo "无法建立虚拟环境；Debian/Ubuntu 上请先安装 python3-venv。"; \
	echo "Cannot make a virtual environment; on Debian and Ubuntu install python3-venv first."; exit 1; }

$(RUNTIME): requirements.lock pyproject.toml | $(PY)
	$(call install,requirements.lock)

$(DEVELOPMENT): requirements-dev.lock pyproject.toml | $(PY)
	$(call install,requirements-dev.lock)
	@touch $(RUNTIME)
