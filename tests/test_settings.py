from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import pytest
import yaml

from yingda import settings
from yingda.domain.clocks import ClockKind, Span
from yingda.domain.errors import SettingsError
from yingda.domain.severity import Severity

KEY = "k" * 32
OCTOBER = date(2026, 10, 31)
NOVEMBER = date(2026, 11, 1)
UNCONFIRMED = (
    "warning: policy.yaml asks for a code at a signature, and the roster names no second_channel of"
    " shen_ruolan (major, critical); gu_weimin (major, critical); lu_zhenghua (critical): they sign by their link"
    " alone. Add `second_channel` to them, or take the severities out of second_factor.severities."
)
"""What is said of the shipped roster, whose officers have a mailbox and nothing else."""


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        settings.load(environ)
    return list(refused.value.problems)


@pytest.fixture
def policy(tmp_path: Path):
    """Load with a policy of this text laid over the default."""

    def environ(text: str | bytes) -> dict[str, str]:
        path = tmp_path / "ours.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return {"YINGDA_POLICY": str(path)}

    return environ


@pytest.fixture
def changed(tmp_path: Path):
    """Load with a shipped file in which one piece of text is replaced."""

    def environ(name: str, old: str, new: str) -> dict[str, str]:
        text = (settings.CONFIG / f"{name}.yaml").read_text("utf-8")
        assert text.count(old) >= 1
        path = tmp_path / f"{name}.yaml"
        path.write_text(text.replace(old, new, 1), "utf-8")
        return {f"YINGDA_{name.upper()}": str(path)}

    return environ


# --- the environment


def test_nothing_need_be_set():
    ours = settings.load({})
    assert ours.home == Path(__file__).resolve().parents[1] / "var"
    assert ours.public_url == "http://127.0.0.1:8080"
    assert (ours.database_url, ours.link_key, ours.locale) == (None, None, "zh_CN")
    assert (ours.bulletin, ours.register) == (ours.home / "bulletin", ours.home / "register")
    assert (ours.reports, ours.mail) == (ours.home / "reports", ours.home / "mail")


def test_what_is_set_is_taken(tmp_path):
    ours = settings.load(
        {
            "YINGDA_HOME": str(tmp_path / "elsewhere"),
            "YINGDA_DATABASE_URL": "postgresql://yingda:s%40cret@db.example.org:5433/yingda?sslmode=require",
            "YINGDA_PUBLIC_URL": "https://desk.example.org/office/",
            "YINGDA_LINK_KEY": KEY,
            "YINGDA_LOCALE": "en",
        }
    )
    assert ours.home == tmp_path / "elsewhere"
    assert not ours.home.exists()
    assert ours.database_url == "postgresql+psycopg2://yingda:s%40cret@db.example.org:5433/yingda?sslmode=require"
    assert ours.public_url == "https://desk.example.org/office"
    assert (ours.link_key, ours.locale) == (KEY, "en")


def test_an_empty_variable_counts_as_absent():
    environ = dict.fromkeys(settings.VARIABLES, "") | {f"{name}_FILE": "" for name in settings.VARIABLES}
    assert settings.load(environ) == settings.load({})


def test_every_setting_may_stand_in_a_file(tmp_path):
    (tmp_path / "key").write_text(KEY + "\n")
    (tmp_path / "locale").write_text("en")
    (tmp_path / "policy").write_text("register: {at: '07:30'}")
    (tmp_path / "path").write_text(str(tmp_path / "policy"))
    ours = settings.load(
        {
            "YINGDA_LINK_KEY_FILE": str(tmp_path / "key"),
            "YINGDA_LOCALE_FILE": str(tmp_path / "locale"),
            "YINGDA_POLICY_FILE": str(tmp_path / "path"),
        }
    )
    assert (ours.link_key, ours.locale, ours.policy.register_at.hour) == (KEY, "en", 7)


