"""Backups: a folder that holds the database, pictures and archive as they were at one moment."""
