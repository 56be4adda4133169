"""The AWS API acm; see `operations` for its table."""
