"""Runs -> rounds: clusters of near-duplicates, strata and the drawing of what people judge."""
