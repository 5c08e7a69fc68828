"""The product with everything it needs and example data, started by one command (``make demo``)."""
