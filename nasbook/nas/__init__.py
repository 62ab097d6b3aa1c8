"""Neural architecture search: one file a strategy; `spaces/` holds what is searched."""
