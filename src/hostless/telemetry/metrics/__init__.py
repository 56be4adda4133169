"""Samples of metrics: what was measured, a statistic set for each minute, kept for three hours.

`series` says what a sample is, `catalogue` which metrics there are, `store` holds them, `journal`
writes them down. Who measures is a controller's business.
"""
