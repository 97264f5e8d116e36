"""What a venue says, collected in order until it is sent to those whom it is about."""

from __future__ import annotations

from fsmtrader.domain.orders import Answer, Funded, Liquidated
from fsmtrader.venues.simulated.account import Account

Message = Answer | Funded | Liquidated


class Messages:
    """Messages of one step, each with its account."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: list[tuple[Account, Message]] = []

    def tell(self, account: Account, message: Message) -> None:
        self.items.append((account, message))