def test_a_setting_given_both_ways_or_by_a_useless_file_is_refused(tmp_path):
    (tmp_path / "empty").write_text("\n")
    assert problems({"YINGDA_LINK_KEY": KEY, "YINGDA_LINK_KEY_FILE": "/x"}) == [
        "YINGDA_LINK_KEY and YINGDA_LINK_KEY_FILE are both set. Leave one of them out."
    ]
    [said] = problems({"YINGDA_LINK_KEY_FILE": str(tmp_path / "none")})
    assert "cannot be read: No such file" in said
    [said] = problems({"YINGDA_LINK_KEY_FILE": str(tmp_path / "empty")})
    assert "is empty. Write the value of YINGDA_LINK_KEY into it." in said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("YINGDA_LOCALE", "fr", "'fr' is not a language we have. Set it to zh_CN or en, or leave it out for zh_CN."),
        ("YINGDA_LINK_KEY", "x" * 31, "has 31 characters. Use 32 random ones or more."),
        ("YINGDA_PUBLIC_URL", "desk.example.org", "'desk.example.org' is not a web address. Write one such as"),
        ("YINGDA_PUBLIC_URL", "https://x.org/?a=1", "is not a web address"),
        ("YINGDA_HOME", __file__, "is not a folder. Name a folder"),
        ("YINGDA_DATABASE_URL", "sqlite:///x.db", "'sqlite://…' is not a PostgreSQL address"),
        ("YINGDA_DATABASE_URL", "postgresql+asyncpg://h/d", "is not a PostgreSQL address that we can use"),
        ("YINGDA_DATABASE_URL", "postgresql://host", "no database name or no proper port"),
        ("YINGDA_DATABASE_URL", "postgresql://host:port/name", "no database name or no proper port"),
        ("YINGDA_ROSTER", "/nowhere/roster.yaml", "'/nowhere/roster.yaml' does not exist. Name a YAML file"),
        ("YINGDA_POLICY", "/", "'/' is not a file. Name a YAML file, or leave YINGDA_POLICY out"),
    ],
)
def test_a_bad_value_is_refused_with_its_name_the_reason_and_the_remedy(name, value, said):
    [problem] = problems({name: value})
    assert problem.startswith(name)
    assert said in problem


def test_everything_wrong_is_said_at_once(policy):
    environ = policy("clocks: {verification: {general: 2x}}\nregister: {at: noon}")
    said = problems({**environ, "YINGDA_LOCALE": "fr", "YINGDA_LINK_KEY": "short", "YINGDA_ROSTER": "/nowhere"})
    assert len(said) == 5


def test_no_secret_is_shown(tmp_path):
    ours = settings.load({"YINGDA_LINK_KEY": KEY, "YINGDA_DATABASE_URL": "postgresql://u:hushhush@h/d"})
    assert "hushhush" not in repr(ours)
    assert KEY not in repr(ours)
    for url in ("mysql://u:hushhush@h/d", "postgresql://u:hushhush@h", "mysql://u:hush/hushhush@h/d", "u:hushhush@h/d"):
        assert "hushhush" not in "".join(problems({"YINGDA_DATABASE_URL": url}))
    assert "hushhush" not in "".join(problems({"YINGDA_LINK_KEY": "hushhush"}))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_the_driver_is_always_named(scheme):
    ours = settings.load({"YINGDA_DATABASE_URL": f"{scheme}:///yingda?host=/run/postgresql"})
    assert ours.database_url == "postgresql+psycopg2:///yingda?host=/run/postgresql"


# --- a policy of one's own


def test_a_policy_changes_what_it_names_and_nothing_else(policy):
    default = settings.load({}).policy
    ours = settings.load(policy("clocks:\n  verification: {general: 20s}\nsigning: {major: [group_leader]}\n")).policy
    verification = ours.clocks[ClockKind.VERIFICATION]
    assert verification.general == Span.parse("20s")
    assert verification.major == default.clocks[ClockKind.VERIFICATION].major
    assert ours.clocks[ClockKind.REVIEW] == default.clocks[ClockKind.REVIEW]
    assert ours.signing[Severity.MAJOR] == ("group_leader",)
    assert ours.signing[Severity.CRITICAL] == default.signing[Severity.CRITICAL]
    assert ours.ladders == default.ladders


def test_a_list_is_replaced_and_not_mixed_with_the_default(policy):
    ours = settings.load(policy("ladders: {verification: [{at: 5s, tell: [asked]}]}")).policy
    assert [rung.key for rung in ours.ladders[ClockKind.VERIFICATION]] == ["5s"]
    ours = settings.load(policy("ladders: {verification: []}")).policy
    assert ours.ladders[ClockKind.VERIFICATION] == ()


