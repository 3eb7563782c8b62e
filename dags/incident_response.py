"""
# 舆情应答 Incident response

一次运行把一个事件从线索办到公开答复。每一步先看事件办到了哪里，再办理或等待；等待时不占用工作进程。
办理人用邮件里的个人链接答复，不需要账号。退回、退单、延期都在这一步之内发生，流程图不变。

One run takes one incident from lead to published answer. Each step looks where the incident stands, then acts or
waits; waiting holds no worker slot. Officers answer through personal links in their mail.

| 步骤 | 谁 | 做什么 |
|---|---|---|
| 受理 `open_incident` | 系统 | 编号、开始计时；链接相同的线索并入在办事件，本次运行到此结束 |
| 转办 `assign_unit` | 规则，否则值班员 | 确定责任单位，通知即起算 |
| 简要答复 `brief_reply` | 信息员 | 重大、特别重大和紧急事件 30 分钟内 |
| 核查 `verification` | 信息员、科室负责人 | 处置情况报告单，2 小时内 |
| 报告审批 `report_approval` | 分管领导 | 批准、退回、不予批准 |
| 起草说明 `statement` | 值班员 | 对外情况说明 |
| 签发 `statement_approval` | 按级别 | 依次签发；沉默不等于同意 |
| 发布 `publication` | 系统 | 每个渠道一次；发布前核对签名与文本 |
| 上线核验 `live_check` | 系统 | 像读者一样打开页面核对 |
| 待办结 `closing` | 值班员 | 请值班员办结，运行结束 |

**运维**：任何一步都可以清除、重跑、标记，不会重复发信、重复发布，也不会跳过签发。
时限以 `include/config/policy.yaml` 为准，事件全貌见 `/desk/`。
"""

from datetime import timedelta

from airflow.sdk import chain, dag

from yingda.operators.form import INCIDENT_FORM
from yingda.operators.sensors import ApprovalGate, DomainSensor, VerificationSensor
from yingda.operators.steps import AskToClose, AssignUnit, LiveCheck, OpenIncident, PublishStatement


@dag(
    schedule=None,
    catchup=False,
    doc_md=__doc__,
    dag_display_name="舆情应答 Incident response",
    params=INCIDENT_FORM,
    max_active_runs=100_000,
    tags=["yingda", "应答"],
    default_args={
        "owner": "yingda",
        # Steps look first, so trying again is free: about a quarter of an hour of outage is sat out here, and what
        # lasts longer is picked up by follow_up.
        "retries": 20,
        "retry_delay": timedelta(seconds=3),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(seconds=60),
    },
)
def incident_response() -> None:
    chain(
        OpenIncident(task_id="open_incident", task_display_name="受理"),
        AssignUnit(task_id="assign_unit", task_display_name="转办"),
        VerificationSensor(task_id="brief_reply", task_display_name="简要答复"),
        VerificationSensor(task_id="verification", task_display_name="核查"),
        ApprovalGate(task_id="report_approval", task_display_name="报告审批"),
        DomainSensor(task_id="statement", task_display_name="起草说明"),
        ApprovalGate(task_id="statement_approval", task_display_name="签发"),
        PublishStatement(task_id="publication", task_display_name="发布"),
        LiveCheck(task_id="live_check", task_display_name="上线核验"),
        AskToClose(task_id="closing", task_display_name="待办结"),
    )


incident_response()
