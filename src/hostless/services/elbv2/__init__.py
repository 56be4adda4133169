"""The AWS API elbv2; see `operations` for its table."""
