"""What the engine does when everything that can die dies."""
