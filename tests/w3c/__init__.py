"""The W3C's SPARQL test suites, asked of the endpoint; ``run.py`` says how."""
