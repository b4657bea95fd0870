"""What every document and record looks like. Pure: no network, no database, no clock."""
