"""What tasks are told about themselves: the ECS task metadata endpoint, versions 3 and 4.

Not an API of AWS's that clients call from outside: no model of botocore's, no signatures. HTTP is
`hostless.gateway.metadata`'s business, and how a task gets there the network's. docs/metadata.md.
"""
