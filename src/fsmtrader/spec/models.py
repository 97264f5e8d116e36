"""The shape of a document as pydantic models: the source of the JSON Schemas, of editors' help and of nothing else.

Reading a spec does not import this module: `schema.py` generates the schemas from it, `structure.py` checks documents
with the packaged copies. The descriptions here are what an editor shows. What the schema cannot say (does the name
exist, does the expression make sense) is the compiler's to check.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    model_validator,
)

from fsmtrader.spec.models_base import (
    Cell,
    Expression,
    Expressions,
    GroupedName,
    Name,
    Part,
    Text,
    Version,
    optional,
    whole,
)
from fsmtrader.spec.models_machine import How, States, Steps


class Strategy(Part):
    """What the strategy is called."""

    name: Text = optional("The strategy's name, as reports and journals show it")
    type: Text = optional("A word for the kind of strategy; not interpreted")
    version: Annotated[StrictStr | StrictInt | StrictFloat, WithJsonSchema({"type": ["string", "number"]})] = optional(
        "The author's version"
    )
    description: Text = optional("What it does, in a sentence")


class Fees(Part):
    maker: Expression = optional("Fee of a resting order; a rebate is negative")
    taker: Expression = optional("Fee of an order that crosses the spread")


class Account(Part):
    """Where legs are held; bound at run time to a simulated, a paper or a live account."""

    exchange: Text = optional("The exchange, as ccxt names it")
    pool: Text = optional("The kind of pool, for a leg on a decentralised exchange")
    profile: Text = optional("The simulated venue's profile")
    position_mode: Literal["hedge", "one_way"] = optional("hedge: a long and a short side by side")
    margin: Text = optional("cross, isolated or own_subaccount")
    leverage: Expression = optional("The leverage to set")
    subaccount: Text = optional("The subaccount's name at the exchange")
    fees: Fees = optional("Fees of this account")


class Leg(Part):
    """A position. A leg X brings the names qX (quantity) and pX (average price)."""

    account: Name = optional("The account it is held in")
    symbol: Text = optional("The instrument, or a $field of for_each")
    side: Literal["long", "short"] = optional("With a side the quantity is never negative; without, it is signed")
    initial: Expression = optional("The quantity that is opened before the first step")
    adopt: Literal["refuse", "position", "all"] = optional("What to do with what is found at the start")
    how: How = optional("How its targets are worked")
    bin_step: Expression = optional("Liquidity Book: the pool's bin step")
    bins: Expression = optional("Liquidity Book: bins on each side")
    fee: Expression = optional("Uniswap v3: the pool's fee")
    tick_spacing: Expression = optional("Uniswap v3: the pool's tick spacing")
    lower: Expression = optional("The lower bound of the pool position")
    upper: Expression = optional("The upper bound of the pool position")
    width: Expression = optional("The width of the pool position around the price")


class LongParameter(Part):
    """A parameter with its unit and its range."""

    value: Expression = Field(description="The value, an expression over other parameters, or `required`")
    unit: Name = optional("base, quote, price, ratio, seconds, ...")
    min: Expression = optional("The least value allowed")
    max: Expression = optional("The largest value allowed")
    above: Expression = optional("The value must be larger than this")
    below: Expression = optional("The value must be smaller than this")
    one_of: Annotated[list[Name], Field(min_length=1)] = optional("The words it may take")
    doc: Text = optional("What it means")
    env: Name = optional("The name under which the runner takes an override")


class OpenChoice(Part):
    """A choice whose value the run must give."""

    one_of: Annotated[list[Name], Field(min_length=1)] = Field(description="The words it may take")
    doc: Text = optional("What it means")
    env: Name = optional("The name under which the runner takes an override")


PlainParameter = Expression | LongParameter | OpenChoice
ParameterGroup = dict[GroupedName, PlainParameter]
Parameters = dict[Name, PlainParameter | ParameterGroup]


class ErrorCheck(Part):
    error: Expression = Field(description="Must hold, else the spec is refused")
    because: Text = optional("Why")


class WarnCheck(Part):
    warn: Expression = Field(description="Should hold, else a warning is given")
    because: Text = optional("Why")


class Variable(Part):
    """What the machine remembers; journaled."""

    initial: Expression = optional("Read at the first event at which all initial values are ready")
    unit: Name = optional("base, quote, price, ratio, seconds, ...")


class Daily(Part):
    daily: Text = Field(description="A time of day with its zone: 09:00 Asia/Shanghai")


Source = Text | Daily
Sources = Source | list[Source]


class CellField(Part):
    """What a column of for_each holds."""

    type: Literal["symbol", "boolean", "number", "leg"] = optional("The kind of cell")
    unit: Name = optional("base, quote, price, ratio, seconds, ...")
    min: Expression = optional("The least value allowed")
    max: Expression = optional("The largest value allowed")
    above: Expression = optional("The value must be larger than this")
    below: Expression = optional("The value must be smaller than this")
    one_of: Annotated[list[Name], Field(min_length=1)] = optional("The words it may take")


class RowsFile(Part):
    file: Text = Field(description="A JSON, YAML or CSV file of rows")
    env: Name = optional("The name under which the runner takes another path")


Rows = list[dict[Name, Cell]]


class ForEach(Part):
    """One machine per row."""

    in_: Rows | RowsFile = Field(alias="in", description="The rows, or the file that holds them")
    key: Name | list[Name] = optional("The fields that name an instance")
    if_: Expression = optional("Only rows for which this holds", alias="if")
    fields: dict[Name, CellField] = optional("What the columns hold")


class Quote(Part):
    """A slot for working orders: wanted while `when` holds and its values are ready."""

    leg: Expression = Field(description="The leg, or a field that names one")
    side: Expression = Field(description="buy or sell")
    price: Expression = Field(description="The price")
    quantity: Expression = Field(description="The quantity of one order")
    post_only: Expression = optional("Refused by the venue rather than take")
    reduce_only: Expression = optional("May only make the position smaller")
    ttl: Expression = optional("How long an order may rest")
    when: Expression = optional("Wanted while this holds")
    every: Expression = optional("Look again after this time; replace if different")
    beyond: Expression = optional("Replace when the price is this many ticks away")
    keep: Expression = optional("Never replace")
    most: Expression = optional("How many orders may live in the slot")


class Region(Part):
    """A machine beside the others; its name is an enumeration, its present state."""

    for_each: Rows | ForEach = optional("One machine per row")
    variables: dict[Name, Variable] = optional("What it remembers")
    observe: Expressions = optional("Named expressions")
    quotes: dict[Name, Quote] = optional("Slots for working orders")
    states: States = optional("Its states; the first is the initial one")


class Lots(Part):
    """Fills queue first in, first out per leg, and match."""

    legs: Annotated[list[Name], Field(min_length=2)] = Field(description="The legs whose fills are matched")
    match: Name = optional("Which fills match: opposite_sides")
    when: Expression = optional("Only if this holds: sell_price, buy_price are known here")
    book_partial_after: Expression = optional("A partly filled order is booked after this time")


class Promise(Part):
    """An invariant with its place."""

    that: Expression = Field(description="What must hold")
    on: Literal["order"] = optional("order: tested at each decision that trades, with the values before it")
    in_: Name = optional("Only in this state", alias="in")


Promises = dict[Name, Expression | Promise]
Invariants = list[Name | Promises] | Promises


class Alert(Part):
    """Something a person should know."""

    if_: Expression = optional("Raised when this becomes true", alias="if")
    on: Text = optional("Raised at this event")
    each: Literal["account", "leg"] = optional("One for each account or leg")
    repeat: Expression = optional("Said again after this time")
    say: Text = optional("The text, with {expressions}")


class Report(Part):
    """A table at a time of day, one row per machine."""

    at: Text = optional("A time of day with its zone")
    rows: Expression = optional("Only machines for which this holds")
    show: list[Name] = optional("The columns")


class Notional(Part):
    each: Literal["leg", "account"] = optional("For each leg or account")
    max: Expression = Field(description="The largest notional allowed")


class MaxAge(Part):
    book: Expression = optional("No decision on an older book")
    account: Expression = optional("No decision on an older view of the account")


class Rate(Part):
    orders: Expression = Field(description="Orders in a time: 50/10s")


class Loss(Part):
    per: Literal["day", "run"] = optional("Counted over")
    max: Expression = Field(description="The largest loss allowed")
    then: Literal["halt", "flatten", "stop"] = optional("What the engine does")


class Risk(Part):
    """What the engine refuses, whatever the spec decides."""

    position: Expressions = optional("The largest quantity of a leg")
    notional: Notional = optional("The largest notional")
    max_slippage: Expression = optional("How far from the reference price a trade may be filled")
    max_age: MaxAge = optional("How old data may be")
    rate: Rate = optional("How many orders may be sent")
    loss: Loss = optional("How much may be lost")


class Stop(Part):
    """What the operator's stop does; positions stay."""

    after: Expression = optional("Stop by itself after this time; 0s is never")
    cancel: Expression = optional("Cancel the strategy's orders")
    keep: Expression = optional("How many orders to keep")


