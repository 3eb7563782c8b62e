"""A picture of the whole database: every row of every table as PostgreSQL writes it, read past the models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import text

from yingda.store.models import Base

Row = Mapping[str, Any]

_KEYS = {table.name: tuple(column.name for column in table.primary_key) for table in Base.metadata.sorted_tables}
_ALL = text(
    " UNION ALL ".join(f"SELECT '{name}' AS name, to_jsonb(one) AS row FROM \"{name}\" AS one" for name in _KEYS)  # noqa: S608
)
_EMPTY = "; ".join(
    (
        "SET LOCAL lock_timeout = '20s'",
        "SET LOCAL session_replication_role = replica",
        *(f'DELETE FROM "{name}"' for name in reversed(_KEYS)),  # noqa: S608
        "INSERT INTO chain_head (id, event_id, hash) VALUES (1, 0, repeat('0', 64))",
    )
)


@lru_cache(maxsize=100_000)
def moment(written: str) -> datetime:
    """Return a moment as PostgreSQL wrote it (UTC)."""
    return datetime.fromisoformat(written)


def empty(connection: Any) -> None:
    """Empty every table, those that keep their rows as well."""
    connection.exec_driver_sql(_EMPTY)


@dataclass(frozen=True, eq=False)
class Picture:
    """All rows by table and primary key, with what the laws look up most."""

    tables: Mapping[str, Mapping[Any, Row]]

    def all(self, table: str) -> Iterator[Row]:
        """Every row of a table, in the order of its key."""
        return iter(self.tables[table].values())

    def get(self, table: str, key: Any) -> Row:
        return self.tables[table][key]

    def differences(self, later: Picture) -> Iterator[tuple[str, Row | None, Row | None]]:
        """Every row that came, changed or went until `later`: its table, how it was, how it is."""
        for name, before in self.tables.items():
            after = later.tables[name]
            if before == after:
                continue
            for key in {**before, **after}:
                was, now = before.get(key), after.get(key)
                if was != now:
                    yield name, was, now

    def _grouped(self, table: str, column: str) -> Mapping[Any, list[Row]]:
        found: dict[Any, list[Row]] = defaultdict(list)
        for row in self.all(table):
            found[row[column]].append(row)
        return found

    @cached_property
    def incidents(self) -> list[Row]:
        return list(self.all("incident"))

    @cached_property
    def by_number(self) -> Mapping[str, Row]:
        return {row["number"]: row for row in self.all("incident")}

    @cached_property
    def events(self) -> Mapping[int | None, list[Row]]:
        """The events of each incident, oldest first."""
        return self._grouped("event", "incident_id")

    @cached_property
    def requests(self) -> Mapping[int, list[Row]]:
        return self._grouped("request", "incident_id")

    @cached_property
    def clocks(self) -> Mapping[int, list[Row]]:
        return self._grouped("clock", "incident_id")

    @cached_property
    def addressees(self) -> Mapping[int, list[Row]]:
        """Who was asked, by the key of the request."""
        return self._grouped("addressee", "request_id")

    @cached_property
    def decisions(self) -> Mapping[int, Row]:
        """Decisions by the key of their request."""
        return {row["request_id"]: row for row in self.all("decision")}

    @cached_property
    def signatures(self) -> Mapping[int, list[Row]]:
        """Signatures by the key of their revision."""
        return self._grouped("signature", "revision_id")

    @cached_property
    def publications(self) -> Mapping[int, list[Row]]:
        return self._grouped("publication", "incident_id")

    @cached_property
    def messages(self) -> Mapping[int | None, list[Row]]:
        return self._grouped("outbox_message", "incident_id")

    @cached_property
    def rungs(self) -> Mapping[int, list[Row]]:
        """Raised rungs by the key of their clock."""
        return self._grouped("raised_rung", "clock_id")

    @cached_property
    def merges(self) -> Mapping[int, Row]:
        """The standing merge of each incident that goes on as part of another."""
        return {row["incident_id"]: row for row in self.all("merge") if row["undone_at"] is None}

    def is_open(self, incident: Row) -> bool:
        return incident["closed_at"] is None and incident["id"] not in self.merges

    def latest(self, incident_id: int, kind: str) -> Row | None:
        """The newest revision of the newest document of a kind."""
        documents = [row for row in self.all("document") if (row["incident_id"], row["kind"]) == (incident_id, kind)]
        if not documents:
            return None
        newest = max(documents, key=lambda row: row["number"])
        mine = [row for row in self.all("revision") if row["document_id"] == newest["id"]]
        return max(mine, key=lambda row: row["number"], default=None)

    def incident_of(self, table: str, row: Row) -> int | None:
        """The incident that a row of any table belongs to, None for what belongs to none."""
        if table == "incident":
            return int(row["id"])
        if "incident_id" in row:
            return row["incident_id"]
        parents = {
            "addressee": ("request", "request_id"),
            "decision": ("request", "request_id"),
            "signature": ("revision", "revision_id"),
            "revision": ("document", "document_id"),
            "raised_rung": ("clock", "clock_id"),
        }
        if table not in parents:
            return None
        parent, column = parents[table]
        return self.incident_of(parent, self.get(parent, row[column]))


def take(connection: Any) -> Picture:
    """Read everything, in the caller's transaction."""
    tables: dict[str, list[Row]] = {name: [] for name in _KEYS}
    for name, row in connection.execute(_ALL):
        tables[name].append(row)
    return Picture({name: _by_key(name, rows) for name, rows in tables.items()})


def _by_key(name: str, rows: list[Row]) -> Mapping[Any, Row]:
    columns = _KEYS[name]
    if len(columns) == 1:
        keyed = {row[columns[0]]: row for row in rows}
    else:
        keyed = {tuple(row[column] for column in columns): row for row in rows}
    return dict(sorted(keyed.items()))
