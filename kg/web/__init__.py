"""The graph over HTTP: SPARQL endpoint, linked data, descriptions; needs ``pip install 'mcrc-kg[serve]'``."""
