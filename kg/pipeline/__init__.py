"""Build of the graph from fact tables: tables, triples, rules, links, canonical files; validation, constraints, reasoning."""
