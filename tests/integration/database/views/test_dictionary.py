"""The data dictionary, from the catalog and as Markdown."""

from __future__ import annotations

import yaml

from workers.operations.store import dictionary
from workers.operations.store.dictionary import Column, Reference, Table, as_markdown
from workers.operations.store.dictionary_dbt import as_dbt


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


def test_keys_and_references_are_those_of_constraints_and_of_comments(centre):
    found = {f"{t.schema}.{t.name}": t for t in dictionary.tables(centre.conn)}

    assert found["feedback.session"].keys[0] == ("workspace", "session_id")
    assert found["feedback.session"].references[0].to_name == "invitation"
    assert found["analyst.errand_day"].keys == (("workspace", "errand_id", "event"),)
    assert found["analyst.repeat_contact"].references[1] == Reference(
        columns=("workspace", "earlier_errand_id"),
        to_schema="cention",
        to_name="errand",
        to_columns=("workspace", "errand_id"),
    )


def test_every_view_states_its_key_or_that_it_has_none_and_all_names_exist(centre):
    tables = dictionary.tables(centre.conn)
    columns = {(t.schema, t.name): {c.name for c in t.columns} for t in tables}

    assert not [
        t.name
        for t in tables
        if t.schema == "analyst" and not t.keys and "No key." not in t.comment
    ]
    for table in tables:
        own = columns[table.schema, table.name]
        assert {name for key in table.keys for name in key} <= own, table.name
        for one in table.references:
            assert set(one.columns) <= own, table.name
            assert set(one.to_columns) <= columns[one.to_schema, one.to_name], table.name


def test_sources_of_dbt_have_descriptions_types_and_tests(centre):
    sources = yaml.safe_load(as_dbt(dictionary.tables(centre.conn)))["sources"]

    assert [source["name"] for source in sources] == ["analyst", "cention", "feedback"]
    tables = {f"{s['name']}.{t['name']}": t for s in sources for t in s["tables"]}
    session = tables["feedback.session"]
    assert session["description"]
    assert session["columns"][0] == {
        "name": "workspace",
        "description": session["columns"][0]["description"],
        "data_type": "text",
        "data_tests": ["not_null"],
    }
    assert session["data_tests"][0] == {
        "unique": {"arguments": {"column_name": "jsonb_build_array(workspace, session_id)"}}
    }
    assert (
        session["data_tests"][-1]["relationships"]
        == {
            "arguments": {
                "column_name": "jsonb_build_array(workspace, rules_version)",
                "to": "source('feedback', 'rules_file')",
                "field": "jsonb_build_array(workspace, version)",
            },
        }
        | session["data_tests"][-1]["relationships"]
    )
    area_day = tables["analyst.area_day"]
    (area_id,) = [one for one in area_day["columns"] if one["name"] == "area_id"]
    assert "data_tests" not in area_id  # null for errands without an area
