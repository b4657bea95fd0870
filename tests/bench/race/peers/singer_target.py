"""target-postgres as it comes, with the SDK's reader of JSON by msgspec, which is faster."""

from __future__ import annotations

import os

from singer_sdk.contrib.msgspec import MsgSpecReader
from target_postgres.target import TargetPostgres

TargetPostgres.message_reader_class = MsgSpecReader

if __name__ == "__main__":
    os.write(int(os.environ["RACE_READY"]), b"t")
    os.close(int(os.environ["RACE_READY"]))
    TargetPostgres.cli()
