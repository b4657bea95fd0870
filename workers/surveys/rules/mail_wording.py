"""The usual wording of invitations by mail, in each language of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.surveys.questions import LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The texts of a mail; ``{company}`` is the name in the theme."""

    subject: str
    subject_of: str  # with the name of the company
    body: str
    stop: str  # what stands before the link to object


WORDING: Mapping[str, Wording] = {
    "en": Wording(
        subject="How did we do?",
        subject_of="How did {company} do?",
        body=(
            "Hello,\n\nyou have been in contact with us (case {display_id}). We would like to know"
            " how it went. It takes about a minute:\n\n{link}\n\nThank you!"
        ),
        stop="If you do not want to be asked again:",
    ),
    "sv": Wording(
        subject="Hur gick det?",
        subject_of="Hur gick det hos {company}?",
        body=(
            "Hej!\n\nDu har varit i kontakt med oss (ärende {display_id}). Vi vill gärna veta hur"
            " det gick. Det tar ungefär en minut:\n\n{link}\n\nTack!"
        ),
        stop="Om du inte vill få fler frågor:",
    ),
    "fi": Wording(
        subject="Miten onnistuimme?",
        subject_of="Miten {company} onnistui?",
        body=(
            "Hei!\n\nOlet ollut meihin yhteydessä (asia {display_id}). Haluaisimme tietää, miten"
            " se sujui. Vastaaminen kestää noin minuutin:\n\n{link}\n\nKiitos!"
        ),
        stop="Jos et halua enää kyselyjä:",
    ),
    "nb": Wording(
        subject="Hvordan gikk det?",
        subject_of="Hvordan gikk det hos {company}?",
        body=(
            "Hei!\n\nDu har vært i kontakt med oss (sak {display_id}). Vi vil gjerne vite hvordan"
            " det gikk. Det tar omtrent ett minutt:\n\n{link}\n\nTakk!"
        ),
        stop="Hvis du ikke vil få flere spørsmål:",
    ),
    "da": Wording(
        subject="Hvordan gik det?",
        subject_of="Hvordan gik det hos {company}?",
        body=(
            "Hej!\n\nDu har været i kontakt med os (sag {display_id}). Vi vil gerne vide, hvordan"
            " det gik. Det tager cirka et minut:\n\n{link}\n\nTak!"
        ),
        stop="Hvis du ikke vil have flere spørgsmål:",
    ),
    "de": Wording(
        subject="Wie waren wir?",
        subject_of="Wie war {company}?",
        body=(
            "Guten Tag,\n\nSie hatten Kontakt mit uns (Vorgang {display_id}). Wir möchten gern"
            " wissen, wie es war. Es dauert etwa eine Minute:\n\n{link}\n\nVielen Dank!"
        ),
        stop="Wenn Sie nicht mehr gefragt werden möchten:",
    ),
}


def wording_in(language: str | None) -> tuple[str, Wording]:
    """Return the usual texts in a language, or else in the first of the pages, and which it is."""
    found = language if language is not None and language in WORDING else LANGUAGES[0]
    return found, WORDING[found]
