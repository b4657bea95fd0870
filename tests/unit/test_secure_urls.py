from __future__ import annotations

import pytest

from workers.config.secure_urls import fault_of_secure_url


@pytest.mark.parametrize(
    "url",
    [
        "https://api.feedback.fyi",
        "https://digidesk.citrustelecom.net/api/survey_requests/",
        "http://127.0.0.1:8390/digidesk",
        "http://localhost:8390",
        "http://[::1]:8390",
        "http://127.8.9.1",
    ],
)
def test_https_is_usable_and_http_within_this_machine(url):
    assert fault_of_secure_url(url) is None


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("http://api.feedback.fyi", "https"),
        ("http://localhost.evil.example", "https"),
        ("http://127.0.0.1.evil.example", "https"),
        ("http://10.0.0.1", "https"),
        ("http://0.0.0.0", "https"),
        ("ftp://localhost", "Not a URL"),
        ("https://", "Not a URL"),
        ("https://host:port", "Not a URL"),
        ("api.feedback.fyi", "Not a URL"),
        ("", "Not a URL"),
        ("https://user:s3cret@host", "Must not carry"),
        ("https://host/?key=s3cret", "Must not carry"),
        ("http://user@localhost", "Must not carry"),
    ],
)
def test_what_would_show_a_credential_or_a_contact_is_refused(url, detail):
    fault = fault_of_secure_url(url)

    assert fault is not None
    assert detail in fault
    assert "s3cret" not in fault
