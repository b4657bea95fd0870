"""The web application that others call: callbacks, surveys, health and metrics."""

from __future__ import annotations

from flask import Flask

from receiver import callbacks, errors, health, metrics, metrics_bind, pushed_answers
from receiver.application import Application
from receiver.authentication import Secrets
from receiver.callback_size import CallbackLimit
from receiver.durable_inbox import StoreCallback
from receiver.health import Check
from receiver.metrics import ReadGauges, ReadSpool
from receiver.notifier import Notify
from receiver.pushed_answers import SavePush
from receiver.surveys import pages
from receiver.surveys.storage import SurveyStorage
from workers.config.settings import Settings, require_secrets


def create_app(
    settings: Settings,
    *,
    store: StoreCallback,
    notify: Notify,
    read_gauges: ReadGauges,
    database: Check,
    broker: Check,
    spool: Check,
    read_spool: ReadSpool,
    save_pushed_answers: SavePush,
    surveys: SurveyStorage,
    notify_surveys: Notify,
) -> Flask:
    """Build the web application out of parts made elsewhere.

    Raises ``MissingCallbackSecret`` if a workspace has no callback secret and the settings do not
    allow that.
    """
    secrets = {each.name: Secrets(each.callback_secrets) for each in settings.workspaces}
    require_secrets(settings)
    app = Application(__name__, known_paths=frozenset(callbacks.PREFIX + each for each in secrets))
    # No redirects: their Location would be made of the request's Host, which anybody can choose.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    limit = CallbackLimit(settings.callback_max_bytes)
    # One byte more shows an excess.
    app.config["MAX_CONTENT_LENGTH"] = limit.arriving_max_bytes + 1
    app.register_blueprint(callbacks.blueprint(secrets, limit=limit, store=store, notify=notify))
    app.register_blueprint(pushed_answers.blueprint(settings, save=save_pushed_answers))
    app.register_blueprint(
        pages.blueprint(
            storage=surveys,
            nudge=notify_surveys,
            workspaces=frozenset(each.name for each in settings.workspaces),
            frame_ancestors=settings.survey_frame_ancestors,
        )
    )
    own_bind = bool(settings.metrics_bind)
    if own_bind:
        metrics_bind.separate(app)
    app.register_blueprint(
        health.blueprint(
            database=database,
            broker=broker,
            spool=spool,
            shows_details=metrics_bind.is_marked if own_bind else lambda: True,
        )
    )
    app.register_blueprint(metrics.blueprint(read_gauges, read_spool))
    errors.register(app)
    return app
