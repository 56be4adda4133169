"""Filter patterns of CloudWatch Logs: which events a search returns.

Three kinds: terms (`ERROR -"bad request"`), conditions on JSON (`{ $.status >= 500 }`) and on
space-delimited fields (`[ip, ..., status = 4*, bytes]`); in each, `%regular expressions%`.
Source: the CloudWatch Logs user guide, "Filter pattern syntax"; what its examples say is tested.
"""
