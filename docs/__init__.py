"""The documentation; ``docs.making`` makes those parts of it that are made."""
