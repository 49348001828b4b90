"""What is true about a person. Plain values in, plain results or own exceptions out; no pages and no requests here."""
