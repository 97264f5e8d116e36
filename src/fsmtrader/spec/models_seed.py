"""The shape of the seed's two blocks (document 000, §11 and §12), as pydantic models for the schemas."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictStr

from fsmtrader.spec.models import Parameters, Run, Strategy, Test
from fsmtrader.spec.models_base import Expression, Name, Part, optional
from fsmtrader.spec.models_machine import States, Steps


class SeedPosition(Part):
    quantity: Name = optional("The name of the quantity")
    average_price: Name = optional("The name of the average price")


class SeedState(Part):
    """The names of what the strategy knows."""

    price: Name = optional("The name of the price")
    reference_price: Name = optional("The name of the reference price")
    long_position: SeedPosition = optional("The names of the long position")
    short_position: SeedPosition = optional("The names of the short position")
    mode: list[Name] = optional("The states, in order")


SeedParameters = dict[Name, Expression | dict[Name, Expression]]


class SeedDescriptionDocument(Part):
    """The seed's JSON block: what the strategy is, in a form that the machine is checked against."""

    strategy: Strategy = optional("What the strategy is called")
    state: SeedState = optional("The names of what the strategy knows")
    parameters: SeedParameters = optional("Names of the parameters by their role")
    triggers: dict[Name, Expression | Annotated[list[Expression], Field(min_length=1)]] = optional(
        "Conditions by name; one of a list is enough"
    )
    actions: dict[Name, Annotated[list[StrictStr], Field(min_length=1)]] = optional("Steps by name")
    invariants: list[Name] = optional("Promises by name")


class SeedMachineDocument(Part):
    """The seed's YAML block: states and actions. Legs L and S on a hedge account are understood."""

    strategy: Strategy = optional("What the strategy is called")
    parameters: Parameters = optional("Values for the parameters")
    states: States = Field(description="The states; the first is the initial one")
    actions: dict[Name, Steps] = optional("Actions by name")
    invariants: list[Name] = optional("Promises by name")
    tests: list[Test] = optional("Behaviour, as examples")
    run: Run = optional("Defaults of a run")
