"""Mutation tests: small harmful changes of the code, each of which some test should notice."""
