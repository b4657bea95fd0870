"""A person is erased from contact cards and exports as well, and their data is exported."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest

from schemas.cention.contact_cards import contact_card, contacts_in_card
from schemas.cention.exports import ExportOrder
from tests.integration.privacy import centre as data
from tests.integration.privacy.centre import ADDRESS, NAME, STRANGER, STRANGERS, WRITTEN
from workers.config.settings import Retention
from workers.mirrors.jobs import exports
from workers.outbound.jobs import contact_cards
from workers.privacy.jobs.retention import retain

LATER = 99  # an errand of the person without a report yet
CARDS = "SELECT sent, returned, name FROM cention.contact_card ORDER BY sent_at"
ROWS = "SELECT * FROM cention.exported_errand ORDER BY run_id, position"


class Cards:
    """A contact cards API that adds these addresses to each card."""

    def __init__(self, more):
        self.more = more

    def upsert(self, card):
        contacts = contacts_in_card(card)
        for channel, addresses in self.more.items():
            contacts[channel] = contacts.get(channel, []) + addresses
        return {
            "data": {"type": "c3_contact_cards", "id": "13", "attributes": {"contacts": contacts}}
        }


@pytest.fixture
def send_card(centre):
    def send_card(card, **more):
        contact_cards.send(
            card,
            workspace="demo",
            api=Cards(more),
            transaction=centre.bridge.context.transaction,
        )

    return send_card


@pytest.fixture
def store_export(centre, document):
    """Store an export of these rows, each as changed from the sample."""

    def store(*rows):
        answer = document("export_of_one")
        content = answer["data"]["attributes"]["content"]
        answer["data"]["attributes"]["content"] = [content | row for row in rows]
        context = exports.ExportContext(
            workspace="demo",
            zone=ZoneInfo("Europe/Stockholm"),
            request=lambda order: answer,
            session=centre.bridge.context.session,
        )
        order = ExportOrder(preset_id="316", from_day=None, to_day=None)
        exports.run(context, order, origin="command")

    return store


def own(errand_id, **changes):
    return {
        "errand_id": errand_id,
        "from_address": ADDRESS,
        "subject": "MARKER needs help",
        "question": "I am MARKER.",
        "answer": "Dear MARKER",
        "errand_notes": "MARKER called.",
        **changes,
    }


@pytest.fixture
def centre_with_cards_and_exports(centre, send_card, store_export):
    """Cards and exports of the person, of a stranger, and of a stranger who mentions the person."""
    send_card(contact_card({"email": [ADDRESS.upper()], "voice": ["+46 MARKER"]}, name=NAME))
    send_card(contact_card({"voice": ["+46-MARKER-2"]}), email=[ADDRESS])
    send_card(
        contact_card(
            {"email": [STRANGER]}, name="Other", custom=[("Spouse", f"{NAME} <{ADDRESS}>")]
        )
    )
    send_card(contact_card({"email": ["third@example.org"]}, name="Third"))
    store_export(
        own(WRITTEN),
        own(LATER, from_address=f"{NAME} <{ADDRESS}>", language="MARKER"),
        own("no id", from_address=ADDRESS.lower()),
        {"errand_id": 101, "from_address": STRANGER, "answer": f"Ask {NAME}, {ADDRESS}!"},
        {"errand_id": STRANGERS, "from_address": STRANGER},
    )
    return centre


@pytest.fixture
def erase(terminal):
    def run(*words):
        return terminal.json("erase", "--address", ADDRESS, "--yes", *words)

    return run


def test_no_card_or_export_has_a_trace_of_the_person_left(centre_with_cards_and_exports, erase):
    assert {"cention.contact_card", "cention.exported_errand"} <= set(
        centre_with_cards_and_exports.traces()
    )

    erase("--reviewer", "2117249628")

    assert centre_with_cards_and_exports.traces() == {}


def test_cards_with_the_address_are_removed_as_sent_or_as_returned_and_others_stay(
    centre_with_cards_and_exports, erase
):
    tables = erase()["erasure"]["tables"]

    assert {"table": "cention.contact_card", "blanked": 1, "removed": 2} in tables
    strangers, third = centre_with_cards_and_exports.bridge.rows(CARDS)
    assert strangers["sent"]["email"] == [STRANGER]
    assert strangers["sent"]["custom"] == [{"label": "Spouse", "value": "[erased] <[erased]>"}]
    assert (third["sent"]["email"], third["name"]) == (["third@example.org"], "Third")


def test_a_card_is_removed_wherever_its_answer_has_the_address(
    centre_with_cards_and_exports, send_card, erase
):
    send_card(contact_card({"voice": ["+1"]}), whatsapp=[{"address": ADDRESS}])

    assert {"table": "cention.contact_card", "blanked": 1, "removed": 3} in (
        erase()["erasure"]["tables"]
    )


def test_numbers_and_times_of_the_persons_exported_errands_stay(
    centre_with_cards_and_exports, erase
):
    facts = (
        "SELECT errand_id, arrived_at, timestamp_arrived, agent_name, area_name, tag_names,"
        " priority, channel, satisfaction_1 FROM cention.exported_errand ORDER BY position"
    )
    before = centre_with_cards_and_exports.bridge.rows(facts)

    erase()

    assert centre_with_cards_and_exports.bridge.rows(facts) == before
    first = centre_with_cards_and_exports.bridge.rows(ROWS)[0]
    assert [first[name] for name in ("from_address", "subject", "question", "answer")] == [None] * 4


def test_exports_of_other_people_lose_only_the_address_and_the_name(
    centre_with_cards_and_exports, erase
):
    before = centre_with_cards_and_exports.bridge.rows(ROWS)

    erase()

    *_, mentioning, strangers = centre_with_cards_and_exports.bridge.rows(ROWS)
    assert strangers == before[-1]
    assert mentioning == before[-2] | {"answer": "Ask [erased], [erased]!"}


def test_a_dry_run_counts_the_same_and_changes_nothing(
    centre_with_cards_and_exports, terminal, erase
):
    before = centre_with_cards_and_exports.texts()

    dry_run = terminal.json("erase", "--address", ADDRESS, "--dry-run")

    assert centre_with_cards_and_exports.texts() == before
    assert erase()["erasure"] == dry_run["erasure"]


def test_erasing_again_finds_nothing(centre_with_cards_and_exports, erase):
    erase()
    before = centre_with_cards_and_exports.texts()

    assert erase()["erasure"]["tables"] == []
    assert centre_with_cards_and_exports.texts() == before


def test_an_errand_known_from_an_export_alone_is_redacted_when_its_report_arrives(
    centre_with_cards_and_exports, erase, document
):
    erase("--reviewer", "2117249628")
    centre_with_cards_and_exports.reports[LATER] = data.own_report(
        document("errand_report_33"), LATER
    )
    centre_with_cards_and_exports.fetch(LATER)
    assert centre_with_cards_and_exports.traces() != {}

    retain(Retention(), session=centre_with_cards_and_exports.bridge.context.session)

    assert centre_with_cards_and_exports.traces() == {}


def test_an_erased_errand_in_another_export_is_redacted_again(
    centre_with_cards_and_exports, erase, store_export
):
    erase("--reviewer", "2117249628")
    store_export(own(WRITTEN, from_address="marker@another.example.org"))
    assert set(centre_with_cards_and_exports.traces()) == {"cention.exported_errand"}

    retain(Retention(), session=centre_with_cards_and_exports.bridge.context.session)

    assert centre_with_cards_and_exports.traces() == {}


def test_cards_and_exports_of_the_person_are_exported(centre_with_cards_and_exports, terminal):
    tables = json.loads(terminal.run("export-person", "--address", ADDRESS).stdout)["tables"]

    assert len(tables["cention.contact_card"]) == 3
    assert {row["errand_id"] for row in tables["cention.exported_errand"]} == {
        WRITTEN,
        LATER,
        None,
        101,
    }


@pytest.mark.parametrize(("days", "remaining"), [(29, 5), (31, 0)])
def test_bodies_in_exports_are_removed_after_the_configured_time(
    centre_with_cards_and_exports, days, remaining
):
    centre_with_cards_and_exports.bridge.execute(
        "UPDATE cention.export_run SET started_at = now() - %s * interval '1 day'", days
    )
    before = centre_with_cards_and_exports.bridge.rows(ROWS)

    removed = retain(
        Retention(bodies_days=30), session=centre_with_cards_and_exports.bridge.context.session
    ).removed

    assert removed.get("exported_bodies", 0) == 5 - remaining
    after = centre_with_cards_and_exports.bridge.rows(ROWS)
    assert sum(row["question"] is not None for row in after) == remaining
    assert [row["subject"] for row in after] == [row["subject"] for row in before]
