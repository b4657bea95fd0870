"""The shapes of all documents and records. Pure: no network, no database, no clock."""
