"""What several strategies of nas/ are made of. Nothing here imports a strategy."""
