from sqlalchemy import update

from yingda import wiring
from yingda.store.models import OutboxMessage


def test_a_mail_given_up_shows_at_the_head_of_the_board(logged_in, desk):
    number = desk.number
    assert "需要人工处理" not in logged_in.get("/desk/").text

    with wiring.transaction() as session:
        session.execute(update(OutboxMessage).values(state="dead", attempts=8, problem="550 <no such> mailbox"))

    page = logged_in.get("/desk/").text
    assert "需要人工处理" in page
    assert number in page
    assert "8 次" in page
    assert "550 &lt;no such&gt; mailbox" in page
