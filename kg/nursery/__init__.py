"""The other side of :mod:`kg.workers`: the process that holds the graph, what a worker does, and how both speak with the server.

It loads no more than the engine, so that it is ready early and a fork is cheap.
"""
