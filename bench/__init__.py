"""Benchmarks: ratios against peers and limits, never assertions."""
