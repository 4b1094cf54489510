"""What is computed from the evidence: effect sizes, comparisons, pooled effects, indirect comparisons, networks, mechanisms."""
