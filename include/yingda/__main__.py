"""The command line: `python -m yingda`."""

from __future__ import annotations

import json
import os
import sys

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


if __name__ == "__main__":
    main(prog_name="python -m yingda")
