"""hostless: an open AWS Fargate."""
