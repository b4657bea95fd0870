"""The Celery tasks: each is a name, a queue and one call to a job."""

from __future__ import annotations

MODULES = (
    "workers.tasks.callbacks",
    "workers.tasks.fetch",
    "workers.tasks.mirrors",
    "workers.tasks.retention",
    "workers.tasks.surveys",
    "workers.tasks.survey_alerts",
    "workers.tasks.maintenance",
    "workers.tasks.metrics",
    "workers.tasks.operator_work",
    "workers.tasks.reports",
)
