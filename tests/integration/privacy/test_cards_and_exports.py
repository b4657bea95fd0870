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
    """A Cention that has another address of the person on the card."""

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

    def bring(*rows):
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

    return bring


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
def filled_centre(centre, send_card, store_export):
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


def test_no_card_or_export_has_a_trace_of_the_person_left(filled_centre, erase):
    assert {"cention.contact_card", "cention.exported_errand"} <= set(filled_centre.traces())

    erase("--reviewer", "2117249628")

    assert filled_centre.traces() == {}


def test_cards_with_the_address_are_removed_as_sent_or_as_returned_and_others_stay(
    filled_centre, erase
):
    tables = erase()["erasure"]["tables"]

    assert {"table": "cention.contact_card", "blanked": 1, "removed": 2} in tables
    strangers, third = filled_centre.bridge.rows(CARDS)
    assert strangers["sent"]["email"] == [STRANGER]
    assert strangers["sent"]["custom"] == [{"label": "Spouse", "value": "[erased] <[erased]>"}]
    assert (third["sent"]["email"], third["name"]) == (["third@example.org"], "Third")


def test_a_card_is_removed_wherever_its_answer_has_the_address(filled_centre, send_card, erase):
    send_card(contact_card({"voice": ["+1"]}), whatsapp=[{"address": ADDRESS}])

    assert {"table": "cention.contact_card", "blanked": 1, "removed": 3} in (
        erase()["erasure"]["tables"]
    )


def test_numbers_and_times_of_the_persons_exported_errands_stay(filled_centre, erase):
    facts = (
        "SELECT errand_id, arrived_at, timestamp_arrived, agent_name, area_name, tag_names,"
        " priority, channel, satisfaction_1 FROM cention.exported_errand ORDER BY position"
    )
    before = filled_centre.bridge.rows(facts)

    erase()

    assert filled_centre.bridge.rows(facts) == before
    first = filled_centre.bridge.rows(ROWS)[0]
    assert [first[name] for name in ("from_address", "subject", "question", "answer")] == [None] * 4


def test_exports_of_other_people_lose_only_the_address_and_the_name(filled_centre, erase):
    before = filled_centre.bridge.rows(ROWS)

    erase()

    *_, mentioning, strangers = filled_centre.bridge.rows(ROWS)
    assert strangers == before[-1]
    assert mentioning == before[-2] | {"answer": "Ask [erased], [erased]!"}


def test_a_dry_run_counts_the_same_and_changes_nothing(filled_centre, terminal, erase):
    before = filled_centre.texts()

    dry_run = terminal.json("erase", "--address", ADDRESS, "--dry-run")

    assert filled_centre.texts() == before
    assert erase()["erasure"] == dry_run["erasure"]


def test_erasing_again_finds_nothing(filled_centre, erase):
    erase()
    before = filled_centre.texts()

    assert erase()["erasure"]["tables"] == []
    assert filled_centre.texts() == before


def test_an_errand_known_from_an_export_alone_is_remembered_and_blanked_when_its_report_comes(
    filled_centre, erase, document
):
    erase("--reviewer", "2117249628")
    filled_centre.reports[LATER] = data.own_report(document("errand_report_33"), LATER)
    filled_centre.fetch(LATER)
    assert filled_centre.traces() != {}

    retain(Retention(), session=filled_centre.bridge.context.session)

    assert filled_centre.traces() == {}


def test_what_another_export_tells_of_an_erased_errand_is_blanked_again(
    filled_centre, erase, store_export
):
    erase("--reviewer", "2117249628")
    store_export(own(WRITTEN, from_address="marker@another.example.org"))
    assert set(filled_centre.traces()) == {"cention.exported_errand"}

    retain(Retention(), session=filled_centre.bridge.context.session)

    assert filled_centre.traces() == {}


def test_cards_and_exports_of_the_person_are_told(filled_centre, terminal):
    tables = json.loads(terminal.run("export-person", "--address", ADDRESS).stdout)["tables"]

    assert len(tables["cention.contact_card"]) == 3
    assert {row["errand_id"] for row in tables["cention.exported_errand"]} == {
        WRITTEN,
        LATER,
        None,
        101,
    }


@pytest.mark.parametrize(("days", "kept"), [(29, 5), (31, 0)])
def test_bodies_in_exports_are_kept_for_as_long_as_the_settings_say(filled_centre, days, kept):
    filled_centre.bridge.execute(
        "UPDATE cention.export_run SET started_at = now() - %s * interval '1 day'", days
    )
    before = filled_centre.bridge.rows(ROWS)

    removed = retain(
        Retention(bodies_days=30), session=filled_centre.bridge.context.session
    ).removed

    assert removed.get("exported_bodies", 0) == 5 - kept
    after = filled_centre.bridge.rows(ROWS)
    assert sum(row["question"] is not None for row in after) == kept
    assert [row["subject"] for row in after] == [row["subject"] for row in before]
