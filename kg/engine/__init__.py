"""SPARQL engines: Oxigraph in this process, Oxigraph in worker processes, or a remote endpoint.

This file imports nothing, so that the forkserver loads no more than it needs.
"""
