"""The documents of Cention's ``capi/json`` and of its callbacks."""
