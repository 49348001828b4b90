"""The first step of signing in: username and password. And logging out."""
