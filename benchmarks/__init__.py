"""Timings. Ratios within one run are what counts: machines are noisy."""
