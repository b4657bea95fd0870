"""The web process: gunicorn wsgi:app."""
