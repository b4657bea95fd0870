"""``analyst.library_question``: what is in the library now."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def library(centre):
    def put(table, **values):
        centre.put(f"cention.{table}", workspace="demo", fetched_at=NOW, **values)

    def question(number, **values):
        put("library_question", question_id=number, toplist=False, images_told=True, **values)

    question(1, subject="Shoes", question_text="How?", answer_text="So.")
    question(2, gone_at=NOW)
    for number in (1, 2):
        put("library", library_id=number, name=None, top_level=True, source_types=["c3_libraries"])
    put("library_category", category_id=1, name="Returns")
    for kind, owner, gone in (
        ("library", 1, None),
        ("library", 2, NOW),
        ("category", 1, None),
    ):
        put(
            "library_link",
            owner_kind=kind,
            owner_id=owner,
            target_kind="question",
            target_id=1,
            gone_at=gone,
        )
    for kind, number, gone in (
        ("library", 1, None),
        ("library", 2, NOW),
        ("area_archive", 1, None),
        ("area_archive", 2, None),
    ):
        put(
            "library_question_attachment",
            question_id=1,
            kind=kind,
            attachment_id=number,
            gone_at=gone,
        )


def test_a_question_has_texts_libraries_categories_and_numbers_of_files_and_images(centre, library):
    assert centre.query("SELECT * FROM analyst.library_question") == [
        {
            "workspace": "demo",
            "question_id": 1,
            "subject": "Shoes",
            "question_text": "How?",
            "answer_text": "So.",
            "toplist": False,
            "library_names": ["1"],
            "category_names": ["Returns"],
            "file_count": 1,
            "image_count": 2,
            "fetched_at": NOW,
        }
    ]


def test_analysts_may_read_it(centre, library):
    centre.conn.execute("SET ROLE cention_analyst")

    assert len(centre.query("SELECT * FROM analyst.library_question")) == 1
    for table in (
        "library",
        "library_category",
        "library_question",
        "library_link",
        "library_question_attachment",
    ):
        assert centre.query(f"SELECT * FROM cention.{table}")
