"""Questions (canned queries) with their parameters and result tables; search by name, schema, explanations."""
