"""Whatever answers SPARQL: Oxigraph in this process, in processes of their own, or an endpoint elsewhere; it knows no question.

This file imports nothing, so that a process which only holds the graph loads no more than it needs.
"""
