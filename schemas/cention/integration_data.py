"""Validates the data of an external voice system about a call.

Source: Cention Create Errand, ``integrationData``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from schemas.errors import Fault
from schemas.request_validation import Member, faults_of, faults_of_json

AVENTA = "aventa"

DATA: Mapping[str, Member] = {
    "integrationName": Member(str, required=True),
    "referenceId": Member(str),
    "deviceId": Member(int, required=True),
    "extensionId": Member(int, required=True),
    "link": Member(str),
    "endSession": Member(bool),
    "destNumber": Member(str, required=True),
    "pagingNumber": Member(str),
    "pagingName": Member(str),
    "queueName": Member(str, required=True),
    "queueNumber": Member(str, required=True),
    "extraData": Member(dict),
}
EXTRA: Mapping[str, Member] = {
    "comment": Member(str),
    "callReason": Member(str),
    "appointmentTimestamp": Member(str),
}
CALL: Mapping[str, Member] = {
    "integrationName": Member(str, required=True),
    "dialedNumber": Member(str),
    "deviceId": Member(int, required=True),
    "extensionId": Member(int, required=True),
}

_MSISDN = re.compile(r"[1-9][0-9]{4,14}")
_SECONDS = re.compile(r"[0-9]{1,12}")


def faults_of_integration(value: Any, pointer: str) -> Iterator[Fault]:
    """Yield the faults of ``integrationData``; undocumented members are left to Cention."""
    yield from faults_of(value, DATA, pointer, allow_unknown=True)
    if not isinstance(value, dict):
        return
    yield from faults_of_json(value, pointer)
    yield from _faults_of_name(value, pointer)
    number = value.get("destNumber")
    if isinstance(number, str) and number and not _MSISDN.fullmatch(number):
        detail = "must be an MSISDN: digits from the country code on, without a plus"
        yield Fault(f"{pointer}/destNumber", detail)
    if (extra := value.get("extraData")) is not None:
        yield from _faults_of_extra(extra, f"{pointer}/extraData")


def faults_of_call(value: Any) -> Iterator[Fault]:
    """Yield the faults of the end of a call."""
    yield from faults_of(value, CALL, "")
    yield from faults_of_json(value, "")
    yield from _faults_of_name(value, "")


def _faults_of_name(value: Mapping[str, Any], pointer: str) -> Iterator[Fault]:
    name = value.get("integrationName")
    if isinstance(name, str) and name not in ("", AVENTA):
        yield Fault(f"{pointer}/integrationName", f"must be {AVENTA}: there is no other yet")


def _faults_of_extra(value: Any, pointer: str) -> Iterator[Fault]:
    yield from faults_of(value, EXTRA, pointer, allow_unknown=True)
    moment = value.get("appointmentTimestamp") if isinstance(value, dict) else None
    if isinstance(moment, str) and moment and not _SECONDS.fullmatch(moment):
        yield Fault(f"{pointer}/appointmentTimestamp", "must be seconds since 1970, as a text")
