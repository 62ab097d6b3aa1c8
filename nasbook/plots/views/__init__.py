"""Pictures of what one method believed: its view."""
