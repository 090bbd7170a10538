"""Judged predictions -> estimates, curves, thresholds and figures; comes with the next release."""
