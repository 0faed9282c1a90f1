"""Jobs: from a request to updates. Each module has a `run(request)` that yields them."""
