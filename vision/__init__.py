"""A picture in, top-k predictions or features out; knows no database and no web."""
