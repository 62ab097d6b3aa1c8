"""Pictures: from a Trace, a Step or a view to a matplotlib Figure."""
