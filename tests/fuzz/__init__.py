"""Fuzzers for what reads files of strangers: `make fuzz`. No part of the tests."""
