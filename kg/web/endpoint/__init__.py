"""The graph for programs: the SPARQL protocol, linked data, and what the endpoint says of itself."""
