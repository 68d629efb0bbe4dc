"""LicenceLedger as one would write it on a blackboard, to compare the contract with.

Quantities are triples (runs, cells, outputs). A refusal is `Refused` with the name of the contract's error.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["ANYBODY", "LICENSED_COLUMNS", "LedgerModel", "Quantity", "Refused"]

Quantity = tuple[int, int, int]
LIMITS: Quantity = (2**64 - 1, 2**128 - 1, 2**64 - 1)
LICENSED_COLUMNS = 0b111
ANYBODY = "0x0000000000000000000000000000000000000000"


class Refused(Exception):
    """The ledger says no."""


def plus(a: Quantity, b: Quantity) -> Quantity:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def minus(a: Quantity, b: Quantity) -> Quantity:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def covers(whole: Quantity, part: Quantity) -> bool:
    return all(a >= b for a, b in zip(whole, part, strict=True))


@dataclass
class ModelLicence:
    consumer: str
    granted: Quantity
    remaining: Quantity
    reserved: Quantity = (0, 0, 0)
    consumed: Quantity = (0, 0, 0)
    epoch: int = 0
    is_aborting: bool = False
    recipients: set[str] = field(default_factory=set)


@dataclass
class LedgerModel:
    """Licences by number, and who reserved for a job that has not ended."""

    licences: list[ModelLicence] = field(default_factory=list)
    reservers: dict[int, str] = field(default_factory=dict)

    def grant(self, consumer: str, quantity: Quantity) -> None:
        if 0 in quantity:
            raise Refused("QuantityMissing")
        self.licences.append(ModelLicence(consumer, quantity, quantity))

    def top_up(self, number: int, added: Quantity) -> None:
        licence = self.licences[number]
        if licence.epoch:
            raise Refused("LicenceIsRevoked")
        if added == (0, 0, 0):
            raise Refused("QuantityMissing")
        if not covers(LIMITS, plus(licence.granted, added)):
            raise Refused("QuantityTooLarge")
        licence.granted = plus(licence.granted, added)
        licence.remaining = plus(licence.remaining, added)

    def revoke(self, number: int, epoch: int, *, aborts: bool) -> None:
        licence = self.licences[number]
        if licence.epoch and (licence.is_aborting or not aborts):
            raise Refused("LicenceIsRevoked")
        if epoch != licence.epoch + 1:
            raise Refused("EpochMismatch")
        licence.epoch, licence.is_aborting = epoch, aborts

    def allow_transfer(self, number: int, to: str) -> None:
        self.licences[number].recipients.add(to)

    def transfer(self, number: int, sender: str, to: str) -> None:
        licence = self.licences[number]
        if sender != licence.consumer:
            raise Refused("SignatureInvalid")
        if licence.epoch:
            raise Refused("LicenceIsRevoked")
        if not licence.recipients & {to, ANYBODY}:
            raise Refused("TransferNotAllowed")
        licence.consumer = to

    def reserve(
        self, reserver: str, job: int, number: int, consumer: str, columns: int, quantity: Quantity
    ) -> None:
        licence = self.licences[number]
        if self.reservers.get(job, reserver) != reserver:
            raise Refused("JobNotReserved")
        if licence.epoch:
            raise Refused("LicenceIsRevoked")
        if consumer != licence.consumer:
            raise Refused("ConsumerMismatch")
        if not columns & 1 or columns & ~LICENSED_COLUMNS:
            raise Refused("ColumnsNotLicensed")
        if not covers(licence.remaining, quantity):
            raise Refused("QuantityExhausted")
        self.reservers[job] = reserver
        licence.remaining = minus(licence.remaining, quantity)
        licence.reserved = plus(licence.reserved, quantity)

    def end(self, caller: str, job: int, number: int, cells: int, outputs: int, *, is_consumed: bool) -> None:
        licence, quantity = self.licences[number], (1, cells, outputs)
        if self.reservers.get(job) != caller:
            raise Refused("JobNotReserved")
        if is_consumed and licence.is_aborting:
            raise Refused("LicenceIsAborting")
        if not covers(licence.reserved, quantity):
            raise Refused("ReservationMissing")
        del self.reservers[job]
        licence.reserved = minus(licence.reserved, quantity)
        if is_consumed:
            licence.consumed = plus(licence.consumed, quantity)
        else:
            licence.remaining = plus(licence.remaining, quantity)
