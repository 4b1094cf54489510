"""The graph over HTTP: SPARQL endpoint, linked data, descriptions; needs ``pip install '.[serve]'``."""