def test_rungs_are_put_in_the_order_in_which_they_are_reached(policy):
    text = "ladders: {verification: [{at: 100%, tell: [asked]}, {at: 90m, tell: [asked]}, {at: 10%, tell: [asked]}]}"
    ours = settings.load(policy(text)).policy
    assert [rung.key for rung in ours.ladders[ClockKind.VERIFICATION]] == ["10%", "90m", "100%"]


def test_an_empty_policy_changes_nothing(policy):
    assert settings.load(policy("# nothing yet\n")).policy == settings.load({}).policy


def test_a_clock_can_be_switched_off_by_null(policy):
    ours = settings.load(policy("clocks: {public_word: {general: null}}")).policy
    assert ours.clocks[ClockKind.PUBLIC_WORD].span_for(Severity.GENERAL, urgent=False) is None


@pytest.mark.parametrize("at", ["18:30", '"18:30"', "'18:30'"])
def test_a_time_of_day_need_not_be_quoted(policy, at):
    assert settings.load(policy(f"register: {{at: {at}}}")).policy.register_at.isoformat() == "18:30:00"


@pytest.mark.parametrize("hours", ["[08:00-12:00, 13:00-17:00]", '["08:00-12:00", "13:00-17:00"]'])
def test_the_working_hours_of_the_policy_are_those_of_the_calendar(policy, hours):
    ours = settings.load(policy(f"working_hours: {hours}"))
    assert [str(window) for window in ours.calendar.hours] == ["08:00-12:00", "13:00-17:00"]


