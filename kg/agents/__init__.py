"""The graph as tools of a language model, over the Model Context Protocol; see docs/agents.md."""
