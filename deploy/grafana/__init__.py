"""Dashboards for Grafana: ``python -m deploy.grafana`` writes the JSON files from this source."""
