"""Evidence synthesis: effect sizes, comparisons, pooled effects, indirect comparisons, networks, mechanisms."""
