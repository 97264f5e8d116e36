"""What is said of the actions that rows have started: by whom each order belongs, and how each ended."""

from __future__ import annotations

from pathlib import Path

from fsmtrader.domain.orders import Cancelled, Effect, Expired, Filled, OrderIntent, Rejected
from fsmtrader.engine.events import ActionEnded, AlertRaised, Effects, Note, RowTaken, Told
from fsmtrader.engine.journal import FILE, Journal, JournalFile
from fsmtrader.program.compiler import check
from fsmtrader.program.ir import Program
from fsmtrader.research.fates import Fate, fates_of
from fsmtrader.spec.source import Source

SPEC = """
fsm: 1
accounts: {main: {exchange: binanceusdm, position_mode: hedge}}
legs:
  L: {account: main, symbol: BTC/USDT:USDT, side: long}
  M: {account: main, symbol: ETH/USDT:USDT, side: long}
events: {tick: price(L)}
regions:
  one:
    states:
      A: {on: {tick: [{if: mark(L) > 2, do: buy}, {if: mark(L) > 1, do: sell}, {do: [{alert: many}]}]}}
  two:
    states:
      B: {on: {tick: {do: other}}}
actions:
  buy: {qL: 2}
  sell: {qL: 0}
  other: {qM: 0}
alerts: {many: {say: many}}
"""
SECOND = 1_000_000
BUY, SELL, ALERT, OTHER = range(4)


def program() -> Program:
    return check(Source("spec.yml", SPEC.encode())).require()


class Story:
    """A journal as a test tells it, a second a line."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.journal = Journal(self.path, "{}", {})
        self.now_us = 0

    def then(self, *happened: Note | Told | OrderIntent) -> Story:
        self.now_us += SECOND
        for item in happened:
            if isinstance(item, OrderIntent):
                self.journal.effects(self.now_us, Effects((item,)))
            elif isinstance(item, RowTaken | ActionEnded | AlertRaised):
                self.journal.effects(self.now_us, Effects(notes=(item,)))
            else:
                self.journal.told(self.now_us, (item,))  # type: ignore[arg-type]
        return self

    def taken(self, row: int, region: str = "one") -> RowTaken:
        return RowTaken(self.now_us + SECOND, region, "A", row)

    def ended(self, action: str, outcome: str, region: str = "one") -> ActionEnded:
        return ActionEnded(self.now_us + SECOND, region, action, outcome)

    def fates(self, until: int) -> dict[int, Fate]:
        self.journal.close()
        with JournalFile(self.path) as file:
            return fates_of(file, program(), until * SECOND)


def order(name: str, action: str, change: float = 2.0, region: str = "one", slot: str = "") -> OrderIntent:
    return OrderIntent(name, "L", change, Effect.OPEN, False, action=action, region=region, slot=slot)


def test_what_went_wrong_with_which_order(tmp_path: Path) -> None:
    """`a` is filled, `b` in part, `c` not at all, `d` refused, `e` of another region; a fifth is only counted."""
    story = Story(tmp_path)
    orders = [order(name, "buy") for name in "abcd"]
    story.then(story.taken(BUY), story.taken(OTHER, "two"), *orders, order("e", "other", region="two"))
    story.then(Filled("a", 2.0, 5.0), Filled("b", 0.5, 5.0), Expired("b"), Expired("c"), Rejected("d", "margin"))
    story.then(Rejected("e", "venue"), AlertRaised(3, "refused", "L", "buy: +1 of L: too much"))
    story.then(story.ended("other", "done", "two"), story.ended("buy", "failed"))
    found = story.fates(1)
    assert set(found) == {BUY, OTHER} and found[OTHER].said == "done at 1970-01-01 00:00:04 UTC"
    assert found[BUY].said == (
        "failed at 1970-01-01 00:00:04 UTC: +2 of L expired with 0.5 filled, +2 of L expired unfilled, "
        "+2 of L was rejected (margin), and 1 more"
    )
    assert found[BUY].troubles[3:] == ["+1 of L: too much"]


def test_an_action_without_an_order_that_was_refused(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.then(story.taken(BUY)).then(order("a", "buy", slot="bid")).then(Cancelled("a"))
    story.then(story.ended("buy", "failed"))
    assert story.fates(1)[BUY].said.endswith("its time was over, or a value that it needs was not ready")


def test_one_that_was_dropped_while_it_waited_has_no_end(tmp_path: Path) -> None:
    """The sale waits for the purchase, is dropped, and is started again: the end is that of the second."""
    story = Story(tmp_path)
    story.then(story.taken(BUY)).then(story.taken(SELL)).then(story.ended("buy", "interrupted"))
    story.then(story.taken(BUY)).then(story.ended("buy", "done"))
    found = story.fates(2)
    assert (found[BUY].outcome, found[BUY].ended_us) == ("interrupted", 3 * SECOND)
    assert (found[SELL].outcome, found[SELL].taken_us) == ("", 2 * SECOND)


def test_only_what_was_taken_until_then_and_only_what_trades(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.then(story.taken(BUY), story.taken(ALERT)).then(story.ended("entry of A", "done"))
    story.then(story.ended("buy", "done")).then(story.taken(SELL)).then(story.taken(BUY))
    found = story.fates(3)
    assert set(found) == {BUY} and found[BUY].taken_us == SECOND and found[BUY].ended_us == 3 * SECOND
