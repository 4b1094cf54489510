"""The graph over HTTP: SPARQL endpoint, linked data and pages; needs ``pip install '.[serve]'``."""
