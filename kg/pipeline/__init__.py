"""From fact tables to the checked graph: tables, triples, rules, links, canonical files; validation, constraints, reasoning."""
