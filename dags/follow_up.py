"""
# 跟进 Follow-up

每两分钟看一遍所有在办事件：该提醒的提醒，该发的邮件补发，没有运行在推动的事件（例如 Airflow 的数据库丢失、
运行被标记为失败）重新起一次运行。渠道一时不通、尚未发出的说明在这里续发；已上线的页面隔一段时间再看一次。
平时无事可做，几秒即完。

Every two minutes: raises what is due, sends what is owed, and starts a run for any open incident that no living run
drives. What still waits for a channel that was away is sent here, and live pages are looked at again. Running it twice,
or at once, changes nothing.
"""

from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag

from yingda.operators.steps import AttendAll, KeepPublishing

EVERY = timedelta(minutes=2)


@dag(
    schedule=EVERY,
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    dag_display_name="跟进 Follow-up",
    tags=["yingda", "应答"],
    default_args={"owner": "yingda", "retries": 3, "retry_delay": timedelta(seconds=5)},
)
def follow_up() -> None:
    KeepPublishing(task_id="keep_publishing", task_display_name="续发与复看", every=EVERY)
    owed = AttendAll(task_id="attend_all", task_display_name="巡查", dag_id="incident_response")
    TriggerDagRunOperator.partial(
        task_id="start_runs",
        task_display_name="重新起运行",
        trigger_dag_id="incident_response",
        skip_when_already_exists=True,
        logical_date=None,
    ).expand_kwargs(owed.output)


follow_up()
