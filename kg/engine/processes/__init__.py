"""Queries in processes of their own, so that a server can bound them: time, memory, size, number.

The forkserver holds the graph; workers are forked from it and share its memory. This file imports nothing, so that the forkserver
loads no more than the engine. See docs/decisions/008-server.md.
"""
