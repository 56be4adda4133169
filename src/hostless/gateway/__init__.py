"""The door: HTTP in, operations called, HTTP out. The rules of AWS's services are not here."""
