"""The AWS wire protocols, driven at run time by botocore's service models.

Bytes become plain values (`parse`), plain values or records become bytes (`render`). Nothing here
knows what an operation does, who may call it, or how a request arrived.
"""
