"""Pictures that only a lab draws."""
