"""Queries in worker processes, so that a server can limit their time, memory, answer size and number.

The forkserver loads the graph; workers are forked from it and share its memory. This file imports nothing, so that the forkserver
loads no more than the engine. See docs/decisions/008-server.md.
"""
