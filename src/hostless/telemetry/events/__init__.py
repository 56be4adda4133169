"""The event store: what containers and PutLogEvents wrote, on disk, readable by time.

Every stream has a folder with two sorts of files, each named by the sequence number of its first
event. `*.tail` is the write-ahead form: frames as they were appended. `*.chunks` is the sealed
form: compressed chunks of about two thousand events, with headers that serve as the index.

What survives: an append that returned survives a crash of this process at once (it was handed to
the kernel), and a power cut after `SYNC_SECONDS` plus the time that the disk takes.
Names of groups and streams, retention rules and AWS's limits do not belong here.
"""
