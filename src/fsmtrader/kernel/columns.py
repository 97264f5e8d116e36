"""What the columns of the kernel's tables are. All tables are float64; a row is a leg, an account, a market, an order.

The emitted module and `runtime` share these numbers; numba takes them for constants.
"""

from __future__ import annotations

# books: the strategy's own ledger, a row a leg
QUANTITY, AVERAGE, REALISED, FEES, FUNDING, TURNOVER, FILLS, LARGEST, CARRIED = range(9)
BOOK_COLUMNS = 9

# legs: what is fixed about a leg. SIDE: 1 long, -1 short, 0 signed
SIDE, HEDGED, ACCOUNT, MARKET, POSITION, TICK, LOT, LEAST_QUANTITY, MOST_QUANTITY, LEAST_NOTIONAL = range(10)
LEG_COLUMNS = 10

# held: what the venue holds of a leg, and the largest it ever held
OWN, OWN_LARGEST = range(2)
HELD_COLUMNS = 2

# positions: one of the venue's; several legs may share a net one
P_QUANTITY, P_AVERAGE, P_LARGEST, P_MARKET, P_ACCOUNT = range(5)
POSITION_COLUMNS = 5

# accounts; CASH is the strategy's own count, the rest the venue's
WALLET, A_REALISED, A_FEES, A_FUNDING, TAKER, LEVERAGE, HAS_MARGIN, CASH = range(8)
ACCOUNT_COLUMNS = 8

# tiers: a row a leg, four numbers a tier
TIER_WIDTH = 4

# book: a market as the venue sees it
BID, ASK, BID_SIZE, ASK_SIZE, BID_USED, ASK_USED, VENUE_MARK, VENUE_LAST, SAFE_LOW, SAFE_HIGH = range(10)
BOOK_OF_MARKET_COLUMNS = 10

# orders: what goes out and what came of it. CODE: see below; STEPS_FROM on: the planned steps that it carries
O_TIME, O_LEG, O_CHANGE, O_PRICE, O_FILLED, O_AT, O_FEE, O_CODE, O_REALISED, O_REGION, O_ACTION, O_ROW = range(12)
O_CLOSES, O_STEPS, STEPS_FROM = 12, 13, 14
MOST_STEPS = 32
ORDER_COLUMNS = STEPS_FROM + MOST_STEPS
KEPT_COLUMNS = O_STEPS
"""of an order, those that are an output"""

# moves: an output
M_TIME, M_REGION, M_MOVE = range(3)
MOVE_COLUMNS = 3

# works: what waits for the regions
W_EVENT, W_LEG, W_ACTION, W_OWNER, W_STAY = range(5)
WORK_COLUMNS = 5
MOST_WORKS = 512

# CODE of an order
FULL, EXPIRED, REJECTED = 0.0, 1.0, 2.0

# what became of a target
MET, SENT, REFUSED, TOO_SMALL = range(4)

# why a loop comes back: what follows is the machine's. The last four are also where the hot part hands over
(GOES_ON, OUT_OF_ROOM, LIQUIDATION, OPENING, ROUNDS, WAITS, FORBIDDEN, WORKS, EVENT, TIME, LOOK, WORK) = range(12)
WHY = {
    LIQUIDATION: "an account came near its liquidation",
    OPENING: "a leg's first quantity was not filled whole",
    ROUNDS: "more than 64 rounds of orders and answers in one instant",
    WAITS: "an order was decided between two bars and has to wait for the next one",
    FORBIDDEN: "a region forbade what another one had just decided",
    WORKS: "more events of one instant than there is room for",
}
"""EVENT: an event of the market was told and no more; TIME: timers are due and nothing was done; LOOK: the event or
timer in hand was sampled, and what comes now (invariants, alerts) is not quiet; WORK: the same for one of its events,
whose clocks have ticked."""

# samples: equity over time, an output. CHANGED: the books have changed with this event. Prices and slots follow
S_TIME, S_CHANGED, S_EQUITY, S_PEAK, S_PRICES = range(5)

# status
PRIMING, WAITING, OPENING_LEGS, RUNNING, OVER = -1, 0, 1, 2, 3
