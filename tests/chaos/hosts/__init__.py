"""Several hosts on one machine: a network of its own for each, and what may happen to it."""
