"""
# 舆情隐患汇总表 Hazard register

每天早上汇总：未了结的隐患、在办事件、超时事项、与上一个工作日相比的变化、统计，写入 `var/register/日期/`
（休息日也汇总，注明“休息日”）；给每位有超时事项的办理人、以及其分管领导和办公室主任各发一封提醒；最后呼叫外部监测（如已设置）。
同一天重跑，文件不变，邮件不重发。以过去某天为逻辑日期运行：当天没有汇总表的，按事件记录补编，并注明“补编”，不发提醒。

Compiles the register of the day (days off as well, marked so), sends one digest to each officer who owes something
overdue and to their leaders, and calls the watch outside if there is one. A run whose logical date is a day that is
over rebuilds its register from the events if it had none, marks it so, and reminds nobody.
"""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, chain, dag

from yingda import settings
from yingda.operators.register import CallWatch, CompileRegister, RemindOverdue

at = settings.current().policy.register_at


@dag(
    schedule=CronTriggerTimetable(f"{at.minute} {at.hour} * * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    dag_display_name="舆情隐患汇总 Hazard register",
    tags=["yingda", "应答"],
    default_args={"owner": "yingda", "retries": 5, "retry_delay": timedelta(seconds=10)},
)
def hazard_register() -> None:
    chain(
        CompileRegister(task_id="compile_register", task_display_name="汇总"),
        RemindOverdue(task_id="remind_overdue", task_display_name="提醒"),
        CallWatch(task_id="call_watch", task_display_name="呼叫监测"),
    )


hazard_register()
