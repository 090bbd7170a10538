"""The pages: Flask over the queries of `db`; no SQL, and no model until a request needs one."""
