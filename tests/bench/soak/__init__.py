"""A day of a large centre in some minutes: whether memory, queues and tables stay as they are."""
