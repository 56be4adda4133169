"""From the log file that a container's supervisor writes to the event store.

No line is lost or stored twice, whenever this process is killed: how far a file has been read is
stored together with the events that were read from it. The files themselves are the queue; nothing
waits in memory but the piece that is being read.

An idle file costs nothing: the kernel says when one grows. What a container wrote and is stored is
given back to the disk while the container runs (`hostless.telemetry.follow.holes`).
"""
