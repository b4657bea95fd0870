"""The door: callbacks come in, the operator looks out. No work is done here."""

from __future__ import annotations

from flask import Flask

from receiver import callbacks, errors, health, metrics
from receiver.announcing import Announce
from receiver.envelope import Secrets
from receiver.health import Check
from receiver.keeping import Keep
from receiver.metrics import ReadGauges, ReadSpool
from workers.config.settings import Settings


class Unsigned(ValueError):
    """A workspace would take callbacks from anybody, and nobody said that it may."""


def create_app(
    settings: Settings,
    *,
    keep: Keep,
    announce: Announce,
    read_gauges: ReadGauges,
    database: Check,
    broker: Check,
    spool: Check,
    read_spool: ReadSpool,
) -> Flask:
    """Build the web application out of parts made elsewhere.

    Raises ``Unsigned`` if a workspace has no callback secret, unless the settings allow it.
    """
    secrets = {each.name: Secrets(each.callback_secrets) for each in settings.workspaces}
    _refuse_unsigned(settings)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = callbacks.BODY_MAX_BYTES + 1  # a longer one is cut here
    app.register_blueprint(callbacks.blueprint(secrets, keep=keep, announce=announce))
    app.register_blueprint(health.blueprint(database=database, broker=broker, spool=spool))
    app.register_blueprint(metrics.blueprint(read_gauges, read_spool))
    errors.register(app)
    return app


def _refuse_unsigned(settings: Settings) -> None:
    unsigned = [each.name for each in settings.workspaces if not each.callback_secrets]
    if unsigned and not settings.allow_unsigned:
        raise Unsigned(
            f"No callback secret for {', '.join(unsigned)}: set CENTION_CALLBACK_SECRETS, "
            "or CENTION_ALLOW_UNSIGNED=true to take callbacks from anybody."
        )
