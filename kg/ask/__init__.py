"""Questions and answers: the canned queries, their parameters and result tables, the search, the schema, explanations."""
