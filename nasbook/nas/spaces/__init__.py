"""Search spaces of architectures, and how a configuration becomes a network."""
