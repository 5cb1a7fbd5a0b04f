"""Batches by cron: when they are due (pure), and opening their runs exactly once."""
