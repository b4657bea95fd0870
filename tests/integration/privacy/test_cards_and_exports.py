"""A person goes from contact cards and exports as well, and can be told what is there."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest

from schemas.cention.contact_cards import contact_card, contacts_in_card
from schemas.cention.exports import ExportOrder
from tests.integration.privacy import centre as made
from tests.integration.privacy.centre import ADDRESS, NAME, STRANGER, STRANGERS, WRITTEN
from workers.config.settings import Retention
from workers.mirrors.jobs import exports
from workers.outbound.jobs import contact_cards
from workers.privacy.jobs.retention import retain

LATER = 99  # an errand of the person's that no report has told yet
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
def send(centre):
    def send(card, **more):
        contact_cards.send(
            card,
            workspace="demo",
            api=Cards(more),
            transaction=centre.bridge.context.transaction,
        )

    return send


@pytest.fixture
def export(centre, document):
    """Bring an export of these rows home, each as changed from the sample."""

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
def full(centre, send, export):
    """Cards and exports of the person, of a stranger, and of a stranger who mentions the person."""
    send(contact_card({"email": [ADDRESS.upper()], "voice": ["+46 MARKER"]}, name=NAME))
    send(contact_card({"voice": ["+46-MARKER-2"]}), email=[ADDRESS])
    send(
        contact_card(
            {"email": [STRANGER]}, name="Other", custom=[("Spouse", f"{NAME} <{ADDRESS}>")]
        )
    )
    send(contact_card({"email": ["third@example.org"]}, name="Third"))
    export(
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


def test_no_card_or_export_has_a_trace_of_the_person_left(full, erase):
    assert {"cention.contact_card", "cention.exported_errand"} <= set(full.traces())

    erase("--reviewer", "2117249628")

    assert full.traces() == {}


def test_cards_with_the_address_are_removed_as_sent_or_as_returned_and_others_stay(full, erase):
    told = erase()["erasure"]["tables"]

    assert {"table": "cention.contact_card", "blanked": 1, "removed": 2} in told
    strangers, third = full.bridge.rows(CARDS)
    assert strangers["sent"]["email"] == [STRANGER]
    assert strangers["sent"]["custom"] == [{"label": "Spouse", "value": "[erased] <[erased]>"}]
    assert (third["sent"]["email"], third["name"]) == (["third@example.org"], "Third")


def test_a_card_is_removed_wherever_its_answer_has_the_address(full, send, erase):
    send(contact_card({"voice": ["+1"]}), whatsapp=[{"address": ADDRESS}])

    assert {"table": "cention.contact_card", "blanked": 1, "removed": 3} in (
        erase()["erasure"]["tables"]
    )


def test_numbers_and_times_of_the_persons_exported_errands_stay(full, erase):
    facts = (
        "SELECT errand_id, arrived_at, timestamp_arrived, agent_name, area_name, tag_names,"
        " priority, channel, satisfaction_1 FROM cention.exported_errand ORDER BY position"
    )
    before = full.bridge.rows(facts)

    erase()

    assert full.bridge.rows(facts) == before
    first = full.bridge.rows(ROWS)[0]
    assert [first[name] for name in ("from_address", "subject", "question", "answer")] == [None] * 4


def test_exports_of_other_people_lose_only_the_address_and_the_name(full, erase):
    before = full.bridge.rows(ROWS)

    erase()

    *_, mentioning, strangers = full.bridge.rows(ROWS)
    assert strangers == before[-1]
    assert mentioning == before[-2] | {"answer": "Ask [erased], [erased]!"}


def test_a_dry_run_counts_the_same_and_changes_nothing(full, terminal, erase):
    before = full.texts()

    told = terminal.json("erase", "--address", ADDRESS, "--dry-run")

    assert full.texts() == before
    assert erase()["erasure"] == told["erasure"]


def test_erasing_again_finds_nothing(full, erase):
    erase()
    before = full.texts()

    assert erase()["erasure"]["tables"] == []
    assert full.texts() == before


def test_an_errand_known_from_an_export_alone_is_remembered_and_blanked_when_its_report_comes(
    full, erase, document
):
    erase("--reviewer", "2117249628")
    full.reports[LATER] = made.own_report(document("errand_report_33"), LATER)
    full.fetch(LATER)
    assert full.traces() != {}

    retain(Retention(), session=full.bridge.context.session)

    assert full.traces() == {}


def test_what_another_export_tells_of_an_erased_errand_is_blanked_again(full, erase, export):
    erase("--reviewer", "2117249628")
    export(own(WRITTEN, from_address="marker@another.example.org"))
    assert set(full.traces()) == {"cention.exported_errand"}

    retain(Retention(), session=full.bridge.context.session)

    assert full.traces() == {}


def test_cards_and_exports_of_the_person_are_told(full, terminal):
    told = json.loads(terminal.run("export-person", "--address", ADDRESS).stdout)["tables"]

    assert len(told["cention.contact_card"]) == 3
    assert {row["errand_id"] for row in told["cention.exported_errand"]} == {
        WRITTEN,
        LATER,
        None,
        101,
    }


@pytest.mark.parametrize(("days", "kept"), [(29, 5), (31, 0)])
def test_bodies_in_exports_are_kept_for_as_long_as_the_settings_say(full, days, kept):
    full.bridge.execute(
        "UPDATE cention.export_run SET started_at = now() - %s * interval '1 day'", days
    )
    before = full.bridge.rows(ROWS)

    removed = retain(Retention(bodies_days=30), session=full.bridge.context.session).removed

    assert removed.get("exported_bodies", 0) == 5 - kept
    after = full.bridge.rows(ROWS)
    assert sum(row["question"] is not None for row in after) == kept
    assert [row["subject"] for row in after] == [row["subject"] for row in before]
