"""The judge of limiters: a simulated exchange in virtual time, and every limiter that we know."""
