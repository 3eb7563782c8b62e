"""docs/rules.md: every rule of the office in words, made from policy.yaml, so that the page cannot say anything else.

The page shows the defaults of include/config/policy.yaml and none of this machine's settings, so it is the same
everywhere. Numbers come from the policy alone; the words for roles, severities, clocks and spans are the domain's.
"""

from __future__ import annotations

from pathlib import Path

from yingda.domain.policy import Policy
from yingda.running import pages
from yingda.running.layout import PROJECT
from yingda.running.ruling import examination, fixed, incidents, ladders, limits, people, upkeep, working_time
from yingda.settings import CONFIG, yaml_files

PAGE = PROJECT / "docs" / "rules.md"
POLICY = CONFIG / "policy.yaml"

HEAD = """\
<!-- 由 `python -m yingda describe` 从 include/config/policy.yaml 生成，请勿手改。
     Generated from include/config/policy.yaml by `python -m yingda describe`. -->

# 办公室的规则 The rules of the office

本页是默认规则。要改其中几项，另写一个文件，只写要改的几项，用环境变量 `YINGDA_POLICY` 指给系统；“键”就是该写的位置。
时间都是北京时间；时长昼夜连续计算，写明“工作日”的除外，见“工作时间”。

These are the defaults. To change some, write a file with only those and name it in `YINGDA_POLICY`; the key says where
each belongs. Times are Beijing time; durations run day and night unless they say working days, see *Working hours*.
"""


def default_policy(file: Path = POLICY) -> Policy:
    """Return the rules that `file` states by itself, whatever the environment says.

    :raises SettingsError: the file cannot stand; names file, line, value and remedy
    """
    shown = file.relative_to(PROJECT) if file.is_relative_to(PROJECT) else file
    return yaml_files.validate(Policy, [yaml_files.read(file, str(shown))])


def rules(policy: Policy) -> str:
    """Return the page about `policy`: every rule in Chinese with English beside it, and its key in policy.yaml."""
    sections = (limits, working_time, ladders, people, incidents, examination, upkeep, fixed)
    return "\n".join([HEAD, *(part for section in sections for part in section.parts(policy))])


def differences(policy: Policy, page: Path = PAGE) -> str:
    """Return how `page` differs from what `rules` says of `policy`, as a unified diff; empty where it does not."""
    return pages.differences(page, rules(policy), "policy.yaml")
