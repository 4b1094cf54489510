"""What the server knows of HTTP and nothing of the graph: connections, limits, headers, codings, ranges, negotiation, errors."""
