"""Sample data of the simulated contact centre: areas, agents, customers, texts and files."""

from __future__ import annotations

from typing import NamedTuple


class Named(NamedTuple):
    """An id and a name of Cention's master data; 0 and "" mean none."""

    item_id: int
    name: str


class Area(NamedTuple):
    """An area with its organisation."""

    item_id: int
    name: str
    organisation: Named


class Service(NamedTuple):
    """A channel; ``kind`` is the number ``type`` in callbacks."""

    item_id: int
    name: str
    kind: int


class Person(NamedTuple):
    """Somebody who sends errands."""

    name: str
    address: str  # or a telephone number
    client_id: int = 0  # 0: Cention has no client of this address


NO_AGENT = Named(0, "")

RETAIL = Named(3, "Nordkust Retail")
CARE = Named(7, "Nordkust Care & Repair")
TELECOM = Named(11, "Ångström Telekom")

AREAS = (
    Area(1, "Deliveries", RETAIL),
    Area(2, "Returns & refunds", RETAIL),
    Area(5, "Verkstad Göteborg", CARE),
    Area(9, "Invoices", TELECOM),
    Area(14, "Broadband <first line>", TELECOM),
)

SMS = Service(21, "SMS", 12)
SERVICES = (
    Service(1, "Email", 1),
    Service(16, "Form", 19),
    Service(4, "Chat", 8),
    Service(6, "Facebook", 5),
    SMS,
)

AGENTS = (
    Named(2, "System Administrator"),
    Named(31, "Åsa Lindqvist"),
    Named(32, "Nur Aisyah binti Rahman"),
    Named(40, "Jürgen O'Neill"),
    Named(57, "王 小明"),
)

TAGS = (
    Named(32, "Complaint"),
    Named(33, "VIP"),
    Named(41, "Delayed parcel"),
    Named(42, "Återköp"),
    Named(77, "Second contact"),
)

PEOPLE = (
    Person("Karin Öberg, Billing", "karin.oberg@customer.example", 1),
    Person("Tan Wei Ling", "wl.tan@mail.example", 2),
    Person("", "noname@post.example", 3),
    Person('Sam "Sunny" Reyes', "sam+orders@inbox.example", 4),
    Person("Zoë 🦊 Fox", "zoe@fox.example", 5),
)

TOPICS = (
    ("My parcel has not arrived", "It was promised for Monday & is still not here."),
    ("Faktura 2048 är fel", "Beloppet stämmer inte: <b>1 249 kr</b> i stället för 249 kr."),
    ("Return of shoes", "They are one size too small. How do I send them back?"),
    ("Internet slow since Tuesday 🐌", 'The box says "DSL" in red.'),
    ("Pesanan saya rosak", "Skrin pecah semasa tiba."),
    ("", "No subject, and a character the mail program mangled: \0"),
    ("Half an emoji", "The end of this sentence was cut \ue000"),
)

HIGH_PRIORITY = 1  # the topic


def priority_of(topic: int) -> str:
    """Return the priority of errands about a topic; "" for the usual one."""
    return "High" if topic == HIGH_PRIORITY else ""


ANSWERS = (
    "Thank you for writing. We have sent a new parcel today.",
    "Hej! Vi har krediterat fakturan & beklagar felet.",
    "Please restart the box; an engineer calls you before 17:00.",
    "A label for the return is attached.",
)

FEEDBACK = (
    ("Very satisfied", 5),
    ("Nöjd", 4),
    ("Neither good nor bad", 3),
    ("Dissatisfied 😠", 1),
)

RATINGS = (
    "Great help, and quick!",
    "",
    "Tre veckor utan svar 😤",
    "Bagus sekali",
    None,
)

FILES = (
    ("receipt.pdf", "application/pdf"),
    ("note.txt", "text/plain"),
    ("photo of the damage.jpg", "image/jpeg"),
    ("../../label.txt", "text/plain; charset=utf-8"),
    ("räkning nr 7.pdf", ""),
)

IMAGES = (("logo.png", "image/png"), ("signature.gif", "image/gif"))
