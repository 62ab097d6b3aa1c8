"""Pictures of any trace."""
