"""The interface for programs: the SPARQL protocol, linked data, and the service description."""