# --- what is wrong in a file is reported where it stands


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "# ours\nclocks:\n  verification:\n    general: 2x\n",
            "ours.yaml:4: clocks.verification.general: '2x' is not a duration. Write 20s, 30m, 2h, 5d or 5wd.",
        ),
        (
            "clocks: {verifcation: {general: 2h}}",
            "ours.yaml:1: clocks.verifcation: there is no such key. Did you mean 'verific",
        ),
        (
            "clocks:\n  review:\n    genral: 2h",
            "ours.yaml:3: clocks.review.genral: there is no such key. Did you mean 'general'?",
        ),
        ("\nclock: {}", "ours.yaml:2: clock: there is no such key. Did you mean 'clocks'?"),
        ("registre: {at: '08:00'}", "registre: there is no such key. Did you mean 'register'?"),
        (
            "zzz: 1",
            "there is no such key. Allowed: clocks, working_hours, ladders, signing, spokesperson, interviewee, ",
        ),
        ("clocks: {review: null}", "ours.yaml:1: clocks.review: None is not a mapping. Write key: value"),
        ("clocks: 2h", "clocks: '2h' is not a mapping"),
        ("- a\n- b", "ours.yaml:1: should hold `key: value` lines"),
        (
            "signing: {general: office_director}",
            "signing.general: 'office_director' is not a list. Write it as [one, another].",
        ),
        ("signing: {general: []}", "signing.general: is empty. Name at least 1."),
        (
            "signing:\n  general:\n    - office_directer",
            "ours.yaml:3: signing.general.0: 'office_directer' is not allowed. Did you",
        ),
        ("signing: {major: [superior, superior]}", "signing.major.1: 'superior' signs twice"),
        (
            "signing: {major: [duty_officer]}",
            "signing.major.0: 'duty_officer' writes the statements and cannot sign them",
        ),
        ("signing: {grave: [superior]}", "signing.grave: there is no such key. Allowed: general, major, critical."),
        (
            "ladders:\n  review:\n    - at: 60\n      tell: [asked]",
            "ours.yaml:3: ladders.review.0.at: '60' is no place on a ladder",
        ),
        (
            "ladders: {review: [{at: 60%, tell: [boss]}]}",
            "ladders.review.0.tell.0: 'boss' cannot be told. Write asked, ",
        ),
        ("ladders: {review: [{at: 60%, tell: []}]}", "ladders.review.0.tell: nobody is told"),
        ("ladders: {review: [{at: 60%}]}", "ladders.review.0.tell: is missing. Add it."),
        (
            "ladders: {review: [{at: 60%, tel: [asked], tell: [asked]}]}",
            "tel: there is no such key. Did you mean 'tell'?",
        ),
        (
            "ladders: {review: [{at: 60%, tell: [asked]}, {at: 60%, tell: [superior]}]}",
            "'60%' stands twice on this ladder",
        ),
        ("register: {at: noon}", "register.at: 'noon' is not a time of day. Write \"08:00\"."),
        ("mail: {attempts: many}", "mail.attempts: 'many' is not a whole number"),
        ("mail: {attempts: 0}", "mail.attempts: '0' is too small. Write 1 or more."),
        ("mail: {pauses: [1wd]}", "mail.pauses.0: '1wd' cannot be a pause. Write 20s, 30m, 2h or 5d."),
        (
            "publication: {unknown_after: 1wd}",
            "publication.unknown_after: '1wd' runs on working days only. Write 20s, 30m",
        ),
        ("publication: {look_again: []}", "publication.look_again: is empty. Name at least 1."),
        ("links: {valid_for: null}", "links.valid_for: None is not a duration"),
        ("working_hours: []", "working_hours: is empty. Name at least 1."),
        ("working_hours: 08:30-17:30", "working_hours: '08:30-17:30' is not a list. Write it as [one, another]."),
        (
            'working_hours:\n  - "08:30-12:00"\n  - 14-17',
            "ours.yaml:3: working_hours.1: '14-17' is no window of working hours. Write 08:30-12:00.",
        ),
        (
            'working_hours:\n  - "08:30-12:00"\n  - "11:00-17:30"',
            "ours.yaml:3: working_hours.1: '11:00-17:30' begins before '08:30-12:00' has ended. Write the windows in",
        ),
        ("working_hours: [20:00-24:30]", "working_hours.0: '20:00-24:30' leaves the day. Stay within 00:00-24:00."),
        ("hand_back: {ruling_after: 0}", "hand_back.ruling_after: '0' is too small. Write 1 or more."),
    ],
)
def test_a_bad_policy_is_refused_with_file_line_place_value_and_remedy(policy, text, said):
    [problem] = problems(policy(text))
    assert said in problem
    assert "ours.yaml:" in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "register: {at: '08:00'}\nregister: {at: '09:00'}",
            "ours.yaml:2: the key 'register' stands twice, first in line 1",
        ),
        (
            "clocks:\n  review: {general: 2h,\n    general: 3h}",
            "ours.yaml:3: the key 'general' stands twice, first in line 2",
        ),
        ("clocks:\n\treview: 1", "ours.yaml:2: is not YAML"),
        ("clocks: {review: [", "ours.yaml:1: is not YAML"),
        ("a: 1\n---\nb: 2", "ours.yaml:2: is not YAML"),
        ("register: !!python/object/apply:os.system ['true']", "the tag 'tag:yaml.org,2002:python"),
        ("register: !shell ls", "ours.yaml:1: the tag '!shell' means nothing here. Remove it."),
        ("register: &a [*a]", "an alias (*) contains itself"),
        ("? [a]\n: 1", "ours.yaml:1: a key must be a word"),
        ("# 注释\nregister: 云桥\n".encode("gbk"), "ours.yaml:1: is not UTF-8. Save the file in the encoding UTF-8."),
        (b"register: \x00", "ours.yaml: is not YAML"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(policy, text, said):
    assert any(said in problem for problem in problems(policy(text)))


def test_a_file_saved_with_a_byte_order_mark_is_read(policy):
    assert settings.load(policy(b"\xef\xbb\xbfregister: {at: '07:00'}")).policy.register_at.hour == 7


def test_an_error_in_the_default_is_not_blamed_on_the_file_above_it(policy, monkeypatch, tmp_path):
    default = (settings.CONFIG / "policy.yaml").read_text("utf-8")
    line = default[: default.index("valid_for: 30d")].count("\n") + 1
    for name in ("roster", "channels", "calendar"):
        (tmp_path / f"{name}.yaml").write_text((settings.CONFIG / f"{name}.yaml").read_text("utf-8"), "utf-8")
    (tmp_path / "policy.yaml").write_text(default.replace("valid_for: 30d", "valid_for: 30"), "utf-8")
    monkeypatch.setattr(settings, "CONFIG", tmp_path)
    [said] = problems(policy("register: {at: '09:00'}"))
    assert said.startswith(f"include/config/policy.yaml:{line}: links.valid_for: '30' is not a duration.")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("roster", "bai.lu@example.org", "bai.lu", "email: 'bai.lu' is not an e-mail address"),
        (
            "roster",
            "bai.lu@example.org",
            "tao.ran@example.org",
            "'tao.ran@example.org' belongs to officer 'tao_ran' already",
        ),
        ("roster", "core: true", "core: maybe", "core: 'maybe' is neither true nor false"),
        ("roster", "kind: village", "kind: town", "kind: 'town' is not allowed. Allowed: section, village."),
        ("roster", "branch_leader: han_yue", "branch_leader: han", "branch_leader: the roster has no officer 'han'"),
        (
            "roster",
            "number_prefix: YQCZBG ",
            "number_prefix: 云桥 ",
            "office.number_prefix: '云桥' cannot begin incident",
        ),
        ("roster", "name: 白露", "nmae: 白露", "nmae: there is no such key. Did you mean 'name'?"),
        ("roster", "roles: [superior]", "roles: [superiour]", "'superiour' is not allowed. Did you mean 'superior'?"),
        (
            "channels",
            "kind: bulletin",
            "kind: pigeon",
            "channels.0.kind: 'pigeon' is not allowed. Allowed: bulletin,",
        ),
        ("channels", "base_url: null", "base_url: x", "channels.0.base_url: 'x' is not a web address"),
        ("calendar", "2026-10-10]", "2026-10-12]", "years.2026.working.5: 2026-10-12 is no Saturday or Sunday"),
        ("calendar", "first: 2026-05-01", "first: 5月1日", "first: '5月1日' is not a date. Write 2026-05-01."),
        ("calendar", "  2026:", "  next:", "years.next: 'next' is not a whole number"),
    ],
)
def test_the_other_files_are_refused_where_they_err_too(changed, name, old, new, said):
    environ = changed(name, old, new)
    text = Path(environ[f"YINGDA_{name.upper()}"]).read_text("utf-8")
    line = text[: text.index(new)].count("\n") + 1
    found = problems(environ)
    assert any(said in problem for problem in found), found
    assert any(f"{name}.yaml:" in problem for problem in found)
    if "belongs to" not in said:
        assert any(f"{name}.yaml:{line}:" in problem for problem in found), found


