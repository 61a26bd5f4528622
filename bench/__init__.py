"""Measurements that the README speaks of: each prints the figures it claims."""
