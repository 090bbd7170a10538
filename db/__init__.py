"""The tables and every query. Knows no model and no web."""