def test_an_empty_roster_is_refused(tmp_path):
    (tmp_path / "roster.yaml").write_text("# later\n")
    [said] = problems({"YINGDA_ROSTER": str(tmp_path / "roster.yaml")})
    assert "roster.yaml:1: should hold `key: value` lines" in said


def test_phone_numbers_and_words_stay_as_written(changed):
    environ = changed("roster", "phone: 0571-5550-0100", "phone: 057155500100")
    assert settings.load(environ).roster.office.phone == "057155500100"


# --- policy and channels together


def test_a_work_group_robot_that_channels_yaml_lacks_is_refused(policy):
    [said] = problems(policy("work_group:\n  robots: [who]"))
    assert "ours.yaml:2: work_group.robots: channels.yaml has no robot 'who'. It has: none at all" in said


def test_a_work_group_is_told_of_what_policy_names_by_robots_that_are_there(policy, changed):
    robot = "robots: [{id: duty, kind: feishu, connection: robot_duty}]"
    ours = settings.load({**policy("work_group: {robots: [duty]}"), **changed("channels", "robots: []", robot)})

    assert ours.policy.work_group.robots == ("duty",)
    assert len(ours.policy.work_group.events) == 5
    assert settings.load({}).policy.work_group.robots == ()


def test_the_work_group_cannot_be_told_of_what_is_no_event(policy):
    [said] = problems(policy("work_group: {events: [gossip]}"))
    assert "work_group.events" in said
    assert "gossip" in said


# --- policy and roster together


def test_a_chain_that_nobody_could_complete_is_refused(policy, changed):
    [said] = problems(
        {
            **policy("signing: {general: [office_deputy]}"),
            **changed("roster", "[office_deputy, section_head]", "[section_head]"),
        }
    )
    assert "ours.yaml:1: signing.general: nobody in the roster has the role office_deputy" in said


def test_one_person_cannot_fill_two_places_of_a_chain(changed, tmp_path):
    environ = changed("roster", "roles: [office_director]", "roles: [office_director, superior]")
    path = Path(environ["YINGDA_ROSTER"])
    path.write_text(path.read_text("utf-8").replace("roles: [superior]", "roles: [media_liaison]"), "utf-8")
    said = problems(environ)
    assert len(said) == 2
    assert "signing.major: no statement could be signed by one person for each of office_director, superior" in said[0]


