"""What providers report later about messages they accepted."""