class WhenItem(Part):
    """One moment of a test. Any other key sets a fact: `P_t: 101`, `bid(H): 15.03`."""

    model_config = ConfigDict(strict=True, extra="allow")
    __pydantic_extra__: dict[str, Expression]
    at: Expression = optional("How far time moves first: +3s")
    event: Source = optional("The event to raise")
    times: Annotated[StrictInt, Field(ge=1), BeforeValidator(whole)] = optional("How often it is raised")
    refuse: Name | list[Name] = optional("Legs whose orders the venue refuses")
    expect: Expect = optional("What must then be so")


ExpectedValue = Expression | list[Expression] | dict[Name, Expression]
Expect = dict[str, ExpectedValue]


class Test(Part):
    """Behaviour, as an example."""

    name: Text = Field(description="What is shown")
    with_: Expressions = optional("Values of parameters", alias="with")
    for_: dict[Name, Cell] = optional("The row of for_each", alias="for")
    given: dict[str, Expression] = optional("Facts at the start")
    when: list[WhenItem] = optional("What happens, in order")
    expect: Expect = optional("What must be so at the end")


class QueuePower(Part):
    """Those who leave a queue stood before and behind an order by this power of what stands there."""

    power: Expression = Field(description="The power n: 1, 2, 3 …")


class Market(Part):
    """Where the market of a run comes from; `vol` and what follows are the generator's."""

    data: Text = optional("A recorded data set")
    synthetic: Text = optional("A generator of markets")
    needs: Text = optional("What the data must have: queue")
    queue: Text | QueuePower = optional("Who leaves a level before a resting order: risk_averse, log, or a power")
    touched: Expression = optional("The chance that quotes which come to a price fill it, where no trades are told")
    vol: Expression = optional("Volatility a year: 0.6 is 60 %")
    days: Expression = optional("How long it is")
    price: Expression = optional("The first price")
    interval: Expression = optional("The length of a bar; of a book the mean time between messages")
    tick: Expression = optional("The step of prices, of a book")