def test_the_only_duty_officer_cannot_be_needed_as_signer(changed):
    environ = changed("roster", "roles: [office_director]", "roles: [office_director, duty_officer]")
    path = Path(environ["YINGDA_ROSTER"])
    settings.load(environ)  # two other duty officers can draft
    path.write_text(path.read_text("utf-8").replace("roles: [duty_officer]", "roles: [media_liaison]"), "utf-8")
    said = problems(environ)
    assert len(said) == 3
    assert all("none of them its author" in problem for problem in said)


# --- current, forget, check


@pytest.fixture
def fresh():
    settings.forget()
    yield
    settings.forget()


@pytest.mark.usefixtures("fresh")
def test_settings_are_read_once_whatever_number_of_threads_ask(monkeypatch):
    loaded = []
    real = settings.load
    monkeypatch.setattr(settings, "load", lambda: loaded.append(1) or real({}))
    found: list[settings.Settings] = []
    threads = [threading.Thread(target=lambda: found.append(settings.current())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loaded) == 1
    assert len(found) == 8
    assert all(one is found[0] for one in found)


@pytest.mark.usefixtures("fresh")
def test_a_failed_start_is_not_remembered(monkeypatch):
    monkeypatch.setenv("YINGDA_LOCALE", "fr")
    with pytest.raises(SettingsError):
        settings.current()
    monkeypatch.setenv("YINGDA_LOCALE", "en")
    assert settings.current().locale == "en"
    monkeypatch.setenv("YINGDA_LOCALE", "zh_CN")
    assert settings.current().locale == "en"
    settings.forget()
    assert settings.current().locale == "zh_CN"


def test_the_check_of_a_sound_office_finds_nothing(policy):
    assert settings.check({"YINGDA_LINK_KEY": KEY}, today=OCTOBER) == [UNCONFIRMED]
    without = policy("second_factor: {severities: []}")
    assert settings.check({**without, "YINGDA_LINK_KEY": KEY}, today=OCTOBER) == []


def test_the_check_names_signers_and_their_deputies_whom_no_code_reaches(policy, changed):
    of_all = {
        "shen.ruolan": "{sms: '13800000001'}",
        "gu.weimin": "{wecom: guweimin}",
        "lu.zhenghua": "{sms: '13800000003'}",
    }
    text = (settings.CONFIG / "roster.yaml").read_text("utf-8")
    for who, channel in of_all.items():
        mail = f"    email: {who}@example.org\n"
        assert text.count(mail) == 1
        text = text.replace(mail, f"{mail}    second_channel: {channel}\n")
    absent = "    absences: [{start: 2026-12-01, end: 2026-12-02, deputy: fang_qi}]\n"
    there = text.replace("    roles: [office_director]\n", f"    roles: [office_director]\n{absent}")
    assert there != text
    roster = changed("roster", (settings.CONFIG / "roster.yaml").read_text("utf-8"), text)
    assert settings.check({**roster, "YINGDA_LINK_KEY": KEY}, today=OCTOBER) == []

    roster = changed("roster", (settings.CONFIG / "roster.yaml").read_text("utf-8"), there)
    refusing = policy("second_factor: {without_channel: refuse}")
    [only] = settings.check({**roster, **refusing, "YINGDA_LINK_KEY": KEY}, today=OCTOBER)
    assert "no second_channel of fang_qi (major, critical): they cannot sign." in only


def test_the_check_lists_problems_or_else_warnings(changed):
    assert settings.check({"YINGDA_LOCALE": "fr"}, today=NOVEMBER)[0].startswith("YINGDA_LOCALE: 'fr'")
    environ = changed("roster", "    core: true\n", "")
    said = settings.check({**environ, "YINGDA_LINK_KEYS": KEY}, today=NOVEMBER)
    assert all(one.startswith("warning: ") for one in said)
    assert "YINGDA_LINK_KEYS is no setting and is not read. Did you mean YINGDA_LINK_KEY?" in "\n".join(said)
    assert "YINGDA_LINK_KEY is not set" in "\n".join(said)


def test_from_november_on_the_check_asks_for_the_calendar_of_the_next_year(tmp_path):
    (tmp_path / "calendar.yaml").write_text("years: {2026: {holidays: []}}", "utf-8")
    environ = {"YINGDA_LINK_KEY": KEY, "YINGDA_CALENDAR": str(tmp_path / "calendar.yaml")}
    assert settings.check(environ, today=OCTOBER) == [UNCONFIRMED]
    [only] = [one for one in settings.check(environ, today=NOVEMBER) if one != UNCONFIRMED]
    assert only == (
        "warning: calendar.yaml does not know 2027; working days in it cannot be counted. Add the notice for it."
    )
    two = settings.check(environ, today=date(2030, 12, 1))
    assert "does not know 2030" in two[0]
    assert "does not know 2031" in two[1]


def test_the_check_warns_of_limits_laxer_than_the_state_council_allows_and_lets_them_stand(policy):
    text = "clocks: {public_word: {general: 50h, major: 4h}, press_conference: {critical: null}}"
    environ = {**policy(text), "YINGDA_LINK_KEY": KEY}
    assert settings.load(environ).policy.clocks[ClockKind.PUBLIC_WORD].general == Span.parse("50h")
    assert settings.check(environ, today=OCTOBER) == [
        "warning: clocks.public_word.general: '50h' is laxer than the 48h of 国办发〔2016〕61号. Write 48h or less.",
        "warning: clocks.press_conference.critical: null owes nothing, but 国办发〔2016〕61号 and 国办发〔2016〕80号"
        " ask for it within 24h. Write 24h or less.",
        UNCONFIRMED,
    ]


def test_a_task_process_pays_little_for_its_settings():
    """The fastest of five, so that a busy machine does not fail us."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        settings.load({})
        taken.append(time.perf_counter() - began)
    assert min(taken) < 0.06


def test_reading_the_settings_drags_in_nothing_heavy():
    code = "import sys; from yingda import settings; settings.load({}); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"sqlalchemy", "jinja2", "requests", "holidays", "airflow", "fastapi"} & set(loaded)
    assert "pydantic" in loaded


def test_a_changed_file_is_read_again_and_a_slip_in_it_stops_nobody(tmp_path, monkeypatch, caplog):
    policy = tmp_path / "policy.yaml"
    policy.write_text("links: {valid_for: 10d}\n")
    monkeypatch.setenv("YINGDA_POLICY", str(policy))
    monkeypatch.setattr(settings, "LOOK_AGAIN", 0.0)
    settings.forget()
    assert str(settings.current().policy.links.valid_for) == "10d"

    policy.write_text("links: {valid_for: 200d}\n")
    assert str(settings.current().policy.links.valid_for) == "200d"

    policy.write_text("links: {valid_for: soon}\n")
    assert str(settings.current().policy.links.valid_for) == "200d"
    assert "policy.yaml:1" in caplog.text
    settings.forget()


@pytest.mark.parametrize(
    ("ping", "said"),
    [
        ("http://watch.example.org/ping/1", "https"),
        ("https://user:word@watch.example.org/", "https"),
        ("https://", "https"),
        ("ftp://watch.example.org/", "https"),
        ("https://watch.example.org/ping/1", "not among the hosts"),
    ],
)
def test_the_watch_that_is_called_each_morning_is_a_https_address_of_a_host_that_may_be_reached(
    tmp_path: Path, ping: str, said: str
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(f'register: {{ping: "{ping}"}}\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=said) as refused:
        settings.load({"YINGDA_HOME": str(tmp_path), "YINGDA_POLICY": str(policy)})
    assert "register" in str(refused.value)


def test_a_watch_at_a_host_that_is_named_is_taken(tmp_path: Path) -> None:
    policy, channels = tmp_path / "policy.yaml", tmp_path / "channels.yaml"
    policy.write_text('register: {ping: "https://watch.example.org/ping/1"}\n', encoding="utf-8")
    shipped = (settings.CONFIG / "channels.yaml").read_text("utf-8")
    plain = yaml.safe_load(shipped)
    plain["hosts"] = [*(plain.get("hosts") or []), {"name": "watch.example.org"}]
    channels.write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")
    given = {"YINGDA_HOME": str(tmp_path), "YINGDA_POLICY": str(policy), "YINGDA_CHANNELS": str(channels)}
    rule = settings.load(given).policy.register_rule
    assert (rule.ping, f"{rule.at:%H:%M}") == ("https://watch.example.org/ping/1", "08:00")
