"""The cells of NAS-Bench-201."""