class Run(Part):
    """Defaults of a run."""

    market: Market = optional("The market")
    capital: dict[Name, Cell] = optional("What each account starts with: 200000 USDT")
    fees: dict[Name, Expression | Fees] = optional("Fees by account, or maker and taker for all")
    latency: Expression | Expressions = optional("Latency, or feed, order and response")
    periods: dict[Name, Text] = optional("Named spans of time")
    sweep: dict[Name, Annotated[list[Expression], Field(min_length=1)]] = optional("Values to try")


class StrategyDocument(Part):
    """A strategy for fsmtrader."""

    schema_: Text = optional("The schema, for editors", alias="$schema")
    fsm: Version = Field(description="The version of the language")
    strategy: Strategy = optional("What the strategy is called")
    accounts: dict[Name, Account] = optional("Where legs are held")
    legs: dict[Name, Leg] = optional("The positions; a leg X brings qX and pX")
    parameters: Parameters = optional("Values, ranges, units; expressions over other parameters")
    checks: list[ErrorCheck | WarnCheck] = optional("Tested at compile time, at start, for every case of a sweep")
    observe: Expressions = optional("Named expressions over market, positions and indicators")
    variables: dict[Name, Variable] = optional("What the machine remembers")
    events: dict[Name, Sources] = optional("Names for sets of sources; their order is the order of events")
    for_each: Rows | ForEach = optional("One machine per row")
    quotes: dict[Name, Quote] = optional("Slots for working orders")
    regions: Annotated[dict[Name, Region], Field(min_length=1)] = optional("Machines side by side")
    states: States = optional("The states, when there is one region only")
    actions: dict[Name, Steps] = optional("Actions by name")
    lots: dict[Name, Lots] = optional("Matching of fills")
    invariants: Invariants = optional("Promises, tested at every decision")
    alerts: dict[Name, Alert] = optional("What a person should know")
    metrics: list[Name] = optional("Names to show while a run goes on, at its end and in its log")
    reports: dict[Name, Report] = optional("Tables at a time of day")
    risk: Risk = optional("What the engine refuses")
    stop: Stop = optional("What the operator's stop does")
    tests: list[Test] = optional("Behaviour, as examples")
    run: Run = optional("Defaults of a run")

    @model_validator(mode="before")
    @classmethod
    def _one_of_states_and_regions(cls, value: object) -> object:
        if isinstance(value, dict) and "states" in value and "regions" in value:
            raise ValueError("states beside regions")
        return value

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"not": {"required": ["regions", "states"]}}
    )
