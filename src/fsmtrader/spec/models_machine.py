"""The machine's part of the models: actions, rows, states."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool
from typing_extensions import TypeAliasType

from fsmtrader.spec.models_base import Expression, Expressions, Name, Part, StepName, Text, optional


class How(Part):
    """How a target is worked."""

    style: Literal["market", "ioc", "passive"] = optional("The kind of order")
    patience: Expression = optional("How long a passive order may rest")
    then: Literal["ioc", "market"] = optional("What follows when patience ends")
    band: Expression = optional("How far from the touch an order may reach")
    tries: Expression = optional("How many orders at most")
    slice: Expression = optional("The largest quantity of one order")


class Target(Part):
    """The long form of assigning to a leg's quantity."""

    leg: Expression = Field(description="The leg")
    to: Expression = Field(description="The quantity to reach")
    how: How = optional("How it is worked, in place of the leg's own")


class LetStep(Part):
    let: Expressions = Field(description="Names for the rest of this action")


class WaitStep(Part):
    wait: None = Field(description="All that stands above is carried out before the rest is evaluated")


class AlertStep(Part):
    alert: Name = Field(description="The alert to raise")


class RecordStep(Part):
    record: dict[Name, Expressions] = Field(description="Rows to write to the journal: kind, then columns")


class TargetStep(Part):
    target: Target = Field(description="A target with its own way of working")


CallArgument = Expression | list[Expression] | dict[Name, Expression]
OpenStep = dict[StepName, Expression | dict[Name, CallArgument]]
"""Assignments, or a call of an action by its name: the reader knows which."""

MappingStep = TypeAliasType("MappingStep", LetStep | WaitStep | AlertStep | RecordStep | TargetStep | OpenStep)
Step = Name | MappingStep


class LongAction(Part):
    """An action with a deadline and what to do when it fails."""

    steps: Name | list[Step] | MappingStep = Field(description="What is done, in order")
    within: Expression = optional("The action fails after this time")
    on_fail: Steps = optional("What is done when it fails")
    net: StrictBool = optional("false: no netting, step by step")
    with_: Name | list[Name] | dict[Name, None] = optional("The names it takes as arguments", alias="with")


Steps = TypeAliasType("Steps", Name | list[Step] | LongAction | MappingStep)


class IfExit(Part):
    """The seed's exit row; it stands before `if`."""

    condition: Expression = optional("When it is taken")
    if_: Expression = optional("When it is taken", alias="if")
    do: Steps = optional("What is done")
    transition_to: Name = optional("The state that follows")
    because: Text = optional("Why, for the journal")


class Row(Part):
    """One line of decision: the first row whose guard holds is taken."""

    if_: Expression = optional("The guard; without one the row always holds", alias="if")
    do: Steps = optional("The action")
    transition_to: Name = optional("The state that follows when the action is done")
    because: Text = optional("Why, for the journal")
    if_exit: IfExit = optional("A row that stands before this one")


RowOrRows = Row | list[Row]


class State(Part):
    """A state. Its parents' rows stand before its own."""

    description: Text = optional("What the state means")
    initial: StrictBool = optional("The first state of its region (by default the first in the document)")
    final: StrictBool = optional("`enter` is carried out, then everything is ignored")
    orders: Literal["none", "reduce", "any"] = optional("Which orders are permitted here")
    enter: Steps = optional("Done on entry")
    exit: Steps = optional("Done on leaving: assigns and cancels only")
    on: dict[str, RowOrRows] = optional("Rows by event: price_update, book(L), rejected(bid, post_only), ...")
    after: dict[str, RowOrRows] = optional("Rows by time in the state: {30s: row}")
    states: States = optional("States inside this one")


States = Annotated[dict[Name, State | None], Field(min_length=1)]
