"""The command line: `python -m yingda`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """应答 Yingda：按时、以单位名义答复群众关切。

    Answers public concerns on time. Settings come from the environment (YINGDA_HOME, PORT, SMTP_PORT, …); see README.
    """


@main.command()
@click.option("--demo", is_flag=True, help="就绪后进行演练（DEMO_EXIT=1：演练后退出）。 Play the drill once ready.")
def up(demo: bool) -> None:
    """启动整个系统，直到 Ctrl-C。 Start the whole system and stay until Ctrl-C."""
    from rich.console import Console

    from yingda.running.starting import up as start

    sys.exit(start(Console(highlight=False), demo=demo))


@main.command()
def migrate() -> None:
    """将业务数据库升级到当前版本。 Bring the domain database to the present version.

    Uses YINGDA_DATABASE_URL, or the database of the system running in YINGDA_HOME.
    """
    from yingda.running import environment, migrating
    from yingda.running.errors import StartError
    from yingda.running.layout import Layout

    try:
        given = dict(os.environ)
        migrating.yingda(given if given.get("YINGDA_DATABASE_URL") else environment.load(Layout.of(given)))
    except StartError as reason:
        raise click.ClickException(str(reason)) from reason
    click.echo("业务数据库已是最新版本。 The domain database is up to date.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。 Print JSON.")
def ps(as_json: bool) -> None:
    """列出系统的进程；未运行时退出码为 1。 List the processes; exit code 1 when the system does not run."""
    from yingda.running.layout import Layout
    from yingda.running.supervising import states

    found = states(Layout.of(dict(os.environ)))
    if as_json:
        click.echo(json.dumps([{"name": one.name, "pid": one.pid, "state": one.state} for one in found], indent=2))
    else:
        for one in found:
            click.echo(f"{one.name:15} {one.pid or '-':>8} {one.state:10} {one.description}")
    if not found:
        click.echo("系统未在运行。 The system is not running.", err=True)
        sys.exit(1)


def _running_environment() -> dict[str, str]:
    """Take the settings of the system running in YINGDA_HOME, where this shell has none of its own."""
    from yingda.running import environment
    from yingda.running.errors import StartError
    from yingda.running.layout import Layout

    try:
        found = environment.load(Layout.of(dict(os.environ)))
    except StartError as reason:
        raise click.ClickException(str(reason)) from reason
    os.environ.update({name: value for name, value in found.items() if name not in os.environ})
    return {**found, **os.environ}


@main.command()
@click.option("--dry-run", is_flag=True, help="只列出，不启动。 List what would be started; start nothing.")
def resume(dry_run: bool) -> None:
    """为没有运行在推动的在办事件各起一次运行。 Start a run for every open incident that no living run drives.

    Needed after Airflow's database was lost; `follow_up` does the same every two minutes. Doing it twice is harmless.
    """
    from yingda.running import resuming
    from yingda.running.errors import StartError

    try:
        done = resuming.resume(_running_environment(), dry_run=dry_run, say=click.echo)
    except StartError as reason:
        raise click.ClickException(str(reason)) from reason
    for number, problem in done.problems:
        click.echo(f"{number}: {problem}", err=True)
    what = "将启动 Would start" if dry_run else "已启动 Started"
    click.echo(f"{what}: {len(done.runs)}")
    if done.problems:
        sys.exit(1)


@main.group()
def audit() -> None:
    """事件链。 The chain of events."""


@audit.command("verify")
def audit_verify() -> None:
    """核对整条事件链；有断裂时退出码为 1。 Walk the whole chain of events; exit code 1 where it does not hold."""
    if not os.environ.get("YINGDA_DATABASE_URL"):
        _running_environment()
    from yingda import wiring
    from yingda.store import audit as chain

    with wiring.reading() as session:
        found = list(chain.breaks(session))
        last = chain.length(session)
    for one in found:
        click.echo(f"{one.event_id}: {one.why}", err=True)
    if found:
        raise click.ClickException(f"{len(found)} 处断裂。 The chain is broken in {len(found)} places.")
    click.echo(f"事件链完整，共 {last} 条。 The chain holds: {last} events.")


@main.group()
def robots() -> None:
    """工作群里的机器人。 Robots in the work group."""


@robots.command("test")
@click.argument("robot_id", metavar="ID")
@click.option("--dry-run", is_flag=True, help="只显示将要发送的内容。 Show what would be sent; send nothing.")
def robots_test(robot_id: str, dry_run: bool) -> None:
    """用 channels.yaml 里的机器人 ID 发一条测试消息。 Say a test line through the robot ID of channels.yaml."""
    if not os.environ.get("YINGDA_DATABASE_URL"):
        _running_environment()
    # Outside tasks and servers Airflow looks for Connections in the environment only, unless it is told so.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    from yingda.domain.errors import YingdaError
    from yingda.running import trying_out
    from yingda.transports.errors import TransportError

    try:
        click.echo(trying_out.robot(robot_id, dry_run=dry_run))
    except (YingdaError, TransportError) as reason:
        raise click.ClickException(str(reason)) from reason


@main.command()
@click.argument("number")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True),
    help="写到哪里，默认 NUMBER.zip；不覆盖已有的文件。 Where to, by default NUMBER.zip; overwrites nothing.",
)
def pack(number: str, out: str | None) -> None:
    """生成一个事件的证据包。 Write the evidence pack of an incident, such as YQCZBG-2026-001, as one zip.

    It holds all texts with their signatures, answers, publications, letters, evidence files and events, and a program
    that checks them offline (python3 verify.py). That it was made goes on record. It holds internal matters: keep it
    safe. Uses YINGDA_DATABASE_URL, or the database of the system running in YINGDA_HOME.
    """
    if not os.environ.get("YINGDA_DATABASE_URL"):
        _running_environment()
    from yingda import wiring
    from yingda.domain.errors import IncidentNotFound
    from yingda.services import packing
    from yingda.transports import files
    from yingda.transports.errors import TransportError

    target = Path(out or f"{Path(number).name}.zip")
    try:
        with files.new(target) as file:
            made = packing.make(
                wiring.reading, wiring.transaction, number, wiring.settings(), wiring.utcnow(), "system", file
            )
    except FileExistsError as reason:
        raise click.ClickException(
            f"{target} 已存在，没有覆盖；请用 --out 另指一个。 It exists and was left alone; name another with --out."
        ) from reason
    except (IncidentNotFound, TransportError, OSError) as reason:
        raise click.ClickException(str(reason)) from reason
    click.echo(f"{target}: {made.files} 个文件 files, manifest SHA-256 {made.sha256}")


@main.command()
@click.option("--check", is_flag=True, help="只比较；有出入时退出码为 1。 Compare only; exit code 1 if outdated.")
def describe(check: bool) -> None:
    """由 DAG 和默认规则生成 docs/dags.md、docs/rules.md 和流程图 docs/images/flow.svg。

    Write the pages and the picture that follow from the dags and the default rules.
    """
    from yingda.domain.errors import SettingsError
    from yingda.running import describing, drawing, ruling
    from yingda.running.layout import PROJECT

    dags = PROJECT / "dags"
    changed: dict[Path, str] = {}
    try:
        policy = ruling.default_policy()
        if check:
            changed = {ruling.PAGE: ruling.differences(policy), describing.PAGE: describing.differences(dags)}
            changed |= drawing.differences(dags, policy)
        else:
            # All are made before one is written, so that a fault leaves all as they were.
            said = {ruling.PAGE: ruling.rules(policy), describing.PAGE: describing.describe(dags)}
            said |= drawing.files(dags, policy)
            for file, text in said.items():
                file.write_text(text, encoding="utf-8")
                changed[file] = ""
    except (describing.DagsUnreadable, SettingsError) as reason:
        raise click.ClickException(str(reason)) from reason
    outdated = [file for file in changed if changed[file]]
    for file in outdated:
        click.echo(changed[file])
    if outdated:
        names = "、".join(str(file.relative_to(PROJECT)) for file in outdated)
        raise click.ClickException(f"{names} 已过时，请运行 python -m yingda describe。 Out of date; run that command.")
    for file in changed:
        click.echo(f"{file.relative_to(PROJECT)}: ok")


@main.command()
@click.option("--check", is_flag=True, help="只检查；有缺漏时退出码为 1。 Only look; exit code 1 where there is a gap.")
def words(check: bool) -> None:
    """从代码和模板收集用语，更新各语言的译文文件，并列出尚未翻译的。

    Collect the words of code and templates into the catalogues, and name what is still to be translated.
    """
    from yingda.running import wording

    faults = wording.check() if check else wording.update()
    for fault in faults:
        click.echo(fault)
    if faults:
        raise click.ClickException(
            f"{len(faults)} 处。请运行 python -m yingda words，补全 .po 后再运行一次。"
            " Run that command, complete the .po file, and run it once more."
        )
    click.echo("各语言的用语齐全。 No word is missing in any language.")


@main.command("check-config")
def check_config() -> None:
    """检查设置和四个 YAML 文件。 Check the settings and the four YAML files; warnings do not fail it."""
    from yingda import settings

    said = settings.check()
    for line in said:
        click.echo(line, err=True)
    problems = [line for line in said if not line.startswith("warning: ")]
    click.echo(f"{len(problems)} 个问题 problems, {len(said) - len(problems)} 条提醒 warnings")
    if problems:
        sys.exit(1)


if __name__ == "__main__":
    main(prog_name="python -m yingda")
