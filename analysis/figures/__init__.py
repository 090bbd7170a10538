"""Figures of judged runs: each takes a `Summary` and returns a matplotlib figure."""
