"""The usage warehouse in Postgres: the same questions and figures as that of files."""
