"""Two workspaces with the same numbers: a row of each table for one, and its double for the other.

Each query of the product is tried on the one: it must return and do what it returns and does in a
database without the other, and leave the other as it is. It is tried in each state that the columns
it names may have, as most queries look at one state only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

ONE, OTHER = "demo", "other"
NUMBER = 7
BYTES = "\\x" + "07" * 32
RUN = "00000000-0000-4000-8000-000000000007"
ADDRESS = "a@b.example"
FAMILIES = ("errand_reports", "facebook_ratings", "response_attachments")
SURVEY = '{"survey": "s"}'
CALLBACK = '{"data": {"relationships": {"errand": {"data": {"id": "7"}}}}, "included": [{}]}'
RATING = '{"data": {"attributes": {"data": {"reviewerId": 7, "reviewerName": "t"}}}}'
RULE = '{"alert": {"kind": "nps", "at_most": 7, "from": "a@b.example"}}'

BY_TYPE = {
    "bigint": "7",
    "integer": "7",
    "smallint": "7",
    "numeric": "7",
    "double precision": "7",
    "real": "7",
    "interval": "7 hours",
    "text[]": "{t}",
    "integer[]": "{7}",
    "text": "t",
    "boolean": "true",
    "uuid": RUN,
    "xid8": "7",
    "bytea": BYTES,
    "jsonb": "{}",
    "date": "now",
    "timestamp with time zone": "-10 hour",
    "timestamp with time zone[]": "-10 hour",
    "bigint[]": "{7}",
    "smallint[]": "{0}",
}
BY_NAME = {
    "from_address": ADDRESS,
    "address": ADDRESS,
    "contact": ADDRESS,
    "timezone": "UTC",
    "kind": "response",
    "vendor": "centracx",
    "origin": "page",
    "owner_kind": "library",
    "target_kind": "question",
    "rule": "r",
    "valid_to": None,
    "off_at": None,
    "undone_at": None,
    "expires_at": "10 hour",
    "send_until": "10 hour",
    "until_at": "10 hour",
    "paused_until": "10 hour",
    "claimed_until": "10 hour",
    "asked": "[]",
    "survey": SURVEY,
    "channel": "email",
    "event": "answered",
    "source": "page",
    "what": "answer",
    "verdict": "invite",
    "forwarded": "no",
    "outcome_state": "no",
}
BY_COLUMN = {
    "cention.action_pattern.kind": "answered",
    "cention.export_run.origin": "schedule",
    "cention.export_run.state": "done",
    "cention.library_question_attachment.kind": "library",
    "cention.errand_recipient.kind": "to",
    "cention.errand_version.state": "open",
    "cention.contact_card.sent": f'{{"email": ["{ADDRESS}"]}}',
    "feedback.answer.kind": "nps",
    "feedback.decision.reason": None,
    "feedback.rule.name": "r",
    "feedback.rule.document": RULE,
    "feedback.session.state": "open",
    "feedback.unmatched_row.origin": "push",
    "feedback.vendor.asked": "-1 second",
    "intake.callback.document": CALLBACK,
    "intake.callback.event": "1",
    "intake.mirror.mirror": "library",
    "intake.report_sent.state": "due",
    "intake.report_sent.week": "2024-01-29",
    "intake.completeness.reported": "7",
    **dict.fromkeys(
        (
            f"intake.completeness.{name}"
            for name in ("stored", "pending", "parked", "unreadable", "gone")
        ),
        "0",
    ),
}
# Without a workspace in their key, so the double needs another number.
OWN_NUMBER = {"action_id", "callback_id", "poll_id", "request_id"}
# Unique everywhere.
DIFFERENT = {"reference", "token_sha256"}
# Read by queries to find rows; all other texts of the double differ.
SAME_TEXTS = {
    *BY_NAME,
    *("message_id", "login_name", "preset_id", "question_key", "mirror", "family", "state"),
    *("from_name", "reviewer_name", "status_code", "language", "settled_by", "action", "remote_id"),
}

_CHECKED = re.compile(r"\(*(\w+) = ANY \(ARRAY\[(.*?)\]\)")
_READS = re.compile(r"(--.*\n|\s)*SELECT(?![\s\S]*(INSERT|UPDATE|DELETE) )")
# Where columns are only copied, so that no decision depends on them.
_LISTS = re.compile(
    r"INSERT INTO [\w.]+( AS \w+)? \([^)]*\)|\w+ = EXCLUDED\.\w+|SELECT [^()]*? FROM"
    r"|AS \w+ \([^)]*\)"
)
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    name: str
    type: str
    nullable: bool
    in_key: bool
    choices: tuple[str, ...]  # that a constraint allows


def _change(
    column: Column, nulls: set[str], falses: set[str], words: dict[str, set[str]], turn: int
) -> str | None:
    """Return what brings a column into a state that a query looks for; ``None`` for no matter."""
    if column.in_key:
        return None
    usual = sorted(words.get(column.name, set()))
    if column.type != "integer":
        usual = [word for word in usual if word in column.choices]
    if usual:
        return f"{column.name} = '{usual[turn % len(usual)]}'"
    if column.nullable and column.name in nulls:
        return f"{column.name} = NULL"
    if column.type == "boolean" and column.name in falses:
        return f"{column.name} = false"
    return None


@dataclass(slots=True)
class Workspaces:
    """A database with a row of each table, and perhaps its double in another workspace."""

    conn: psycopg.Connection[Any]  # in autocommit mode
    now: datetime
    with_other: bool
    tables: dict[str, list[Column]] = field(init=False)

    def __post_init__(self) -> None:
        self.tables = dict(self._tables())
        self._drop_checks()  # so that each column may have each state
        self.conn.execute("SET session_replication_role = replica")  # rows in any order
        for table in self.tables:
            self._fill(table)
        self.conn.execute(
            "UPDATE intake.landed SET document = %s WHERE family = 'facebook_ratings'", [RATING]
        )
        self.conn.execute("INSERT INTO cention.blob VALUES (%s, 'content')", [BYTES])
        for table in self.tables if self.with_other else ():
            self._double(table)
        self.conn.execute("SET session_replication_role = origin")

    def _tables(self) -> Iterator[tuple[str, list[Column]]]:
        names = self.conn.execute(
            "SELECT c.oid, n.nspname || '.' || c.relname FROM pg_class AS c"
            " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE n.nspname IN ('cention', 'feedback', 'intake') AND c.relkind = 'r' AND EXISTS ("
            " SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'workspace')"
            " ORDER BY 2"
        ).fetchall()
        for oid, table in names:
            checks = self.conn.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conrelid = %s AND contype = 'c'",
                [oid],
            ).fetchall()
            choices = {
                found[1]: tuple(re.findall(r"'(\w+)'", found[2]))
                for (check,) in checks
                if (found := _CHECKED.search(check)) and " OR " not in check
            }
            columns = self.conn.execute(
                "SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull, EXISTS ("
                " SELECT FROM pg_index AS i"
                " WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey))"
                " FROM pg_attribute AS a WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped"
                " AND attgenerated = '' ORDER BY attnum",
                [oid],
            ).fetchall()
            yield (
                table,
                [
                    Column(
                        name=name, type=type_, nullable=nullable, in_key=in_key,
                        choices=choices.get(name, ()),
                    )
                    for name, type_, nullable, in_key in columns
                ],
            )  # fmt: skip

    def _drop_checks(self) -> None:
        found = self.conn.execute(
            "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)"
            " FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid"
            " WHERE contype = 'c' AND t.relnamespace::regnamespace::text"
            " IN ('cention', 'feedback', 'intake')"
        ).fetchall()
        for (statement,) in found:
            self.conn.execute(statement)

    def _fill(self, table: str) -> None:
        for family in FAMILIES if any(c.name == "family" for c in self.tables[table]) else ("",):
            if (table, family) == ("intake.erased", FAMILIES[2]):
                continue
            values = {c.name: self._value(table, c) for c in self.tables[table]}
            if family:
                values["family"] = family
            if "poll_id" in values:
                values["poll_id"] = str(NUMBER + FAMILIES.index(family))
            self._insert(table, values)

    def _value(self, table: str, column: Column) -> str | None:
        if column.name == "workspace":
            return ONE
        known = (f"{table}.{column.name}", BY_COLUMN), (column.name, BY_NAME)
        value: str | None = BY_TYPE[column.type]
        for key, values in known:
            if key in values:
                value = values[key]
                break
        if column.choices and value not in column.choices and value is not None:
            value = column.choices[0]
        if value is not None and column.type.startswith("timestamp"):
            amount, unit = value.split()
            moment = str(self.now + timedelta(**{f"{unit}s": int(amount)}))
            return f"{{{moment}}}" if column.type.endswith("[]") else moment
        return value

    def _insert(self, table: str, values: Mapping[str, str | None]) -> None:
        self.conn.execute(
            sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
                sql.Identifier(*table.split(".")),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join([sql.Placeholder()] * len(values)),
            ),
            list(values.values()),
        )

    def _double(self, table: str) -> None:
        shown = [self._doubled(column) for column in self.tables[table]]
        names = [sql.Identifier(column.name) for column in self.tables[table]]
        self.conn.execute(
            sql.SQL("INSERT INTO {0} ({1}) OVERRIDING SYSTEM VALUE SELECT {2} FROM {0}").format(
                sql.Identifier(*table.split(".")),
                sql.SQL(", ").join(names),
                sql.SQL(", ").join(shown),
            )
        )

    def _doubled(self, column: Column) -> sql.Composable:
        name = sql.Identifier(column.name)
        if column.name == "workspace":
            return sql.Literal(OTHER)
        if column.name in OWN_NUMBER:
            return sql.SQL("{} + 100").format(name)
        if column.name in DIFFERENT:
            different = sql.SQL("sha256({})") if column.type == "bytea" else sql.SQL("{} || 'o'")
            return different.format(name)
        plain = column.type == "text" and not (column.in_key or column.choices)
        if plain and column.name not in SAME_TEXTS:
            return sql.SQL("{} || ' of the other'").format(name)
        return name

    def variants(self, query: str) -> Iterator[tuple[str, list[str]]]:
        """Yield names and statements of the states in which a query is tried."""
        mentioned = [table for table in self.tables if table in query]
        looked_at = _LISTS.sub(" ", query)
        yield "as it is", []
        for shift in ("- interval '15 hours'", "+ interval '15 hours'"):
            yield f"the other {shift}", [*self._shifted(mentioned, shift)]
        yield "the one without texts", [*self._without_texts(mentioned)]
        found = list(self._found(mentioned, looked_at))
        for state in found:
            yield f"found: {state}", state
            yield f"the one found: {state}", [f"{one} WHERE workspace = '{ONE}'" for one in state]
            yield f"the other found: {state}", [f"{o} WHERE workspace = '{OTHER}'" for o in state]
        for table in mentioned:
            without = f"DELETE FROM {table} WHERE workspace = '{ONE}'"
            yield f"without {table}", [without]
            yield f"without any {table}", [*(found[0] if found else []), f"DELETE FROM {table}"]
            for state in found:
                yield f"found without {table}", [*state, without]
            for column in self.tables[table]:
                if column.in_key or not re.search(rf"\b{column.name}\b", looked_at):
                    continue
                choices = [f"'{choice}'" for choice in column.choices]
                if column.type == "timestamp with time zone":
                    choices.append("now() - interval '30 days'")
                    now = f"UPDATE {table} SET {column.name} = now() WHERE workspace = '{OTHER}'"
                    yield now, [now]
                for choice in choices:
                    change = f"UPDATE {table} SET {column.name} = {choice}"
                    yield change, [*(found[0] if found else []), change]

    def _shifted(self, mentioned: list[str], shift: str) -> Iterator[str]:
        for table in mentioned:
            times = [
                f"{column.name} = {column.name} {shift}"
                for column in self.tables[table]
                if column.type == "timestamp with time zone" and not column.in_key
            ]
            if times:
                yield f"UPDATE {table} SET {', '.join(times)} WHERE workspace = '{OTHER}'"

    def _without_texts(self, mentioned: list[str]) -> Iterator[str]:
        for table in mentioned:
            texts = [
                f"{column.name} = NULL"
                for column in self.tables[table]
                if column.type in ("text", "jsonb") and column.nullable and not column.in_key
            ]
            if texts:
                yield f"UPDATE {table} SET {', '.join(texts)} WHERE workspace = '{ONE}'"

    def _found(self, mentioned: list[str], query: str) -> Iterator[list[str]]:
        """Yield statements that bring all rows into states that the query looks for."""
        nulls = set(re.findall(r"(\w+) IS NULL", query))
        falses = set(re.findall(r"NOT (?:\w+\.)?(\w+)", query))
        words: dict[str, set[str]] = {}
        for name, number in re.findall(r"(\w+) = (\d+)\b", query):
            words.setdefault(name, set()).add(number)
        for name, text in re.findall(r"(\w+) (?:=|IN) \(?((?:'\w+'(?:, )?)+)", query):
            words.setdefault(name, set()).update(re.findall(r"'(\w+)'", text))
        for turn in range(max([0, *map(len, words.values())]) or bool(nulls | falses)):
            state = []
            for table in mentioned:
                changes = [
                    change
                    for column in self.tables[table]
                    if (change := _change(column, nulls, falses, words, turn))
                ]
                if changes:
                    state.append(f"UPDATE {table} SET {', '.join(changes)}")
            if state:
                yield state

    def rows(self, query: str, workspace: str) -> dict[str, list[str]]:
        """Return the rows of a workspace in the tables that a query may change."""
        found = {}
        for table in self.tables:
            if re.search(rf"(INTO|UPDATE|FROM) {table}\b", query) and not _READS.match(query):
                rows = self.conn.execute(
                    f"SELECT to_jsonb(t) FROM {table} AS t WHERE workspace = %s", [workspace]
                ).fetchall()
                found[table] = sorted(repr(self._comparable(row)) for (row,) in rows)
        return found

    def run(self, query: str, parameters: Mapping[str, object]) -> list[str]:
        """Return the rows of a query in a comparable form."""
        if "INSERT" in query:
            self.conn.execute(
                "SELECT setval(c.oid, 1000) FROM pg_class AS c JOIN pg_namespace AS n"
                " ON n.oid = c.relnamespace WHERE c.relkind = 'S'"
                " AND n.nspname IN ('cention', 'feedback', 'intake')"
            )
        if "random()" in query:
            self.conn.execute("SELECT setseed(0)")
        cursor = self.conn.execute(query, parameters)  # type: ignore[call-overload]
        if cursor.description is None:
            return [str(cursor.rowcount)]
        return sorted(repr(self._comparable(row)) for row in cursor.fetchall())

    def change(self, statements: list[str]) -> None:
        """Bring the rows into a state, whatever refers to them."""
        if statements:
            self.conn.execute("SET session_replication_role = replica")
            for statement in statements:
                self.conn.execute(statement)
            self.conn.execute("SET session_replication_role = origin")

    def _comparable(self, value: Any) -> Any:
        """Return a value, with times to the hour, and one word for ids that were just made."""
        if isinstance(value, dict):
            return {name: self._comparable(member) for name, member in value.items()}
        if isinstance(value, list | tuple):
            return [self._comparable(member) for member in value]
        if isinstance(value, str) and _TIME.match(value):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                return value
        if isinstance(value, datetime) and value.tzinfo:
            return f"{round((value - self.now) / timedelta(hours=1))} hours"
        if isinstance(value, float):
            return round(value / 3600, 0)
        if isinstance(value, str | UUID) and _ID.fullmatch(str(value)):
            return "the run" if str(value) == RUN else "an id"
        return value
