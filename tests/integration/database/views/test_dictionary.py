"""The data dictionary, from the catalog and as Markdown."""

from __future__ import annotations

from workers.operations.store import dictionary
from workers.operations.store.dictionary import Column, Table, as_markdown


def test_the_dictionary_begins_with_what_analysts_read(centre):
    found = dictionary.tables(centre.conn)

    assert [t.schema for t in found] == sorted(t.schema for t in found)
    assert ("analyst", "errand_overview") in [(t.schema, t.name) for t in found]


def test_a_column_has_a_type_a_nullability_and_a_meaning(centre):
    errand = next(
        t for t in dictionary.tables(centre.conn) if (t.schema, t.name) == ("cention", "errand")
    )

    assert errand.comment.startswith("One row per errand")
    assert errand.columns[1] == Column(
        name="errand_id",
        type="bigint",
        nullable=False,
        comment="Cention's database id of the errand.",
    )


def test_the_markdown_has_a_chapter_per_schema_and_a_section_per_table():
    column = Column(name="day", type="date", nullable=True, comment="Day.")
    text = as_markdown(
        [
            Table(schema="analyst", name="a", comment="First.", columns=(column,)),
            Table(schema="analyst", name="b", comment=None, columns=(column,)),
            Table(schema="cention", name="c", comment="Third.", columns=()),
        ]
    )

    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Data dictionary",
        "## analyst",
        "### analyst.a",
        "### analyst.b",
        "## cention",
        "### cention.c",
    ]
    assert "| `day` | date | yes | Day. |" in text


def test_nothing_in_a_comment_breaks_the_table():
    column = Column(name="kind", type="text", nullable=False, comment="to|copy,\n<b>snake_case</b>")

    text = as_markdown([Table(schema="s", name="t", comment=None, columns=(column,))])

    assert text.splitlines()[-1] == (
        "| `kind` | text | no | to\\|copy, \\<b\\>snake\\_case\\</b\\> |"
    )
