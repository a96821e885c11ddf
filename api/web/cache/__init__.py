"""HTTP caching: `response_cache` stores finished responses, `build` is in the ETags of answers."""
