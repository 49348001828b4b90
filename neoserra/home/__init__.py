"""The start page of a signed-in person."""
