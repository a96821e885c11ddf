"""What keeps an answer from being made again: cached responses, and the build in each ETag."""
