"""The graph as tools for a language model, over the Model Context Protocol; see docs/agents.md."""
