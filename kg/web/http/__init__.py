"""The HTTP layer, which is independent of the graph: connections, limits, headers, codings, ranges, negotiation, errors."""
