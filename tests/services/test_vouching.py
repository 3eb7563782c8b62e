"""What a person says became of a publication: nothing is sent blindly, nothing is lost, twice is once."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from yingda.domain.acts import ItIsNotThere, ItIsThere
from yingda.domain.errors import NotNow
from yingda.domain.life import Outcome, PublicationState, Stage
from yingda.services import publishing, sending, vouching

WHO = "account:duty"
PAGE = "https://news.example.org/2026/柳溪"


def unknown(office: Any) -> tuple[str, int]:
    """An incident whose only publication may be out or not."""
    number = office.bring_to("publication")
    with office.case(number) as case:
        [claimed] = publishing.claim_due(case)
        publishing.doubt(case, claimed, "The connection broke after the text was sent.")
    return number, office.publications(number)[0].id


def there(office: Any, row: int, url: str = PAGE) -> None:
    with office.transaction() as session:
        vouching.it_is_there(session, row, ItIsThere(url=url), office.house, office.now, WHO)


def again(office: Any, row: int, *, looked: bool = False) -> None:
    with office.transaction() as session:
        vouching.send_again(session, row, ItIsNotThere(looked=looked), office.house, office.now, WHO)


def look(office: Any, row: int) -> None:
    with office.transaction() as session:
        vouching.look_again(session, row, office.house, office.now, WHO)


def publish(office: Any, number: str) -> int:
    return int(sending.publish_due(office.transaction, number, office.house, lambda: office.now))


def test_what_somebody_saw_there_is_published_and_looked_at_like_any_other(office: Any) -> None:
    number, row = unknown(office)
    assert publish(office, number) == 0
    there(office, row)

    [found] = office.publications(number)
    assert (found.state, found.url, found.problem) == (PublicationState.CONFIRMED, PAGE, None)
    assert (office.stage(number), office.incident(number).outcome) == (Stage.LIVE_CHECK, Outcome.PUBLISHED)
    assert office.clocks(number)["public_word"].met_at == office.now
    [told] = office.events(number, "published")
    assert (told.actor, told.data["sha256"]) == (WHO, office.signatures(number)[-1].sha256)
    assert found.live_at is None
    for repeat in (there, lambda office, row: again(office, row, looked=True)):
        with pytest.raises(NotNow):
            repeat(office, row)
    assert publish(office, number) == 0


def test_what_is_unknown_is_sent_again_only_by_who_looked_and_once(office: Any) -> None:
    number, row = unknown(office)
    with pytest.raises(NotNow, match="查看"):
        again(office, row)
    assert publish(office, number) == 0
    again(office, row, looked=True)
    assert publish(office, number) == 1
    assert [event.data["was_state"] for event in office.events(number, "publication_owed_again")] == ["unknown"]
    with pytest.raises(NotNow):
        again(office, row, looked=True)
    assert len(office.events(number, "published")) == 1


def test_two_who_press_at_once_publish_it_once(office: Any) -> None:
    number, row = unknown(office)
    together, results = threading.Barrier(2), []

    def press(do: Any) -> None:
        together.wait()
        try:
            do()
            results.append("done")
        except NotNow:
            results.append("refused")

    both = [lambda: there(office, row), lambda: again(office, row, looked=True)]
    threads = [threading.Thread(target=press, args=(each,)) for each in both]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    publish(office, number)
    # Whoever came second saw what the first did: it is there, or it is owed and is not unknown any more.
    assert len(office.events(number, "published")) == 1
    assert "done" in results


def test_what_failed_is_sent_again_with_its_signatures_looked_at_anew(office: Any) -> None:
    number = office.bring_to("publication")
    with office.case(number) as case:
        [claimed] = publishing.claim_due(case)
        publishing.put_off(case, claimed, "403 forbidden", permanent=True)
    [row] = office.publications(number)
    office.regrade(number, "critical")
    again(office, row.id)
    assert publish(office, number) == 0
    assert office.events(number, "publication_refused")
    assert office.stage(number) is Stage.STATEMENT_APPROVAL


def test_a_text_whose_step_is_over_is_not_sent_again(office: Any) -> None:
    number = office.bring_to("publication")
    with office.case(number) as case:
        [claimed] = publishing.claim_due(case)
        publishing.doubt(case, claimed, "Broken off.")
        case.move(Stage.STATEMENT)
    [row] = office.publications(number)
    with pytest.raises(NotNow, match="更正"):
        again(office, row.id, looked=True)
    assert office.publications(number)[0].state is PublicationState.UNKNOWN
    with pytest.raises(NotNow):
        again(office, 99_999_999, looked=True)


def test_a_page_is_looked_at_at_once_rather_than_at_its_turn(office: Any) -> None:
    number, row = unknown(office)
    there(office, row)
    with office.case(number) as case:
        publishing.not_seen(case, row, "404")
    assert office.publications(number)[0].next_at > office.now
    office.later(seconds=1)
    look(office, row)
    assert office.publications(number)[0].next_at == office.now
    with office.case(number) as case:
        assert publishing.next_moment(case) == office.now
        publishing.seen_live(case, row)
    with pytest.raises(NotNow):
        look(office, row)
